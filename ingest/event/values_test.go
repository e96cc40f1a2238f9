package event

import (
	"fmt"
	"testing"
	"time"
)

// TestEventTimeOnOneDay reads times through one decoder, so that each meets the day of
// the previous one.
func TestEventTimeOnOneDay(t *testing.T) {
	var d decoder
	for _, text := range []string{
		"2026-11-20T10:11:12Z", "2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z", "2026-11-20T24:00:00Z", "2026-11-20T23:60:00Z", "2026-11-20T23:00:60Z",
		"2026-11-20T1a:11:12Z", "2026-11-20T10:1/:12Z", "2026-11-20T10-11:12Z", "2026-11-20T10:11:1:Z", "2026-11-20T\xca0:11:12Z", "2026-11-20T10:11:1\xcaZ", "2026-11-20T10:11:12z", "2026-11-20t10:11:12Z",
		"2026-11-20T10:11:12+01:00", "2026-11-20T10:11:12.5Z", "2026-11-20T10:11:1Z", "2026-11-20T10:11:12Zx", "2026-11-20T10:11:12", "",
		"2024-02-29T23:59:59Z", "2024-02-29T00:00:01Z", "2025-02-29T00:00:01Z", "2025-02-29T00:00:01Z", "2026-11-31T00:00:00Z", "2026-11-31T00:00:00Z",
		"2026-11-20 10:11:12", "2026-11-20 10:11:12.000", "2026-11-20 10:11:12.5 UTC", "2026-11-20 10:11:12.500 UTC", "2026-11-20 10:11:12Z", "2026-11-20 10:11:12.000 CET", "2026-11-20 10:11", "2026-11-20 UTC",
		"2026-11-20 24:00:00.000", "2026-02-29 10:11:12.000", "2026-11-20  10:11:12", "2026-11-20T10:11:12.000 UTC", "20 10:11:12.000",
		"1969-12-31T23:59:59Z", "1969-12-31T00:00:01Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:01Z", "9999-12-31T23:59:59Z",
	} {
		for range 2 {
			d.eventTime(padded(`"`+text+`",`), 0)
			want, err := referenceTime(text)
			if d.ev.HasTime != (err == nil) || err == nil && d.ev.Time != want.UnixMilli() {
				t.Errorf("%q: %d, %v; want %d, %v", text, d.ev.Time, d.ev.HasTime, want.UnixMilli(), err)
			}
		}
	}
}

// TestEventTimeWithEscapes checks that a day is recognised by its bytes only if those are
// the text.
func TestEventTimeWithEscapes(t *testing.T) {
	var d decoder
	for _, lit := range []string{`"2026-11-20T10:11:1\u0032Z"`, `"2026-11-20T10:11:13Z"`, `"\u003202\u0036-11-20T10:11:12Z"`, `"2026-11-\u00320T10:11:12Z"`} {
		end := d.eventTime(padded(lit+","), 0)
		if day := time.UnixMilli(d.ev.Time).UTC().Format(time.DateOnly); end != len(lit) || !d.ev.HasTime || day != "2026-11-20" {
			t.Errorf("%s: to %d, %v, %s", lit, end, d.ev.HasTime, day)
		}
	}
}

func FuzzEventTime(f *testing.F) {
	f.Add("2026-11-20T10:11:12Z", "2026-11-20T10:11:13Z")
	f.Add("0000-01-01T00:00:00Z", "2026-11-20T24:00:00Z")
	f.Fuzz(func(t *testing.T, first, second string) {
		var d decoder
		for _, text := range []string{first, second, first} {
			var fresh decoder
			b := padded(quote(text) + ",")
			end, want := d.eventTime(b, 0), fresh.eventTime(b, 0)
			if end != want || d.ev.Time != fresh.ev.Time || d.ev.HasTime != fresh.ev.HasTime {
				t.Fatalf("%q after %q: %d, %d, %v; alone %d, %d, %v", text, first, end, d.ev.Time, d.ev.HasTime, want, fresh.ev.Time, fresh.ev.HasTime)
			}
			parsed, err := referenceTime(text)
			if fresh.ev.HasTime != (err == nil) || err == nil && fresh.ev.Time != parsed.UnixMilli() {
				t.Fatalf("%q: %d, %v; want %v, %v", text, fresh.ev.Time, fresh.ev.HasTime, parsed, err)
			}
		}
	})
}

func TestNamesCanBeToldApart(t *testing.T) {
	var d decoder
	d.learn()
	for l := range levels {
		seen := map[string]bool{}
		for _, n := range names[l] {
			b := padded(fmt.Sprintf(`,"%s":"x"`, n.name))
			m := d.starts[l].find(b, 1)
			if m == nil || m.name != n.name || seen[n.name] {
				t.Errorf("%q of level %d: found %+v", n.name, l, m)
			}
			seen[n.name] = true
		}
	}
}
