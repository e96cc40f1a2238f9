package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures/trail"
)

// A month is a generated trail that is delivered night by night, with records up to six days late,
// duplicates, shared copies, network events and corrections.
type month struct {
	from   time.Time
	days   int
	whole  string   // all of it
	bucket string   // what has been delivered
	names  []string // of the objects that have not been delivered
}

func newMonth(t *testing.T, days int) *month {
	t.Helper()
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.From, cfg.Days = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), days
	cfg.Regions, cfg.Objects, cfg.Records, cfg.Principals = trail.RegionNames(1), 3, 40, 6
	cfg.Late, cfg.MaxLate, cfg.Duplicates, cfg.Shared, cfg.Network, cfg.Corrections = 0.01, 6, 0.03, 0.02, 0.05, 0.01
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	m := &month{from: cfg.From, days: days, whole: filepath.Join(dir, "trail"), bucket: filepath.Join(dir, "bucket")}
	for name := range tree(t, m.whole) {
		m.names = append(m.names, name)
	}
	return m
}

// nights returns n, or fewer if n would take minutes.
func nights(n int) int {
	if slow {
		return min(n, 8)
	}
	return n
}

// stamp is the time of delivery in an object's name.
var stamp = regexp.MustCompile(`_(20\d{6}T\d{4})`)

// deliver delivers the objects up to a time.
func (m *month) deliver(t *testing.T, by time.Time) {
	t.Helper()
	var later []string
	for _, name := range m.names {
		at, err := time.Parse("20060102T1504", stamp.FindStringSubmatch(name)[1])
		if err != nil {
			t.Fatal(err)
		}
		if at.After(by) {
			later = append(later, name)
			continue
		}
		to := filepath.Join(m.bucket, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(m.whole, name), to); err != nil {
			t.Fatal(err)
		}
	}
	m.names = later
}

// nightly delivers the objects up to two o'clock of the night after day n, and returns
// that night's command.
func (m *month) nightly(t *testing.T, n int, out string) []string {
	t.Helper()
	d := m.from.AddDate(0, 0, n)
	m.deliver(t, d.AddDate(0, 0, 1).Add(2*time.Hour))
	return []string{"analyze", m.bucket, "--out", out, "--date", d.Format(time.DateOnly), "--restate", "30d", "--workers", "2"}
}

// fresh returns the tables of one run over everything. Objects are named as in the
// bucket.
func (m *month) fresh(t *testing.T) map[string]string {
	t.Helper()
	m.deliver(t, m.from.AddDate(1, 0, 0))
	out := t.TempDir()
	mustRun(t, 0, "analyze", m.bucket, "--out", out, "--quiet")
	return withoutRuns(tree(t, out))
}

func withoutRuns(files map[string]string) map[string]string {
	for name := range files {
		if strings.HasPrefix(name, "_runs/") {
			delete(files, name)
		}
	}
	return files
}

// TestNightlyRunsConverge compares a month of nightly runs with one run over
// everything.
func TestNightlyRunsConverge(t *testing.T) {
	t.Parallel()
	m, out := newMonth(t, nights(30)), t.TempDir()
	restated := 0
	for n := range m.days {
		night := m.nightly(t, n, out)
		restated += strings.Count(mustRun(t, 0, night...).out, "\nRestated ")
		if n%10 == 5 { // nothing was delivered since
			if again := mustRun(t, 0, night...); strings.Contains(again.out, "Restated") {
				t.Errorf("night %d, again:\n%s", n, again.out)
			}
		}
	}
	night := m.nightly(t, m.days, out) // nothing was delivered for this day
	if got := mustRun(t, exit.Failed, night...); !strings.Contains(got.errOut, "no CloudTrail object for "+m.from.AddDate(0, 0, m.days).Format(time.DateOnly)) {
		t.Errorf("it says %q", got.errOut)
	}
	if restated < m.days/3 || restated > 4*m.days {
		t.Errorf("%d days were restated: this test shows nothing, or they are restated for nothing", restated)
	}
	sameFiles(t, "nightly", withoutRuns(tree(t, out)), m.fresh(t))
}

