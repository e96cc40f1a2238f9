package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"vpcetrail/report/table"
)

// tableText returns columns of a table of the report in dir as CSV. Each row starts
// with its day. NULL is written as (null).
func tableText(dir, name string, columns ...string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, name, "dt=*", "*.parquet"))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{append([]string{"dt"}, columns...)}
	for _, path := range paths {
		some, err := fileRows(path, name, columns)
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		rows = append(rows, some...)
	}
	err = w.WriteAll(rows)
	return out.String(), err
}

func fileRows(path, name string, columns []string) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	day := filepath.Base(filepath.Dir(path))[len("dt="):]
	switch name {
	case "traffic":
		return cells(&table.Traffic, data, day, columns)
	case "principals":
		return cells(&table.Principals, data, day, columns)
	case "services":
		return cells(&table.Services, data, day, columns)
	case "endpoints":
		return cells(&table.Endpoints, data, day, columns)
	case "resources":
		return cells(&table.Resources, data, day, columns)
	case "findings":
		return cells(&table.Findings, data, day, columns)
	case table.S3Access.Name:
		return cells(&table.S3Access, data, day, columns)
	case table.Causes.Name:
		return cells(&table.Causes, data, day, columns)
	case "objects":
		return cells(&table.Objects, data, day, columns)
	case "digests":
		return cells(&table.Digests, data, day, columns)
	}
	return nil, fmt.Errorf("no table %s", name)
}

func cells[T any](t *table.Table[T], data []byte, day string, columns []string) ([][]string, error) {
	var rows []T
	for row, err := range t.Decode(context.Background(), data) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, *row)
	}
	out := make([][]string, len(rows))
	for i := range rows {
		out[i] = []string{day}
	}
	for _, name := range columns {
		known := false
		for k := range t.Columns {
			if t.Columns[k].Name != name {
				continue
			}
			known = true
			for i := range rows {
				out[i] = append(out[i], cmp.Or(t.Columns[k].Format(&rows[i]), "(null)"))
			}
		}
		if !known {
			return nil, fmt.Errorf("no column %s", name)
		}
	}
	return out, nil
}
