package report

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"vpcetrail/ingest"
	"vpcetrail/ingest/spill"
)

// keep keeps what WriteShard tells of an object.
func (c *Counter) keep(res *ingest.Result) {
	if c.results == nil {
		return
	}
	result := appendResult(nil, res)
	c.results.Append(0, append(binary.AppendUvarint(nil, uint64(len(result))), result...))
}

// WriteShard writes the shard of a run that has ended well, and whose counters no report has been made of yet, in
// parts of a few MiB, for which it calls stage in order. The counters were told to Keep, and ids are the run's, one for each
// counter. The same objects give the same parts, whatever counter took which of them. stage must keep no reference to a part.
func WriteShard(ctx context.Context, counters []*Counter, ids []*ingest.IDLog, stage func(part []byte) error) error {
	w, err := newPartWriter(stage)
	if err != nil {
		return err
	}
	return w.copyAll(ctx, counters, ids)
}

// copyAll writes what the counters have kept, and ends the last part.
func (w *partWriter) copyAll(ctx context.Context, counters []*Counter, ids []*ingest.IDLog) error {
	var open []*keptReader // each at an object
	for i, c := range counters {
		k := c.kept(ids[i])
		if err := k.turn(); err != nil {
			return err
		}
		if _, err := k.next(); err == nil {
			open = append(open, k)
		} else if err != io.EOF {
			return err
		}
	}
	for len(open) > 0 {
		first := 0
		for i, k := range open {
			if k.rows.object < open[first].rows.object {
				first = i
			}
		}
		switch err := w.copyObject(ctx, open[first]); {
		case err == io.EOF:
			open = append(open[:first], open[first+1:]...)
		case err != nil:
			return err
		}
	}
	return w.flush()
}

// copyObject writes the object that k is at, and leaves k at the next one. It returns io.EOF where there is none.
func (w *partWriter) copyObject(ctx context.Context, k *keptReader) error {
	result, err := k.result()
	if err != nil {
		return err
	}
	if err := w.object(result); err != nil {
		return err
	}
	res := parseResult(result)
	for {
		isRow, err := k.next()
		if err != nil || !isRow {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !res.Counted() { // its events are tentative
			continue
		}
		of := k.page.cells[k.row.cell]
		if err := w.event(k.page.groups[of.group], k.page.targets[of.target], &k.row, &k.id); err != nil {
			return err
		}
	}
}

// A keptReader walks the objects and the rows of one Counter, in the order taken.
type keptReader struct {
	pages   *dictionaryReader
	page    page
	rows    *rowReader
	ids     *ingest.IDReader
	results *spill.Blocks
	block   []byte // of results

	row row // with its id, where next has reported one
	id  ingest.EventID
}

func (c *Counter) kept(ids *ingest.IDLog) *keptReader {
	return &keptReader{pages: c.cells.read(), rows: c.rows.read(), ids: ids.Read(), results: c.results.Read(0)}
}

func (k *keptReader) turn() (err error) {
	k.page, err = k.pages.next()
	return err
}

// next goes on to the next row or object, and tells which it is; io.EOF after the last.
func (k *keptReader) next() (isRow bool, err error) {
	for {
		entry, err := k.rows.next(&k.row)
		if err != nil {
			return false, err
		}
		switch entry {
		case entryObject:
			return false, nil
		case entryPage:
			if err := k.turn(); err != nil {
				return false, err
			}
		default:
			k.id, err = k.ids.Next()
			return true, err
		}
	}
}

// result returns what reading the object at hand gave, as appendResult has written it: valid until the next call.
func (k *keptReader) result() (result []byte, err error) {
	for len(k.block) == 0 {
		if k.block, err = k.results.Next(); err == io.EOF {
			return nil, errors.New("BUG: an object without a result")
		}
		if err != nil {
			return nil, err
		}
	}
	n, width := binary.Uvarint(k.block)
	result, k.block = k.block[width:width+int(n)], k.block[width+int(n):]
	return result, nil
}
