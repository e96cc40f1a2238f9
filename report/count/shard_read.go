package count

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"

	"vpcetrail/report/count/cells"
	"vpcetrail/report/learn"
)

// A ShardReader reads a shard: first its objects, by NextObject to the end, then its records, by Take. It
// holds one part in memory.
type ShardReader struct {
	next   func() (part []byte, err error)
	zst    *zstd.Decoder
	kind   PartKind
	rest   []byte // of the current part
	object ingest.Result
	ended  error // io.EOF after the last part
}

var errShard = errors.New("shard: a part does not hold what it should")

// NewShardReader returns a reader of the parts that next returns one after the other, and io.EOF after the
// last.
func NewShardReader(next func() (part []byte, err error)) (*ShardReader, error) {
	zst, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("shard: read: %w", err)
	}
	return &ShardReader{next: next, zst: zst}, nil
}

// turn goes on to the next part.
func (s *ShardReader) turn() error {
	if s.ended != nil {
		return s.ended
	}
	packed, err := s.next()
	if err == nil {
		s.rest, err = s.zst.DecodeAll(packed, s.rest[:0])
	}
	if err == nil && len(s.rest) < 2 {
		err = errShard
	}
	if err != nil {
		s.ended, s.rest, s.kind = err, nil, 0
		return err
	}
	s.kind, s.rest = PartKind(s.rest[0]), s.rest[1:]
	return nil
}

// hostile makes an error of what a part does to the code that reads it. Parts are held to their hashes, so
// only a part that was made to do harm comes here.
func hostile(err *error) {
	if recover() != nil {
		*err = errShard
	}
}

// NextObject goes on to the next object, from the first on. It returns io.EOF after the last.
func (s *ShardReader) NextObject() (err error) {
	defer hostile(&err)
	if len(s.rest) == 0 {
		if err := s.turn(); err != nil {
			return err
		}
	}
	if s.kind != PartObjects {
		return io.EOF
	}
	n, width := binary.Uvarint(s.rest)
	if width <= 0 || n > uint64(len(s.rest)-width) {
		return errShard
	}
	var ok bool
	if s.object, ok = parseResult(s.rest[width:][:n]); !ok {
		return errShard
	}
	s.rest = s.rest[width+int(n):]
	return nil
}

// Object returns the current object. Its Seq means nothing. It is valid until the next call of NextObject.
func (s *ShardReader) Object() *ingest.Result { return &s.object }

// Take gives the records of the shard to c. seqs are the numbers of its objects among those of all shards
// that are merged. Afterwards the shard is read.
func (s *ShardReader) Take(ctx context.Context, c *Counter, seqs []uint32) (err error) {
	defer hostile(&err)
	var values []uint32 // of c, by the numbers of the shard
	for err := error(nil); ; err = s.turn() {
		switch {
		case err == io.EOF:
			return c.log.Err()
		case err == nil && ctx.Err() != nil:
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		switch s.kind {
		case PartNumbers:
			values, err = c.takeNumbers(values, s.rest)
		case PartRecords:
			err = s.takeRecords(c, values, seqs)
		}
		if err != nil {
			return err
		}
	}
}

// takeNumbers gives the cells of a dictionary numbers of c, and appends their values.
func (c *Counter) takeNumbers(values []uint32, text []byte) ([]uint32, error) {
	d, err := cells.Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for _, g := range d.Groups.Keys {
		if v := g.Bits.Unowned(); !v.IsKnown() || d.Callees.Keys[g.Callee].Kind > event.Other {
			return nil, errShard
		}
	}
	var key []byte
	for number := range d.Cells.Keys {
		key = d.AppendCell(key[:0], uint32(number))
		values = append(values, c.base+c.dict.AddCell(key))
		if number%batchSize == 0 && c.dict.Held() > c.share {
			c.turn()
		}
	}
	return values, nil
}

func (s *ShardReader) takeRecords(c *Counter, values, seqs []uint32) error {
	for rest := s.rest; len(rest) > 0; {
		_, width := binary.Uvarint(rest) // the partition
		if width <= 0 {
			return errShard
		}
		length, w := binary.Uvarint(rest[width:])
		if rest = rest[width+max(w, 0):]; w <= 0 || length > uint64(len(rest)) {
			return errShard
		}
		if err := takeSegment(c, rest[:length], values, seqs); err != nil {
			return err
		}
		rest = rest[length:]
	}
	return nil
}

func takeSegment(c *Counter, text []byte, values, seqs []uint32) error {
	for len(text) > 0 {
		r, extra, original, rest, ok := dedupe.CutRecord(text)
		text = rest
		seq := r.At().Object()
		if !ok || int(r.Value) >= len(values) || seq >= len(seqs) {
			return errShard
		}
		if len(extra) > 0 {
			_ = parseExtra(extra) // it panics here, not while records are settled
		}
		r.Value = values[r.Value]
		c.log.Put(&r, dedupe.PlaceOf(int(seqs[seq]), r.At().Index()), extra, original)
	}
	return nil
}

// Learn takes what events showed that another run's counters took.
func (c *Counter) Learn(l *learn.Learned) { c.learner.Learned().Merge(l) }
