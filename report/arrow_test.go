package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// publishAs publishes the workshop in formats, and returns its manifest.
func publishAs(t *testing.T, store memStore, formats ...string) *Manifest {
	t.Helper()
	rep := workshop(t)
	publishRun(t, store, rep, Run{Formats: formats})
	m, err := ReadManifest(context.Background(), store, rep.Days[0].Day)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func arrowNames(store memStore) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(store)), func(name string) bool { return !strings.HasPrefix(name, arrowFolder) })
}

// Arrow files lie beside the Parquet files, one for each, and the manifest names them with their hashes.
func TestArrowFiles(t *testing.T) {
	store := memStore{}
	m := publishAs(t, store, Parquet, Arrow)
	if len(m.Arrow) != len(m.Files) || len(arrowNames(store)) != len(m.Files) {
		t.Fatalf("%d Arrow files named, %d written, beside %d Parquet files", len(m.Arrow), len(arrowNames(store)), len(m.Files))
	}
	for i, f := range m.Arrow {
		if want := arrowFolder + strings.TrimSuffix(m.Files[i].Name, "parquet") + "arrow"; f.Name != want || f.Rows != m.Files[i].Rows {
			t.Errorf("%s of %d rows, want %s of %d", f.Name, f.Rows, want, m.Files[i].Rows)
		}
		if sum := sha256.Sum256(store[f.Name]); hex.EncodeToString(sum[:]) != f.SHA256 || f.Bytes != int64(len(store[f.Name])) {
			t.Errorf("%s is not what the manifest says", f.Name)
		}
	}
}

// The same run writes the same bytes; one without Arrow removes the files, and those of a larger day. None of it is a revision.
func TestArrowFilesOfARerun(t *testing.T) {
	store := memStore{}
	plain := publishAs(t, store)
	if plain.Arrow != nil || len(arrowNames(store)) > 0 {
		t.Fatalf("Arrow files that nobody asked for: %v", arrowNames(store))
	}
	alone := maps.Clone(store)
	if m := publishAs(t, store, Parquet, Arrow); m.Revision != 1 || m.Changes != nil || !reflect.DeepEqual(m.Files, plain.Files) {
		t.Errorf("Arrow files made revision %d: %+v", m.Revision, m.Changes)
	}
	both := maps.Clone(store)
	stray := arrowFolder + "traffic/dt=2026-11-20/part-00001.arrow"
	store[stray] = []byte("of a larger day")
	publishAs(t, store, Parquet, Arrow)
	if !sameStore(store, both) {
		t.Errorf("a rerun changed the files: %v", slices.Sorted(maps.Keys(store)))
	}
	publishAs(t, store)
	if !sameStore(store, alone) {
		t.Errorf("a rerun without Arrow leaves %v", arrowNames(store))
	}
}

func sameStore(a, b memStore) bool {
	return maps.EqualFunc(a, b, func(x, y []byte) bool { return string(x) == string(y) })
}
