package table

import (
	"bytes"
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

const (
	// rowGroup is the rows of one row group: the rows are sorted by key, so a query for one
	// principal or service reads few of them.
	rowGroup = 128 << 10
	// RowsPerFile keeps files within some 64 MB: traffic of a generated trail takes 15 bytes a row, compressed.
	RowsPerFile = 2 << 20
)

// zstdLevel is the fastest. Arrow makes a new encoder for every page, and the default level's has far
// larger tables: six publications of a small day took 6.1 s with it, and 1.0 s with this one (2026-11).
const zstdLevel = 1

var utcMillis = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}

func (t *Table[T]) arrowSchema() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Nullable: c.Nullable}
		switch c.Type {
		case Text:
			fields[i].Type = arrow.BinaryTypes.String
		case Count:
			fields[i].Type = arrow.PrimitiveTypes.Int64
		case Moment:
			fields[i].Type = utcMillis
		case Share:
			fields[i].Type = arrow.PrimitiveTypes.Float64
		}
	}
	return arrow.NewSchema(fields, nil)
}

// Encode returns rows as a Parquet file.
func (t *Table[T]) Encode(rows []T) ([]byte, error) { return t.encode(rows, memory.DefaultAllocator) }

// Decode reads the rows of a Parquet file.
func (t *Table[T]) Decode(ctx context.Context, data []byte) ([]T, error) {
	return t.decode(ctx, data, memory.DefaultAllocator)
}

// encode returns rows as a Parquet file. The same rows give the same bytes.
func (t *Table[T]) encode(rows []T, mem memory.Allocator) ([]byte, error) {
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(zstdLevel),
		parquet.WithDictionaryDefault(true), parquet.WithStats(true),
		parquet.WithCreatedBy("vpcetrail"), parquet.WithMaxRowGroupLength(rowGroup), parquet.WithAllocator(mem),
	)
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(t.arrowSchema(), &out, props, pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(mem)))
	if err != nil {
		return nil, fmt.Errorf("%s: write: %w", t.Name, err)
	}
	for start := 0; start < len(rows); start += rowGroup {
		if err := t.writeGroup(w, rows[start:min(start+rowGroup, len(rows))], mem); err != nil {
			return nil, fmt.Errorf("%s: write: %w", t.Name, err)
		}
	}
	if err := w.Close(); err != nil { // the footer
		return nil, fmt.Errorf("%s: write: %w", t.Name, err)
	}
	return out.Bytes(), nil
}

func (t *Table[T]) writeGroup(w *pqarrow.FileWriter, rows []T, mem memory.Allocator) error {
	b := array.NewRecordBuilder(mem, t.arrowSchema())
	defer b.Release()
	b.Reserve(len(rows))
	for i := range t.Columns {
		c, field := &t.Columns[i], b.Field(i)
		for k := range rows {
			c.append(field, &rows[k])
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	return w.Write(rec)
}

func (c *Column[T]) append(to array.Builder, row *T) {
	if c.isNull(row) {
		to.AppendNull()
		return
	}
	switch b := to.(type) {
	case *array.StringBuilder:
		b.Append(*c.text(row))
	case *array.Int64Builder:
		b.Append(*c.number(row))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(*c.number(row)))
	case *array.Float64Builder:
		b.Append(*c.share(row))
	}
}

// decode reads the rows of a Parquet file that encode, of this or another version, has written:
// columns that the file lacks stay NULL, and those that the table does not know are passed over.
func (t *Table[T]) decode(ctx context.Context, data []byte, mem memory.Allocator) ([]T, error) {
	pf, err := file.NewParquetReader(bytes.NewReader(data), file.WithReadProps(parquet.NewReaderProperties(mem)))
	if err != nil {
		return nil, err
	}
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		return nil, err
	}
	table, err := fr.ReadTable(ctx)
	if err != nil {
		return nil, err
	}
	defer table.Release()
	rows := make([]T, table.NumRows())
	for i := range t.Columns {
		c := &t.Columns[i]
		for k := range rows {
			c.setNull(&rows[k])
		}
		found := table.Schema().FieldIndices(c.Name)
		if len(found) == 0 {
			continue
		}
		at := 0
		for _, chunk := range table.Column(found[0]).Data().Chunks() {
			if err := c.set(rows[at:at+chunk.Len()], chunk); err != nil {
				return nil, err
			}
			at += chunk.Len()
		}
	}
	return rows, nil
}

func (c *Column[T]) set(rows []T, values arrow.Array) error {
	for i := range rows {
		if values.IsNull(i) {
			continue
		}
		switch v := values.(type) {
		case *array.String:
			*c.text(&rows[i]) = string([]byte(v.Value(i))) // v shares the file's memory
		case *array.Int64:
			*c.number(&rows[i]) = v.Value(i)
		case *array.Timestamp:
			*c.number(&rows[i]) = int64(v.Value(i))
		case *array.Float64:
			*c.share(&rows[i]) = v.Value(i)
		default:
			return fmt.Errorf("column %s has type %s", c.Name, values.DataType())
		}
	}
	return nil
}
