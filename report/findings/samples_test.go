package findings

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestSamplesDoNotDependOnOrder adds the same ids in other orders and parts, some of them twice, some not counted.
func TestSamplesDoNotDependOnOrder(t *testing.T) {
	type given struct {
		id      string
		counted bool
	}
	var all []given
	for i := range 40 {
		all = append(all, given{fmt.Sprint("id-", i%30), i%7 != 0})
	}
	rng, want := rand.New(rand.NewPCG(1, 2)), ""
	for range 50 {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var parts [3]Samples
		for i, g := range all {
			parts[i%3].Add(g.id, g.counted)
		}
		var sum Samples
		for i := range parts {
			var back Samples
			if rest := back.Cut(append(parts[i].Append(nil), "rest"...)); string(rest) != "rest" {
				t.Fatalf("%q is left", rest)
			}
			sum.Merge(&back)
		}
		got := sum.String()
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("got %s, before %s", got, want)
		}
	}
	if n := len(strings.Fields(want)); n < 3 || n > MaxSamples {
		t.Errorf("%d samples: %s", n, want)
	}
}

func TestSamplesAreThoseOfLeastHash(t *testing.T) {
	var s Samples
	var ids []string
	for i := range 100 {
		ids = append(ids, fmt.Sprint(i))
		s.Add(ids[i], true)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if Hash(a) < Hash(b) {
			return -1
		}
		return 1
	})
	if got, want := s.String(), strings.Join(ids[:MaxSamples], " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatCannotBeASample(t *testing.T) {
	for _, id := range []string{"", "two words", "caf\u00e9", "tab\t", strings.Repeat("x", 65)} {
		if CanSample([]byte(id)) {
			t.Errorf("%q", id)
		}
	}
	if !CanSample([]byte("0eefb27b-c4b2-50be-b4e0-2b7c83b53755")) {
		t.Error("a UUID")
	}
}
