package count

import (
	"cmp"
	"math"
	"strings"

	"vpcetrail/ingest/dedupe"

	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// samples hold eventIDs for each cell that can become a finding: those with the smallest
// hashes, at most findings.MaxSamples for each cell. So they do not depend on the order of
// the records. They are linked lists, because most cells have one or two. UUIDs are stored
// without text.
type samples struct {
	nodes [][]sampleNode // from firstNode, in pieces: they are millions, and stay where they are
	count uint32
	texts []string // of eventIDs that are no UUIDs
	text  []byte   // scratch
}

// A sampleList is the first node of a list. It is noSamples for an empty list, and 0 for a
// cell without a list.
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

func newSamples() samples { return samples{count: firstNode} }

// nodePiece is the number of nodes in a piece, a power of two.
const nodePiece = 1 << 13

func (s *samples) node(number uint32) *sampleNode {
	return &s.nodes[number/nodePiece][number%nodePiece]
}

// keep stores a node and returns its number.
func (s *samples) keep(n *sampleNode) uint32 {
	if s.count/nodePiece == uint32(len(s.nodes)) {
		s.nodes = append(s.nodes, make([]sampleNode, nodePiece))
	}
	*s.node(s.count) = *n
	s.count++
	return s.count - 1
}

// addID adds a UUID to a list. The UUID of a record that does not count is also added, as not
// counted: the smallest hashes must not depend on which record came first.
func (s *samples) addID(l *sampleList, id dedupe.ID, counted bool) {
	s.text = dedupe.Scope{}.AppendUUID(s.text[:0], id)
	s.add(l, sampleNode{hash: findings.Hash(s.text), id: id, counted: counted})
}

// addText adds an eventID that is not a UUID.
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
		other := s.node(*at)
		if other.hash > n.hash || other.hash == n.hash && s.compare(other, &n) >= 0 {
			break
		}
		at = &other.next
	}
	if *at >= firstNode {
		if other := s.node(*at); other.hash == n.hash && s.compare(other, &n) == 0 {
			other.counted = other.counted || n.counted
			return
		}
	}
	if size == findings.MaxSamples {
		return
	}
	n.next = *at
	*at = s.keep(&n)
	s.trim(l)
}

// trim cuts a list to findings.MaxSamples, and sets its limit.
func (s *samples) trim(l *sampleList) {
	at := l.first
	for range findings.MaxSamples - 1 {
		if at < firstNode {
			return
		}
		at = s.node(at).next
	}
	if at >= firstNode {
		s.node(at).next = emptyList
		l.limit = uint32(s.node(at).hash >> 32)
	}
}

// compare compares the texts of two nodes. UUIDs are in the order of their numbers.
func (s *samples) compare(a, b *sampleNode) int {
	if !a.isText && !b.isText {
		return cmp.Or(cmp.Compare(a.id.Hi, b.id.Hi), cmp.Compare(a.id.Lo, b.id.Lo))
	}
	return strings.Compare(s.eventID(a), s.eventID(b))
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
	for at := from.first; at >= firstNode; at = o.node(at).next {
		if n := o.node(at); n.isText {
			s.addText(l, o.texts[n.id.Lo], n.counted)
		} else {
			s.add(l, sampleNode{hash: n.hash, id: n.id, counted: n.counted})
		}
	}
}

// A Sum holds the counts and samples of several cells together.
type Sum struct {
	table.Measures
	samples sampleList
}

// AddTo adds a cell to a sum.
func (p *Page) AddTo(sum *Sum, number uint32) {
	m := p.Measures(number)
	sum.Add(&m)
	if list := p.totals[number].sample; !list.isEmpty() {
		if !sum.samples.wanted() {
			sum.samples = noSamples
		}
		p.samples.merge(&sum.samples, &p.samples, list)
	}
}

// SamplesOf returns the samples of a sum. The memory of texts holds their text.
func (p *Page) SamplesOf(sum *Sum, texts *SampleTexts) (out findings.Samples) {
	for at := sum.samples.first; at >= firstNode; at = p.samples.node(at).next {
		n := p.samples.node(at)
		id := ""
		if n.isText {
			id = p.samples.texts[n.id.Lo]
		} else {
			id = texts.uuid(n.id)
		}
		out.Add(id, n.counted)
	}
	return out
}

// SampleTexts makes the texts of eventIDs, a thousand in one piece of memory. The zero value
// is ready.
type SampleTexts struct{ text strings.Builder }

const uuidSize = 36

func (t *SampleTexts) uuid(id dedupe.ID) string {
	if t.text.Cap()-t.text.Len() < uuidSize {
		t.text = strings.Builder{} // the texts before stay where they are
		t.text.Grow(1000 * uuidSize)
	}
	var room [uuidSize]byte
	t.text.Write(dedupe.Scope{}.AppendUUID(room[:0], id))
	return t.text.String()[t.text.Len()-uuidSize:]
}
