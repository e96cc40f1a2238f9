package report

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest"
)

// A ShardReader hands out the objects of a shard. It holds one part in memory.
type ShardReader struct {
	next   func() (part []byte, err error)
	zst    *zstd.Decoder
	cells  page
	rows   rowReader
	object ingest.Result
	places []int // of the cells on the counter's page at hand, 1 and up; 0 where not placed yet
	turns  int   // of the counter's pages when places was started
}

// NewShardReader returns a reader of the parts that next returns one after the other, and io.EOF after the last.
func NewShardReader(next func() (part []byte, err error)) (*ShardReader, error) {
	zst, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("shard: read: %w", err)
	}
	return &ShardReader{next: next, zst: zst}, nil
}

// Object returns the object at hand; its Seq means nothing. It is valid until the next call of Next.
func (s *ShardReader) Object() *ingest.Result { return &s.object }

// Next goes on to the next object, from the first on. It returns io.EOF after the last. Events of the object before
// that were not taken are an error of the caller's.
func (s *ShardReader) Next() error {
	if err := s.fill(); err != nil {
		return err
	}
	object, ok := s.rows.cutResult()
	if !ok {
		return errors.New("BUG: events of a shard were not taken")
	}
	s.object = object
	return nil
}

// fill goes on to the next part where the one at hand has ended.
func (s *ShardReader) fill() error {
	for len(s.rows.block) == 0 {
		part, err := s.next()
		if err != nil {
			return err
		}
		if s.cells, s.rows, err = openPart(s.zst, part); err != nil {
			return err
		}
		s.places = make([]int, len(s.cells.cells))
	}
	return nil
}

// Take gives the object at hand, as number seq, to c and ids, event by event, as the run did that read it.
func (s *ShardReader) Take(seq int, c *Counter, ids *ingest.Ledger) error {
	c.Begin(seq)
	var r row
	for index := 0; ; index++ {
		err := s.fill()
		if err == io.EOF || err == nil && s.rows.block[0] == entryResult {
			break
		}
		if err == nil {
			_, err = s.rows.next(&r)
		}
		if err != nil {
			return err
		}
		var id ingest.EventID
		id, s.rows.block = ingest.CutEventID(s.rows.block)
		ids.Note(ingest.PlaceOf(seq, index), &id)
		s.count(&r, c)
	}
	s.object.Seq = seq
	if !s.object.Counted() {
		ids.Void(seq)
	}
	return c.End(&s.object)
}

// count gives a row to c, under c's own number of its cell.
func (s *ShardReader) count(r *row, c *Counter) {
	if c.cells.full() {
		c.cells.next()
		c.rows.nextPage()
	}
	if s.turns != c.cells.turns {
		s.turns = c.cells.turns
		clear(s.places)
	}
	of, number := s.cells.cells[r.cell], &s.places[r.cell]
	g := s.cells.groups[of.group]
	if *number == 0 {
		*number = 1 + c.cells.place([]byte(g), []byte(s.cells.targets[of.target]))
	}
	r.cell = *number - 1
	c.cells.choose(r, g.kind())
	c.rows.add(r)
}
