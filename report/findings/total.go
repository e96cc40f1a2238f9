package findings

import (
	"encoding/binary"

	"vpcetrail/report/table"
)

// A total holds the sums of one finding. It is a spill.Value.
type total struct {
	calls, bytes, first, last int64 // first and last are not valid if seen is false
	seen                      bool
	samples                   Samples
}

func (t *total) count(m *table.Measures, s *Samples) {
	one := total{calls: m.Calls, bytes: m.BytesIn + m.BytesOut, first: m.FirstSeen, last: m.LastSeen, seen: m.Calls > 0}
	if s != nil {
		one.samples = *s
	}
	t.Add(&one)
}

// Add adds o.
func (t *total) Add(o *total) {
	t.calls += o.calls
	t.bytes += o.bytes
	if o.seen && !t.seen {
		t.first, t.last, t.seen = o.first, o.last, true
	} else if o.seen {
		t.first, t.last = min(t.first, o.first), max(t.last, o.last)
	}
	t.samples.Merge(&o.samples)
}

// Append appends the total in a form that Parse reads.
func (t *total) Append(dst []byte) []byte {
	seen := byte(0)
	if t.seen {
		seen = 1
	}
	dst = append(dst, seen)
	for _, n := range []int64{t.calls, t.bytes, t.first, t.last} {
		dst = binary.AppendVarint(dst, n)
	}
	return t.samples.Append(dst)
}

// Parse sets the total to what Append wrote.
func (t *total) Parse(text []byte) {
	*t = total{seen: text[0] == 1}
	text = text[1:]
	for _, n := range []*int64{&t.calls, &t.bytes, &t.first, &t.last} {
		v, width := binary.Varint(text)
		*n, text = v, text[width:]
	}
	t.samples.Cut(text)
}
