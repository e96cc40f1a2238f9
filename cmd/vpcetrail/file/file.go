// Package file reads and writes the files that flags name: on disk, or in S3 as
// s3://bucket/key.
package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// Check returns an error for a name that no file can have, else nil. It looks at no file.
// An empty name is fine: the flag is not given.
func Check(name string) error {
	if list.IsS3(name) {
		if bucket, key := store.SplitURL(name); bucket == "" || key == "" || strings.HasSuffix(key, "/") {
			return fmt.Errorf("%s: names no file: want s3://bucket/key", name)
		}
		return nil
	}
	if store.IsURL(name) {
		return fmt.Errorf("%s: is a URL: want a file, s3://bucket/key, or ./%s for a file of this name", name, name)
	}
	return nil
}

// Read returns the content of the named file. Its error has status Failed, unless the name
// is wrong: a later run may be able to read the file.
func Read(ctx context.Context, name string) ([]byte, error) {
	if err := Check(name); err != nil {
		return nil, err
	}
	if list.IsS3(name) {
		return get(ctx, name)
	}
	text, err := os.ReadFile(name)
	if err != nil && !namesNoFile(err) {
		err = exit.With(exit.Failed, err)
	}
	return text, err
}

// namesNoFile reports whether the system finds no file of a name.
func namesNoFile(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}

// IsMissing reports whether an error says that there is no file of a name.
func IsMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoObject)
}

// Parse returns what parse makes of the content of the file that a flag names. Errors name
// the flag and the file.
func Parse[T any](ctx context.Context, flag, name string, parse func(text []byte) (T, error)) (parsed T, err error) {
	text, err := Read(ctx, name)
	if err != nil {
		return parsed, fmt.Errorf("%s: %w", flag, err)
	}
	if parsed, err = parse(text); err != nil {
		return parsed, fmt.Errorf("%s: %s: %w", flag, name, err)
	}
	return parsed, nil
}

// Options say how a file in S3 is written. The zero value is that of commands without such flags.
type Options struct {
	Kept   dest.S3Options
	Region string // that S3 is called in if no other is set
}

// Write replaces the content of the named file, completely or not at all.
func Write(ctx context.Context, name string, text []byte, opt Options) error {
	if list.IsS3(name) {
		return put(ctx, name, bytes.NewReader(text), opt)
	}
	return dest.WriteFile(name, text)
}

// A Writer writes the next content of a file. The file keeps its old content until Commit.
type Writer struct {
	io.Writer
	commit func(context.Context) error
	close  func() error
}

// Create returns a Writer for the named file. It fails if a file on disk cannot be
// written. The caller closes the Writer. What is written is on disk until then, not in
// memory: for S3 in a temporary file.
func Create(ctx context.Context, name string) (*Writer, error) {
	if !list.IsS3(name) {
		f, err := dest.CreateFile(name)
		if err != nil {
			return nil, err
		}
		return &Writer{f, func(context.Context) error { return f.Commit() }, f.Close}, nil
	}
	spool, err := os.CreateTemp("", "vpcetrail-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("%s: write: %w", name, err)
	}
	return &Writer{spool,
		func(ctx context.Context) error { return put(ctx, name, spool, Options{}) },
		func() error { return errors.Join(spool.Close(), os.Remove(spool.Name())) }}, nil
}

// Commit makes what was written the content of the file. It is called once.
func (w *Writer) Commit(ctx context.Context) error { return w.commit(ctx) }

// Close releases the Writer. Without Commit the file is unchanged.
func (w *Writer) Close() error { return w.close() }
