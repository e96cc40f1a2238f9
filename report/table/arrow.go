package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// arrowBatch is the batch of an Arrow file.
type arrowBatch[T any] struct {
	table   *Table[T]
	file    *ipc.FileWriter
	builder *array.RecordBuilder
}

func (b *arrowBatch[T]) add(row *T) {
	for i := range b.table.Columns {
		b.table.Columns[i].append(b.builder.Field(i), row)
	}
}

func (b *arrowBatch[T]) flush() error {
	rec := b.builder.NewRecord()
	defer rec.Release()
	return b.file.Write(rec)
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
		b.Append(*c.real(row))
	}
}

// NewArrowEncoder starts an Arrow IPC file, which holds what the Parquet file of the same rows does. It must be ended by Finish.
// A record batch has as many rows as a row group. Buffers are compressed by LZ4, which keeps a file at some three
// times the size of its Parquet sister; what reads Arrow files reads that.
func (t *Table[T]) NewArrowEncoder() (*Encoder[T], error) {
	return t.newArrowEncoder(memory.DefaultAllocator)
}

func (t *Table[T]) newArrowEncoder(mem memory.Allocator) (*Encoder[T], error) {
	e := &Encoder[T]{table: t}
	schema := t.arrowSchema()
	file, err := ipc.NewFileWriter(appended{&e.out}, ipc.WithSchema(schema), ipc.WithAllocator(mem), ipc.WithLZ4())
	if err != nil {
		return nil, fmt.Errorf("%s: write: %w", t.Name, err)
	}
	b := arrowBatch[T]{t, file, array.NewRecordBuilder(mem, schema)}
	e.batch = batch[T]{add: b.add, flush: b.flush, close: file.Close, release: b.builder.Release}
	return e, nil
}

// arrowBytes is the size at which an Arrow file is ended: it is held in memory until then.
const arrowBytes = 64 << 20

// Full reports whether an Arrow file is large enough to be ended. It depends on the rows alone.
func (e *Encoder[T]) Full() bool { return e.rows >= rowGroup && e.out.Len() >= arrowBytes }

// appended is a buffer that tells its end as the place to write at, which is all the seeking that an IPC writer does.
type appended struct{ *bytes.Buffer }

func (a appended) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("BUG: an Arrow file is written from its start to its end")
	}
	return int64(a.Len()), nil
}
