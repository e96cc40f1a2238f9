package table

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

func TestAnotherVersionsColumnsAreNull(t *testing.T) {
	old := Table[ServiceRow]{Name: "services", Keys: 1, Columns: []Column[ServiceRow]{
		Services.Columns[2],
		count("retired", "A column that is no more.", func(r *ServiceRow) *int64 { return &r.Calls }),
	}}
	data, err := encode(&old, memory.DefaultAllocator, []ServiceRow{{Service: "s3.amazonaws.com", Routes: Routes{Calls: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Services.Decode(context.Background(), data)
	if err != nil || len(rows) != 1 || rows[0].Service != "s3.amazonaws.com" || rows[0].Calls != 0 || !math.IsNaN(rows[0].VPCEShare) {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestEncodeReleasesItsMemory(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	rows := make([]TrafficRow, rowGroup+1) // two row groups
	for i := range rows {
		rows[i].AccountID, rows[i].Calls = fmt.Sprintf("%012d", i), int64(i)
	}
	data, err := encode(&Traffic, mem, rows)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Traffic.decode(context.Background(), data, mem)
	if err != nil || !reflect.DeepEqual(back, rows) {
		t.Errorf("%d rows of %d read back, %v", len(back), len(rows), err)
	}
}

func encode[T any](t *Table[T], mem memory.Allocator, rows []T) ([]byte, error) {
	e, err := t.newEncoder(mem)
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
