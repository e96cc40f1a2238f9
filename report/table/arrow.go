package table

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

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
		case Real:
			fields[i].Type = arrow.PrimitiveTypes.Float64
		}
	}
	return arrow.NewSchema(fields, nil)
}

// arrowFile is an Arrow IPC file that is being written.
type arrowFile[T any] struct {
	table   *Table[T]
	file    *ipc.FileWriter
	builder *array.RecordBuilder
}

func newArrow[T any](t *Table[T], to *parter) (format, error) {
	schema := t.arrowSchema()
	file, err := ipc.NewFileWriter(to, ipc.WithSchema(schema), ipc.WithLZ4())
	return &arrowFile[T]{t, file, array.NewRecordBuilder(memory.DefaultAllocator, schema)}, err
}

func (f *arrowFile[T]) close() error { return f.file.Close() }

// group writes a record batch.
func (f *arrowFile[T]) group(columns []Vector, rows int) error {
	for i := range columns {
		c := &f.table.Columns[i]
		columns[i].appendTo(f.builder.Field(i), c.Type, c.Nullable, rows)
	}
	record := f.builder.NewRecord()
	defer record.Release()
	return f.file.Write(record)
}

func (v *Vector) appendTo(to array.Builder, t Type, nullable bool, rows int) {
	to.Reserve(rows)
	for i := range rows {
		if v.isNull(t, nullable, i) {
			to.AppendNull()
			continue
		}
		switch b := to.(type) {
		case *array.StringBuilder:
			b.Append(v.Dict[v.Ranks[i]])
		case *array.Int64Builder:
			b.Append(v.Numbers[i])
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(v.Numbers[i]))
		case *array.Float64Builder:
			b.Append(v.Reals[i])
		}
	}
}
