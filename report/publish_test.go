package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"sync"
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

func (s memStore) ReadAt(ctx context.Context, name string, p []byte, offset int64) (int, error) {
	data, err := s.Read(ctx, name)
	if err != nil {
		return 0, err
	}
	return bytes.NewReader(data).ReadAt(p, offset)
}

func (s memStore) Switching(_ context.Context, unit string) (bool, error) {
	_, ok := s[".switching/"+unit]
	return ok, nil
}

func (s memStore) Begin(context.Context, func(string)) (Writer, error) {
	return &memWriter{store: s}, nil
}

// memWriter is a Writer of one unit after the other, and knows no locks.
type memWriter struct {
	store memStore
	notes []string
}

func (w *memWriter) Lock(context.Context, string) (Publication, error) {
	return &memPublication{store: w.store, staged: map[string]*memFile{}}, nil
}

func (w *memWriter) Note(text string) { w.notes = append(w.notes, text) }
func (w *memWriter) Close()           {}

type memPublication struct {
	store  memStore
	mu     sync.Mutex
	staged map[string]*memFile
}

type memFile struct{ bytes.Buffer }

func (*memFile) Close() error { return nil }

func (p *memPublication) Create(_ context.Context, name string) (io.WriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := &memFile{}
	p.staged[name] = f
	return f, nil
}

func (p *memPublication) Commit(_ context.Context, stale []string) error {
	for name, f := range p.staged {
		p.store[name] = f.Bytes()
	}
	for _, name := range stale {
		delete(p.store, name)
	}
	return nil
}

func publish(t *testing.T, store memStore, rep *Report) (notes []string) {
	t.Helper()
	return publishRun(t, store, rep, Run{Version: "test", Sources: []string{"workshop"}, Window: "all"})
}

func publishRun(t *testing.T, store memStore, rep *Report, run Run) (notes []string) {
	t.Helper()
	w := &memWriter{store: store}
	staged, err := Stage(t.Context(), store, w, rep, run)
	if err == nil {
		err = staged.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.notes
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
	notes := publish(t, store, rep)
	if _, ok := store[surplus]; ok || store[kept] == nil {
		t.Error("the day's surplus file stays, or another day's is gone")
	}
	const want = "2026-11-20 had several files a table: while they are replaced by one, this once, queries may see rows of both"
	if len(notes) != 1 || notes[0] != want {
		t.Errorf("it says %q, want %q", notes, want)
	}
	first := memStore{}
	for name, data := range store {
		first[name] = data
	}
	if notes := publish(t, store, workshop(t)); len(notes) > 0 {
		t.Errorf("it says %q", notes)
	}
	if !reflect.DeepEqual(first, store) {
		t.Error("publishing the same again changed the files")
	}
}