// TestNightlyRunsThatAreKilledConverge does the same with runs that are killed and
// repeated.
func TestNightlyRunsThatAreKilledConverge(t *testing.T) {
	t.Parallel()
	m, out := newMonth(t, nights(20)), t.TempDir()
	took := 300 * time.Millisecond
	for n := range m.days {
		night := append(m.nightly(t, n, out), "--quiet")
		before := unrevised(t, tree(t, out))
		cmd := exec.Command("vpcetrail", night...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(took))))
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		staged := 0
		killed := unrevised(t, visible(t, out, &staged))
		start := time.Now()
		if text, err := exec.Command("vpcetrail", night...).CombinedOutput(); err != nil {
			t.Fatalf("night %d: %v: %s", n, err, text)
		}
		took = (took + time.Since(start)) / 2
		after := unrevised(t, tree(t, out))
		for name, text := range killed {
			if text != before[name] && text != after[name] {
				t.Errorf("night %d: %s is neither the old file nor the new one", n, name)
			}
		}
	}
	m.deliver(t, m.from.AddDate(1, 0, 0))
	mustRun(t, 0, append(m.nightly(t, m.days-1, out), "--quiet")...) // the objects after the last night
	sameFiles(t, "nightly", withoutRuns(tree(t, out)), m.fresh(t))
}

// A smallTrail has hand-written objects: one account, one Region, one object a folder.
type smallTrail struct{ dir, out string }

func newSmallTrail(t *testing.T) smallTrail {
	s := smallTrail{t.TempDir(), filepath.Join(t.TempDir(), "report")}
	for _, d := range []string{"17", "18", "19", "20", "21"} {
		s.write(t, d, "first", d)
	}
	for _, d := range []string{"17", "18", "19"} {
		mustRun(t, 0, s.analyze(d)...)
	}
	return s
}

