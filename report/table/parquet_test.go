package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestAnotherVersionsColumnsAreNull(t *testing.T) {
	old := Table[ServiceRow]{Name: "services", Keys: 1, Columns: []Column[ServiceRow]{
		Services.Columns[2],
		count("retired", "A column that is no more.", func(r *ServiceRow) *int64 { return &r.Calls }),
	}}
	data, err := encode(&old, []ServiceRow{{Service: "s3.amazonaws.com", Routes: Routes{Calls: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := decode(&Services, data)
	if err != nil || len(rows) != 1 || rows[0].Service != "s3.amazonaws.com" || rows[0].Calls != 0 || !math.IsNaN(rows[0].VPCEShare) {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestRowsOfTwoGroupsReadBack(t *testing.T) {
	rows := make([]TrafficRow, GroupRows+1) // two row groups
	for i := range rows {
		rows[i].AccountID, rows[i].Calls = fmt.Sprintf("%012d", i), int64(i)
	}
	data, err := encode(&Traffic, rows)
	if err != nil {
		t.Fatal(err)
	}
	back, err := decode(&Traffic, data)
	if err != nil || !reflect.DeepEqual(back, rows) {
		t.Errorf("%d rows of %d read back, %v", len(back), len(rows), err)
	}
}

// TestTheSameRowsGiveTheSameBytes does so for columns of which nearly every value is another one.
func TestTheSameRowsGiveTheSameBytes(t *testing.T) {
	rows := make([]TrafficRow, GroupRows)
	for i := range rows {
		rows[i].Principal = fmt.Sprintf("arn:aws:iam::111122223333:user/%030d", i*7919)
		rows[i].Calls, rows[i].FirstSeen, rows[i].LastSeen = int64(i), int64(i)*1009, int64(i)*1013
	}
	var first []byte
	for range 4 {
		data, err := encode(&Traffic, rows)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		}
		if !bytes.Equal(data, first) {
			t.Fatal("the same rows gave other bytes")
		}
	}
}

func encode[T any](t *Table[T], rows []T) ([]byte, error) {
	e, err := t.NewEncoder()
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

func decode[T any](t *Table[T], data []byte) (all []T, err error) {
	for row, err := range t.Decode(context.Background(), data) {
		if err != nil {
			return nil, err
		}
		all = append(all, *row)
	}
	return all, nil
}

// However early or late ctx ends while a file is read, what comes is a row or ctx's own end.
func TestDecodeInterrupted(t *testing.T) {
	rows := make([]TrafficRow, 2*GroupRows)
	for i := range rows {
		rows[i].Principal, rows[i].Calls = fmt.Sprint(i), int64(i)
	}
	data, err := encode(&Traffic, rows)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := decode(&Traffic, data); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	for n := range 40 {
		ctx, cancel := context.WithTimeout(context.Background(), took*time.Duration(n)/40)
		got := 0
		for row, err := range Traffic.Decode(ctx, data) {
			if err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("after %d rows: %v", got, err)
				}
				break
			}
			if row.Calls != int64(got) {
				t.Fatalf("row %d is %+v", got, *row)
			}
			got++
		}
		cancel()
	}
}
