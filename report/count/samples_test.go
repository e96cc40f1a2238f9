package count

import (
	"math/rand/v2"
	"strings"
	"testing"

	"vpcetrail/ingest/dedupe"
)

// eventIDs are compared as texts, whether they are stored as texts or as numbers.
func TestCompareSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := newSamples()
	node := func() sampleNode { // halves are often equal
		n := sampleNode{id: dedupe.ID{Hi: random.Uint64N(3) << 61, Lo: random.Uint64N(3) << 61}}
		if random.IntN(3) == 0 {
			s.texts = append(s.texts, s.eventID(&n))
			n.isText, n.id = true, dedupe.ID{Lo: uint64(len(s.texts) - 1)}
		}
		return n
	}
	for range 1000 {
		a, b := node(), node()
		if got, want := s.compare(&a, &b), strings.Compare(s.eventID(&a), s.eventID(&b)); got != want {
			t.Fatalf("%s and %s compare as %d, want %d", s.eventID(&a), s.eventID(&b), got, want)
		}
	}
}

// A UUID that is there already, as in a duplicate, makes no garbage.
func TestSampleAllocations(t *testing.T) {
	s, list, id := newSamples(), noSamples, dedupe.ID{Hi: 1, Lo: 2}
	s.addID(&list, id, true)
	if n := testing.AllocsPerRun(100, func() { s.addID(&list, id, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
