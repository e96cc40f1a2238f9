package merge

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"math"

	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/count"
)

// eachObject calls fn with every object of all shards, in the order of their names, and its number. The parts are of
// objects, or of names: then there is no result.
func (b *Batch) eachObject(ctx context.Context, kind count.PartKind, fn func(shard, seq int, res *ingest.Result) error) error {
	var open streams
	for i := range b.shards {
		s := &stream{shard: &b.shards[i], number: i, hasResults: kind == count.PartObjects}
		from := s.Names
		if s.hasResults {
			from = s.Objects
		}
		var err error
		if s.PartReader, err = count.NewPartReader(kind, parts(ctx, s.store, from)); err != nil {
			return err
		}
		if err := s.turn(); err != nil && err != io.EOF {
			return err
		} else if err == nil {
			open = append(open, s)
		}
	}
	heap.Init(&open)
	var last string
	var from report.Store
	for seq := 0; len(open) > 0; seq++ {
		s := open[0]
		if seq > 0 && s.name == last {
			return fmt.Errorf("%s: is in %s and in %s: reports that are merged must be of different objects", s.name, from, s.store)
		}
		last, from = s.name, s.store
		if seq > math.MaxUint32 {
			return fmt.Errorf("more than %d objects", math.MaxUint32)
		}
		if err := fn(s.number, seq, s.result); err != nil {
			return err
		}
		switch err := s.turn(); err {
		case nil:
			heap.Fix(&open, 0)
		case io.EOF:
			heap.Pop(&open)
		default:
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// A stream is the objects of a shard that are being read.
type stream struct {
	*shard
	number     int
	hasResults bool
	*count.PartReader

	name   string // of the current object
	result *ingest.Result
}

// turn goes on to the next object.
func (s *stream) turn() error {
	text, err := s.Next()
	if err != nil {
		return err
	}
	if !s.hasResults {
		s.name = string(text)
		return nil
	}
	if s.result, err = count.ParseObject(text); err == nil {
		s.name = s.result.Object.Name
	}
	return err
}

// streams are a heap, by the names of their current objects.
type streams []*stream

func (s streams) Len() int      { return len(s) }
func (s streams) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *streams) Push(x any)   { *s = append(*s, x.(*stream)) }
func (s streams) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(s[i].name, s[j].name), cmp.Compare(s[i].number, s[j].number)) < 0
}
func (s *streams) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}
