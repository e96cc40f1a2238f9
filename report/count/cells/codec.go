package cells

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// A dictionary is written as its texts, then its keys. Each list starts with its length. All
// numbers are varints. Hash tables are rebuilt when a dictionary is read.

// each replaces every field of the key by what f makes of it, in a fixed order: f writes or reads it.
func (p *Principal) each(f func(uint32) uint32) {
	p.Name, p.Kind, p.Account, p.Session = f(p.Name), f(p.Kind), f(p.Account), f(p.Session)
}

func (c *Callee) each(f func(uint32) uint32) {
	c.Account, c.Region, c.Service, c.Endpoint, c.Owner = f(c.Account), f(c.Region), f(c.Service), f(c.Endpoint), f(c.Owner)
	rest := uint32(c.Kind) << 1
	if c.IsInterface {
		rest |= 1
	}
	c.Day, rest = day.Day(int32(f(uint32(c.Day)))), f(rest)
	c.Kind, c.IsInterface = event.Kind(rest>>1), rest&1 == 1
}

func (p *Path) each(f func(uint32) uint32) {
	rest := uint32(0)
	if p.IPv6 {
		rest = 1
	}
	p.Place, p.Host, p.Workload = f(p.Place), f(p.Host), f(p.Workload)
	p.IPv6 = f(rest) == 1
}

func (g *Group) each(f func(uint32) uint32) {
	g.Callee, g.Principal, g.Path, g.Bits = f(g.Callee), f(g.Principal), f(g.Path), VerdictBits(f(uint32(g.Bits)))
}

func (c *Cell) each(f func(uint32) uint32) { c.Group, c.Target = f(c.Group), f(c.Target) }

func (t *Target) each(f func(uint32) uint32) {
	t.Resources, t.Name, t.Signs = ResourceSet(f(uint32(t.Resources))), f(t.Name), classify.Signs(f(uint32(t.Signs)))
}

