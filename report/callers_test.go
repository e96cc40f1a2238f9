package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/ingest/event"
)

// TestCallersAreThoseOfEachEvent meets more callers than are remembered, each of them again at once, soon and late.
func TestCallersAreThoseOfEachEvent(t *testing.T) {
	record := func(n int) string {
		return fmt.Sprintf(`{"eventTime":"2026-11-20T10:11:12Z","userIdentity":{"type":"AssumedRole","principalId":"AROA:i-%08x",`+
			`"arn":"arn:aws:sts::111122223333:assumed-role/role-%d/i-%08x","accountId":"111122223333"}}`, n, n, n)
	}
	var records []string
	for n := range 3 * callerSlots {
		records = append(records, record(n), record(n), record(n/2), record(n%7))
	}
	var reader event.Reader
	reader.Reset(strings.NewReader(`{"Records":[` + strings.Join(records, ",") + `]}`))
	var cached callers
	remembered := 0
	for i := range records {
		ev, err := reader.Next()
		if err != nil {
			t.Fatal(err)
		}
		if cached.slots[ev.Identity.Number%callerSlots].number == ev.Identity.Number {
			remembered++
		}
		got, want := cached.of(ev).principal, classify.Caller(ev, new([]byte))
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("record %d, %s: got %s, want %s", i, records[i], got, want)
		}
	}
	if remembered < len(records)/3 {
		t.Errorf("of %d callers only %d were remembered", len(records), remembered)
	}
}
