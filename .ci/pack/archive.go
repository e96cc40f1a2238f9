package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// A file is one entry of an archive or of the image. Entries belong to root.
type file struct {
	name string
	mode fs.FileMode // a folder has fs.ModeDir, and a name that ends with a slash
	data []byte
}

// archive writes files, each given as NAME=FILE, into one archive of the kind that the name of out
// says.
func archive(out string, at time.Time, given []string) error {
	var files []file
	for _, arg := range given {
		name, path, _ := strings.Cut(arg, "=")
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		files = append(files, file{name, mode, data})
	}
	return create(out, func(w io.Writer) error {
		switch {
		case strings.HasSuffix(out, ".zip"):
			return writeZip(w, at, files)
		case strings.HasSuffix(out, ".tar.gz"):
			gz := gzip.NewWriter(w) // without a name and a time
			return cmp.Or(writeTar(gz, at, files), gz.Close())
		}
		return fmt.Errorf("%s: want .tar.gz or .zip", out)
	})
}

// create writes a file.
func create(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(f)
	return errors.Join(write(buffered), buffered.Flush(), f.Close())
}

// writeTar writes files, sorted by name, with one time.
func writeTar(w io.Writer, at time.Time, files []file) error {
	out := tar.NewWriter(w)
	for _, f := range sorted(files) {
		header := tar.Header{Name: f.name, Mode: int64(f.mode.Perm()), Size: int64(len(f.data)), ModTime: at, Format: tar.FormatUSTAR}
		if f.mode&fs.ModeSticky != 0 {
			header.Mode |= 0o1000
		}
		if err := out.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := out.Write(f.data); err != nil {
			return err
		}
	}
	return out.Close()
}

// writeZip writes files, sorted by name, with one time.
func writeZip(w io.Writer, at time.Time, files []file) error {
	out := zip.NewWriter(w)
	for _, f := range sorted(files) {
		header := zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at}
		header.SetMode(f.mode)
		entry, err := out.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	return out.Close()
}

func sorted(files []file) []file {
	return slices.SortedFunc(slices.Values(files), func(a, b file) int { return cmp.Compare(a.name, b.name) })
}
