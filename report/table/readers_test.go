package table

import (
	"bytes"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"
)

// TestArrowReadsTheSame reads files of every kind of column by arrow's own reader.
func TestArrowReadsTheSame(t *testing.T) {
	data, parts := sample(t)
	readByArrow(t, &Findings, data, parts)
	out := new(bytes.Buffer)
	w, err := Traffic.NewWriter(out)
	if err == nil {
		err = addRows(w, madeUpTraffic(GroupRows+700))
	}
	if err != nil {
		t.Fatal(err)
	}
	if parts, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	readByArrow(t, &Traffic, out.Bytes(), parts)
}

func readByArrow[T any](t *testing.T, table *Table[T], data []byte, parts Parts) {
	t.Helper()
	want, err := read(table, data, parts)
	if err != nil {
		t.Fatal(err)
	}
	pf, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(pf.MetaData().KeyValueMetadata()) > 0 || pf.NumRows() != parts.Rows() || pf.NumRowGroups() != len(parts)-1 {
		t.Errorf("metadata %v, %d rows in %d groups", pf.MetaData().KeyValueMetadata(), pf.NumRows(), pf.NumRowGroups())
	}
	var got []string
	for g := range pf.NumRowGroups() {
		rows := make([]T, pf.RowGroup(g).NumRows())
		for i := range table.Columns {
			setByArrow(t, &table.Columns[i], rows, pf.RowGroup(g), i)
		}
		got = append(got, texts(table, rows)...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: arrow reads %d values, not %d, or others", table.Name, len(got), len(want))
	}
}

// setByArrow sets a column of rows to what arrow reads, and compares the chunk's statistics with that.
func setByArrow[T any](t *testing.T, c *Column[T], rows []T, group *file.RowGroupReader, i int) {
	t.Helper()
	from, err := group.Column(i)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(rows))
	levels, texts, numbers, reals := make([]int16, n), make([]parquet.ByteArray, n), make([]int64, n), make([]float64, n)
	read := 0
	switch from := from.(type) {
	case *file.ByteArrayColumnChunkReader:
		_, read, err = from.ReadBatch(n, texts, levels, nil)
	case *file.Int64ColumnChunkReader:
		_, read, err = from.ReadBatch(n, numbers, levels, nil)
	case *file.Float64ColumnChunkReader:
		_, read, err = from.ReadBatch(n, reals, levels, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for k := range rows {
		if c.setNull(&rows[k]); c.Nullable && levels[k] == 0 {
			continue
		}
		switch c.Type {
		case Text:
			*c.text(&rows[k]) = string(texts[at])
		case Real:
			*c.real(&rows[k]) = reals[at]
		default:
			*c.number(&rows[k]) = numbers[at]
		}
		at++
	}
	chunk, err := group.MetaData().ColumnChunk(i)
	if err != nil {
		t.Fatal(err)
	}
	stats, err := chunk.Statistics()
	if err != nil {
		t.Fatal(err)
	}
	if stats.NullCount() != n-int64(read) || stats.HasMinMax() != (read > 0) {
		t.Errorf("%s: %d NULLs of %d, least and greatest %v", c.Name, stats.NullCount(), n-int64(read), stats.HasMinMax())
	}
	if read > 0 {
		sameBounds(t, c.Name, stats, texts[:read], numbers[:read], reals[:read])
	}
}

func sameBounds(t *testing.T, column string, stats metadata.TypedStatistics, texts []parquet.ByteArray, numbers []int64, reals []float64) {
	t.Helper()
	ok := false
	switch s := stats.(type) {
	case *metadata.ByteArrayStatistics:
		compare := func(a, b parquet.ByteArray) int { return bytes.Compare(a, b) }
		ok = bytes.Equal(s.Min(), slices.MinFunc(texts, compare)) && bytes.Equal(s.Max(), slices.MaxFunc(texts, compare))
	case *metadata.Int64Statistics:
		ok = s.Min() == slices.Min(numbers) && s.Max() == slices.Max(numbers)
	case *metadata.Float64Statistics:
		ok = s.Min() == slices.Min(reals) && s.Max() == slices.Max(reals)
	}
	if !ok {
		t.Errorf("%s: statistics are not those of the values", column)
	}
}
