package findings

import (
	"encoding/binary"
	"strings"
)

// MaxSamples is the maximum number of eventIDs of a finding.
const MaxSamples = 5

// Samples holds the eventIDs with the smallest hashes among all that were added, at most MaxSamples.
// The order of adding does not matter. The zero value is empty.
type Samples struct {
	list [MaxSamples]sample
	n    int
}

type sample struct {
	hash    uint64
	id      string
	counted bool
}

// CanSample reports whether an eventID can be a sample: it must be short, printable ASCII, and have
// no spaces.
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

// Hash returns the hash that Samples orders an eventID by. It is the same in every run.
func Hash[T ~string | ~[]byte](id T) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, with its high bits mixed down
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h ^ h>>32
}

// Add adds an eventID. Records that do not count, because another record replaces them, are also
// added, as not counted: the smallest hashes must not depend on which record came first.
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

// String returns the eventIDs that count, separated by spaces.
func (s *Samples) String() string {
	var ids []string
	for _, x := range s.list[:s.n] {
		if x.counted {
			ids = append(ids, x.id)
		}
	}
	return strings.Join(ids, " ")
}

// Append appends the samples in the form that Cut reads.
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

// Cut sets the samples to what Append wrote at the front of text, and returns the rest.
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
