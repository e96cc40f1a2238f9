package table

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// GroupRows is the number of rows in a row group. The rows of a table are sorted by key, so a
// query for one principal or service reads few row groups. A row group takes about 6 MB in
// memory as columns.
const GroupRows = 32 << 10

// Limits of readers. Writers must stay within them.
const (
	maxGroup = 128 << 10 // rows of a row group, as older versions wrote them
	maxPage  = 128 << 20 // bytes of a page before compression: twice the size of GroupRows distinct texts of 2 KiB
)

// parquetSchema returns the Parquet schema of the table.
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

// physical returns the physical type of the column in a Parquet file.
func (t Type) physical() parquet.Type {
	switch t {
	case Text:
		return parquet.Types.ByteArray
	case Real:
		return parquet.Types.Double
	}
	return parquet.Types.Int64
}

const magic = "PAR1" // at the start and at the end of a file

// parquetFile is a Parquet file that is being written.
type parquetFile[T any] struct {
	table  *Table[T]
	to     *parter
	footer *metadata.FileMetaDataBuilder
	groups int16
}

func newParquet[T any](t *Table[T], to *parter) (format, error) {
	root, err := t.parquetSchema()
	if err != nil {
		return nil, err
	}
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCreatedBy("vpcetrail"))
	// The metadata is an empty list and not nil, because files have always had this list. It
	// has no ARROW:schema: the Parquet schema says everything about a column.
	footer := metadata.NewFileMetadataBuilder(schema.NewSchema(root), props, metadata.KeyValueMetadata{})
	_, err = io.WriteString(to, magic)
	return &parquetFile[T]{table: t, to: to, footer: footer}, err
}

// group writes the columns one after the other.
func (f *parquetFile[T]) group(columns []Vector, rows int) error {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	group, raw := f.footer.AppendRowGroup(), 0
	for i := range columns {
		c := &f.table.Columns[i]
		chunk := e.encode(&columns[i], c.Type, c.Nullable, rows)
		if chunk.unsorted {
			return fmt.Errorf("BUG: column %s: a dictionary out of order", c.Name)
		}
		if raw += chunk.raw; chunk.largest > maxPage || rows > maxGroup {
			return fmt.Errorf("column %s: %d rows with %d bytes are too many for one row group", c.Name, rows, chunk.largest)
		}
		if err := chunk.describe(group.NextColumnChunk(), f.to.at, rows); err != nil {
			return err
		}
		if _, err := f.to.Write(chunk.bytes); err != nil {
			return err
		}
	}
	group.SetNumRows(rows)
	f.groups++
	return group.Finish(int64(raw), f.groups-1)
}

// maxStatistic is the length of the longest text that is written as a column's min or max.
const maxStatistic = 4 << 10

// describe adds the chunk to the footer. The chunk starts at offset at of the file.
func (c *chunk) describe(to *metadata.ColumnChunkMetaDataBuilder, at int64, rows int) error {
	signed := to.Descr().SortOrder() == schema.SortSIGNED
	stats := metadata.EncodedStatistics{Signed: signed, HasNullCount: true, NullCount: int64(c.nulls)}
	if c.min != nil && len(c.min) <= maxStatistic {
		stats.SetMin(c.min)
	}
	if c.max != nil && len(c.max) <= maxStatistic {
		stats.SetMax(c.max)
	}
	to.SetStats(stats)
	return to.Finish(metadata.ChunkMetaInfo{
		NumValues: int64(rows), DictPageOffset: at, IndexPageOffset: -1, DataPageOffset: at + int64(c.dataPage),
		CompressedSize: int64(len(c.bytes)), UncompressedSize: int64(c.raw),
	}, true, false, metadata.EncodingStats{
		DictEncodingStats: map[parquet.Encoding]int32{parquet.Encodings.Plain: 1},
		DataEncodingStats: map[parquet.Encoding]int32{parquet.Encodings.RLEDict: 1},
	}, nil)
}

// close writes the footer.
func (f *parquetFile[T]) close() error {
	footer, err := f.footer.Finish()
	if err != nil {
		return err
	}
	n, err := footer.WriteTo(f.to, nil)
	if err == nil {
		_, err = f.to.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(n)), magic...))
	}
	return err
}