// A keyed is a pointer to a key.
type keyed[K any] interface {
	*K
	each(func(uint32) uint32)
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

func (w *dictionaryWriter) texts(t *Texts) {
	w.number(uint64(len(t.ends)))
	for i := range t.ends {
		text := t.Text(uint32(i))
		w.number(uint64(len(text)))
		_, _ = w.out.Write(text)
	}
}

func writeKeys[K any, P keyed[K]](w *dictionaryWriter, keys []K) {
	w.number(uint64(len(keys)))
	write := func(field uint32) uint32 { w.number(uint64(field)); return field }
	for i := range keys {
		P(&keys[i]).each(write)
	}
}

// Write writes a dictionary to out.
func (d *Dictionary) Write(out io.Writer) error {
	w := dictionaryWriter{out: bufio.NewWriter(out)}
	w.texts(&d.Texts)
	w.texts(&d.sets)
	writeKeys(&w, d.Principals.Keys)
	writeKeys(&w, d.Callees.Keys)
	writeKeys(&w, d.Paths.Keys)
	writeKeys(&w, d.Groups.Keys)
	writeKeys(&w, d.Targets.Keys)
	writeKeys(&w, d.Cells.Keys)
	return w.out.Flush()
}

// A dictionaryReader reads what a dictionaryWriter wrote.
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

// maxWrittenText is larger than any text or set, in bytes.
const maxWrittenText = 2 * MaxText

func (r *dictionaryReader) texts() (t Texts) {
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
	read := func(uint32) uint32 { return uint32(r.number()) }
	for range r.number() {
		if r.err != nil {
			return keys
		}
		keys = append(keys, *new(K))
		P(&keys[len(keys)-1]).each(read)
	}
	return keys
}

// Read reads a dictionary.
func Read(in io.Reader) (*Dictionary, error) {
	r := dictionaryReader{in: bufio.NewReader(in)}
	d := empty()
	d.Texts, d.sets = r.texts(), r.texts()
	d.Principals.Keys = readKeys[Principal](&r)
	d.Callees.Keys = readKeys[Callee](&r)
	d.Paths.Keys = readKeys[Path](&r)
	d.Groups.Keys = readKeys[Group](&r)
	d.Targets.Keys = readKeys[Target](&r)
	d.Cells.Keys = readKeys[Cell](&r)
	if r.err != nil {
		return nil, fmt.Errorf("numbers: read: %w", r.err)
	}
	d.index()
	return d, nil
}

// IsWhole reports whether every key of a dictionary that was read names only others that are there.
func (d *Dictionary) IsWhole() bool {
	whole := true
	texts := func(numbers ...uint32) {
		for _, n := range numbers {
			whole = whole && int(n) < d.Texts.Len()
		}
	}
	for i := range d.sets.Len() {
		set := d.sets.Text(uint32(i))
		whole = whole && len(set)%4 == 0
		for ; len(set) >= 4; set = set[4:] {
			texts(binary.LittleEndian.Uint32(set))
		}
	}
	for _, k := range d.Principals.Keys {
		texts(k.Name, k.Kind, k.Account, k.Session)
	}
	for _, k := range d.Callees.Keys {
		texts(k.Account, k.Region, k.Service, k.Endpoint, k.Owner)
	}
	for _, k := range d.Paths.Keys {
		texts(k.Place, k.Host, k.Workload)
	}
	for _, k := range d.Targets.Keys {
		texts(k.Name)
		if several := k.Resources & severalBit; several == 0 {
			texts(uint32(k.Resources))
		} else {
			whole = whole && int(k.Resources&^several) < d.sets.Len()
		}
	}
	for _, k := range d.Groups.Keys {
		whole = whole && int(k.Callee) < len(d.Callees.Keys) && int(k.Principal) < len(d.Principals.Keys) && int(k.Path) < len(d.Paths.Keys)
	}
	for _, k := range d.Cells.Keys {
		whole = whole && int(k.Group) < len(d.Groups.Keys) && int(k.Target) < len(d.Targets.Keys)
	}
	return whole
}

// index builds the hash tables of a dictionary that was read.
func (d *Dictionary) index() {
	d.Texts.index()
	d.sets.index()
	d.Principals.index()
	d.Callees.index()
	d.Paths.index()
	d.Groups.index()
	d.Targets.index()
	d.Cells.index()
}

// AppendText appends a text and its length before it.
func AppendText(dst, text []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// The flags of a cell in the form that AppendCell writes.
const (
	cellIsInterface = 1 << iota
	cellIsIPv6
)

// AppendCell appends the texts of a cell. Equal cells of two dictionaries give the same
// bytes.
func (d *Dictionary) AppendCell(dst []byte, number uint32) []byte {
	k := d.Cells.Keys[number]
	g, t := d.Groups.Keys[k.Group], d.Targets.Keys[k.Target]
	c, who := d.Callees.Keys[g.Callee], d.Principals.Keys[g.Principal]
	dst = binary.BigEndian.AppendUint32(dst, uint32(c.Day))
	way, flags := d.Paths.Keys[g.Path], byte(0)
	if c.IsInterface {
		flags |= cellIsInterface
	}
	if way.IPv6 {
		flags |= cellIsIPv6
	}
	dst = binary.BigEndian.AppendUint32(append(dst, byte(c.Kind), flags), uint32(g.Bits))
	for _, text := range [...]uint32{
		c.Account, c.Region, c.Service, c.Endpoint, c.Owner, who.Name, who.Kind, who.Account, who.Session, way.Place, way.Host, way.Workload, t.Name,
	} {
		dst = AppendText(dst, d.Texts.Text(text))
	}
	dst = append(dst, byte(t.Signs))
	names := d.Resources(nil, t.Resources)
	slices.SortFunc(names, func(a, b uint32) int { return bytes.Compare(d.Texts.Text(a), d.Texts.Text(b)) })
	for _, name := range names {
		dst = AppendText(dst, d.Texts.Text(name))
	}
	return dst
}

// AddCell adds a cell that AppendCell wrote.
func (d *Dictionary) AddCell(text []byte) (number uint32) {
	c := Callee{Day: day.Day(int32(binary.BigEndian.Uint32(text))), Kind: event.Kind(text[4]), IsInterface: text[5]&cellIsInterface != 0}
	g, way := Group{Bits: VerdictBits(binary.BigEndian.Uint32(text[6:]))}, Path{IPv6: text[5]&cellIsIPv6 != 0}
	text = text[10:]
	next := func() uint32 {
		n, width := binary.Uvarint(text)
		number := d.Text(text[width : width+int(n)])
		text = text[width+int(n):]
		return number
	}
	for _, field := range [...]*uint32{&c.Account, &c.Region, &c.Service, &c.Endpoint, &c.Owner} {
		*field = next()
	}
	who := Principal{next(), next(), next(), next()}
	way.Place, way.Host, way.Workload = next(), next(), next()
	t := Target{Name: next(), Signs: classify.Signs(text[0])}
	var names []uint32
	for text = text[1:]; len(text) > 0; {
		names = append(names, next())
	}
	t.Resources = d.Set(names)
	g.Callee, _ = d.Callees.Number(c.hash(), c)
	g.Principal, _ = d.Principals.Number(who.hash(), who)
	g.Path = d.Path(way)
	var k Cell
	k.Group, _ = d.Groups.Number(g.Hash(), g)
	k.Target, _ = d.Targets.Number(t.Hash(), t)
	number, _ = d.Cells.Number(k.Hash(), k)
	return number
}

// Join adds the contents of another dictionary. It returns the new numbers of that
// dictionary's cells.
func (d *Dictionary) Join(o *Dictionary) []uint32 {
	text := make([]uint32, o.Texts.Len())
	for i := range text {
		text[i], _ = d.Texts.Number(o.Texts.Text(uint32(i)))
	}
	principals, callees, paths := make([]uint32, len(o.Principals.Keys)), make([]uint32, len(o.Callees.Keys)), make([]uint32, len(o.Paths.Keys))
	for i, k := range o.Principals.Keys {
		k = Principal{text[k.Name], text[k.Kind], text[k.Account], text[k.Session]}
		principals[i], _ = d.Principals.Number(k.hash(), k)
	}
	for i, k := range o.Callees.Keys {
		k.Account, k.Region, k.Service, k.Endpoint, k.Owner = text[k.Account], text[k.Region], text[k.Service], text[k.Endpoint], text[k.Owner]
		callees[i], _ = d.Callees.Number(k.hash(), k)
	}
	for i, k := range o.Paths.Keys {
		paths[i] = d.Path(Path{text[k.Place], text[k.Host], text[k.Workload], k.IPv6})
	}
	groups, targets := make([]uint32, len(o.Groups.Keys)), make([]uint32, len(o.Targets.Keys))
	for i, k := range o.Groups.Keys {
		k.Callee, k.Principal, k.Path = callees[k.Callee], principals[k.Principal], paths[k.Path]
		groups[i], _ = d.Groups.Number(k.Hash(), k)
	}
	var names []uint32
	for i, k := range o.Targets.Keys {
		names = o.Resources(names[:0], k.Resources)
		for j, n := range names {
			names[j] = text[n]
		}
		k.Resources, k.Name = d.Set(names), text[k.Name]
		targets[i], _ = d.Targets.Number(k.Hash(), k)
	}
	numbers := make([]uint32, len(o.Cells.Keys))
	for i, k := range o.Cells.Keys {
		k = Cell{groups[k.Group], targets[k.Target]}
		numbers[i], _ = d.Cells.Number(k.Hash(), k)
	}
	return numbers
}
