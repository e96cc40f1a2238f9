package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Column chunks are decoded here and not by arrow's column chunk readers. A file may be hostile, its hash right: arrow v15
// allocates what a page's header asks for, up to 2 GiB, lets zstd decode up to 64 GiB, panics on most damage, and reads forever
// where a page has fewer levels than its header says.

// inflated returns the size of the largest page that length bytes can be. Texts of 2 KiB that differ at their ends alone
// shrink by 345 times; a run of equal numbers shrinks without bound, and a row group of them has less than 1 MiB.
func inflated(length int) int { return min(maxPage, 1<<20+length<<12) }

// inflaters keeps decoders of zstd from row group to row group.
var inflaters = sync.Pool{New: func() any {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return z
}}

var (
	errHeader = errors.New("the header of a page is damaged")
	errPage   = errors.New("a page is damaged")
	errValues = errors.New("a page has not as many values as its header says")
)

// A chunkReader decodes column chunks into Vectors. Its scratch memory is used again from chunk to chunk.
type chunkReader struct {
	page          []byte
	levels, ranks []uint32 // of a page
	chunkState
}

// chunkState is what is known of one chunk.
type chunkState struct {
	kind     Type
	nullable bool  // in the file
	absent   int64 // a number that is NULL
	rows     int   // of the row group

	rest      []byte // of the chunk
	out       Vector
	hasRanks  bool    // the chunk has a dictionary
	numbers   []int64 // the dictionary of a column of numbers
	null      uint32  // the rank of "" in out.Dict, for NULL
	nullKnown bool
}

// decode decodes the chunk of a column of a type, which has rows rows and may hold NULL in the table, in the file, or both.
func (r *chunkReader) decode(chunk []byte, kind Type, inTable, inFile bool, rows int) (Vector, error) {
	r.chunkState = chunkState{kind: kind, nullable: inFile, rows: rows, rest: chunk}
	if inTable {
		r.absent = -1
	}
	switch kind {
	case Text:
		r.out.Ranks = make([]uint32, 0, rows)
	case Real:
		r.out.Reals = make([]float64, 0, rows)
	default:
		r.out.Numbers = make([]int64, 0, rows)
	}
	for len(r.rest) > 0 {
		if err := r.readPage(); err != nil {
			return Vector{}, err
		}
	}
	if n := r.out.rows(kind); n != rows {
		return Vector{}, fmt.Errorf("%d values, not %d", n, rows)
	}
	return r.out, nil
}

// readPage reads the next page.
func (r *chunkReader) readPage() error {
	header, length, err := readThrift(r.rest)
	if err != nil {
		return errHeader
	}
	r.rest = r.rest[length:]
	raw, zipped := header.field(2).int(-1), header.field(3).int(-1)
	if zipped < 0 || zipped > int64(len(r.rest)) || raw < 0 || raw > int64(inflated(int(zipped))) {
		return errHeader
	}
	if err := r.inflate(r.rest[:zipped], int(raw)); err != nil {
		return err
	}
	r.rest = r.rest[zipped:]
	switch header.field(1).int(-1) {
	case dictionaryPage:
		return r.readDictionary(header.field(7))
	case dataPage:
		return r.readData(header.field(5))
	}
	return errHeader
}

func (r *chunkReader) inflate(zipped []byte, raw int) (err error) {
	if cap(r.page) < raw {
		r.page = make([]byte, 0, raw)
	}
	z := inflaters.Get().(*zstd.Decoder)
	defer inflaters.Put(z)
	if r.page, err = z.DecodeAll(zipped, r.page[:0:raw]); err != nil || len(r.page) != raw {
		return errPage
	}
	return nil
}

func (r *chunkReader) readDictionary(header thriftValue) error {
	n, encoding := header.field(1).int(-1), header.field(2).int(-1)
	if r.hasRanks || encoding != plain && encoding != plainDictionary || n < 0 || n > int64(r.rows) {
		return errHeader
	}
	r.hasRanks = true
	if r.kind == Text {
		return r.plainTexts(r.page, int(n))
	}
	if int64(len(r.page)) != 8*n {
		return errValues
	}
	r.numbers = plainNumbers(r.page)
	return nil
}

