package spill

import (
	"bytes"
	"io"
)

// runs are sorted runs of records in one file. When a level has maxRuns runs, they are
// merged into one of the next level. So a cursor never has many runs to merge.
type runs struct {
	file   blockFile
	levels [][]extent
	err    error // the first error
}

// A runWriter writes one run.
type runWriter struct {
	r     *runs
	level int
	start int64
	block []byte
}

func (r *runs) begin() *runWriter { return &runWriter{r: r, start: r.file.size} }

func (w *runWriter) add(key, value []byte) {
	if w.block = appendRecord(w.block, key, value); len(w.block) >= runBlock {
		w.write()
	}
}

func (w *runWriter) write() {
	if w.r.err == nil {
		w.r.err = w.r.file.write(w.block)
	}
	w.block = w.block[:0]
}

func (w *runWriter) end() {
	w.write()
	r := w.r
	if r.err == nil {
		r.err = r.file.flush()
	}
	for len(r.levels) <= w.level {
		r.levels = append(r.levels, nil)
	}
	r.levels[w.level] = append(r.levels[w.level], extent{w.start, r.file.size})
	if len(r.levels[w.level]) >= maxRuns && r.err == nil {
		r.merge(w.level)
	}
}

// merge merges the runs of a level into one run of the next.
func (r *runs) merge(level int) {
	c := &Cursor{}
	for _, e := range r.levels[level] {
		c.sources = append(c.sources, r.open(e))
	}
	c.start()
	w := r.begin()
	w.level = level + 1
	r.levels[level] = nil
	for c.Next() {
		w.add(c.Key, c.Value)
	}
	if r.err == nil {
		r.err = c.Err()
	}
	w.end()
}

// into adds all runs to the sources of a Cursor that has not started.
func (r *runs) into(c *Cursor) {
	if c.err == nil {
		c.err = r.err
	}
	for _, level := range r.levels {
		for _, e := range level {
			c.sources = append(c.sources, r.open(e))
		}
	}
}

func (r *runs) open(e extent) *fileRun {
	f := &fileRun{}
	f.in.reset(&r.file, e)
	return f
}

// A fileRun iterates over the records of one run.
type fileRun struct {
	in    blockReader
	block []byte
}

func (f *fileRun) next() (key, value []byte, ok bool, err error) {
	for len(f.block) == 0 {
		if f.block, err = f.in.next(); err == io.EOF {
			return nil, nil, false, nil
		}
		if err != nil {
			return nil, nil, false, err
		}
	}
	key, value, f.block = cutRecord(f.block)
	return key, value, true, nil
}

// A Cursor iterates over records in order. It is for one goroutine.
type Cursor struct {
	Key, Value []byte // of the current record, valid until the next call of Next

	sources []source
	heads   []head // a heap, the least record first; once begun, the first is the current record
	begun   bool
	err     error
}

// A source returns sorted records. Each is valid until the next call.
type source interface {
	next() (key, value []byte, ok bool, err error)
}

// A head is the current record of a source.
type head struct {
	key, value []byte
	from       source
}

func (h *head) less(o *head) bool {
	if c := bytes.Compare(h.key, o.key); c != 0 {
		return c < 0
	}
	return bytes.Compare(h.value, o.value) < 0
}

// start reads the first record of every source.
func (c *Cursor) start() {
	for _, s := range c.sources {
		h := head{from: s}
		if c.pull(&h) {
			c.heads = append(c.heads, h)
		}
	}
	for i := len(c.heads)/2 - 1; i >= 0; i-- {
		c.sink(i)
	}
}

func (c *Cursor) pull(h *head) bool {
	if c.err != nil {
		return false
	}
	var ok bool
	h.key, h.value, ok, c.err = h.from.next()
	return ok && c.err == nil
}

// Next moves to the next record. It returns false after the last one and after an error.
func (c *Cursor) Next() bool {
	if c.begun && len(c.heads) > 0 {
		if !c.pull(&c.heads[0]) {
			last := len(c.heads) - 1
			c.heads[0] = c.heads[last]
			c.heads = c.heads[:last]
		}
		c.sink(0)
	}
	c.begun = true
	if len(c.heads) == 0 || c.err != nil {
		c.Key, c.Value = nil, nil
		return false
	}
	c.Key, c.Value = c.heads[0].key, c.heads[0].value
	return true
}

// sink moves the head at i down to its place in the heap.
func (c *Cursor) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(c.heads); child++ {
			if c.heads[child].less(&c.heads[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		c.heads[i], c.heads[least] = c.heads[least], c.heads[i]
		i = least
	}
}

// Err returns the error that ended the iteration early, or nil.
func (c *Cursor) Err() error { return c.err }

// Merge returns the records of several Sorters in one order.
func Merge(sorters ...*Sorter) *Cursor {
	all := &Cursor{}
	for _, s := range sorters {
		s.sort()
		s.runs.into(all)
		all.sources = append(all.sources, &memoryRun{s: s})
	}
	all.start()
	return all
}
