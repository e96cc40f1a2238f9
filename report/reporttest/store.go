// Package reporttest keeps reports in memory, for tests of code that reads reports.
package reporttest

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"vpcetrail/report"
)

// A Store is a published report in memory, by file name. It is not safe for concurrent use.
type Store map[string][]byte

func (s Store) String() string { return "memory" }

// List returns the names of the files in a folder, in order.
func (s Store) List(_ context.Context, folder string) ([]string, error) {
	var names []string
	for name := range s {
		if strings.HasPrefix(name, folder) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Read returns a file. Do not change it. If there is no such file, the error is report.ErrNoReport.
func (s Store) Read(_ context.Context, name string) ([]byte, error) {
	if data, ok := s[name]; ok {
		return data, nil
	}
	return nil, report.ErrNoReport
}

// ReadAt fills p as report.Store says.
func (s Store) ReadAt(ctx context.Context, name string, p []byte, offset int64) (int, error) {
	data, err := s.Read(ctx, name)
	if err != nil {
		return 0, err
	}
	return bytes.NewReader(data).ReadAt(p, offset)
}

// Switching returns false.
func (s Store) Switching(context.Context, string) (bool, error) { return false, nil }

// Begin returns a Writer without locks. Nothing is visible before a Commit.
func (s Store) Begin(context.Context, func(string)) (report.Writer, error) { return writer{s}, nil }

type writer struct{ store Store }

func (w writer) Lock(context.Context, string) (report.Publication, error) {
	return &publication{store: w.store, staged: map[string]*bytes.Buffer{}}, nil
}

func (w writer) Note(string) {}
func (w writer) Close()      {}

type publication struct {
	store  Store
	mu     sync.Mutex
	staged map[string]*bytes.Buffer
}

type file struct{ *bytes.Buffer }

func (file) Close() error { return nil }

func (p *publication) Create(_ context.Context, name string) (io.WriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := file{new(bytes.Buffer)}
	p.staged[name] = f.Buffer
	return f, nil
}

func (p *publication) Commit(_ context.Context, stale []string) error {
	for name, data := range p.staged {
		p.store[name] = data.Bytes()
	}
	for _, name := range stale {
		delete(p.store, name)
	}
	return nil
}

// Publish publishes rep in s.
func Publish(t testing.TB, s report.Store, rep *report.Report, run report.Run) {
	t.Helper()
	ctx := context.Background()
	w, err := s.Begin(ctx, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	staged, err := report.Stage(ctx, s, w, rep, run)
	if err == nil {
		err = staged.Commit(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
}
