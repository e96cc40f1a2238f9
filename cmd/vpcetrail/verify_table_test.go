package main

import (
	"encoding/csv"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures/signed"
)

// A signedCopy is a signed trail in a directory, with the keys to check it.
type signedCopy struct {
	*signed.Trail
	dir, keys string
}

func newSignedCopy(t *testing.T, c *signed.Case) signedCopy {
	t.Helper()
	s := signedCopy{c.Make(), filepath.Join(t.TempDir(), "trail"), filepath.Join(t.TempDir(), "keys.json")}
	if err := s.Store.Write(s.dir); err != nil {
		t.Fatal(err)
	}
	if err := signed.WriteKeys(s.keys, s.Keys); err != nil {
		t.Fatal(err)
	}
	return s
}

// analyze analyzes the copy with --verify=report, whatever its exit status, and returns the
// directory of the report.
func (s signedCopy) analyze(t *testing.T, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	args := slices.Concat([]string{"analyze", s.dir, "--out", out, "--quiet", "--verify=report", "--keys", s.keys}, flags)
	if f := vpcetrail(t.Context(), args...); f.code != 0 && f.code != exit.Incomplete && f.code != exit.Violated {
		t.Fatalf("%v: %s", args, f.errOut)
	}
	return out
}

// tableRows returns columns of a table as tableText does, without the head.
func tableRows(t *testing.T, dir, name string, columns ...string) [][]string {
	t.Helper()
	text, err := tableText(dir, name, columns...)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestTablesHoldEachDamage compares what tables objects and digests say about each trail
// with what verify must find.
func TestTablesHoldEachDamage(t *testing.T) {
	for _, c := range signed.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			if c.S3Only || len(c.Flags) > 0 || !c.Now.IsZero() {
				t.Skip("a directory does not show it, or it depends on a flag or the clock")
			}
			s := newSignedCopy(t, &c)
			out := s.analyze(t, "--date", signed.Day.Format(time.DateOnly))
			want := map[string]string{}
			for name, status := range c.Want {
				switch status {
				case "no_key": // a key that is not in the file was not read
					status = "key_unread"
				case "tail_missing": // depends on the clock
					status = "pending"
				}
				want[name] = status
			}
			found := verified{Counts: map[string]map[string]int64{"log": {}}}
			add := func(kind, status, name, problem string) {
				if status != "valid" && status != "listed_twice" && status != "explained" {
					found.Problems = append(found.Problems, struct{ Kind, Status, Name, Problem string }{kind, status, name, problem})
				}
				found.Counts["log"][status]++
			}
			for _, row := range tableRows(t, out, "digests", "kind", "status", "key", "problem") {
				add(row[1], row[2], row[3], row[4])
			}
			for _, row := range tableRows(t, out, "objects", "digest_status", "key") {
				add("log", row[1], row[2], "see digest_status")
			}
			compareFound(t, s.Trail, want, &found)
		})
	}
}

// TestDigestsAreThoseOfTheDay compares the tables of a run for all days with those of runs
// for each day alone, on trails whose chains end, begin, pause, or are damaged.
func TestDigestsAreThoseOfTheDay(t *testing.T) {
	for _, c := range signed.Cases() {
		if !slices.Contains([]string{
			"stopped and started", "created that day", "deleted that day", "digest cut short", "two digests deleted", "newest digests deleted",
			"chain starts again", "log renamed",
		}, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			s := newSignedCopy(t, &c)
			all := tree(t, s.analyze(t))
			for d := -1; d <= 1; d++ {
				date := signed.Day.AddDate(0, 0, d).Format(time.DateOnly)
				day := "/dt=" + date + "/"
				want := withoutRuns(of(day, all))
				if len(want) == 0 {
					continue
				}
				for _, flags := range [][]string{{"--date", date}, {"--date", "2026-11-01.." + date, "--lateness", "72h"}} {
					sameFiles(t, fmt.Sprint(date, flags), withoutRuns(of(day, tree(t, s.analyze(t, flags...)))), want)
				}
			}
		})
	}
}

// TestDigestsTable checks the rows of table digests, and what becomes of the table in a
// rerun without --verify.
func TestDigestsTable(t *testing.T) {
	cases := maps.Collect(func(yield func(string, *signed.Case) bool) {
		for _, c := range signed.Cases() {
			yield(c.Name, &c)
		}
	})
	s := newSignedCopy(t, cases["unexplained pause"])
	date := signed.Day.Format(time.DateOnly)
	out := s.analyze(t, "--date", date)
	var got []string
	for _, row := range tableRows(t, out, "digests", "kind", "trail", "home_region", "series", "window_start", "window_end", "status", "logs") {
		if row[1] == "gap" || row[7] != "valid" {
			got = append(got, strings.Join(row[1:], " "))
		}
	}
	want := []string{
		"digest acme_audit eu-west-1 hourly 2026-11-20T13:20:00Z 2026-11-20T14:20:00Z unlinked 0",
		"gap acme_audit eu-west-1 hourly 2026-11-20T09:41:00Z 2026-11-20T14:20:00Z gap (null)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	mustRun(t, 1, "analyze", s.dir, "--out", out, "--date", date, "--quiet") // --verify is missing
	if len(tableRows(t, out, "digests", "kind")) < 20 {
		t.Error("the table is gone")
	}
	mustRun(t, 0, "analyze", s.dir, "--out", out, "--date", date, "--quiet", "--without", "verify")
	if n := len(tableRows(t, out, "digests", "kind")); n > 0 {
		t.Errorf("%d rows of a day that was not verified", n)
	}
	for _, args := range [][]string{{"summary", out}, {"html", out, "-o", filepath.Join(t.TempDir(), "page.html")}, {"diff", out, s.analyze(t, "--date", date)}} {
		mustRun(t, 0, args...)
	}
}
