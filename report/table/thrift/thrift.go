// Package thrift reads and writes structs in Thrift's compact protocol: the page headers and the
// footer of a Parquet file. Arrow's types for them are internal, and its reader allocates whatever
// length the file claims.
package thrift

import (
	"encoding/binary"
	"errors"
)

// The types of the compact protocol.
const (
	True       = 1
	isFalse    = 2
	i8         = 3
	i16, i32   = 4, 5
	i64        = 6
	double     = 7
	binaryText = 8
	list       = 9
	Struct     = 12
)

// AppendField appends the header of a field. above is the difference to the number of the last
// field, and must be at most 15.
func AppendField(dst []byte, above, kind byte) []byte { return append(dst, above<<4|kind) }

// AppendI32 appends a number as a field.
func AppendI32(dst []byte, above byte, n int) []byte {
	return binary.AppendVarint(AppendField(dst, above, i32), int64(n))
}

// A Value is a struct, a list, or a value in them. Its methods return zero values for what
// is missing or has another type.
type Value struct {
	number int16 // the field's number
	kind   byte
	n      int64   // a number; 1 is true
	Text   string  // binary
	items  []Value // the fields of a struct; the elements of a list of structs or texts
}

// Field returns a field of a struct.
func (v Value) Field(number int16) Value {
	if v.kind == Struct {
		for _, item := range v.items {
			if item.number == number {
				return item
			}
		}
	}
	return Value{}
}

// List returns the elements of a list.
func (v Value) List() []Value {
	if v.kind != list {
		return nil
	}
	return v.items
}

// Int returns a number, or other if there is none.
func (v Value) Int(other int64) int64 {
	if v.kind < i8 || v.kind > i64 {
		return other
	}
	return v.n
}

var errNoStruct = errors.New("not a struct of Parquet")

// Read reads the struct at the front of data, and returns its length. It allocates at most
// about 100 times that length, because every value takes at least one byte of data.
func Read(data []byte) (v Value, length int, err error) {
	r := reader{rest: data}
	v = r.value(Struct, 16)
	if r.failed {
		return Value{}, 0, errNoStruct
	}
	return v, len(data) - len(r.rest), nil
}

// A reader reads values. If failed is set, ignore what it returned.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) value(kind byte, depth int) Value {
	v := Value{kind: kind}
	switch kind {
	case True, isFalse:
		v.n = int64(isFalse - kind)
	case i8:
		v.n = int64(int8(r.byte()))
	case i16, i32, i64:
		n, length := binary.Varint(r.rest)
		v.n = n
		r.takeNumber(length)
	case double:
		r.take(8)
	case binaryText:
		v.Text = string(r.take(r.size()))
	case list:
		v.items = r.list(depth - 1)
	case Struct:
		v.items = r.fields(depth - 1)
	default: // sets and maps: Parquet has none
		r.failed = true
	}
	return v
}

func (r *reader) list(depth int) (items []Value) {
	head := r.byte()
	n, kind := int(head>>4), head&15
	if n == 15 {
		n = r.size()
	}
	if kind == True || kind == isFalse {
		kind = i8 // a boolean in a list is one byte
	}
	if r.failed = r.failed || depth < 0; kind == i8 {
		r.take(n)
		return nil
	}
	for i := 0; i < n && !r.failed; i++ {
		if v := r.value(kind, depth); kind == Struct || kind == binaryText {
			items = append(items, v)
		}
	}
	return items
}

func (r *reader) fields(depth int) (items []Value) {
	r.failed = r.failed || depth < 0
	for number := int16(0); !r.failed; {
		head := r.byte()
		if head == 0 { // the end of the struct, or of data
			break
		}
		if number += int16(head >> 4); head>>4 == 0 {
			number = int16(r.value(i16, depth).n)
		}
		v := r.value(head&15, depth)
		v.number = number
		items = append(items, v)
	}
	return items
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// size returns the number of elements, each of which takes at least one byte.
func (r *reader) size() int {
	n, length := binary.Uvarint(r.rest)
	if r.takeNumber(length); n > uint64(len(r.rest)) {
		r.failed = true
		return 0
	}
	return int(n)
}

// takeNumber skips a number of that length. A length of 0 means that data ends within the number,
// and a length below 0 that the number is too large.
func (r *reader) takeNumber(length int) {
	r.failed = r.failed || length <= 0
	r.take(length)
}

// take returns the next n bytes and skips them. It fails if there are fewer.
func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.failed = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
