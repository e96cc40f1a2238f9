package count

import (
	"errors"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
)

func TestBalanceThatDoesNotHoldFails(t *testing.T) {
	c := NewCounter(classify.EmbeddedRanges(), Options{})
	if err := c.End(&ingest.Result{Status: ingest.OK, Records: 1}); err != nil { // and no Event before it
		t.Fatal(err)
	}
	if _, err := New(t.Context(), Input{Counters: []*Counter{c}, Window: day.All()}); !errors.Is(err, report.ErrBalance) {
		t.Errorf("a lost record went unnoticed: %v", err)
	}
}
