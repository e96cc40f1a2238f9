package count

import (
	"math"

	"vpcetrail/ingest/dedupe"

	"vpcetrail/report/findings"
)

// samples hold the eventIDs of least hash of each cell that can become a finding, findings.MaxSamples of a
// cell at most: which are the least does not depend on the order of the records. They are lists of nodes,
// since most cells have one or two. UUIDs take no text.
type samples struct {
	nodes []sampleNode // from firstNode
	texts []string     // of eventIDs that are no UUIDs
	text  []byte       // scratch
}

// A sampleList is a list's first node, noSamples for an empty one, and 0 for a cell that has none.
type sampleList struct {
	first uint32
	limit uint32 // of a full list: the high half of the largest hash; else nothing is above it
}

const (
	emptyList = 1 // ends a list
	firstNode = 2
)

var noSamples = sampleList{emptyList, math.MaxUint32}

func (l *sampleList) wanted() bool { return l.first != 0 }

func (l *sampleList) isEmpty() bool { return l.first < firstNode }

// A sampleNode is one eventID.
type sampleNode struct {
	hash    uint64
	id      dedupe.ID // a UUID; or a place in texts
	next    uint32
	isText  bool
	counted bool
}

func newSamples() samples { return samples{nodes: make([]sampleNode, firstNode)} }

// addID adds a UUID to a list. One of a record that does not count is added too, as not counted: which are
// the least must not depend on what was seen first.
func (s *samples) addID(l *sampleList, id dedupe.ID, counted bool) {
	s.text = dedupe.Scope{}.AppendUUID(s.text[:0], id)
	s.add(l, sampleNode{hash: findings.Hash(s.text), id: id, counted: counted})
}

// addText adds another eventID.
func (s *samples) addText(l *sampleList, text string, counted bool) {
	n := sampleNode{hash: findings.Hash(text), isText: true, counted: counted}
	if uint32(n.hash>>32) <= l.limit {
		s.texts = append(s.texts, text)
		n.id.Lo = uint64(len(s.texts) - 1)
		s.add(l, n)
	}
}

func (s *samples) add(l *sampleList, n sampleNode) {
	if uint32(n.hash>>32) > l.limit {
		return
	}
	at, size := &l.first, 0
	for ; *at >= firstNode; size++ {
		other := &s.nodes[*at]
		if other.hash > n.hash || other.hash == n.hash && s.eventID(other) >= s.eventID(&n) {
			break
		}
		at = &other.next
	}
	if *at >= firstNode && s.nodes[*at].hash == n.hash && s.eventID(&s.nodes[*at]) == s.eventID(&n) {
		s.nodes[*at].counted = s.nodes[*at].counted || n.counted
		return
	}
	if size == findings.MaxSamples {
		return
	}
	n.next = *at
	*at = uint32(len(s.nodes)) // before nodes move
	s.nodes = append(s.nodes, n)
	s.trim(l)
}

// trim cuts a list to findings.MaxSamples, and sets its limit.
func (s *samples) trim(l *sampleList) {
	at := l.first
	for range findings.MaxSamples - 1 {
		if at < firstNode {
			return
		}
		at = s.nodes[at].next
	}
	if at >= firstNode {
		s.nodes[at].next = emptyList
		l.limit = uint32(s.nodes[at].hash >> 32)
	}
}

// eventID returns the text of a node.
func (s *samples) eventID(n *sampleNode) string {
	if n.isText {
		return s.texts[n.id.Lo]
	}
	return string(dedupe.Scope{}.AppendUUID(nil, n.id))
}

// merge adds a list of other samples.
func (s *samples) merge(l *sampleList, o *samples, from sampleList) {
	for at := from.first; at >= firstNode; at = o.nodes[at].next {
		if n := o.nodes[at]; n.isText {
			s.addText(l, o.texts[n.id.Lo], n.counted)
		} else {
			s.add(l, sampleNode{hash: n.hash, id: n.id, counted: n.counted})
		}
	}
}

// of returns a list as findings take it.
func (s *samples) of(l sampleList) (out findings.Samples) {
	for at := l.first; at >= firstNode; at = s.nodes[at].next {
		out.Add(s.eventID(&s.nodes[at]), s.nodes[at].counted)
	}
	return out
}
