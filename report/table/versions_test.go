package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
)

// TestFilesOfArrowsWriterReadBack writes files as the versions before did, by arrow's own writer: several pages in a chunk, and
// columns without a dictionary or with one that arrow gave up.
func TestFilesOfArrowsWriterReadBack(t *testing.T) {
	rows := madeUpTraffic(800)
	want := texts(&Traffic, rows)
	for name, props := range map[string][]parquet.WriterProperty{
		"dictionaries":    {parquet.WithDictionaryDefault(true)},
		"many pages":      {parquet.WithDictionaryDefault(true), parquet.WithDataPageSize(200), parquet.WithBatchSize(200)},
		"no dictionaries": {parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(200), parquet.WithBatchSize(200)},
		"no statistics":   {parquet.WithDictionaryDefault(true), parquet.WithStats(false)},
		"version 1":       {parquet.WithDictionaryDefault(true), parquet.WithVersion(parquet.V1_0)},
	} {
		data := writtenByArrow(t, &Traffic, rows, props...)
		got, err := read(&Traffic, data, nil)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d values of %d, %v", name, len(got), len(want), err)
		}
	}
	// No version has written these.
	for name, prop := range map[string]parquet.WriterProperty{
		"gave up its dictionaries": parquet.WithDictionaryPageSizeLimit(100),
		"pages of version 2":       parquet.WithDataPageVersion(parquet.DataPageV2),
		"snappy":                   parquet.WithCompression(compress.Codecs.Snappy),
	} {
		data := writtenByArrow(t, &Traffic, rows, parquet.WithDictionaryDefault(true), prop)
		if got, err := read(&Traffic, data, nil); err == nil && !slices.Equal(got, want) || errors.Is(err, errDecoder) {
			t.Errorf("%s: %d values, %v", name, len(got), err)
		}
	}
}

func writtenByArrow[T any](t *testing.T, table *Table[T], rows []T, props ...parquet.WriterProperty) []byte {
	t.Helper()
	root, err := table.parquetSchema()
	if err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	props = append([]parquet.WriterProperty{parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(1)}, props...)
	w := file.NewParquetWriter(out, root, file.WithWriterProps(parquet.NewWriterProperties(props...)))
	for half := range slices.Chunk(rows, len(rows)/2) {
		group := w.AppendRowGroup()
		for i := range table.Columns {
			writeByArrow(t, group, &table.Columns[i], half)
		}
		if err := group.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func writeByArrow[T any](t *testing.T, group file.SerialRowGroupWriter, c *Column[T], rows []T) {
	t.Helper()
	var levels []int16
	var texts []parquet.ByteArray
	var numbers []int64
	for i := range rows {
		null := c.isNull(&rows[i])
		if c.Nullable && null {
			levels = append(levels, 0)
			continue
		} else if c.Nullable {
			levels = append(levels, 1)
		}
		if c.Type == Text {
			texts = append(texts, parquet.ByteArray(*c.text(&rows[i])))
		} else {
			numbers = append(numbers, *c.number(&rows[i]))
		}
	}
	to, err := group.NextColumn()
	if err != nil {
		t.Fatal(err)
	}
	switch to := to.(type) {
	case *file.ByteArrayColumnChunkWriter:
		_, err = to.WriteBatch(texts, levels, nil)
	case *file.Int64ColumnChunkWriter:
		_, err = to.WriteBatch(numbers, levels, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLongTextsEndARowGroup adds rows with names of 200 KB: a row group ends before its rows take more memory than GroupTexts.
func TestLongTextsEndARowGroup(t *testing.T) {
	rows := make([]ServiceRow, 200) // 40 MB
	for i := range rows {
		rows[i].Service = fmt.Sprintf("%08d%s", i, strings.Repeat("x", 200_000))
	}
	out := new(bytes.Buffer)
	w, err := Services.NewWriter(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := addRows(w, rows); err != nil {
		t.Fatal(err)
	}
	parts, err := w.Close()
	if err != nil || len(parts) != 3 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for _, p := range parts[:len(parts)-1] {
		if p.Rows > GroupTexts/200_000+1 {
			t.Errorf("a row group of %d rows", p.Rows)
		}
	}
	at := 0
	for row, err := range Services.Read(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), parts) {
		if err != nil || row.Service != rows[at].Service {
			t.Fatalf("row %d: %v", at, err)
		}
		at++
	}
}

// TestNamesThatAreNearlyEqualReadBack has a dictionary page that compression makes as small as it can: readers refuse
// pages that are small beyond belief, so this one must be believed.
func TestNamesThatAreNearlyEqualReadBack(t *testing.T) {
	v := Vector{Ranks: make([]uint32, 8000), Dict: make([]string, 8000)}
	for i := range v.Dict {
		v.Ranks[i], v.Dict[i] = uint32(i), fmt.Sprintf("%s%08d", strings.Repeat("x", 2040), i)
	}
	e := encoders.Get().(*encoder)
	c := e.encode(&v, Text, true, len(v.Ranks))
	got, err := new(chunkReader).decode(c.bytes, Text, true, true, len(v.Ranks))
	if err != nil || !slices.Equal(got.Dict, v.Dict) {
		t.Errorf("%d bytes for %d: %v", len(c.bytes), c.raw, err)
	}
	t.Logf("%d bytes for %d: 1 to %d", len(c.bytes), c.raw, c.raw/len(c.bytes))
}

func TestADictionaryOutOfOrderIsRefused(t *testing.T) {
	w, err := Services.NewWriter(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	group := columnsOf(&Services, []ServiceRow{{Service: "a"}, {Service: "b"}})[0]
	slices.Reverse(group[2].Dict)
	if err := w.AddGroup(group); err == nil || !strings.Contains(err.Error(), "BUG: column service: a dictionary out of order") {
		t.Error(err)
	}
	if err := w.AddGroup(group[1:]); !errors.Is(err, errRagged) {
		t.Error(err)
	}
}
