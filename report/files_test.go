package report

import (
	"context"
	"fmt"
	"testing"

	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// A table's files end with the row group that reaches the wanted size, wherever the rows come from.
func TestFilesEndAtTheirSize(t *testing.T) {
	const group, n = 32 << 10, 5*32<<10 + 7
	rows := make([]table.TrafficRow, n)
	for i := range rows {
		rows[i].AccountID, rows[i].Principal = "111122223333", fmt.Sprintf("arn:aws:iam::111122223333:user/%06d", i)
		rows[i].Calls, rows[i].FirstSeen = 1, int64(i)*7919
	}
	for _, tc := range []struct {
		what      string
		fileBytes int
		groups    int // row groups a file
	}{
		{"one byte", 1, 1},
		{"a little more than a row group", size(t, rows[:group]) + 1000, 2},
		{"all", table.FileBytes, 6},
	} {
		store, m := memStore{}, &Manifest{}
		pub, err := store.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		files := tableFiles{pub: &sharedPublication{pub: pub}, day: 20_000, fileBytes: tc.fileBytes}
		if err := stage(t.Context(), &files, &table.Traffic, RowsOf(rows)); err != nil {
			t.Fatal(err)
		}
		m.Files = files.parquetFiles
		if err := pub.Commit(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		left := n
		for i, f := range m.Files {
			if want := min(left, tc.groups*group); f.Rows != want {
				t.Errorf("%s: file %d holds %d rows, want %d", tc.what, i, f.Rows, want)
			}
			left -= f.Rows
		}
		if got := readRows(t, ReadTable(context.Background(), store, &table.Traffic, m, day.Day(20_000))); len(got) != n || got[n-1] != rows[n-1] {
			t.Errorf("%s: %d rows read back, want %d", tc.what, len(got), n)
		}
	}
}

// size returns the size of a file of rows.
func size(t *testing.T, rows []table.TrafficRow) int {
	t.Helper()
	e, err := table.Traffic.NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := e.Add(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if written := e.Written(); written < 100_000 {
		t.Errorf("a row group is %d bytes before its file is ended", written)
	}
	data, err := e.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return len(data)
}
