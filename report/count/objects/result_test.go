package objects

import (
	"reflect"
	"testing"

	"vpcetrail/ingest"
)

// TestResultsThatAreCut holds that a result which ends early, within a number too, is refused.
func TestResultsThatAreCut(t *testing.T) {
	res := ingest.Result{Status: ingest.OK, Records: 300, Days: []ingest.DayCount{{Day: 20777, Records: 200}, {Day: 20778, Records: 100}}}
	res.Object.Name, res.Object.Size = "trail/a.json.gz", 1<<40
	text := AppendResult(nil, &res)
	if got, ok := ParseResult(text); !ok || !reflect.DeepEqual(got, res) {
		t.Errorf("got %+v, %t", got, ok)
	}
	for n := range len(text) {
		got, ok := ParseResult(text[:n])
		if ok && len(got.Days) >= len(res.Days) {
			t.Errorf("%d bytes of %d are taken for the result: %+v", n, len(text), got)
		}
	}
	if _, ok := ParseResult(append(text, 0x80)); ok {
		t.Error("a number that does not end is taken for one")
	}
}
