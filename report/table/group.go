package table

import (
	"errors"
	"io"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

// A group holds a row group as Parquet does: columns, of which those of text are numbers into dictionaries. It is the
// batch of a Parquet file. Handed over as arrays of text, a table took twice as long and four times the
// memory: arrow copied each value, looked it up, and compared it to the least and the greatest (2026-11).
type group[T any] struct {
	columns []column[T]
	file    *file.Writer
	mem     memory.Allocator
}

// A column is one of a group. The memory is used again from group to group.
type column[T any] struct {
	*Column[T]
	levels  []int16 // where Nullable, of each row: 1, or 0 for NULL
	numbers []int64
	reals   []float64
	texts   dictionary
}

// A dictionary numbers texts, in the order in which they came first.
type dictionary struct {
	index  map[string]int32
	order  []string
	last   string // sorted rows repeat values
	number int32  // of last
	rows   []int32
}

func newGroup[T any](t *Table[T], to io.Writer, mem memory.Allocator) (*group[T], error) {
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(zstdLevel),
		parquet.WithDictionaryDefault(true), parquet.WithDictionaryPageSizeLimit(wholeDictionary), parquet.WithStats(true),
		parquet.WithCreatedBy("vpcetrail"), parquet.WithMaxRowGroupLength(rowGroup), parquet.WithAllocator(mem),
	)
	schema, err := pqarrow.ToParquet(t.arrowSchema(), props, pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, err
	}
	// an empty list, not none: files have had it from the start
	noMetadata := file.WithWriteMetadata(metadata.KeyValueMetadata{})
	g := &group[T]{
		columns: make([]column[T], len(t.Columns)), mem: mem,
		file: file.NewParquetWriter(to, schema.Root(), file.WithWriterProps(props), noMetadata),
	}
	for i := range g.columns {
		g.columns[i].Column = &t.Columns[i]
		g.columns[i].texts.index = map[string]int32{}
	}
	return g, nil
}

func (g *group[T]) add(row *T) {
	for i := range g.columns {
		g.columns[i].add(row)
	}
}

func (c *column[T]) add(row *T) {
	null := c.Nullable && c.isNull(row)
	if c.Nullable {
		level := int16(1)
		if null {
			level = 0
		}
		c.levels = append(c.levels, level)
	}
	switch {
	case c.Type == Text && null:
		c.texts.rows = append(c.texts.rows, 0)
	case null:
	case c.Type == Text:
		c.texts.add(*c.text(row))
	case c.Type == Real:
		c.reals = append(c.reals, *c.real(row))
	default:
		c.numbers = append(c.numbers, *c.number(row))
	}
}

func (d *dictionary) add(text string) {
	if text != d.last {
		number, known := d.index[text]
		if !known {
			number, text = int32(len(d.order)), strings.Clone(text) // it may be a piece of something larger
			d.index[text] = number
			d.order = append(d.order, text)
		}
		d.last, d.number = text, number
	}
	d.rows = append(d.rows, d.number)
}

// flush writes the columns one behind the other.
func (g *group[T]) flush() error {
	to := g.file.AppendRowGroup()
	for i := range g.columns {
		chunk, err := to.NextColumn()
		if err != nil {
			return err
		}
		if err := g.columns[i].write(chunk, g.mem); err != nil {
			return err
		}
	}
	return to.Close()
}

// write writes the column, and empties it.
func (c *column[T]) write(to file.ColumnChunkWriter, mem memory.Allocator) (err error) {
	switch to := to.(type) {
	case *file.ByteArrayColumnChunkWriter:
		err = c.texts.write(to, c.levels, mem)
	case *file.Int64ColumnChunkWriter:
		_, err = to.WriteBatch(c.numbers, c.levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = to.WriteBatch(c.reals, c.levels, nil)
	}
	c.levels, c.numbers, c.reals = c.levels[:0], c.numbers[:0], c.reals[:0]
	return err
}

// write writes the numbers of the rows that are not NULL, and what they stand for.
func (d *dictionary) write(to *file.ByteArrayColumnChunkWriter, levels []int16, mem memory.Allocator) error {
	encoder, ok := to.CurrentEncoder().(interface{ PutDictionary(arrow.Array) error })
	if !ok {
		return errors.New("BUG: a column without a dictionary")
	}
	texts := d.texts(mem)
	defer texts.Release()
	if err := encoder.PutDictionary(texts); err != nil {
		return err
	}
	rows := numbersOf(d.rows, levels)
	defer rows.Release()
	stats := to.PageStatistics() // which WriteDictIndices leaves alone
	stats.IncNulls(int64(rows.NullN()))
	stats.IncNumValues(int64(rows.Len() - rows.NullN()))
	if err := stats.UpdateFromArrow(texts, false); err != nil {
		return err
	}
	clear(d.index)
	clear(d.order)
	d.order, d.rows, d.last = d.order[:0], d.rows[:0], ""
	return to.WriteDictIndices(rows, levels, nil)
}

// texts returns what the numbers stand for.
func (d *dictionary) texts(mem memory.Allocator) *array.String {
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.AppendValues(d.order, nil)
	return b.NewStringArray()
}

// numbersOf returns rows as an array, NULL where their level is 0. It shares their memory.
func numbersOf(rows []int32, levels []int16) *array.Int32 {
	valid, nulls := make([]byte, bitutil.BytesForBits(int64(len(rows)))), 0
	for i, level := range levels {
		if level == 0 {
			nulls++
			continue
		}
		bitutil.SetBit(valid, i)
	}
	buffers := []*memory.Buffer{memory.NewBufferBytes(valid), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(rows))}
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(rows), buffers, nil, nulls, 0)
	defer data.Release()
	return array.NewInt32Data(data)
}
