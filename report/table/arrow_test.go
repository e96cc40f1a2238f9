package table

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// TestBothFormatsHoldTheSame decodes a Parquet and an Arrow file of the same rows, with NULLs in every column that may have them.
func TestBothFormatsHoldTheSame(t *testing.T) {
	traffic := make([]TrafficRow, GroupRows+7) // two batches
	for i := range traffic {
		traffic[i].Principal, traffic[i].Calls, traffic[i].FirstSeen = fmt.Sprintf("arn:aws:iam::111122223333:user/é%d", i), int64(i), int64(i)*1009
	}
	sameInBoth(t, &Traffic, traffic)
	sameInBoth(t, &Services, []ServiceRow{{Service: "s3.amazonaws.com", Routes: Routes{Calls: 3, VPCEShare: 0.25}}})
	sameInBoth(t, &Findings, []FindingRow{
		{FindingKey: FindingKey{Finding: "past_endpoint"}, EstimatedUSD: 1.5, FirstSeen: 5, LastSeen: 6},
		{EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1},
	})
	sameInBoth(t, &Objects, []ObjectRow{{Key: "a", Size: -1, ErrorOffset: -1}, {Key: "b", Size: 7, ErrorOffset: 0}})
	sameInBoth(t, &Endpoints, nil)
}

func sameInBoth[T any](t *testing.T, table *Table[T], rows []T) {
	t.Helper()
	parquet, err := encode(table, rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := decode(table, parquet)
	if err != nil {
		t.Fatal(err)
	}
	var before []byte
	for range 2 {
		data, err := encodeArrow(table, rows)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(data, before) {
			t.Errorf("%s: the same rows gave other bytes", table.Name)
		}
		before = data
	}
	got, err := decodeArrow(table, before)
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

func encodeArrow[T any](t *Table[T], rows []T) ([]byte, error) {
	e, err := t.NewArrowEncoder()
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

// decodeArrow reads an Arrow file. Its columns must be those of the table.
func decodeArrow[T any](t *Table[T], data []byte) (all []T, err error) {
	file, err := ipc.NewFileReader(bytes.NewReader(data))
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
			t.Columns[k].setArrow(rows, rec.Column(k))
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (c *Column[T]) setArrow(rows []T, values arrow.Array) {
	for i := range rows {
		c.setNull(&rows[i])
		if values.IsNull(i) {
			continue
		}
		switch v := values.(type) {
		case *array.String:
			*c.text(&rows[i]) = v.Value(i)
		case *array.Int64:
			*c.number(&rows[i]) = v.Value(i)
		case *array.Timestamp:
			*c.number(&rows[i]) = int64(v.Value(i))
		case *array.Float64:
			*c.real(&rows[i]) = v.Value(i)
		}
	}
}

// An IPC writer that seeks elsewhere than to its end would get a wrong answer, so it gets an error.
func TestAFileSeeksToItsEndOnly(t *testing.T) {
	e := newParter(io.Discard)
	_, _ = io.WriteString(e, "abc")
	if at, err := e.Seek(0, io.SeekCurrent); at != 3 || err != nil {
		t.Errorf("%d, %v", at, err)
	}
	if _, err := e.Seek(0, io.SeekStart); err == nil {
		t.Error("it seeks to its start")
	}
}
