package table

import (
	"bytes"
	"fmt"
	"io"
)

// A Writer writes a table as one file: Parquet or Arrow IPC. It writes each row group to an
// io.Writer as soon as it is complete, so a Writer holds at most one row group. The same rows in
// the same row groups give the same bytes, whether they come as rows or as columns. Do not use a
// Writer after an error, nor from several goroutines.
type Writer[T any] struct {
	table    *Table[T]
	to       *parter
	format   format
	rows     int64
	held     int        // rows in gathered
	texts    int        // bytes of the dictionaries in gathered
	gathered []gatherer // the row group that Add makes
}

// A format writes a file of one kind.
type format interface {
	group(columns []Vector, rows int) error
	close() error // ends the file
}

// NewWriter starts a Parquet file. Close ends it.
func (t *Table[T]) NewWriter(to io.Writer) (*Writer[T], error) {
	return newWriter(t, to, newParquet[T])
}

// NewArrowWriter starts an Arrow IPC file with the same content as the Parquet file of the same
// rows. Close ends it. A record batch has as many rows as a row group. Buffers are compressed with
// LZ4, which all readers of Arrow files support. The file is about three times the size of the
// Parquet file.
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

// GroupTexts is the size of the texts at which Add ends a row group early. A row group with 14
// columns of distinct ARNs of the maximum length would have 900 MiB. Row groups of real trails
// have less than 1 MiB.
const GroupTexts = 32 << 20

// Add adds a row, and keeps no reference to it. A row group is written when it has GroupRows rows.
func (w *Writer[T]) Add(row *T) error {
	for i := range w.gathered {
		w.texts += add(&w.gathered[i], &w.table.Columns[i], row)
	}
	if w.held++; w.held == GroupRows || w.texts >= GroupTexts {
		return w.flush()
	}
	return nil
}

// flush writes the rows that Add gathered.
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

// AddGroup writes a row group. columns has one Vector for each column of the table, in the same
// order. Each row group should have GroupRows rows, except the last one. Rows from earlier calls
// of Add become a separate row group.
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

// Rows returns the number of rows added.
func (w *Writer[T]) Rows() int64 { return w.rows + int64(w.held) }

// Close writes the rest of the file, and returns the parts of the file. It does not close the
// io.Writer.
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

// An Encoder is a Writer that keeps its file in memory.
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

// Finish ends the file and returns its bytes, which the caller then owns. Do not use the Encoder
// afterwards.
func (e *Encoder[T]) Finish() ([]byte, error) {
	if _, err := e.Close(); err != nil {
		return nil, err
	}
	return e.out.Bytes(), nil
}
