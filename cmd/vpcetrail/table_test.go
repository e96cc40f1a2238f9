package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

// tableText returns columns of a table of the report in dir as CSV, with the day in front of each
// row. NULL reads (null).
func tableText(dir, table string, columns ...string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, table, "dt=*", "*.parquet"))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{append([]string{"dt"}, columns...)}
	for _, path := range paths {
		some, err := fileRows(path, columns)
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		rows = append(rows, some...)
	}
	err = w.WriteAll(rows)
	return out.String(), err
}

// fileRows returns columns of one Parquet file, read by Arrow and not by package report.
func fileRows(path string, columns []string) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pf, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	table, err := fr.ReadTable(context.Background())
	if err != nil {
		return nil, err
	}
	defer table.Release()
	rows := make([][]string, table.NumRows())
	for i := range rows {
		rows[i] = []string{filepath.Base(filepath.Dir(path))[len("dt="):]}
	}
	for _, name := range columns {
		found := table.Schema().FieldIndices(name)
		if len(found) == 0 {
			return nil, fmt.Errorf("no column %s", name)
		}
		row := 0
		for _, chunk := range table.Column(found[0]).Data().Chunks() {
			for i := range chunk.Len() {
				rows[row] = append(rows[row], chunk.ValueStr(i))
				row++
			}
		}
	}
	return rows, nil
}
