package source

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// TestWalkListsWhatOpenReads lists a trail, reads the listed objects, and compares
// them with the trail's.
func TestWalkListsWhatOpenReads(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/20/b.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/21/a.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/25/outside.json.gz",
		"AWSLogs/444455556666/CloudTrail/us-east-1/2026/11/20/c.json.gz",
		"AWSLogs/444455556666/CloudTrail-Digest/us-east-1/2026/11/20/d.json.gz",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	sel := list.Selection{Window: day.Window{From: d, To: d}}
	var listed []store.Object
	accounts, _, err := Walk(context.Background(), []string{dir}, sel, Options{}, func(o store.Object) error {
		listed = append(listed, o)
		return nil
	})
	if err != nil || !slices.Equal(accounts, []string{"111122223333", "444455556666"}) {
		t.Fatal(accounts, err)
	}
	want, err := Open(context.Background(), []string{dir}, sel, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	got, err := OpenObjects(context.Background(), each(listed, nil), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	for n := 0; ; n++ {
		w, errW := want.Next(context.Background())
		g, errG := got.Next(context.Background())
		if errW == io.EOF && errG == io.EOF {
			if n != 3 {
				t.Errorf("%d objects", n)
			}
			return
		}
		if errW != nil || errG != nil {
			t.Fatal(errW, errG)
		}
		if w.Object != g.Object || w.Seq != g.Seq || string(text(t, w)) != string(text(t, g)) {
			t.Errorf("%+v comes where %+v should", g.Object, w.Object)
		}
	}
}

func TestOpenObjectsEndsWithTheListsError(t *testing.T) {
	broken := errors.New("the list is broken")
	trail, err := OpenObjects(context.Background(), each(nil, broken), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	if _, err := trail.Next(context.Background()); err != broken {
		t.Errorf("got %v", err)
	}
}

func TestWalkStopsWhereItIsTold(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.json", "b.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	enough, n := errors.New("enough"), 0
	_, _, err := Walk(context.Background(), []string{dir}, list.Selection{Window: day.All()}, Options{}, func(store.Object) error {
		n++
		return enough
	})
	if err != enough || n != 1 {
		t.Errorf("%d objects, %v", n, err)
	}
}

// each yields objects and then err, unless it is nil.
func each(objects []store.Object, err error) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		for _, o := range objects {
			if !yield(o, nil) {
				return
			}
		}
		if err != nil {
			yield(store.Object{}, err)
		}
	}
}

func text(t *testing.T, f *Fetch) []byte {
	t.Helper()
	defer f.Close()
	body, err := f.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
