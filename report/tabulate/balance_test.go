package tabulate

import (
	"errors"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/count"
)

func TestBalanceThatDoesNotHoldFails(t *testing.T) {
	c := count.NewCounter(classify.EmbeddedRanges(), count.Options{})
	if err := c.End(&ingest.Result{Status: ingest.OK, Records: 1}); err != nil { // and no Event before it
		t.Fatal(err)
	}
	if _, err := Report(t.Context(), Input{Counters: []*count.Counter{c}, Window: day.All()}); !errors.Is(err, report.ErrBalance) {
		t.Errorf("a lost record went unnoticed: %v", err)
	}
}
