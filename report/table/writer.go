package table

import (
	"bytes"
	"fmt"
	"io"
)

// A Writer writes a table as one file: Parquet or Arrow IPC. Row groups go to an io.Writer as they are complete, so a Writer
// holds one row group at most. The same rows give the same bytes, whether they come as rows or as columns, as long as row groups
// are the same. After an error a Writer must not be used any more. A Writer is used by one goroutine.
type Writer[T any] struct {
	table    *Table[T]
	to       *parter
	format   format
	rows     int64
	held     int        // rows in gathered
	texts    int        // bytes of their dictionaries
	gathered []gatherer // the row group that Add makes
}

// A format writes a file of one kind.
type format interface {
	group(columns []Vector, rows int) error
	close() error // ends the file
}

// NewWriter starts a Parquet file. It must be ended by Close.
func (t *Table[T]) NewWriter(to io.Writer) (*Writer[T], error) {
	return newWriter(t, to, newParquet[T])
}

// NewArrowWriter starts an Arrow IPC file, which holds what the Parquet file of the same rows does. It must be ended by Close.
// A record batch has as many rows as a row group. Buffers are compressed by LZ4, which keeps a file at some three
// times the size of its Parquet sister; what reads Arrow files reads that.
func (t *Table[T]) NewArrowWriter(to io.Writer) (*Writer[T], error) {
	return newWriter(t, to, newArrow[T])
}

func newWriter[T any](t *Table[T], to io.Writer, start func(*Table[T], *parter) (format, error)) (*Writer[T], error) {
	w := &Writer[T]{table: t, to: newParter(to), gathered: make([]gatherer, len(t.Columns))}
	var err error
	if w.format, err = start(t, w.to); err != nil {
		return nil, w.failed(err)
	}
	return w, nil
}

func (w *Writer[T]) failed(err error) error { return fmt.Errorf("%s: write: %w", w.table.Name, err) }

// GroupTexts is the size of the texts at which Add ends a row group before it has all its rows. A row group of 14 columns of
// ARNs at their longest, no two the same, would have 900 MiB; those of real trails have less than 1 MiB.
const GroupTexts = 32 << 20

// Add adds a row, and keeps no reference to it. Row groups are written when they have GroupRows rows.
func (w *Writer[T]) Add(row *T) error {
	for i := range w.gathered {
		w.texts += add(&w.gathered[i], &w.table.Columns[i], row)
	}
	if w.held++; w.held == GroupRows || w.texts >= GroupTexts {
		return w.flush()
	}
	return nil
}

// flush writes the rows that Add has gathered.
func (w *Writer[T]) flush() error {
	group := make([]Vector, len(w.gathered))
	for i := range w.gathered {
		w.gathered[i].sort()
		group[i] = w.gathered[i].vector
	}
	w.held, w.texts = 0, 0
	if err := w.write(group); err != nil {
		return err
	}
	for i := range w.gathered {
		w.gathered[i].clear()
	}
	return nil
}

// AddGroup writes a row group, which has a Vector for each of the table's columns, in their order. The caller decides how many
// rows it has: GroupRows, but for the last one. Rows that Add has taken before become a row group of their own.
func (w *Writer[T]) AddGroup(columns []Vector) error {
	if w.held > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.write(columns)
}

func (w *Writer[T]) write(columns []Vector) error {
	rows, err := w.table.rowsOf(columns)
	if err == nil && rows > 0 {
		err = w.format.group(columns, rows)
		w.to.end(rows)
		w.rows += int64(rows)
	}
	if err != nil {
		return w.failed(err)
	}
	return nil
}

// Rows returns how many rows were added.
func (w *Writer[T]) Rows() int64 { return w.rows + int64(w.held) }

// Close writes what is left of the file, and returns the file's parts. It does not close the io.Writer.
func (w *Writer[T]) Close() (Parts, error) {
	if w.held > 0 {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	if err := w.format.close(); err != nil {
		return nil, w.failed(err)
	}
	w.to.end(0)
	return w.to.parts, nil
}

// An Encoder is a Writer whose file stays in memory.
type Encoder[T any] struct {
	*Writer[T]
	out *bytes.Buffer
}

// NewEncoder starts a Parquet file in memory.
func (t *Table[T]) NewEncoder() (*Encoder[T], error) { return inMemory(t.NewWriter) }

// NewArrowEncoder starts an Arrow IPC file in memory.
func (t *Table[T]) NewArrowEncoder() (*Encoder[T], error) { return inMemory(t.NewArrowWriter) }

func inMemory[T any](start func(io.Writer) (*Writer[T], error)) (*Encoder[T], error) {
	out := new(bytes.Buffer)
	w, err := start(out)
	return &Encoder[T]{w, out}, err
}

// Finish ends the file and returns its bytes, which are the caller's. The Encoder must not be used any more.
func (e *Encoder[T]) Finish() ([]byte, error) {
	if _, err := e.Close(); err != nil {
		return nil, err
	}
	return e.out.Bytes(), nil
}
