package table

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

const (
	// rowGroup is the rows of one row group: the rows are sorted by key, so a query for one
	// principal or service reads few of them. As columns in memory they take some 12 MB.
	rowGroup = 32 << 10
	// FileBytes is the size at which a file is ended, with the row group that reaches it: what Athena reads best.
	FileBytes = 64 << 20
)

// zstdLevel is the fastest: the tables of its encoder are small, and pages are.
const zstdLevel = 1

// wholeDictionary is never reached by a row group: a column whose dictionary grew too large would go on
// without one, and arrow lists the two encodings of such a column in any order, differently in every run.
const wholeDictionary = 1 << 30

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

// Decode returns the rows of a Parquet file, which it reads by row groups. A row is valid until the next
// one comes. An error comes with a nil row, and is the last. Of a file that another version has written, columns that it
// lacks are NULL, and those that the table does not know are passed over.
func (t *Table[T]) Decode(ctx context.Context, data []byte) iter.Seq2[*T, error] {
	return t.decode(ctx, data, memory.DefaultAllocator)
}

// An Encoder writes rows into one file, in memory: Parquet or Arrow IPC. The same rows give the same bytes.
type Encoder[T any] struct {
	table *Table[T]
	out   bytes.Buffer
	batch batch[T]
	held  int // rows in batch, a row group at most
	rows  int
}

// A batch takes the rows of one row group, or record batch, at a time, and writes them into a file of one format.
type batch[T any] struct {
	add     func(row *T)
	flush   func() error // writes the rows
	close   func() error // ends the file
	release func()       // lets go of memory, whether the file is ended or not
}

// NewEncoder starts a Parquet file. It must be ended by Finish.
func (t *Table[T]) NewEncoder() (*Encoder[T], error) { return t.newEncoder(memory.DefaultAllocator) }

func (t *Table[T]) newEncoder(mem memory.Allocator) (*Encoder[T], error) {
	e := &Encoder[T]{table: t}
	group, err := newGroup(t, &e.out, mem)
	if err != nil {
		return nil, fmt.Errorf("%s: write: %w", t.Name, err)
	}
	e.batch = batch[T]{add: group.add, flush: group.flush, close: group.file.Close, release: func() {}}
	return e, nil
}

// Rows returns how many rows were added.
func (e *Encoder[T]) Rows() int { return e.rows }

// Written returns the bytes of the row groups that are complete: 0 until there are as many rows as one takes. It
// depends on the rows alone.
func (e *Encoder[T]) Written() int {
	if e.rows < rowGroup {
		return 0
	}
	return e.out.Len()
}

// Add adds a row, and keeps no reference to it.
func (e *Encoder[T]) Add(row *T) error {
	e.batch.add(row)
	e.rows++
	if e.held++; e.held == rowGroup {
		return e.flush()
	}
	return nil
}

func (e *Encoder[T]) flush() error {
	e.held = 0
	if err := e.batch.flush(); err != nil {
		return fmt.Errorf("%s: write: %w", e.table.Name, err)
	}
	return nil
}

// Finish ends the file and returns its bytes, which are the caller's. The Encoder must not be used any more.
func (e *Encoder[T]) Finish() ([]byte, error) {
	defer e.batch.release()
	if e.held > 0 {
		if err := e.flush(); err != nil {
			return nil, err
		}
	}
	if err := e.batch.close(); err != nil { // the footer
		return nil, fmt.Errorf("%s: write: %w", e.table.Name, err)
	}
	return e.out.Bytes(), nil
}

func (t *Table[T]) decode(ctx context.Context, data []byte, mem memory.Allocator) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		pf, err := file.NewParquetReader(bytes.NewReader(data), file.WithReadProps(parquet.NewReaderProperties(mem)))
		if err != nil {
			yield(nil, err)
			return
		}
		fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, mem)
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range pf.NumRowGroups() {
			rows, err := t.decodeGroup(ctx, fr, i)
			if err != nil {
				yield(nil, err)
				return
			}
			for k := range rows {
				if !yield(&rows[k], nil) {
					return
				}
			}
		}
	}
}

// decodeGroup reads the rows of one row group.
func (t *Table[T]) decodeGroup(ctx context.Context, fr *pqarrow.FileReader, group int) ([]T, error) {
	columns := make([]int, fr.ParquetReader().MetaData().Schema.NumColumns())
	for i := range columns {
		columns[i] = i
	}
	table, err := fr.RowGroup(group).ReadTable(ctx, columns)
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
			*c.real(&rows[i]) = v.Value(i)
		default:
			return fmt.Errorf("column %s has type %s", c.Name, values.DataType())
		}
	}
	return nil
}
