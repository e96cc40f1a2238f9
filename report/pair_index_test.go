package report

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"vpcetrail/ingest/spill"
)

// TestCellsKeepTheirNumbers places cells whose keys come in other pairs, page after page, beside a map.
func TestCellsKeepTheirNumbers(t *testing.T) {
	d := newDictionary(spill.NewDisk(t.TempDir()), 1<<30)
	random := rand.New(rand.NewPCG(1, 2))
	for page := range 3 {
		numbers := map[[2]string]int{}
		for range 20_000 {
			key := [2]string{fmt.Sprint("group", random.IntN(100)), fmt.Sprint("target", random.IntN(100))}
			want, known := numbers[key]
			if !known {
				want = len(numbers)
				numbers[key] = want
			}
			if got := d.place([]byte(key[0]), []byte(key[1])); got != want {
				t.Fatalf("page %d: %s is cell %d, want %d", page, key, got, want)
			}
		}
		if d.next(); d.cells.used != 0 {
			t.Errorf("page %d: %d cells are left in the index", page, d.cells.used)
		}
	}
}

// TestPairIndex finds numbers by pairs that differ in one of three, beside a map.
func TestPairIndex(t *testing.T) {
	var x pairIndex
	numbers := map[pair]int{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		p := pair{random.Uint32N(30), random.Uint32N(30) << 24, random.Uint32N(8) << 16}
		want, known := numbers[p]
		if got, ok := x.find(p); ok != known || ok && got != want {
			t.Fatalf("%v is %d, %v; want %d, %v", p, got, ok, want, known)
		}
		if !known {
			numbers[p] = len(numbers)
			x.add(p, numbers[p])
		}
	}
	if x.clear(); x.used != 0 {
		t.Errorf("%d are left", x.used)
	}
	for p := range numbers {
		if number, ok := x.find(p); ok {
			t.Fatalf("%v is still %d", p, number)
		}
	}
}