func plainNumbers(page []byte) []int64 {
	numbers := make([]int64, len(page)/8)
	for i := range numbers {
		numbers[i] = int64(binary.LittleEndian.Uint64(page[8*i:]))
	}
	return numbers
}

// plainTexts adds n texts to the dictionary.
func (r *chunkReader) plainTexts(page []byte, n int) error {
	for range n {
		if len(page) < 4 {
			return errValues
		}
		length := int64(binary.LittleEndian.Uint32(page))
		if page = page[4:]; length > int64(len(page)) {
			return errValues
		}
		r.out.Dict = append(r.out.Dict, string(page[:length]))
		page = page[length:]
	}
	if len(page) > 0 {
		return errValues
	}
	return nil
}

func (r *chunkReader) readData(header thriftValue) error {
	n := header.field(1).int(-1)
	if n < 0 || n > int64(r.rows-r.out.rows(r.kind)) {
		return errHeader
	}
	page, present := r.page, int(n)
	r.levels = r.levels[:0]
	if r.nullable {
		if len(page) < 4 || int64(binary.LittleEndian.Uint32(page)) > int64(len(page)-4) || header.field(3).int(-1) != rle {
			return errPage
		}
		length := 4 + int(binary.LittleEndian.Uint32(page))
		ok := false
		if r.levels, ok = readRuns(r.levels, page[4:length], 1, int(n)); !ok {
			return errValues
		}
		page, present = page[length:], 0
		for _, level := range r.levels {
			present += int(level)
		}
	}
	switch header.field(2).int(-1) {
	case byRanks, plainDictionary:
		return r.readRanks(page, int(n), present)
	case plain:
		return r.readPlain(page, int(n), present)
	}
	return errHeader
}

// readRanks reads values that are places in the dictionary.
func (r *chunkReader) readRanks(page []byte, rows, present int) error {
	if len(page) == 0 || page[0] > 32 || !r.hasRanks {
		return errPage
	}
	var ok bool
	if r.ranks, ok = readRuns(r.ranks[:0], page[1:], int(page[0]), present); !ok {
		return errValues
	}
	entries := len(r.numbers)
	if r.kind == Text {
		entries = len(r.out.Dict)
		if r.nullKnown {
			entries--
		}
	}
	for _, rank := range r.ranks {
		if int(rank) >= entries {
			return errPage
		}
	}
	r.add(rows)
	return nil
}

// readPlain reads values as they are, by a dictionary of their own. No version has written a dictionary before them.
func (r *chunkReader) readPlain(page []byte, rows, present int) error {
	if r.hasRanks {
		return errPage
	}
	first := len(r.out.Dict)
	if r.kind == Text {
		if err := r.plainTexts(page, present); err != nil {
			return err
		}
	} else {
		if len(page) != 8*present {
			return errValues
		}
		r.numbers, first = plainNumbers(page), 0
	}
	r.ranks = r.ranks[:0]
	for i := range present {
		r.ranks = append(r.ranks, uint32(first+i))
	}
	r.add(rows)
	return nil
}

// add adds the rows of a page, of which ranks has those that are not NULL.
func (r *chunkReader) add(rows int) {
	at := 0
	for i := range rows {
		null := r.nullable && r.levels[i] == 0
		rank := uint32(0)
		if !null {
			rank = r.ranks[at]
			at++
		}
		switch {
		case r.kind == Text && null:
			r.out.Ranks = append(r.out.Ranks, r.nullRank())
		case r.kind == Text:
			r.out.Ranks = append(r.out.Ranks, rank)
		case r.kind == Real && null:
			r.out.Reals = append(r.out.Reals, math.NaN())
		case r.kind == Real:
			r.out.Reals = append(r.out.Reals, math.Float64frombits(uint64(r.numbers[rank])))
		case null:
			r.out.Numbers = append(r.out.Numbers, r.absent)
		default:
			r.out.Numbers = append(r.out.Numbers, r.numbers[rank])
		}
	}
}

// nullRank returns the rank of NULL, which is added to the dictionary when it is first needed.
func (r *chunkReader) nullRank() uint32 {
	if !r.nullKnown {
		r.null, r.nullKnown = uint32(len(r.out.Dict)), true
		r.out.Dict = append(r.out.Dict, "")
	}
	return r.null
}
