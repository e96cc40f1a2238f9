package table

import (
	"encoding/binary"
	"errors"
)

// Page headers and the footer are structs in Thrift's compact protocol. Arrow's types for them are
// internal, and its reader allocates whatever length the file claims.

// The types of the compact protocol.
const (
	thriftTrue, thriftFalse = 1, 2
	thriftByte              = 3
	thriftI16, thriftI32    = 4, 5
	thriftI64               = 6
	thriftDouble            = 7
	thriftBinary            = 8
	thriftList              = 9
	thriftStruct            = 12
)

// appendField appends the header of a field. above is the difference to the number of the last
// field, and must be at most 15.
func appendField(dst []byte, above, kind byte) []byte { return append(dst, above<<4|kind) }

// appendI32 appends a number as a field.
func appendI32(dst []byte, above byte, n int) []byte {
	return binary.AppendVarint(appendField(dst, above, thriftI32), int64(n))
}

// A thriftValue is a struct, a list, or a value in them. Its methods return zero values for what
// is missing or has another type.
type thriftValue struct {
	number int16 // the field's number
	kind   byte
	n      int64         // a number; 1 is true
	text   string        // binary
	items  []thriftValue // the fields of a struct; the elements of a list of structs or texts
}

// field returns a field of a struct.
func (v thriftValue) field(number int16) thriftValue {
	if v.kind == thriftStruct {
		for _, item := range v.items {
			if item.number == number {
				return item
			}
		}
	}
	return thriftValue{}
}

// list returns the elements of a list.
func (v thriftValue) list() []thriftValue {
	if v.kind != thriftList {
		return nil
	}
	return v.items
}

// int returns a number, or other if there is none.
func (v thriftValue) int(other int64) int64 {
	if v.kind < thriftByte || v.kind > thriftI64 {
		return other
	}
	return v.n
}

var errThrift = errors.New("not a struct of Parquet")

// readThrift reads the struct at the front of data, and returns its length. It allocates at most
// about 100 times that length, because every value takes at least one byte of data.
func readThrift(data []byte) (v thriftValue, length int, err error) {
	r := thriftReader{rest: data}
	v = r.value(thriftStruct, 16)
	if r.failed {
		return thriftValue{}, 0, errThrift
	}
	return v, len(data) - len(r.rest), nil
}

// A thriftReader reads values. If failed is set, ignore what it returned.
type thriftReader struct {
	rest   []byte
	failed bool
}

func (r *thriftReader) value(kind byte, depth int) thriftValue {
	v := thriftValue{kind: kind}
	switch kind {
	case thriftTrue, thriftFalse:
		v.n = int64(thriftFalse - kind)
	case thriftByte:
		v.n = int64(int8(r.byte()))
	case thriftI16, thriftI32, thriftI64:
		n, length := binary.Varint(r.rest)
		v.n = n
		r.takeNumber(length)
	case thriftDouble:
		r.take(8)
	case thriftBinary:
		v.text = string(r.take(r.size()))
	case thriftList:
		v.items = r.list(depth - 1)
	case thriftStruct:
		v.items = r.fields(depth - 1)
	default: // sets and maps: Parquet has none
		r.failed = true
	}
	return v
}

func (r *thriftReader) list(depth int) (items []thriftValue) {
	head := r.byte()
	n, kind := int(head>>4), head&15
	if n == 15 {
		n = r.size()
	}
	if kind == thriftTrue || kind == thriftFalse {
		kind = thriftByte // a boolean in a list is one byte
	}
	if r.failed = r.failed || depth < 0; kind == thriftByte {
		r.take(n)
		return nil
	}
	for i := 0; i < n && !r.failed; i++ {
		if v := r.value(kind, depth); kind == thriftStruct || kind == thriftBinary {
			items = append(items, v)
		}
	}
	return items
}

func (r *thriftReader) fields(depth int) (items []thriftValue) {
	r.failed = r.failed || depth < 0
	for number := int16(0); !r.failed; {
		head := r.byte()
		if head == 0 { // the end of the struct, or of data
			break
		}
		if number += int16(head >> 4); head>>4 == 0 {
			number = int16(r.value(thriftI16, depth).n)
		}
		v := r.value(head&15, depth)
		v.number = number
		items = append(items, v)
	}
	return items
}

func (r *thriftReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// size returns the number of elements, each of which takes at least one byte.
func (r *thriftReader) size() int {
	n, length := binary.Uvarint(r.rest)
	if r.takeNumber(length); n > uint64(len(r.rest)) {
		r.failed = true
		return 0
	}
	return int(n)
}

// takeNumber skips a number of that length. A length of 0 means that data ends within the number,
// and a length below 0 that the number is too large.
func (r *thriftReader) takeNumber(length int) {
	r.failed = r.failed || length <= 0
	r.take(length)
}

// take returns the next n bytes and skips them. It fails if there are fewer.
func (r *thriftReader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.failed = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
