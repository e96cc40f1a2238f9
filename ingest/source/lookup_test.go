package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
)

// lookedUp reads a history. It returns the ids of the events by object, or the error
// of one that fails.
func lookedUp(t *testing.T, args []string, sel list.Selection, opt Options) (names []string, ids map[string][]string, errs map[string]error) {
	t.Helper()
	trail, err := Open(t.Context(), args, sel, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	if _, bytes, _ := trail.Found(); bytes != -1 {
		t.Errorf("%d bytes are found, though nobody knows", bytes)
	}
	ids, errs = map[string][]string{}, map[string]error{}
	for f := range fetches(t, trail) {
		name := f.Object.Name
		names = append(names, name)
		text, err := readFetch(t.Context(), f)
		if err != nil {
			errs[name] = err
			continue
		}
		var doc struct {
			Events []lookedEvent
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Errorf("%s: %v in\n%s", name, err, text)
		}
		for _, e := range doc.Events {
			var record struct{ EventID, UserAgent string }
			if err := json.Unmarshal([]byte(e.CloudTrailEvent), &record); err != nil || record.EventID != e.EventID || record.UserAgent != `a\b <é>` {
				t.Errorf("%s: %v in record %s", name, err, e.CloudTrailEvent)
			}
			ids[name] = append(ids[name], record.EventID)
		}
	}
	return names, ids, errs
}

const (
	ofThe20th = "lookup-events://eu-west-1/2026-11-20"
	ofThe21st = "lookup-events://eu-west-1/2026-11-21"
)

var (
	midnight = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	twoDays  = list.Selection{Window: day.Window{From: day.Of(midnight), To: day.Of(midnight) + 1}}
)

// busy returns the times of 120 events in each of three days, the first and last second of each included.
func busy() (events []time.Time) {
	for d := range 3 {
		for i := range 119 {
			events = append(events, midnight.AddDate(0, 0, d).Add(time.Duration(i)*time.Minute))
		}
		events = append(events, midnight.AddDate(0, 0, d+1).Add(-time.Second))
	}
	return events
}

// wantDay checks that an object holds the events of its day, each once.
func wantDay(t *testing.T, ids map[string][]string, name string) {
	t.Helper()
	got, date := slices.Sorted(slices.Values(ids[name])), name[len(name)-10:]
	if n := len(slices.Compact(slices.Clone(got))); n != 120 || len(got) != 120 {
		t.Fatalf("%s: %d events, %d different ones, want 120", name, len(got), n)
	}
	if got[0] != date+"T00:00:00Z" || got[119] != date+"T23:59:59Z" {
		t.Errorf("%s: from %s to %s", name, got[0], got[119])
	}
}

// A day is an object. Its events are requested page by page, and those of other days
// are not requested.
func TestLookupReadsTheDaysOfTheWindow(t *testing.T) {
	h := newHistory(t, busy()...)
	names, ids, errs := lookedUp(t, []string{"lookup-events://eu-west-1/", "lookup-events://eu-west-1"}, twoDays, h.options())
	equal(t, "objects", names, []string{ofThe20th, ofThe21st})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	wantDay(t, ids, ofThe20th)
	wantDay(t, ids, ofThe21st)
	if len(h.requests) != 1+3+3 {
		t.Errorf("%d requests, want one to find out and three a day: %+v", len(h.requests), h.requests)
	}
	for i, in := range h.requests {
		if start := int64(in.StartTime); start%86400 != 0 || int64(in.EndTime) != start+86399 || i > 0 && in.MaxResults != 50 {
			t.Errorf("request %d is %+v", i, in)
		}
	}
}

// Without a window, everything that CloudTrail keeps is read: 90 days, today included.
func TestLookupReadsNinetyDaysOfEachRegion(t *testing.T) {
	h := newHistory(t)
	names, _, errs := lookedUp(t, []string{"lookup-events://us-east-1", "lookup-events://eu-west-1"}, allDays, h.options())
	if len(names) != 180 || len(errs) > 0 {
		t.Fatalf("%d objects, want 180; %v", len(names), errs)
	}
	equal(t, "ends", []string{names[0], names[89], names[90]},
		[]string{"lookup-events://eu-west-1/2026-08-25", "lookup-events://eu-west-1/2026-11-22", "lookup-events://us-east-1/2026-08-25"})
	selected := allDays
	selected.Regions = []string{"us-east-1"}
	if names, _, _ := lookedUp(t, []string{"lookup-events://us-east-1", "lookup-events://eu-west-1"}, selected, h.options()); len(names) != 90 {
		t.Errorf("of one Region %d objects, want 90", len(names))
	}
}

func TestLookupSurvivesPassingFaults(t *testing.T) {
	for name, f := range map[string]fault{
		"throttling":     refused(400, "ThrottlingException", "Rate exceeded"),
		"internal error": refused(500, "InternalFailure", ""),
		"unavailable":    refused(503, "ServiceUnavailable", ""),
		"reset":          reset,
		"cut":            cut,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, busy()...)
			again := map[string]func() bool{}
			var mu sync.Mutex
			h.fault = func(in lookup) fault { // every request fails three times
				mu.Lock()
				defer mu.Unlock()
				key := fmt.Sprint(in)
				if again[key] == nil {
					again[key] = first(3)
				}
				if again[key]() {
					return f
				}
				return nil
			}
			_, ids, errs := lookedUp(t, []string{"lookup-events://eu-west-1"}, twoDays, h.options())
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			wantDay(t, ids, ofThe20th)
			wantDay(t, ids, ofThe21st)
		})
	}
}

