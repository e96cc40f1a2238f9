package report

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"vpcetrail/classify"
	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"
)

// memStore is a Store in memory.
type memStore map[string][]byte

func (s memStore) String() string { return "memory" }

func (s memStore) List(_ context.Context, folder string) ([]string, error) {
	var names []string
	for name := range s {
		if len(name) > len(folder) && name[:len(folder)] == folder {
			names = append(names, name)
		}
	}
	return names, nil
}

func (s memStore) Read(_ context.Context, name string) ([]byte, error) {
	data, ok := s[name]
	if !ok {
		return nil, ErrNoReport
	}
	return data, nil
}

func (s memStore) Begin(context.Context) (Publication, error) {
	return &memPublication{s, memStore{}}, nil
}

type memPublication struct{ store, staged memStore }

func (p *memPublication) Stage(_ context.Context, name string, data []byte) error {
	p.staged[name] = data
	return nil
}

func (p *memPublication) Commit(_ context.Context, stale []string) error {
	for name, data := range p.staged {
		p.store[name] = data
	}
	for _, name := range stale {
		delete(p.store, name)
	}
	return nil
}

func (p *memPublication) Abort() {}

func publish(t *testing.T, store memStore, rep *Report) {
	t.Helper()
	pub, err := store.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := Publish(context.Background(), store, pub, rep, Run{Version: "test", Sources: []string{"workshop"}, Window: "all"}); err != nil {
		t.Fatal(err)
	}
}

// workshop returns the report of the endpoint workshop.
func workshop(t *testing.T) *Report {
	t.Helper()
	inventory, err := classify.ParseInventory(readFile(t, "../fixtures/workshop", "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	return testRun{sources: []string{"../fixtures/workshop"}, window: day.All(), inventory: inventory}.report(t)
}

func TestPublishedTablesReadBackAsWritten(t *testing.T) {
	store, rep := memStore{}, workshop(t)
	publish(t, store, rep)
	ctx, d := context.Background(), rep.Days[0]
	m, err := ReadManifest(ctx, store, d.Day)
	if err != nil {
		t.Fatal(err)
	}
	readsBack(t, store, &trafficTable, m, d, d.Traffic)
	readsBack(t, store, &principalTable, m, d, d.Principals)
	readsBack(t, store, &serviceTable, m, d, d.Services)
	readsBack(t, store, &endpointTable, m, d, d.Endpoints)
	readsBack(t, store, &objectTable, m, d, d.Objects)
	if !m.Complete() || m.Balance != rep.Balance {
		t.Errorf("manifest %+v", m)
	}
}

func readsBack[T any](t *testing.T, store Store, table *Table[T], m *Manifest, d *Day, want []T) {
	t.Helper()
	got, err := readDay(context.Background(), store, table, m, d.Day)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) { // as text: NaN is NaN
		t.Errorf("%s:\ngot  %+v\nwant %+v", table.Name, got, want)
	}
}

func TestAnotherVersionsColumnsAreNull(t *testing.T) {
	old := Table[ServiceRow]{Name: "services", Keys: 1, Columns: []Column[ServiceRow]{
		serviceTable.Columns[2],
		count("retired", "A column that is no more.", func(r *ServiceRow) *int64 { return &r.Calls }),
	}}
	data, err := old.parquet([]ServiceRow{{Service: "s3.amazonaws.com", Routes: Routes{Calls: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := serviceTable.rows(context.Background(), data)
	if err != nil || len(rows) != 1 || rows[0].Service != "s3.amazonaws.com" || rows[0].Calls != 0 || !math.IsNaN(rows[0].VPCEShare) {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestEncodeReleasesItsMemory(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	rows := make([]Traffic, rowGroup+1) // two row groups
	for i := range rows {
		rows[i].AccountID, rows[i].Calls = fmt.Sprintf("%012d", i), int64(i)
	}
	data, err := trafficTable.encode(rows, mem)
	if err != nil {
		t.Fatal(err)
	}
	back, err := trafficTable.decode(context.Background(), data, mem)
	if err != nil || !reflect.DeepEqual(back, rows) {
		t.Errorf("%d rows of %d read back, %v", len(back), len(rows), err)
	}
}

func TestADayIsReplacedWhole(t *testing.T) {
	store, rep := memStore{}, workshop(t)
	const kept, surplus = "traffic/dt=2026-11-19/part-00000.parquet", "traffic/dt=2026-11-20/part-00001.parquet"
	store[kept], store[surplus] = []byte("another day"), []byte("an earlier, larger run's")
	publish(t, store, rep)
	if _, ok := store[surplus]; ok || store[kept] == nil {
		t.Error("the day's surplus file stays, or another day's is gone")
	}
	first := memStore{}
	for name, data := range store {
		first[name] = data
	}
	publish(t, store, workshop(t))
	if !reflect.DeepEqual(first, store) {
		t.Error("publishing the same again changed the files")
	}
}

func TestSummaryOfTheWorkshop(t *testing.T) {
	store := memStore{}
	publish(t, store, workshop(t))
	s, err := Summarize(context.Background(), store, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out writer
	if err := s.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/workshop-summary.txt", out)
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }

func TestBalanceThatDoesNotHoldFails(t *testing.T) {
	c := NewCounter(classify.EmbeddedRanges())
	c.objects = append(c.objects, object{})
	c.objects[0].Records = 1 // and nothing is counted
	if _, err := New(Input{Counters: []*Counter{c}, Window: day.All()}); err == nil {
		t.Error("a lost record went unnoticed")
	}
}

func TestCleanKeepsLogsFromMovingTheCursor(t *testing.T) {
	if got := clean("a\x1b[31mb\rc é"); got != "a\uFFFD[31mb\uFFFDc é" {
		t.Errorf("%q", got)
	}
}
