// Command s3dir serves a directory as an S3 bucket called trail. It supports only the
// part of the API that a reader of trails uses, at little cost and with the given
// latency. It is a separate process, so that its work does not count as the reader's.
//
// A file NAME.signature.json is the metadata of a digest, as in a signed trail of
// fixtures/gentrail.
//
// It prints its address, and serves until standard input ends.
//
//	s3dir [-latency 30ms] DIR
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("s3dir: ")
	latency := flag.Duration("latency", 0, "time to the first byte of every answer")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("want one directory")
	}
	b, err := open(flag.Arg(0), *latency)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + listener.Addr().String())
	server := http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until it ends, or is broken
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}

// bucketPath is the path of the bucket.
const bucketPath = "/trail"

// A bucket is a directory's files. It is safe for concurrent use.
type bucket struct {
	dir     string
	latency time.Duration
	keys    []string // sorted
	sizes   map[string]int64
	signed  map[string]map[string]string // metadata by key
}

func open(dir string, latency time.Duration) (*bucket, error) {
	b := &bucket{dir: dir, latency: latency, sizes: map[string]int64{}, signed: map[string]map[string]string{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		key := filepath.ToSlash(name)
		if digest, is := strings.CutSuffix(key, ".signature.json"); is && err == nil {
			b.signed[digest], err = metadata(path)
			return err
		}
		b.keys = append(b.keys, key)
		b.sizes[key] = info.Size()
		return err
	})
	slices.Sort(b.keys)
	return b, err
}

// metadata returns the metadata that a digest has in S3.
func metadata(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct{ Signature, SignatureAlgorithm, BackfillGenerationTimestamp string }
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m := map[string]string{"x-amz-meta-signature": file.Signature, "x-amz-meta-signature-algorithm": file.SignatureAlgorithm}
	if file.BackfillGenerationTimestamp != "" {
		m["x-amz-meta-backfill-generation-timestamp"] = file.BackfillGenerationTimestamp
	}
	return m, nil
}

// etag represents the contents of an object. Nothing changes while the server runs.
func (b *bucket) etag(key string) string { return fmt.Sprintf(`"%x-%x"`, len(key), b.sizes[key]) }

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(b.latency)
	path, ok := strings.CutPrefix(r.URL.Path, bucketPath)
	key := strings.TrimPrefix(path, "/")
	switch {
	case !ok || r.Method != http.MethodGet:
		http.Error(w, "not served", http.StatusNotImplemented)
	case key == "" && r.URL.Query().Has("location"):
		fmt.Fprint(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`)
	case key == "":
		b.list(w, r)
	default:
		b.get(w, r, key)
	}
}

// get answers GetObject, with ranges and If-Match.
func (b *bucket) get(w http.ResponseWriter, r *http.Request, key string) {
	if _, ok := b.sizes[key]; !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code></Error>`)
		return
	}
	file, err := os.Open(filepath.Join(b.dir, filepath.FromSlash(key)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer file.Close()
	for name, value := range b.signed[key] {
		w.Header()[name] = []string{value} // in lower case, as S3 writes it
	}
	w.Header().Set("ETag", b.etag(key))
	w.Header().Set("Content-Type", "application/json")
	http.ServeContent(w, r, "", time.Time{}, file)
}
