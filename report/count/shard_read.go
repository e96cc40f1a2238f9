package count

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest"
	"vpcetrail/ingest/event"

	"vpcetrail/report/count/cells"
	"vpcetrail/report/count/objects"
	"vpcetrail/report/learn"
)

var errShard = errors.New("shard: a part does not hold what it should")

// hostile makes an error of what a part does to the code that reads it. Parts are held to their hashes, so
// only a part that was made to do harm comes here.
func hostile(err *error) {
	if recover() != nil {
		*err = errShard
	}
}

// A PartReader reads the texts in parts of one kind. It holds one part in memory.
type PartReader struct {
	kind PartKind
	next func() ([]byte, error)
	zst  *zstd.Decoder
	text []byte // of the current part
	rest []byte
}

// NewPartReader returns a reader of the parts that next returns one after the other, and io.EOF after the last.
func NewPartReader(kind PartKind, next func() ([]byte, error)) (*PartReader, error) {
	zst, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("shard: read: %w", err)
	}
	return &PartReader{kind: kind, next: next, zst: zst}, nil
}

// turn goes on to the next part.
func (r *PartReader) turn() error {
	packed, err := r.next()
	if err != nil {
		return err
	}
	r.text, err = r.zst.DecodeAll(packed, r.text[:0])
	if err == nil && (len(r.text) < 2 || PartKind(r.text[0]) != r.kind) {
		err = errShard
	}
	if err == nil {
		r.rest = r.text[1:]
	}
	return err
}

// Next returns the next text, valid until the next call, or io.EOF after the last.
func (r *PartReader) Next() ([]byte, error) {
	if len(r.rest) == 0 {
		if err := r.turn(); err != nil {
			return nil, err
		}
	}
	n, width := binary.Uvarint(r.rest)
	if width <= 0 || n > uint64(len(r.rest)-width) {
		return nil, errShard
	}
	text := r.rest[width:][:n]
	r.rest = r.rest[width+int(n):]
	return text, nil
}

// numbers returns the next dictionary.
func (r *PartReader) numbers() (*cells.Dictionary, error) {
	if err := r.turn(); err != nil {
		return nil, err
	}
	d, err := cells.Read(bytes.NewReader(r.rest))
	if err != nil || !d.IsWhole() {
		return nil, errShard
	}
	for _, g := range d.Groups.Keys {
		if v := g.Bits.Unowned(); !v.IsKnown() || d.Callees.Keys[g.Callee].Kind > event.Other {
			return nil, errShard
		}
	}
	return d, nil
}

// ParseObject returns what a text of a part of objects says. Its Seq means nothing.
func ParseObject(text []byte) (*ingest.Result, error) {
	res, ok := objects.ParseResult(text)
	if !ok {
		return nil, errShard
	}
	return &res, nil
}

// Learn takes what events showed that another run's counters took.
func (c *Counter) Learn(l *learn.Learned) { c.learner.Learned().Merge(l) }
