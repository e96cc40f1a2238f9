package table

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// TestBothFormatsHoldTheSame decodes a Parquet and an Arrow file of the same rows, with NULLs in every column that may have them.
func TestBothFormatsHoldTheSame(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	traffic := make([]TrafficRow, rowGroup+7) // two batches
	for i := range traffic {
		traffic[i].Principal, traffic[i].Calls, traffic[i].FirstSeen = fmt.Sprintf("arn:aws:iam::111122223333:user/é%d", i), int64(i), int64(i)*1009
	}
	sameInBoth(t, mem, &Traffic, traffic)
	sameInBoth(t, mem, &Services, []ServiceRow{{Service: "s3.amazonaws.com", Routes: Routes{Calls: 3, VPCEShare: 0.25}}})
	sameInBoth(t, mem, &Findings, []FindingRow{
		{FindingKey: FindingKey{Finding: "past_endpoint"}, EstimatedUSD: 1.5, FirstSeen: 5, LastSeen: 6},
		{EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1},
	})
	sameInBoth(t, mem, &Objects, []ObjectRow{{Key: "a", Size: -1, ErrorOffset: -1}, {Key: "b", Size: 7, ErrorOffset: 0}})
	sameInBoth(t, mem, &Endpoints, nil)
}

func sameInBoth[T any](t *testing.T, mem memory.Allocator, table *Table[T], rows []T) {
	t.Helper()
	parquet, err := encode(table, mem, rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := decode(table, mem, parquet)
	if err != nil {
		t.Fatal(err)
	}
	var before []byte
	for range 2 {
		data, err := encodeArrow(table, mem, rows)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(data, before) {
			t.Errorf("%s: the same rows gave other bytes", table.Name)
		}
		before = data
	}
	got, err := decodeArrow(table, mem, before)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows) || !slices.Equal(texts(table, got), texts(table, want)) {
		t.Errorf("%s: %d rows in Arrow, %d in Parquet, of %d, or not the same", table.Name, len(got), len(want), len(rows))
	}
}

// texts returns the values of rows as text: NULL reals are equal then.
func texts[T any](t *Table[T], rows []T) (texts []string) {
	for i := range rows {
		for k := range t.Columns {
			texts = append(texts, t.Columns[k].Format(&rows[i]))
		}
	}
	return texts
}

func encodeArrow[T any](t *Table[T], mem memory.Allocator, rows []T) ([]byte, error) {
	e, err := t.newArrowEncoder(mem)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if err := e.Add(&rows[i]); err != nil {
			return nil, err
		}
	}
	return e.Finish()
}

// decodeArrow reads an Arrow file, whose columns must be the table's.
func decodeArrow[T any](t *Table[T], mem memory.Allocator, data []byte) (all []T, err error) {
	file, err := ipc.NewFileReader(bytes.NewReader(data), ipc.WithAllocator(mem))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if want := t.arrowSchema(); !file.Schema().Equal(want) {
		return nil, fmt.Errorf("schema %s, want %s", file.Schema(), want)
	}
	for i := range file.NumRecords() {
		rec, err := file.Record(i)
		if err != nil {
			return nil, err
		}
		rows := make([]T, rec.NumRows())
		for k := range t.Columns {
			for r := range rows {
				t.Columns[k].setNull(&rows[r])
			}
			if err := t.Columns[k].set(rows, rec.Column(k)); err != nil {
				return nil, err
			}
		}
		all = append(all, rows...)
	}
	return all, nil
}

// An IPC writer that seeks elsewhere than to its end would be answered wrongly: it is told so.
func TestAppendedSeeksToItsEndOnly(t *testing.T) {
	a := appended{bytes.NewBufferString("abc")}
	if at, err := a.Seek(0, 1); at != 3 || err != nil {
		t.Errorf("%d, %v", at, err)
	}
	if _, err := a.Seek(0, 0); err == nil {
		t.Error("it seeks to its start")
	}
}
