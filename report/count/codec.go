package count

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"
)

// A dictionary is written as its texts and then its keys, each list with its length before it. All numbers
// are varints. Tables of hashes are made again when a dictionary is read.

// each calls f with every field of the key, in a fixed order, to be read or set.
func (p *principal) each(f func(*uint32)) { f(&p.name); f(&p.kind); f(&p.account); f(&p.session) }

func (c *callee) each(f func(*uint32)) {
	for _, field := range [...]*uint32{&c.account, &c.region, &c.service, &c.endpoint, &c.owner} {
		f(field)
	}
	of, rest := uint32(c.day), uint32(c.kind)<<1
	if c.isInterface {
		rest |= 1
	}
	f(&of)
	f(&rest)
	c.day, c.kind, c.isInterface = day.Day(int32(of)), event.Kind(rest>>1), rest&1 == 1
}

func (g *group) each(f func(*uint32)) { f(&g.callee); f(&g.principal); f((*uint32)(&g.bits)) }

func (c *cell) each(f func(*uint32)) { f(&c.group); f(&c.target) }

func (t *target) each(f func(*uint32)) {
	signs := uint32(t.signs)
	f((*uint32)(&t.resources))
	f(&t.name)
	f(&signs)
	t.signs = classify.Signs(signs)
}

// A keyed is a pointer to a key.
type keyed[K any] interface {
	*K
	each(func(*uint32))
}

// A dictionaryWriter writes dictionaries to out. Its first error is kept.
type dictionaryWriter struct {
	out *bufio.Writer
	buf []byte
}

func (w *dictionaryWriter) number(n uint64) {
	w.buf = binary.AppendUvarint(w.buf[:0], n)
	_, _ = w.out.Write(w.buf) // Flush returns the error
}

func (w *dictionaryWriter) texts(t *texts) {
	w.number(uint64(len(t.ends)))
	for i := range t.ends {
		text := t.text(uint32(i))
		w.number(uint64(len(text)))
		_, _ = w.out.Write(text)
	}
}

func writeKeys[K any, P keyed[K]](w *dictionaryWriter, keys []K) {
	w.number(uint64(len(keys)))
	for i := range keys {
		P(&keys[i]).each(func(field *uint32) { w.number(uint64(*field)) })
	}
}

// write writes a dictionary to out.
func (d *dictionary) write(out io.Writer) error {
	w := dictionaryWriter{out: bufio.NewWriter(out)}
	w.texts(&d.texts)
	w.texts(&d.sets)
	writeKeys(&w, d.principals.keys)
	writeKeys(&w, d.callees.keys)
	writeKeys(&w, d.groups.keys)
	writeKeys(&w, d.targets.keys)
	writeKeys(&w, d.cells.keys)
	return w.out.Flush()
}

// A dictionaryReader reads what a dictionaryWriter has written.
type dictionaryReader struct {
	in  *bufio.Reader
	err error
}

func (r *dictionaryReader) number() uint64 {
	n, err := binary.ReadUvarint(r.in)
	if r.err == nil {
		r.err = err
	}
	return n
}

// maxWrittenText is more than a text or a set takes, in bytes.
const maxWrittenText = 2 * maxText

func (r *dictionaryReader) texts() (t texts) {
	for range r.number() {
		n := r.number()
		if r.err == nil && n > maxWrittenText {
			r.err = fmt.Errorf("a text of %d bytes", n)
		}
		if r.err != nil {
			return t
		}
		at := len(t.arena)
		t.arena = append(t.arena, make([]byte, n)...)
		if _, err := io.ReadFull(r.in, t.arena[at:]); err != nil {
			r.err = err
		}
		t.ends = append(t.ends, uint32(len(t.arena)))
	}
	return t
}

func readKeys[K any, P keyed[K]](r *dictionaryReader) (keys []K) {
	for range r.number() {
		if r.err != nil {
			return keys
		}
		var key K
		P(&key).each(func(field *uint32) { *field = uint32(r.number()) })
		keys = append(keys, key)
	}
	return keys
}

// readDictionary reads a dictionary.
func readDictionary(in io.Reader) (*dictionary, error) {
	r := dictionaryReader{in: bufio.NewReader(in)}
	d := &dictionary{texts: r.texts(), sets: r.texts()}
	d.principals.keys = readKeys[principal](&r)
	d.callees.keys = readKeys[callee](&r)
	d.groups.keys = readKeys[group](&r)
	d.targets.keys = readKeys[target](&r)
	d.cells.keys = readKeys[cell](&r)
	if r.err != nil {
		return nil, fmt.Errorf("numbers: read: %w", r.err)
	}
	d.index()
	return d, nil
}

// index makes the tables of a dictionary that was read.
func (d *dictionary) index() {
	d.texts.index()
	d.sets.index()
	d.principals.index(hashPrincipal)
	d.callees.index(hashCallee)
	d.groups.index(hashGroup)
	d.targets.index(hashTarget)
	d.cells.index(hashCell)
}

// A pageFile keeps the dictionaries of a Counter's pages on disk, in order.
type pageFile struct {
	disk  *spill.Disk
	pages []*spill.Stream
	bases []uint32 // how many cells are on the pages before each
	err   error
}

func newPageFile(disk *spill.Disk) *pageFile { return &pageFile{disk: disk} }

// add puts a dictionary away.
func (f *pageFile) add(d *dictionary, base uint32) {
	s := spill.NewStream(f.disk)
	if f.err == nil {
		f.err = d.write(s)
	}
	f.pages, f.bases = append(f.pages, s), append(f.bases, base)
}

// fail notes what ends the run.
func (f *pageFile) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// read returns the dictionary of a page.
func (f *pageFile) read(page int) (*dictionary, error) { return readDictionary(f.pages[page].Reader()) }
