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

// GroupRows is the rows of one row group: the rows are sorted by key, so a query for one
// principal or service reads few of them. As columns in memory they take some 6 MB.
const GroupRows = 32 << 10

// What readers refuse, writers must not write.
const (
	maxGroup = 128 << 10 // rows of a row group: older versions wrote so many
	maxPage  = 128 << 20 // bytes of a page before compression: GroupRows texts of 2 KiB, no two the same, have half of that
)

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

const magic = "PAR1" // at the start of a file, and at its end

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
	// An empty list of metadata, not none: files have had it from the start. They hold no ARROW:schema: what Parquet says of a
	// column is all that there is to say.
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

// maxStatistic is the length of a text up to which it serves as least or greatest of its column.
const maxStatistic = 4 << 10

// describe puts into the footer what readers must know of the chunk, which starts at a place in the file.
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
