package findings

import (
	"encoding/binary"
	"strings"
)

// MaxSamples is the number of eventIDs that a finding names at most.
const MaxSamples = 5

// Samples are the eventIDs of least hash among all that were added, whatever the order: at most MaxSamples. The
// zero value holds none.
type Samples struct {
	list [MaxSamples]sample
	n    int
}

type sample struct {
	hash    uint64
	id      string
	counted bool
}

// CanSample reports whether an eventID may stand among samples: it is short, of printable ASCII, without spaces.
func CanSample(id []byte) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for _, c := range id {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Hash returns the hash that decides about an eventID. It is the same in every run.
func Hash[T ~string | ~[]byte](id T) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, with its high bits mixed down
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h ^ h>>32
}

// Add adds an eventID. One of a record that does not count, since another takes its place, is added too, as
// not counted: which are the least must not depend on what was seen first.
func (s *Samples) Add(id string, counted bool) { s.add(sample{Hash(id), id, counted}) }

func (s *Samples) add(x sample) {
	at := 0
	for ; at < s.n; at++ {
		y := &s.list[at]
		if y.id == x.id {
			y.counted = y.counted || x.counted
			return
		}
		if x.hash < y.hash || x.hash == y.hash && x.id < y.id {
			break
		}
	}
	if at == MaxSamples {
		return
	}
	if s.n < MaxSamples {
		s.n++
	}
	copy(s.list[at+1:s.n], s.list[at:])
	s.list[at] = x
}

// Merge adds the samples of o.
func (s *Samples) Merge(o *Samples) {
	for _, x := range o.list[:o.n] {
		s.add(x)
	}
}

// Empty reports whether nothing was added.
func (s *Samples) Empty() bool { return s.n == 0 }

// String returns the eventIDs that count, with spaces between.
func (s *Samples) String() string {
	var ids []string
	for _, x := range s.list[:s.n] {
		if x.counted {
			ids = append(ids, x.id)
		}
	}
	return strings.Join(ids, " ")
}

// Append appends the samples in a form that Cut reads.
func (s *Samples) Append(dst []byte) []byte {
	dst = append(dst, byte(s.n))
	for _, x := range s.list[:s.n] {
		head := uint64(len(x.id)) << 1
		if x.counted {
			head |= 1
		}
		dst = append(binary.AppendUvarint(dst, head), x.id...)
	}
	return dst
}

// Cut sets the samples to what Append has written at the front of text, and returns the rest.
func (s *Samples) Cut(text []byte) (rest []byte) {
	*s = Samples{}
	n := int(text[0])
	text = text[1:]
	for range n {
		head, width := binary.Uvarint(text)
		text = text[width:]
		s.Add(string(text[:head>>1]), head&1 == 1)
		text = text[head>>1:]
	}
	return text
}
