package dest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"vpcetrail/report"
)

// A dirStore keeps a report in a directory.
type dirStore struct{ root string }

func (s *dirStore) String() string { return s.root }

func (s *dirStore) path(name string) string { return filepath.Join(s.root, filepath.FromSlash(name)) }

func (s *dirStore) List(_ context.Context, folder string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(s.path(folder), func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && p != s.path(folder)
		if d.IsDir() {
			if hidden {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(s.root, p)
		if err == nil && !hidden {
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s: is no directory: name that of a report, or s3://bucket/prefix", s.root)
	case err != nil:
		return nil, fmt.Errorf("%s: list: %w", s.root, bare(err))
	}
	sort.Strings(names)
	return names, nil
}

func (s *dirStore) Read(_ context.Context, name string) ([]byte, error) {
	data, err := os.ReadFile(s.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: open: %w", s.path(name), report.ErrNoReport)
	case err != nil:
		return nil, fmt.Errorf("%s: read: %w", s.path(name), bare(err))
	}
	return data, nil
}

func (s *dirStore) ReadAt(_ context.Context, name string, p []byte, offset int64) (int, error) {
	f, err := os.Open(s.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("%s: open: %w", s.path(name), report.ErrNoReport)
	case err != nil:
		return 0, fmt.Errorf("%s: open: %w", s.path(name), bare(err))
	}
	defer f.Close()
	n, err := f.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: read: %w", s.path(name), bare(err))
	}
	return n, err
}

// bare removes the operation and the path from an error: the message already has them.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
