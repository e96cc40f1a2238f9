package digest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vpcetrail/ingest/spill"
)

// The kinds of parts that Save writes. A part starts with its kind.
const (
	partState byte = iota + 1
	partClaims
	partFindings
)

// partBytes is about the size of a part.
const partBytes = 4 << 20

// A state is what a Check holds besides claims and findings.
type state struct {
	Bad       map[uint64]Status
	Coverage  map[string][]savedCoverage
	Explained map[string]string
}

// A savedCoverage holds the spans of a coverage.
type savedCoverage struct{ Known, Valid [][2]time.Time }

// Save writes what the check found, in parts that Take reads. stage must keep no reference to
// a part. The same digests give the same parts.
func (c *Check) Save(stage func(part []byte) error) error {
	s := state{c.bad, map[string][]savedCoverage{}, c.explained}
	for place, chains := range c.coverage {
		for i := range chains {
			s.Coverage[place] = append(s.Coverage[place], savedCoverage{pairs(chains[i].known), pairs(chains[i].valid)})
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("digests: write: %w", err)
	}
	return errors.Join(
		stage(append([]byte{partState}, text...)),
		saveRecords(partClaims, spill.Merge(c.claims...), stage),
		saveRecords(partFindings, c.found.Cursor(), stage),
	)
}

func saveRecords(kind byte, records *spill.Cursor, stage func([]byte) error) error {
	part := []byte{kind}
	for records.Next() {
		for _, text := range [][]byte{records.Key, records.Value} {
			part = append(binary.AppendUvarint(part, uint64(len(text))), text...)
		}
		if len(part) >= partBytes {
			if err := stage(part); err != nil {
				return err
			}
			part = part[:1]
		}
	}
	if err := records.Err(); err != nil || len(part) == 1 {
		return err
	}
	return stage(part)
}

func pairs(spans []span) (all [][2]time.Time) {
	for _, s := range spans {
		all = append(all, [2]time.Time{s.from, s.to})
	}
	return all
}

func spansOf(pairs [][2]time.Time) (all []span) {
	for _, p := range pairs {
		all = append(all, span{p[0], p[1]})
	}
	return all
}

// NewJoined returns a Check that takes the parts of others, of different accounts or Regions.
// It needs opt's Sources, Selection, Daily, Disk and Memory.
func NewJoined(opt Options) *Check {
	return &Check{
		opt: opt, bad: map[uint64]Status{}, coverage: map[string][]coverage{}, explained: map[string]string{},
		claims: []*spill.Sorter{spill.NewSorter(opt.Disk, opt.Memory*3/4)}, found: spill.NewSorter(opt.Disk, opt.Memory/8),
	}
}

var errPart = errors.New("digests: a part does not hold what it should")

// Take adds a part that Save wrote.
func (c *Check) Take(part []byte) error {
	if len(part) == 0 {
		return errPart
	}
	switch kind, rest := part[0], part[1:]; kind {
	case partState:
		return c.takeState(rest)
	case partClaims:
		return takeRecords(rest, c.claims[0])
	case partFindings:
		return takeRecords(rest, c.found)
	}
	return errPart
}

func (c *Check) takeState(text []byte) error {
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return errPart
	}
	for id, status := range s.Bad {
		c.bad[id] = status
	}
	for gap, why := range s.Explained {
		c.explained[gap] = why
	}
	for place, chains := range s.Coverage {
		for _, chain := range chains {
			c.coverage[place] = append(c.coverage[place], coverage{spansOf(chain.Known), spansOf(chain.Valid)})
		}
	}
	return nil
}

func takeRecords(text []byte, to *spill.Sorter) error {
	var pair [2][]byte
	for len(text) > 0 {
		for i := range pair {
			n, width := binary.Uvarint(text)
			if width <= 0 || n > uint64(len(text)-width) {
				return errPart
			}
			pair[i], text = text[width:width+int(n)], text[width+int(n):]
		}
		to.Add(pair[0], pair[1])
	}
	return to.Err()
}

// Join ends the taking of parts.
func (c *Check) Join() {
	c.claims[0].Sort()
	c.found.Sort()
}
