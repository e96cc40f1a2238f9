package access

import (
	"crypto/sha256"
	"encoding/binary"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// idSize is the length of an identity: 128 bits.
const idSize = 16

// requestKey is the identity of a request by its two ids, in the log and in the trail. ok is false
// if one of them is missing.
func requestKey(requestID, hostID []byte) (key [idSize]byte, ok bool) {
	return keyOf("request", requestID, hostID), len(requestID) > 0 && len(hostID) > 0
}

// keyOf returns the first 128 bits of the SHA-256 of texts, each with its length.
func keyOf(kind string, texts ...[]byte) (key [idSize]byte) {
	var room [512]byte
	dst := append(room[:0], kind...)
	for _, text := range texts {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	sum := sha256.Sum256(dst)
	copy(key[:], sum[:])
	return key
}

// A record is a line that may count. In the sorter its key is the request's identity and that of the
// line.
type record struct {
	object    int // its number
	offset    int64
	time      int64
	bytes     int64
	denied    bool
	ambiguous bool
	address   string // of the caller
	table.S3AccessKey
}

func (r *record) append(dst []byte) []byte {
	flags := byte(0)
	if r.denied {
		flags |= 1
	}
	if r.ambiguous {
		flags |= 2
	}
	dst = binary.AppendUvarint(append(dst, flags), uint64(r.object))
	dst = binary.AppendVarint(binary.AppendVarint(dst, r.offset), r.time)
	dst = binary.AppendVarint(dst, r.bytes)
	return appendKey(spill.AppendFields(dst, r.address), &r.S3AccessKey)
}

func cutRecord(value []byte) (r record) {
	r.denied, r.ambiguous = value[0]&1 != 0, value[0]&2 != 0
	object, n := binary.Uvarint(value[1:])
	r.object, value = int(object), value[1+n:]
	for _, to := range []*int64{&r.offset, &r.time, &r.bytes} {
		*to, n = binary.Varint(value)
		value = value[n:]
	}
	cutKey(spill.CutFields(string(value), &r.address), &r.S3AccessKey)
	return r
}

func (r *record) day() day.Day { return day.OfMillis(r.time) }

// appendKey appends the key of a row. The bytes sort as the rows do.
func appendKey(dst []byte, k *table.S3AccessKey) []byte {
	return spill.AppendFields(dst, k.Bucket, k.Requester, k.Operation, k.Route, k.Evidence, k.Egress, k.EndpointID)
}

func cutKey(key string, k *table.S3AccessKey) {
	spill.CutFields(key, &k.Bucket, &k.Requester, &k.Operation, &k.Route, &k.Evidence, &k.Egress, &k.EndpointID)
}

// A sum is what a row counts. It implements spill.Value.
type sum struct {
	requests, denied, bytes, matched int64
	first, last                      int64
}

// Add adds o.
func (s *sum) Add(o *sum) {
	if s.requests == 0 {
		s.first, s.last = o.first, o.last
	} else if o.requests > 0 {
		s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	}
	s.requests, s.denied, s.bytes, s.matched = s.requests+o.requests, s.denied+o.denied, s.bytes+o.bytes, s.matched+o.matched
}

// Append appends s in a form that Parse reads.
func (s *sum) Append(dst []byte) []byte {
	for _, n := range []int64{s.requests, s.denied, s.bytes, s.matched, s.first, s.last} {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

// Parse sets s to what Append wrote.
func (s *sum) Parse(text []byte) {
	for _, to := range []*int64{&s.requests, &s.denied, &s.bytes, &s.matched, &s.first, &s.last} {
		n, width := binary.Varint(text)
		*to, text = n, text[width:]
	}
}
