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

// A fileWriter writes batches of rows into a file of one format, and ends it.
type fileWriter interface {
	Write(arrow.Record) error
	Close() error
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
	e.file, e.batch = file, array.NewRecordBuilder(mem, schema)
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