// A day that cannot be read to its end is an error. The other days are valid.
func TestLookupThatFailsHalfWay(t *testing.T) {
	for _, tc := range []struct {
		fault        fault
		text, status string
	}{
		{refused(500, "InternalFailure", "out of order"), "InternalFailure: out of order, tried 10 times", "unreadable"},
		{refused(400, "ThrottlingException", "Rate exceeded"), "ThrottlingException: Rate exceeded, tried 10 times", "unreadable"},
		{refused(400, "AccessDeniedException", "not authorized"), "AccessDeniedException: not authorized: allow cloudtrail:LookupEvents in eu-west-1", "denied"},
		{refused(400, "InvalidNextTokenException", "expired"), "InvalidNextTokenException: expired", "unreadable"},
		{func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			fmt.Fprint(w, `{"Events": [], "NextToken": "again"}`)
		}, "the server returns the same page again", "unreadable"},
	} {
		h := newHistory(t, busy()...)
		h.fault = func(in lookup) fault {
			if int64(in.StartTime) == midnight.Unix() && in.NextToken != "" {
				return tc.fault
			}
			return nil
		}
		_, ids, errs := lookedUp(t, []string{"lookup-events://eu-west-1"}, twoDays, h.options())
		wantDay(t, ids, ofThe21st)
		var got *Error
		if err := errs[ofThe20th]; !errors.As(err, &got) || got.Status != tc.status || err.Error() != ofThe20th+": read: "+tc.text {
			t.Errorf("got %v\nwant %s: read: %s", err, ofThe20th, tc.text)
		}
	}
}

func TestOpenRefusesHistories(t *testing.T) {
	const region = "lookup-events://eu-west-1"
	h := newHistory(t)
	h.fault = func(lookup) fault { return refused(400, "AccessDeniedException", "no policy allows it") }
	old := twoDays
	old.Window.From = date(t, "2026-08-24")
	for _, tc := range []struct {
		arg  string
		sel  list.Selection
		want string
	}{
		{region, twoDays, region + ": AccessDeniedException: no policy allows it: allow cloudtrail:LookupEvents in eu-west-1"},
		{region, old, region + ": CloudTrail keeps 90 days: --date cannot reach back before 2026-08-25"},
		{"lookup-events://", allDays, `lookup-events://: "" is no Region: write lookup-events://us-east-1, and choose days by --date`},
		{"lookup-events://Ireland", allDays, `lookup-events://Ireland: "Ireland" is no Region: write lookup-events://us-east-1, and choose days by --date`},
		{ofThe20th, allDays, ofThe20th + `: "eu-west-1/2026-11-20" is no Region: write lookup-events://us-east-1, and choose days by --date`},
	} {
		if _, err := Open(t.Context(), []string{tc.arg}, tc.sel, h.options()); err == nil || err.Error() != tc.want {
			t.Errorf("got  %v\nwant %s", err, tc.want)
		}
	}
}

// Requests keep their distance, including retries and those of several days at once.
func TestLookupKeepsTheRate(t *testing.T) {
	const every = 20 * time.Millisecond
	h := newHistory(t, busy()...)
	failing := first(3)
	h.fault = func(lookup) fault {
		if failing() {
			return refused(400, "ThrottlingException", "Rate exceeded")
		}
		return nil
	}
	opt := h.options()
	opt.lookupEvery = every
	trail, err := Open(t.Context(), []string{"lookup-events://eu-west-1"}, twoDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	var readers sync.WaitGroup
	for f := range fetches(t, trail) {
		readers.Go(func() {
			if _, err := readFetch(t.Context(), f); err != nil {
				t.Error(err)
			}
		})
	}
	readers.Wait()
	n := len(h.began)
	if took := h.began[n-1].Sub(h.began[0]); n != 3+1+6 || took < time.Duration(n-1-3)*every { // arrivals may be late
		t.Errorf("%d requests within %v, want 10, %v apart", n, took, every)
	}
}

// A cancelled read ends at once, even while it waits for its turn.
func TestLookupIsCancelled(t *testing.T) {
	h := newHistory(t, busy()...)
	opt := h.options()
	opt.lookupEvery = time.Hour
	trail, err := Open(t.Context(), []string{"lookup-events://eu-west-1"}, twoDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	f, err := trail.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := readFetch(ctx, f); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ends with %v", err)
	}
}
