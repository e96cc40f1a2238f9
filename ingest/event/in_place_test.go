package event

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestResetBytesOverwritesOnlyThePadding(t *testing.T) {
	doc := []byte(orders[0])
	room := bytes.Repeat([]byte{'x'}, len(doc)+Padding+1)
	copy(room, doc)
	var r Reader
	r.ResetBytes(room[:len(doc)])
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	if !bytes.Equal(room[:len(doc)], doc) || !bytes.Equal(room[len(doc):][:Padding], make([]byte, Padding)) || room[len(room)-1] != 'x' {
		t.Error("the text or what follows its padding was changed")
	}
}

func TestResetBytesCopiesATextWithoutRoom(t *testing.T) {
	for spare := range []int{0, 1, Padding - 1} {
		doc := []byte(orders[0])
		room := append(append(make([]byte, 0, len(doc)+spare), doc...), bytes.Repeat([]byte{'"'}, spare)...)
		var r Reader
		r.ResetBytes(room[:len(doc):len(room)])
		n := 0
		for ; ; n++ {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if n != 3 || strings.Trim(string(room[len(doc):]), `"`) != "" {
			t.Errorf("%d bytes of room: %d records, %q after the text", spare, n, room[len(doc):])
		}
	}
}

func TestResetBytesRefusesWhatResetRefuses(t *testing.T) {
	const head = `{"Records":[{"eventTime":"2026-11-20T10:11:12Z"},{"x":"`
	doc := []byte(head + strings.Repeat("x", MaxRecord) + `"}]}`)
	read, inPlace := read(new(Reader), doc, false), read(new(Reader), doc, true)
	if inPlace.err == "" || inPlace.err != read.err || inPlace.offset != read.offset {
		t.Errorf("in place %q at byte %d, through a window %q at byte %d", inPlace.err, inPlace.offset, read.err, read.offset)
	}
}

func TestNextDoesNotAllocateInPlace(t *testing.T) {
	doc := []byte(strings.Join(orders[:4], "\n"))
	doc = append(make([]byte, 0, len(doc)+Padding), doc...)
	var r Reader
	allocs := testing.AllocsPerRun(20, func() {
		r.ResetBytes(doc)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A lender is a Text that returns pieces of a few bytes, and larger ones after it was
// asked to keep many. Each piece is in a new place, and the lender overwrites the
// previous one.
type lender struct {
	rest  []byte
	err   error // returned after the last piece; nil: io.EOF
	lent  []byte
	given int
}

func (l *lender) Next(keep int) ([]byte, error) {
	l.given++
	n := min(l.given%7+keep/16, len(l.rest)) // a record of n bytes must not be copied n times
	if n == 0 && len(l.rest) > 0 {
		n = 1
	}
	piece := append(make([]byte, 0, keep+n+Padding), l.lent[len(l.lent)-keep:]...)
	piece = append(piece, l.rest[:n]...)
	for i := range l.lent {
		l.lent[i] = '"'
	}
	l.lent, l.rest = piece, l.rest[n:]
	copy(piece[:cap(piece)][len(piece):], bytes.Repeat([]byte{'"'}, Padding))
	switch {
	case n > 0:
		return piece, nil
	case l.err != nil:
		return piece, l.err
	}
	return piece, io.EOF
}

func TestResetTextRefusesWhatResetRefuses(t *testing.T) {
	const head = `{"Records":[{"eventTime":"2026-11-20T10:11:12Z"},{"x":"`
	doc := []byte(head + strings.Repeat("x", MaxRecord) + `"}]}`)
	want := read(new(Reader), doc, false)
	var r Reader
	r.ResetText(&pieces{doc: doc})
	err := error(nil)
	for err == nil {
		_, err = r.Next()
	}
	if want.err == "" || !strings.HasSuffix(want.err, err.Error()) || r.Offset() != want.offset {
		t.Errorf("in place %v at byte %d, through a window %q at byte %d", err, r.Offset(), want.err, want.offset)
	}
}

// pieces is a Text in pieces of 8 MiB.
type pieces struct {
	doc []byte
	at  int
}

func (p *pieces) Next(keep int) ([]byte, error) {
	n := min(8<<20, len(p.doc)-p.at)
	piece := append(make([]byte, 0, keep+n+Padding), p.doc[p.at-keep:p.at+n]...)
	p.at += n
	if n == 0 {
		return piece, io.EOF
	}
	return piece, nil
}