// write writes an object into the folder of a day of November, with a record for each
// of eventDays.
func (s smallTrail) write(t *testing.T, folder, name string, eventDays ...string) string {
	t.Helper()
	var records []string
	for i, d := range eventDays {
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.09","eventTime":"2026-11-%sT12:00:00Z","eventID":"%s-%s-%d","sourceIPAddress":"198.51.100.7"}`, d, folder, name, i))
	}
	path := s.path(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"Records":[`+strings.Join(records, ",")+"]}"), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s smallTrail) path(folder, name string) string {
	return filepath.Join(s.dir, "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11", folder, name+".json")
}

func (s smallTrail) analyze(date string, more ...string) []string {
	return append([]string{"analyze", s.dir, "--out", s.out, "--date", "2026-11-" + date}, more...)
}

// TestRestate finds what has changed since the reports for 17 to 19 November, in the
// night after the 20th.
func TestRestate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, s smallTrail)
		code   int
		out    []string // lines about restated days
		errOut string   // the content of standard error
	}{
		{"nothing", func(t *testing.T, s smallTrail) {}, 0, nil, ""},
		{"a late record", func(t *testing.T, s smallTrail) { s.write(t, "21", "late", "21", "18") }, 0,
			[]string{"Restated 2026-11-18, revision 2: internet 1 -> 2; objects 1 -> 2"}, ""},
		{"later than the days that are looked at", func(t *testing.T, s smallTrail) { s.write(t, "20", "late", "16") }, 0, nil, ""},
		{"an object in an old folder", func(t *testing.T, s smallTrail) { s.write(t, "18", "forgotten", "17") }, 0,
			[]string{"Restated 2026-11-17, revision 2: internet 1 -> 2; objects 1 -> 2", "Restated 2026-11-18, revision 2: the same calls by route; objects 1 -> 2"}, ""},
		{"an object replaced", func(t *testing.T, s smallTrail) { s.write(t, "18", "first", "18", "19", "19") }, 0,
			[]string{"Restated 2026-11-18, revision 2: the same calls by route; objects 1 -> 1", "Restated 2026-11-19, revision 2: internet 1 -> 3; objects 1 -> 2"}, ""},
		{"an object replaced by one of another day", func(t *testing.T, s smallTrail) {
			s.write(t, "19", "late", "18")
			mustRun(t, 0, s.analyze("18", "--quiet")...)
			s.write(t, "19", "late", "19", "19")
		}, 0,
			[]string{"Restated 2026-11-18, revision 3: internet 2 -> 1; objects 2 -> 1", "Restated 2026-11-19, revision 2: internet 1 -> 3; objects 1 -> 2"}, ""},
		{"an object gone", func(t *testing.T, s smallTrail) { remove(t, s.path("18", "first")) }, 0, nil, ""},
		{"an object gone of a day that has changed", func(t *testing.T, s smallTrail) {
			remove(t, s.path("18", "first"))
			s.write(t, "20", "late", "18", "17")
		}, exit.Failed, []string{"Restated 2026-11-17, revision 2: internet 1 -> 2; objects 1 -> 2"},
			"2026-11-18 stays as it is published: 1 of its objects are gone from the trail, such as "},
		{"a day that was never reported", func(t *testing.T, s smallTrail) { remove(t, filepath.Join(s.out, "_runs/dt=2026-11-18/run.json")) }, 0,
			[]string{"Restated 2026-11-18: published for the first time"}, ""},
		{"a day published half", func(t *testing.T, s smallTrail) {
			remove(t, filepath.Join(s.out, "objects/dt=2026-11-18/part-00000.parquet"))
		}, 0, []string{"Restated 2026-11-18: its files are whole again"}, ""},
		{"a day whose run.json is damaged", func(t *testing.T, s smallTrail) {
			if err := os.WriteFile(filepath.Join(s.out, "_runs/dt=2026-11-18/run.json"), []byte("{"), 0o666); err != nil {
				t.Fatal(err)
			}
		}, 0, []string{"Restated 2026-11-18: its files are whole again"}, ""},
		{"an object that is broken now", func(t *testing.T, s smallTrail) {
			if err := os.WriteFile(s.path("19", "broken"), []byte("{"), 0o666); err != nil {
				t.Fatal(err)
			}
		}, exit.Incomplete, []string{"Restated 2026-11-18, revision 2: the same calls by route; objects 1 -> 2", "Restated 2026-11-19, revision 2: the same calls by route; objects 1 -> 2"},
			"broken.json: decode: ends too early, at byte 0\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSmallTrail(t)
			tc.change(t, s)
			got := mustRun(t, tc.code, s.analyze("20", "--restate", "3d")...)
			var lines []string
			for line := range strings.Lines(got.out) {
				if strings.HasPrefix(line, "Restated ") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
			if !slices.Equal(lines, tc.out) || !strings.Contains(got.errOut, tc.errOut) {
				t.Errorf("it says\n%q\n%s\nwant\n%q\n%s", lines, got.errOut, tc.out, tc.errOut)
			}
			if again := vpcetrail(t.Context(), s.analyze("20", "--restate", "3d")...); strings.Contains(again.out, "Restated ") {
				t.Errorf("restated again, though nothing has changed:\n%s", again.out)
			}
			if tc.code == 0 && tc.name != "an object gone" {
				fresh := t.TempDir()
				mustRun(t, 0, "analyze", s.dir, "--out", fresh, "--quiet")
				for _, d := range []string{"17", "18", "19"} {
					day := "/dt=2026-11-" + d + "/"
					sameFiles(t, d, of(day, withoutRuns(tree(t, s.out))), of(day, withoutRuns(tree(t, fresh))))
				}
			}
		})
	}
}

// --restate begins with the first of its days that the report has. --date publishes those before it.
func TestRestateBeginsWithThePublishedDays(t *testing.T) {
	s := newSmallTrail(t)
	remove(t, filepath.Join(s.out, "_runs/dt=2026-11-17/run.json"))
	if got := mustRun(t, 0, s.analyze("20", "--restate", "30d")...); strings.Contains(got.out, "Restated ") {
		t.Errorf("it publishes days before the first one:\n%s", got.out)
	}
	mustRun(t, 0, s.analyze("16..2026-11-17", "--quiet")...)
	if _, err := os.Stat(filepath.Join(s.out, "_runs/dt=2026-11-17/run.json")); err != nil {
		t.Error(err)
	}
}

// --restate-only restates the days before that of --date, which another run has published. It leaves objects of
// later folders to the run of their day.
func TestRestateOnly(t *testing.T) {
	s := newSmallTrail(t)
	mustRun(t, 0, s.analyze("20", "--quiet")...)
	published := of("/dt=2026-11-20/", tree(t, s.out))
	s.write(t, "20", "late", "20", "18")
	if err := os.WriteFile(s.path("21", "broken"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	const want = "Restated 2026-11-18, revision 2: internet 1 -> 2; objects 1 -> 2\n"
	if got := mustRun(t, 0, s.analyze("20", "--restate", "3d", "--restate-only")...); got.out != want {
		t.Errorf("it says\n%s%s\nwant\n%s", got.out, got.errOut, want)
	}
	sameFiles(t, "the day of --date", of("/dt=2026-11-20/", tree(t, s.out)), published)
	if again := mustRun(t, 0, s.analyze("20", "--restate", "3d", "--restate-only")...); again.out != "" {
		t.Errorf("again: %s", again.out)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
