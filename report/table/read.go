package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
)

// Read returns the rows of a Parquet file of size bytes. It reads the footer first, then one row group at a time, each by one
// ReadAt, and checks the hash of each before it decodes it; parts are what the file's Writer returned. An error
// of a part that is not the one that was published wraps ErrChanged. Where parts is nil, there are no hashes to check.
//
// A row is valid until the next one comes. An error comes with a nil row, and is the last; it is one line, whatever the file
// holds. The context is looked at before each row group, and its cause is the error. Of a file that another version has written,
// columns that it lacks are NULL, and those that the table does not know are passed over.
func (t *Table[T]) Read(ctx context.Context, from io.ReaderAt, size int64, parts Parts) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if parts != nil {
			if err := parts.check(size); err != nil {
				yield(nil, err)
				return
			}
			for i := range parts {
				if _, err := parts[i].read(from); err != nil {
					yield(nil, err)
					return
				}
			}
		}
		data, err := readRange(from, 0, size)
		if err != nil {
			yield(nil, err)
			return
		}
		pf, err := file.NewParquetReader(bytes.NewReader(data), file.WithReadProps(parquet.NewReaderProperties(memory.DefaultAllocator)))
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range pf.NumRowGroups() {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			rows, err := t.decodeGroup(pf.RowGroup(i))
			if err != nil {
				yield(nil, fmt.Errorf("row group %d: %w", i, err))
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

// Decode returns the rows of a Parquet file in memory, as Read does.
func (t *Table[T]) Decode(ctx context.Context, data []byte) iter.Seq2[*T, error] {
	return t.Read(ctx, bytes.NewReader(data), int64(len(data)), nil)
}

// decodeGroup reads the rows of one row group.
func (t *Table[T]) decodeGroup(group *file.RowGroupReader) ([]T, error) {
	rows := make([]T, group.NumRows())
	found := group.MetaData().Schema
	for i := range t.Columns {
		c := &t.Columns[i]
		for k := range rows {
			c.setNull(&rows[k])
		}
		at := found.ColumnIndexByName(c.Name)
		if at < 0 {
			continue
		}
		chunk, err := group.Column(at)
		if err == nil {
			err = c.read(rows, chunk)
		}
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return rows, nil
}

func (c *Column[T]) read(rows []T, from file.ColumnChunkReader) error {
	n := int64(len(rows))
	levels := make([]int16, n)
	var got int64
	var read int
	var err error
	set := func(int, *T) {}
	switch from := from.(type) {
	case *file.ByteArrayColumnChunkReader:
		values := make([]parquet.ByteArray, n)
		got, read, err = from.ReadBatch(n, values, levels, nil)
		set = func(i int, row *T) { *c.text(row) = string(values[i]) }
	case *file.Int64ColumnChunkReader:
		values := make([]int64, n)
		got, read, err = from.ReadBatch(n, values, levels, nil)
		set = func(i int, row *T) { *c.number(row) = values[i] }
	case *file.Float64ColumnChunkReader:
		values := make([]float64, n)
		got, read, err = from.ReadBatch(n, values, levels, nil)
		set = func(i int, row *T) { *c.real(row) = values[i] }
	}
	if err != nil {
		return err
	}
	if got != n {
		return errors.New("too few values")
	}
	max, at := from.Descriptor().MaxDefinitionLevel(), 0
	for i := range rows {
		if max == 0 || levels[i] == max {
			set(at, &rows[i])
			at++
		}
	}
	if at != read {
		return errors.New("too few values")
	}
	return nil
}
