package table

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestNumbersOfEverySpanReadBack writes numbers that are ranked by table, by sorting, and by searching.
func TestNumbersOfEverySpanReadBack(t *testing.T) {
	for _, numbers := range [][]int64{
		{5, 5, 5}, {0, 3, 1, 3}, {math.MaxInt64, math.MaxInt64 - 1}, {1 << 40, 7, 1 << 40, 0}, {math.MaxInt64, 0, math.MinInt64, -1, 7}, {smallSpan - 1, 0}, {smallSpan, 0},
	} {
		v := Vector{Numbers: numbers}
		e := encoders.Get().(*encoder)
		c := e.encode(&v, Count, false, len(numbers))
		got, err := new(chunkReader).decode(c.bytes, Count, false, false, len(numbers))
		if err != nil || !slices.Equal(got.Numbers, numbers) {
			t.Errorf("%v became %v, %v", numbers, got.Numbers, err)
		}
	}
	reals := []float64{0.25, -1, 0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.SmallestNonzeroFloat64, 0.25}
	e := encoders.Get().(*encoder)
	c := e.encode(&Vector{Reals: reals}, Real, true, len(reals))
	got, err := new(chunkReader).decode(c.bytes, Real, true, true, len(reals))
	if err != nil || fmt.Sprint(got.Reals) != fmt.Sprint(reals) {
		t.Errorf("%v became %v, %v", reals, got.Reals, err)
	}
}

// TestRunsOfEveryWidthReadBack writes values in runs and without.
func TestRunsOfEveryWidthReadBack(t *testing.T) {
	m := newMadeUp()
	for width := 1; width <= 32; width++ {
		for _, n := range []int{0, 1, 7, 8, 9, 16, 200} {
			values := make([]uint32, n)
			for i := range values {
				if values[i] = uint32(m.Uint64() & (1<<width - 1)); i > 0 && m.IntN(3) > 0 {
					values[i] = values[i-1]
				}
			}
			runs := appendRuns(nil, values, width)
			if got, ok := readRuns(nil, runs, width, n); !ok || !slices.Equal(got, values) {
				t.Fatalf("width %d: %v became %v", width, values, got)
			}
			if _, ok := readRuns(nil, runs, width, n+9); ok {
				t.Fatalf("width %d: %d values for %d", width, n+9, n)
			}
		}
	}
}
