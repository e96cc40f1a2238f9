// Package reporttest keeps reports in memory, for tests of what reads them.
package reporttest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"vpcetrail/report"
)

// A Store is a published report in memory, by the names of its files, and its own Publication: what is staged is
// there at once. It is not safe for concurrent use.
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

// Read returns a file, which must not be changed; report.ErrNoReport where there is none.
func (s Store) Read(_ context.Context, name string) ([]byte, error) {
	if data, ok := s[name]; ok {
		return data, nil
	}
	return nil, report.ErrNoReport
}

// Begin returns s itself.
func (s Store) Begin(context.Context) (report.Publication, error) { return s, nil }

// Stage keeps a file, and data with it.
func (s Store) Stage(_ context.Context, name string, data []byte) error {
	s[name] = data
	return nil
}

// Commit does nothing: stale files stay.
func (s Store) Commit(context.Context, []string) error { return nil }

// Abort does nothing.
func (s Store) Abort() {}

// Publish publishes rep in s.
func Publish(t testing.TB, s Store, rep *report.Report, run report.Run) {
	t.Helper()
	if err := report.Publish(context.Background(), s, s, rep, run); err != nil {
		t.Fatal(err)
	}
}
