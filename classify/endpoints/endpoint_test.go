package endpoints

import (
	"testing"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// at reads a time as the tests write it.
func at(t *testing.T, text string) int64 {
	t.Helper()
	if text == "" {
		return 0
	}
	moment, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return moment.UnixMilli()
}

func dayOf(t *testing.T, text string) day.Day {
	t.Helper()
	d, err := day.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEndpointOn(t *testing.T) {
	for name, tc := range map[string]struct {
		created, seen, deleted string
		there, gone            []string
	}{
		"nothing is known of its time": {there: []string{"1970-01-01", "2026-11-20", "2099-01-01"}},
		"made in the day's first moment": {created: "2026-11-20 00:00:00",
			there: []string{"2026-11-20", "2026-11-21", "2099-01-01"}, gone: []string{"2026-11-19"}},
		"made in the day's last second": {created: "2026-11-20 23:59:59",
			there: []string{"2026-11-20"}, gone: []string{"2026-11-19"}},
		"deleted in the day's first moment": {deleted: "2026-11-20 00:00:00",
			there: []string{"1970-01-01", "2026-11-19", "2026-11-20"}, gone: []string{"2026-11-21"}},
		"deleted before midnight: calls go on for a while": {deleted: "2026-11-20 23:00:00",
			there: []string{"2026-11-20", "2026-11-21"}, gone: []string{"2026-11-22"}},
		"deleted an hour and more before midnight": {deleted: "2026-11-20 22:59:59",
			there: []string{"2026-11-20"}, gone: []string{"2026-11-21"}},
		"made and deleted within a day": {created: "2026-11-20 10:00:00", seen: "2026-11-20 10:00:00", deleted: "2026-11-20 11:00:00",
			there: []string{"2026-11-20"}, gone: []string{"2026-11-19", "2026-11-21"}},
		"deleted in the second in which it was last seen": {seen: "2026-11-20 10:00:00", deleted: "2026-11-20 10:00:00",
			there: []string{"2026-11-20"}, gone: []string{"2026-11-21"}},
		"seen after its deletion": {created: "2026-11-18 10:00:00", deleted: "2026-11-20 10:00:00", seen: "2026-11-25 10:00:00",
			there: []string{"2026-11-18", "2026-11-22", "2026-11-30"}, gone: []string{"2026-11-17"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := Endpoint{Created: at(t, tc.created), Seen: at(t, tc.seen), Deleted: at(t, tc.deleted)}
			for _, d := range tc.there {
				if !e.On(dayOf(t, d)) {
					t.Errorf("not there on %s", d)
				}
			}
			for _, d := range tc.gone {
				if e.On(dayOf(t, d)) {
					t.Errorf("there on %s", d)
				}
			}
		})
	}
}

// Descriptions of an endpoint come from several places, in any order, and some come
// twice.
func TestMergeIsTheSameInEveryOrder(t *testing.T) {
	const id = "vpce-0a1b2c3d"
	told := []Endpoint{
		{ID: id, Type: "interface", VPC: "vpc-1", Created: 200, Seen: 200, PrivateDNS: PrivateDNS{event.True, 200}, ByTrail: true}, // made
		{ID: id, Account: "111122223333", Seen: 300, PrivateDNS: PrivateDNS{event.False, 300}, ByTrail: true},                      // modified
		{ID: id, Account: "111122223333", Seen: 400, ByTrail: true},                                                                // modified otherwise
		{ID: id, Deleted: 500, ByTrail: true},
		{ID: id, Service: "com.amazonaws.us-east-1.sqs", Created: 100, PrivateDNS: PrivateDNS{Enabled: event.True}}, // described at an unknown time
	}
	want := Endpoint{
		ID: id, Type: "interface", VPC: "vpc-1", Service: "com.amazonaws.us-east-1.sqs", Account: "111122223333",
		Created: 100, Seen: 400, Deleted: 500, PrivateDNS: PrivateDNS{event.False, 300},
	}
	var permute func(done Endpoint, left []Endpoint)
	permute = func(done Endpoint, left []Endpoint) {
		if len(left) == 0 && done != want {
			t.Errorf("got  %+v\nwant %+v", done, want)
		}
		for i, e := range left {
			rest := append(append([]Endpoint{}, left[:i]...), left[i+1:]...)
			permute(Merge(Merge(done, e), e), rest)
		}
	}
	permute(Endpoint{}, told)
}

// Two of the descriptions are merged first, as in a saved inventory, and the third later.
func TestMergeMayBeginAnywhere(t *testing.T) {
	a := Endpoint{ID: "vpce-0a1b2c3d", Seen: 1, PrivateDNS: PrivateDNS{event.True, 1}, ByTrail: true}
	b := Endpoint{ID: "vpce-0a1b2c3d", Seen: 2, PrivateDNS: PrivateDNS{event.False, 2}, Type: "gateway"}
	c := Endpoint{ID: "vpce-0a1b2c3d", Seen: 3, Type: "interface", VPC: "vpc-1", ByTrail: true}
	if left, right := Merge(Merge(a, b), c), Merge(a, Merge(b, c)); left != right {
		t.Errorf("(ab)c %+v\na(bc) %+v", left, right)
	}
}
