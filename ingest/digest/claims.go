package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/spill"
)

// A claim is a digest's entry for a log.
type claim struct {
	sum    [sha256.Size]byte
	digest uint64 // idOf the digest's name
}

// idOf returns a short identity of a digest. Only another digest with a status of its own
// and the same 64 bits of SHA-256 could be taken for it.
func idOf(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])
}

// keep keeps the claims of a digest about logs that are selected.
func (w *worker) keep(h *header, at places, logs []Log) {
	id := binary.BigEndian.AppendUint64(nil, idOf(h.Name))
	for i := range logs {
		l := &logs[i]
		key := layout.ParseKey(l.Key)
		if sel := &w.opt.Selection; key.HasDay && !sel.Window.IsAll() && (key.Day < sel.Window.From || key.Day > sel.LastFolder()) {
			continue
		}
		w.value = append(append(w.value[:0], l.SHA256[:]...), id...)
		w.claims.Add([]byte(at.of("s3://"+l.Bucket+"/"+l.Key)), w.value)
	}
}

func cutClaim(value []byte) (c claim) {
	copy(c.sum[:], value)
	c.digest = binary.BigEndian.Uint64(value[len(c.sum):])
	return c
}

// Claims merges what the digests say about logs with the logs themselves, in the order of
// their names. It is not safe for concurrent use.
type Claims struct {
	cursor *spill.Cursor
	more   bool
	claims []claim
	missed func(name string, claims []claim)
}

func newClaims(sorters []*spill.Sorter, missed func(string, []claim)) *Claims {
	c := &Claims{cursor: spill.Merge(sorters...), missed: missed}
	c.more = c.cursor.Next()
	return c
}

// of returns the claims about the log of that name, valid until the next call. Names must
// be asked for in order.
func (c *Claims) of(name string) []claim {
	for c.more && string(c.cursor.Key) < name {
		c.miss()
	}
	c.claims = c.claims[:0]
	for ; c.more && string(c.cursor.Key) == name; c.more = c.cursor.Next() {
		c.claims = append(c.claims, cutClaim(c.cursor.Value))
	}
	return c.claims
}

// Pass passes over the claims about the log of that name, which is there.
func (c *Claims) Pass(name string) { c.of(name) }

// miss passes over the claims about the log at the cursor.
func (c *Claims) miss() {
	name := bytes.Clone(c.cursor.Key)
	c.claims = c.claims[:0]
	for ; c.more && bytes.Equal(c.cursor.Key, name); c.more = c.cursor.Next() {
		c.claims = append(c.claims, cutClaim(c.cursor.Value))
	}
	c.missed(string(name), c.claims)
}

// End passes over all claims that are left, and returns the error of reading them.
func (c *Claims) End() error {
	for c.more {
		c.miss()
	}
	return c.cursor.Err()
}
