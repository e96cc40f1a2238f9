package table

import (
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// GroupRows is the rows of one row group: the rows are sorted by key, so a query for one
// principal or service reads few of them. As columns in memory they take some 12 MB.
const GroupRows = 32 << 10

// zstdLevel is the fastest: the tables of its encoder are small, and pages are.
const zstdLevel = 1

// wholeDictionary is never reached by a row group: a column whose dictionary grew too large would go on
// without one, and arrow lists the two encodings of such a column in any order, differently in every run.
const wholeDictionary = 1 << 30

// parquetSchema returns the table's columns in the terms of Parquet.
func (t *Table[T]) parquetSchema() (*schema.GroupNode, error) {
	fields := make(schema.FieldList, len(t.Columns))
	for i := range t.Columns {
		c := &t.Columns[i]
		repetition := parquet.Repetitions.Required
		if c.Nullable {
			repetition = parquet.Repetitions.Optional
		}
		var logical schema.LogicalType
		switch c.Type {
		case Text:
			logical = schema.StringLogicalType{}
		case Count:
			logical = schema.NewIntLogicalType(64, true)
		case Moment:
			logical = schema.NewTimestampLogicalTypeForce(true, schema.TimeUnitMillis)
		default:
			logical = schema.NoLogicalType{}
		}
		var err error
		if fields[i], err = schema.NewPrimitiveNodeLogical(c.Name, repetition, logical, c.Type.physical(), -1, -1); err != nil {
			return nil, err
		}
	}
	return schema.NewGroupNode("schema", parquet.Repetitions.Repeated, fields, -1)
}

// physical returns the type of values in a Parquet file.
func (t Type) physical() parquet.Type {
	switch t {
	case Text:
		return parquet.Types.ByteArray
	case Real:
		return parquet.Types.Double
	}
	return parquet.Types.Int64
}

// parquetFile is a Parquet file that is being written.
type parquetFile[T any] struct {
	table *Table[T]
	file  *file.Writer
}

func newParquet[T any](t *Table[T], to io.Writer) (format, error) {
	root, err := t.parquetSchema()
	if err != nil {
		return nil, err
	}
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(zstdLevel),
		parquet.WithDictionaryDefault(true), parquet.WithDictionaryPageSizeLimit(wholeDictionary), parquet.WithStats(true),
		parquet.WithCreatedBy("vpcetrail"), parquet.WithMaxRowGroupLength(GroupRows),
	)
	// an empty list, not none: files have had it from the start
	noMetadata := file.WithWriteMetadata(metadata.KeyValueMetadata{})
	return &parquetFile[T]{t, file.NewParquetWriter(to, root, file.WithWriterProps(props), noMetadata)}, nil
}

func (f *parquetFile[T]) close() error { return f.file.Close() }

// group writes the columns one after the other.
func (f *parquetFile[T]) group(columns []Vector, rows int) error {
	to := f.file.AppendRowGroup()
	for i := range columns {
		chunk, err := to.NextColumn()
		if err != nil {
			return err
		}
		c := &f.table.Columns[i]
		if err := columns[i].write(chunk, c.Type, columns[i].levels(c.Type, c.Nullable, rows)); err != nil {
			return err
		}
	}
	return to.Close()
}

// levels returns 0 for each row that is NULL and 1 for others, nil where the column is not nullable.
func (v *Vector) levels(t Type, nullable bool, rows int) []int16 {
	if !nullable {
		return nil
	}
	levels := make([]int16, rows)
	for i := range levels {
		if !v.isNull(t, true, i) {
			levels[i] = 1
		}
	}
	return levels
}

func (v *Vector) write(to file.ColumnChunkWriter, t Type, levels []int16) (err error) {
	switch to := to.(type) {
	case *file.ByteArrayColumnChunkWriter:
		err = v.writeTexts(to, levels)
	case *file.Int64ColumnChunkWriter:
		_, err = to.WriteBatch(present(v.Numbers, levels), levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = to.WriteBatch(present(v.Reals, levels), levels, nil)
	}
	return err
}

// present returns the values that are not NULL.
func present[V any](values []V, levels []int16) []V {
	if levels == nil {
		return values
	}
	var some []V
	for i, level := range levels {
		if level == 1 {
			some = append(some, values[i])
		}
	}
	return some
}

// writeTexts writes the texts that the row group has, and the rows as numbers of these.
func (v *Vector) writeTexts(to *file.ByteArrayColumnChunkWriter, levels []int16) error {
	encoder, ok := to.CurrentEncoder().(interface{ PutDictionary(arrow.Array) error })
	if !ok {
		return errors.New("BUG: a column without a dictionary")
	}
	texts, rows := v.subset(levels)
	defer texts.Release()
	defer rows.Release()
	if err := encoder.PutDictionary(texts); err != nil {
		return err
	}
	stats := to.PageStatistics() // which WriteDictIndices leaves alone
	stats.IncNulls(int64(rows.NullN()))
	stats.IncNumValues(int64(rows.Len() - rows.NullN()))
	if err := stats.UpdateFromArrow(texts, false); err != nil {
		return err
	}
	return to.WriteDictIndices(rows, levels, nil)
}

// subset returns those texts of the dictionary that rows have, and the rows as numbers of these.
func (v *Vector) subset(levels []int16) (*array.String, *array.Int32) {
	number := make([]int32, len(v.Dict))
	for i, rank := range v.Ranks {
		if levels[i] == 1 {
			number[rank] = 1
		}
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for rank := range number {
		if number[rank] == 1 {
			number[rank] = int32(b.Len())
			b.Append(v.Dict[rank])
		}
	}
	rows, valid, nulls := make([]int32, len(v.Ranks)), make([]byte, bitutil.BytesForBits(int64(len(v.Ranks)))), 0
	for i, rank := range v.Ranks {
		if levels[i] == 0 {
			nulls++
			continue
		}
		rows[i] = number[rank]
		bitutil.SetBit(valid, i)
	}
	buffers := []*memory.Buffer{memory.NewBufferBytes(valid), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(rows))}
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(rows), buffers, nil, nulls, 0)
	defer data.Release()
	return b.NewStringArray(), array.NewInt32Data(data)
}
