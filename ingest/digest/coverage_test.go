package digest

import (
	"testing"
	"time"
)

// TestUnnamedAt checks the status of a log of noon that no digest names, by the windows of
// two chains: hours of the day, of which 24 and more are of the days after.
func TestUnnamedAt(t *testing.T) {
	hour := func(h int) time.Time { return noon.Add(time.Duration(h-12) * time.Hour) }
	chain := func(windows ...[2]int) (c coverage) {
		for _, w := range windows {
			h := &header{Finding: Finding{Status: Valid}}
			if w[0] < 0 && w[0] > -24 { // not valid
				h.Status, w[0] = BadSignature, -w[0]
			}
			c.add(h, span{hour(w[0]), hour(w[1])})
		}
		return c
	}
	whole := chain([2]int{-30, 60})
	for _, tc := range []struct {
		name   string
		chains []coverage
		want   Status
	}{
		{"covered", []coverage{whole}, NotInDigest},
		{"covered by many", []coverage{chain([2]int{-30, 10}, [2]int{10, 11}, [2]int{11, 12}, [2]int{12, 13}, [2]int{13, 14})}, NotInDigest},
		{"in a hole", []coverage{chain([2]int{-30, 11}, [2]int{13, 60})}, Unverified},
		{"at the border of a hole", []coverage{chain([2]int{-30, 12}, [2]int{13, 60})}, Unverified},
		{"in a hole of one of two chains", []coverage{whole, chain([2]int{-30, 11}, [2]int{13, 60})}, Unverified},
		{"in the window of a digest that is not valid", []coverage{chain([2]int{-30, 11}, [2]int{-11, 13}, [2]int{13, 60})}, Unverified},
		{"before the chain", []coverage{chain([2]int{13, 60})}, Unverified},
		{"after the newest digest", []coverage{chain([2]int{-30, 12})}, Pending},
		{"after one of two chains", []coverage{chain([2]int{-30, 11}), whole}, NotInDigest},
		{"after the newest one of two days", []coverage{chain([2]int{-30, 11}, [2]int{50, 60})}, Pending},
		{"the next digest is of the next day", []coverage{chain([2]int{-30, 11}, [2]int{46, 60})}, Unverified},
		{"no digest on two days", []coverage{chain([2]int{-30, -1}, [2]int{50, 60})}, Unverified},
		{"no digest", nil, Unverified},
	} {
		if got := unnamedAt(tc.chains, noon); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
