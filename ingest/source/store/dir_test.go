package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDirectoryLargerThanABatchIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 300 {
		name := fmt.Sprintf("%03d.json", i*7%300)
		path := filepath.Join(dir, name)
		if i%50 == 0 {
			if err := os.Mkdir(path, 0o777); err != nil {
				t.Fatal(err)
			}
			name += "/"
		} else if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	slices.Sort(want)
	for _, batch := range []int{1, 7, 299, 300, 301} {
		p := &dirPager{folder: dir + "/", batch: batch}
		var got []string
		for more := true; more; {
			var page []Entry
			var err error
			if page, more, err = p.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(page) > batch {
				t.Fatalf("%d names at once in batches of %d", len(page), batch)
			}
			for _, e := range page {
				got = append(got, e.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("batches of %d: %d names, want %d: %q", batch, len(got), len(want), got)
		}
	}
}

func TestDirectoryThatIsNoneIsEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"missing/", "file/", "file/below/"} {
		page, more, err := Dir{}.List(dir + "/" + folder).Next(t.Context())
		if len(page) > 0 || more || err != nil {
			t.Errorf("%s: %v, %v, %v", folder, page, more, err)
		}
	}
}
