package report

import (
	"errors"
	"testing"
)

// TestAhead hands over no row, some, and more than are on their way at a time: all of them in order, then the error; and
// where a walk ends early, the maker has ended too.
func TestAhead(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{0, 1, aheadRows - 1, aheadRows, aheadRows + 1, 10*aheadRows + 7} {
		for _, want := range []error{nil, broken} {
			made := 0
			rows := func(yield func(*int, error) bool) {
				var row int // used again, as rows may be
				for ; made < n; made++ {
					if row = made; !yield(&row, nil) {
						return
					}
				}
				if want != nil {
					yield(nil, want)
				}
			}
			got, err := 0, error(nil)
			for row, rowErr := range ahead(rows) {
				switch {
				case err != nil:
					t.Fatalf("%d rows: something follows the error", n)
				case rowErr != nil:
					err = rowErr
				case *row != got:
					t.Fatalf("%d rows: row %d is %d", n, got, *row)
				default:
					got++
				}
			}
			if got != n || !errors.Is(err, want) {
				t.Errorf("got %d rows and %v, want %d and %v", got, err, n, want)
			}
			made = 0
			for range ahead(rows) {
				break
			}
			if most := made; most > 3*aheadRows+1 {
				t.Errorf("%d rows were made for one", most)
			}
		}
	}
}
