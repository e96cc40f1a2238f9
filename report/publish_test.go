package report

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"vpcetrail/report/table"
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

func TestPublishedTablesReadBackAsWritten(t *testing.T) {
	store, rep := memStore{}, workshop(t)
	publish(t, store, rep)
	d := readDay(t, workshop(t).Days[0])
	ctx := context.Background()
	m, err := ReadManifest(ctx, store, d.Day.Day)
	if err != nil {
		t.Fatal(err)
	}
	readsBack(t, store, &table.Traffic, m, d, d.Traffic)
	readsBack(t, store, &table.Principals, m, d, d.Principals)
	readsBack(t, store, &table.Services, m, d, d.Services)
	readsBack(t, store, &table.Endpoints, m, d, d.Endpoints)
	readsBack(t, store, &table.Objects, m, d, d.Objects)
	if !m.Complete() || m.Balance != rep.Balance {
		t.Errorf("manifest %+v", m)
	}
}

func readsBack[T any](t *testing.T, store Store, tab *table.Table[T], m *Manifest, d *dayInMemory, want []T) {
	t.Helper()
	got := readRows(t, ReadTable(context.Background(), store, tab, m, d.Day.Day))
	if len(want) == 0 || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) { // as text: NaN is NaN
		t.Errorf("%s:\ngot  %+v\nwant %+v", tab.Name, got, want)
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
