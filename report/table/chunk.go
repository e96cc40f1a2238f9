package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"vpcetrail/report/table/thrift"

	"github.com/klauspost/compress/zstd"
)

// This file decodes column chunks without arrow's column chunk readers. A hostile file can have a
// correct hash. Then arrow v15 allocates the size in a page's header, up to 2 GiB. It lets zstd
// decode up to 64 GiB. It panics on most damage. It never ends if a page has fewer levels than
// its header says.

// inflated returns the size of the largest page that length compressed bytes may hold. Texts of
// 2 KiB that differ only at their ends compress by a factor of 345. A run of equal numbers
// compresses without limit, but a row group of them has less than 1 MiB.
func inflated(length int) int { return min(maxPage, 1<<20+length<<12) }

// inflaters reuses zstd decoders between row groups.
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

// A chunkReader decodes column chunks into Vectors. It reuses its memory for the next chunk.
type chunkReader struct {
	page          []byte
	levels, ranks []uint32 // of a page
	chunkState
}

// chunkState is the state of one chunk.
type chunkState struct {
	kind     Type
	nullable bool  // in the file
	absent   int64 // the number that means NULL
	rows     int   // of the row group

	rest      []byte // of the chunk
	out       Vector
	hasRanks  bool    // the chunk has a dictionary
	numbers   []int64 // the dictionary of a column of numbers
	null      uint32  // the rank of "" in out.Dict, for NULL
	nullKnown bool
}

// decode decodes a chunk of rows values of type kind. inTable and inFile say whether the column
// may hold NULL in the table and in the file.
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
	header, length, err := thrift.Read(r.rest)
	if err != nil {
		return errHeader
	}
	r.rest = r.rest[length:]
	raw, zipped := header.Field(2).Int(-1), header.Field(3).Int(-1)
	if zipped < 0 || zipped > int64(len(r.rest)) || raw < 0 || raw > int64(inflated(int(zipped))) {
		return errHeader
	}
	if err := r.inflate(r.rest[:zipped], int(raw)); err != nil {
		return err
	}
	r.rest = r.rest[zipped:]
	switch header.Field(1).Int(-1) {
	case dictionaryPage:
		return r.readDictionary(header.Field(7))
	case dataPage:
		return r.readData(header.Field(5))
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

func (r *chunkReader) readDictionary(header thrift.Value) error {
	n, encoding := header.Field(1).Int(-1), header.Field(2).Int(-1)
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

func (r *chunkReader) readData(header thrift.Value) error {
	n := header.Field(1).Int(-1)
	if n < 0 || n > int64(r.rows-r.out.rows(r.kind)) {
		return errHeader
	}
	page, present := r.page, int(n)
	r.levels = r.levels[:0]
	if r.nullable {
		if len(page) < 4 || int64(binary.LittleEndian.Uint32(page)) > int64(len(page)-4) || header.Field(3).Int(-1) != rle {
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
	switch header.Field(2).Int(-1) {
	case byRanks, plainDictionary:
		return r.readRanks(page, int(n), present)
	case plain:
		return r.readPlain(page, int(n), present)
	}
	return errHeader
}

// readRanks reads values that are indices into the dictionary.
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

// readPlain reads plain values, and makes a dictionary of them. No version writes plain values
// after a dictionary.
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

// add adds the rows of a page. ranks holds the values that are not NULL.
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

// nullRank returns the rank of NULL. The first call adds NULL to the dictionary.
func (r *chunkReader) nullRank() uint32 {
	if !r.nullKnown {
		r.null, r.nullKnown = uint32(len(r.out.Dict)), true
		r.out.Dict = append(r.out.Dict, "")
	}
	return r.null
}
