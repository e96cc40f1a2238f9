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

// TestCellsOfOneHash adds cells that the hash does not tell apart.
func TestCellsOfOneHash(t *testing.T) {
	x := newCellIndex()
	for cell := range 100 {
		x.add(7, cell)
	}
	found := 0
	for at := uint32(7); ; at++ {
		cell, hash := x.at(at)
		if cell < 0 {
			break
		}
		if hash == 7 {
			found++
		}
	}
	if found != 100 {
		t.Errorf("%d of 100 cells found", found)
	}
}
