package dedupe

import "encoding/binary"

// Each calls fn with every record of a partition below Parts, except the records of void
// objects. A correction that names the record it corrects comes twice: with that record's
// id, in that record's partition, and without it, in its own partition. After Each,
// nothing may be added. r, extra and original are valid until fn returns.
func (l *Log) Each(part int, fn func(r *Record, extra []byte, original *ID)) error {
	extras := extraReader{blocks: l.extras.Read(part)}
	err := each(l.records.Read(part), func(block []byte) error {
		for ; len(block) > 0; block = block[recordSize:] {
			r, extra := cutRecord(block), []byte(nil)
			if r.Flags&HasExtra != 0 {
				var err error
				if extra, err = extras.next(); err != nil {
					return err
				}
			}
			if !l.void.has(r.Place.Object()) {
				fn(&r, extra, nil)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(l.corrections.Read(part), func(block []byte) error {
		for len(block) > 0 {
			var e entry
			if e, block = cutEntry(block); !l.void.has(e.Record.Place.Object()) {
				fn(&e.Record, e.Extra, &e.original)
			}
		}
		return nil
	})
}

// AppendRecord appends a record that Each passed to fn, in the form that CutRecord reads.
func AppendRecord(dst []byte, r *Record, extra []byte, original *ID) []byte {
	head := byte(0)
	if original != nil {
		head = 1
	}
	dst = append(dst, head)
	if original != nil {
		dst = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, original.Hi), original.Lo)
	}
	dst = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, r.ID.Hi), r.ID.Lo)
	corrects := byte(0)
	if r.IsCorrection() {
		corrects = 1
	}
	dst = append(dst, corrects)
	for _, n := range [...]uint64{uint64(r.At()), uint64(r.Value), uint64(r.Flags), uint64(len(extra))} {
		dst = binary.AppendUvarint(dst, n)
	}
	return append(dst, extra...)
}

// CutRecord removes one record that AppendRecord wrote from the front of text. ok is
// false if text does not start with one.
func CutRecord(text []byte) (r Record, extra []byte, original *ID, rest []byte, ok bool) {
	id := func() (id ID) {
		if len(text) < 16 {
			ok = false
			return id
		}
		id = ID{binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])}
		text = text[16:]
		return id
	}
	flag := func() bool {
		if len(text) == 0 {
			ok = false
			return false
		}
		is := text[0] == 1
		text = text[1:]
		return is
	}
	number := func() uint64 {
		n, width := binary.Uvarint(text)
		if width <= 0 {
			ok = false
			return 0
		}
		text = text[width:]
		return n
	}
	ok = true
	if flag() {
		o := id()
		original = &o
	}
	r.ID = id()
	corrects := flag()
	r.Place, r.Value, r.Flags = Place(number()), uint32(number()), uint32(number())
	if corrects {
		r.Place |= correction
	}
	n := number()
	if !ok || n > uint64(len(text)) {
		return r, nil, nil, nil, false
	}
	return r, text[:n], original, text[n:], true
}

// Put adds a record that Each returned, possibly from another log, at a new place.
func (l *Log) Put(r *Record, at Place, extra []byte, original *ID) {
	moved := *r
	moved.Place = at | r.Place&correction
	if !r.IsNamed() {
		moved.ID = ID{}
		if r.IsCorrection() {
			moved.ID = ID{Lo: uint64(moved.Place)}
		}
	}
	switch {
	case original != nil:
		l.correct(&moved, *original, extra)
	case moved.IsNamed():
		l.Add(&moved, extra)
	default:
		l.AddNameless(&moved, extra)
	}
}
