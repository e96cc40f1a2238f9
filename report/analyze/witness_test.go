package analyze

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"

	"vpcetrail/classify/network"

	"vpcetrail/report"
	"vpcetrail/report/findings"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// A fakeWitness says something of one day: that it holds the objects that are OK.
type fakeWitness struct {
	sum    string
	day    day.Day
	silent bool // it holds objects, and says nothing
	differ bool // it contradicts the trail
	ok     int64
	denied int64
	read   []day.Window
	places []bool // of read: whether a network was known
}

func (*fakeWitness) Flag() string { return "fake-logs" }

func (*fakeWitness) Inputs() []string { return []string{"names", "network"} }

func (*fakeWitness) None(window day.Window) string { return "fake: nothing of " + window.String() }

// SHA256 is about the days of the demo and of the witness.
func (w *fakeWitness) SHA256(_ context.Context, _ *Job, d day.Day) (string, error) {
	if d.String() != demoDay && d != w.day {
		return "", nil
	}
	return w.sum + d.String(), nil
}

var conflict = findings.Disagreement(table.FindingKey{Resource: "fake"}, "They differ.")

func (w *fakeWitness) Read(_ context.Context, job *Job) (*Testimony, error) {
	w.read, w.places = append(w.read, job.Window), append(w.places, job.Network != nil)
	said := &Testimony{Compares: func(f *table.FindingRow) bool { return f.Resource == "fake" }, Add: func(d *report.Day) {
		if d.Witnesses == nil {
			d.Witnesses = map[string]*report.Witness{}
		}
		d.Witnesses["fake-logs"] = &report.Witness{
			SHA256: w.sum + d.Day.String(), Objects: map[ingest.Status]int64{ingest.OK: w.ok, ingest.Denied: w.denied}, Matched: d.Traffic != nil,
		}
		if w.differ && d.Traffic != nil {
			d.AddFindings([]table.FindingRow{conflict})
		}
	}}
	if job.Window.Contains(w.day) && !w.silent {
		said.Days = []day.Day{w.day}
	}
	said.Problems = func(problem func(string)) error {
		if w.denied > 0 {
			problem("fake: denied")
		}
		return nil
	}
	return said, nil
}

// A night publishes the demo's trail for one day, or its witness alone.
type night struct {
	t        *testing.T
	store    reporttest.Store
	witness  *fakeWitness
	inputs   map[string]string
	network  *network.Snapshot
	sources  []string // the demo, if none is given
	to       string   // the last day; "": the first
	problems []string
	restated []string
}

func (n *night) publication(d string, before int, allow report.Replacing) *Publication {
	n.t.Helper()
	w, err := n.store.Begin(n.t.Context(), nil)
	if err != nil {
		n.t.Fatal(err)
	}
	window, err := day.Parse(d)
	if err != nil {
		n.t.Fatal(err)
	}
	p := &Publication{
		Job:     Job{Window: day.Window{From: window, To: window}, Lateness: 1},
		Sources: []string{"../../fixtures/demo"}, Run: report.Run{Inputs: map[string]string{}, Sources: []string{"demo"}},
		Store: n.store, Writer: w, Replacing: allow, Before: before,
		Problem:  func(text string) { n.problems = append(n.problems, text) },
		Restated: func(_, after *report.Manifest) { n.restated = append(n.restated, after.Day) },
		Commit:   func(ctx context.Context, commit func(context.Context) error) error { return commit(ctx) },
	}
	maps.Copy(p.Run.Inputs, n.inputs)
	if p.Job.Network = n.network; n.network != nil {
		p.Run.Inputs["network"] = "n"
	}
	if n.sources != nil {
		p.Sources = n.sources
	}
	if n.to != "" {
		if p.Job.Window.To, err = day.Parse(n.to); err != nil {
			n.t.Fatal(err)
		}
	}
	p.Selection = list.Selection{Window: p.Job.Window}
	if n.witness != nil {
		p.Job.Witnesses = []Witness{n.witness}
	}
	return p
}

// trail publishes a day of the trail, and restates those before it.
func (n *night) trail(d string, before int, allow report.Replacing) error {
	n.t.Helper()
	p := n.publication(d, before, allow)
	if err := p.CheckInputs(n.t.Context()); err != nil {
		return err
	}
	trail, err := source.Open(n.t.Context(), p.Sources, p.Selection, source.Options{})
	if err != nil {
		n.t.Fatal(err)
	}
	defer trail.Close()
	c, err := p.Count(n.t.Context(), trail)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := p.Publish(n.t.Context(), c); err != nil {
		return err
	}
	if _, err := p.Restate(n.t.Context(), c.Report); err != nil {
		return err
	}
	return c.Incomplete()
}

// alone publishes what the witness says of a day.
func (n *night) alone(d string, before int, allow report.Replacing) error {
	n.t.Helper()
	p := n.publication(d, before, allow)
	c, err := p.Testify(n.t.Context())
	if err != nil {
		return err
	}
	if _, err := p.RestateWitnesses(n.t.Context()); err != nil {
		return err
	}
	return c.Incomplete()
}

func (n *night) manifest(d string) *report.Manifest {
	n.t.Helper()
	at, err := day.Parse(d)
	if err != nil {
		n.t.Fatal(err)
	}
	m, err := report.ReadManifest(n.t.Context(), n.store, at)
	if err != nil {
		n.t.Fatal(err)
	}
	return m
}

func newNight(t *testing.T) *night {
	t.Helper()
	d, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	return &night{t: t, store: reporttest.Store{}, witness: &fakeWitness{sum: "a", day: d, ok: 2}}
}

const demoDay = "2026-11-20"

func wantText(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A witness changes no file of the trail's tables, whether it comes with the trail or alone.
func TestWitnessLeavesTheTablesOfCalls(t *testing.T) {
	plain := newNight(t)
	plain.witness = nil
	if err := plain.trail(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	with, later := newNight(t), newNight(t)
	if err := with.trail(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	maps.Copy(later.store, plain.store)
	if err := later.alone(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]*night{"with the trail": with, "alone, later": later} {
		for file, data := range plain.store {
			if !strings.HasSuffix(file, "run.json") && string(n.store[file]) != string(data) {
				t.Errorf("%s: %s differs", name, file)
			}
		}
		m := n.manifest(demoDay)
		if w := m.Witnesses["fake-logs"]; w == nil || w.SHA256 != "a"+demoDay || w.Matched != (n == with) || m.Revision != 1 || m.Balance.Records == 0 {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if plain.manifest(demoDay).Witnesses != nil {
		t.Error("a run without witnesses names some")
	}
}

func TestWitnessAloneMakesADay(t *testing.T) {
	n := newNight(t)
	if err := n.alone(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	if m := n.manifest(demoDay); m.Has(table.Traffic.Name) || m.Witnesses["fake-logs"] == nil {
		t.Errorf("%+v", m)
	}
	if err := n.trail(demoDay, 0, report.Replacing{}); err != nil { // the day's calls come later
		t.Fatal(err)
	}
	if m := n.manifest(demoDay); !m.Has(table.Traffic.Name) || !m.Witnesses["fake-logs"].Matched {
		t.Errorf("%+v", m)
	}
}

func TestWitnessNeverDisappearsByAccident(t *testing.T) {
	n := newNight(t)
	if err := n.trail(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	witness, before := n.witness, maps.Clone(n.store)
	n.witness = nil
	wantText(t, n.trail(demoDay, 0, report.Replacing{Incomplete: true}),
		"2026-11-20 stays as it is published: it was made with --fake-logs, and this run has none: give analyze both in one run, "+
			"or give --without fake-logs, and then run analyze --fake-logs without SOURCE")
	n.witness = &fakeWitness{sum: "b", day: witness.day, ok: 1, denied: 1}
	wantText(t, n.trail(demoDay, 0, report.Replacing{}), "1 of the 2 objects of --fake-logs that it counts would be missing")
	n.witness.ok, n.witness.denied = 2, 0
	wantText(t, n.alone(demoDay, 0, report.Replacing{}), "its --fake-logs was compared with the trail, and this run reads no trail")
	if !maps.EqualFunc(before, n.store, func(a, b []byte) bool { return string(a) == string(b) }) {
		t.Error("the report has changed")
	}
	n.witness.ok, n.witness.denied = 1, 1
	wantText(t, n.trail(demoDay, 0, report.Replacing{Incomplete: true}), "the report is published, but incomplete: not all objects of --fake-logs for 2026-11-20 could be read whole")
	if !slices.Contains(n.problems, "fake: denied") {
		t.Errorf("problems: %q", n.problems)
	}
	n.witness = nil
	if err := n.trail(demoDay, 0, report.Replacing{Without: []string{"fake-logs"}}); err != nil {
		t.Fatal(err)
	}
	if n.manifest(demoDay).Witnesses != nil {
		t.Error("--without did not drop it")
	}
}

// A day is restated if its witness holds something else now, and only then.
func TestWitnessThatComesLate(t *testing.T) {
	for name, run := range map[string]func(*night, string, int, report.Replacing) error{"with the trail": (*night).trail, "alone": (*night).alone} {
		n := newNight(t)
		if err := run(n, demoDay, 0, report.Replacing{}); err != nil {
			t.Fatal(err)
		}
		again := func(want ...string) {
			t.Helper()
			n.witness.read = nil
			if err := run(n, "2026-11-21", 5, report.Replacing{}); err != nil && !errors.Is(err, ErrKept) {
				t.Fatal(name, err)
			}
			var got []string
			for _, w := range n.witness.read {
				got = append(got, w.String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: read for %q, want %q", name, got, want)
			}
		}
		again("2026-11-21")
		n.witness.sum = "b"
		n.witness.ok++
		again("2026-11-21", "2026-11-20")
		if w := n.manifest(demoDay).Witnesses["fake-logs"]; w.SHA256 != "b"+demoDay || w.Objects[ingest.OK] != 3 {
			t.Errorf("%s: %+v", name, w)
		}
		again("2026-11-21")
	}
}

// Objects that could not be read are tried again, and the day is restated once they can be read.
func TestRestateReadsWhatTheWitnessCouldNot(t *testing.T) {
	for name, run := range map[string]func(*night, string, int, report.Replacing) error{"with the trail": (*night).trail, "alone": (*night).alone} {
		n := newNight(t)
		n.witness.ok, n.witness.denied = 1, 1
		wantText(t, run(n, demoDay, 0, report.Replacing{}), "could be read whole")
		next := func(want ...string) {
			t.Helper()
			n.restated = nil
			var lacks *IncompleteError
			if err := run(n, "2026-11-21", 5, report.Replacing{}); err != nil && !errors.As(err, &lacks) {
				t.Fatal(name, err)
			}
			if !slices.Equal(n.restated, want) {
				t.Errorf("%s: restated %q, want %q", name, n.restated, want)
			}
		}
		next() // still denied
		n.witness.ok, n.witness.denied = 2, 0
		next(demoDay)
		if w := n.manifest(demoDay).Witnesses["fake-logs"]; w.Unread() != 0 || w.Objects[ingest.OK] != 2 {
			t.Errorf("%s: %+v", name, w)
		}
		next()
	}
}

// conflicts returns how many findings of the demo's day are of the fake witness.
func (n *night) conflicts() (found int) {
	n.t.Helper()
	d, err := day.Parse(demoDay)
	if err != nil {
		n.t.Fatal(err)
	}
	for row, err := range report.ReadTable(n.t.Context(), n.store, &table.Findings, n.manifest(demoDay), d) {
		if err != nil {
			n.t.Fatal(err)
		}
		if row.Resource == "fake" {
			found++
		}
	}
	return found
}

// What the witness contradicted before is not said of what it holds now.
func TestWitnessAloneDropsOldContradictions(t *testing.T) {
	n := newNight(t)
	n.witness.differ = true
	if err := n.trail(demoDay, 0, report.Replacing{}); err != nil || n.conflicts() != 1 {
		t.Fatal(err, n.conflicts())
	}
	n.witness.sum, n.problems = "b", nil
	if err := n.alone(demoDay, 0, report.Replacing{Incomplete: true}); err != nil {
		t.Fatal(err)
	}
	const want = "2026-11-20: 1 contradiction of --fake-logs and the trail: removed, as this run reads no trail: give SOURCE too to compare them again"
	if n.conflicts() != 0 || !slices.Equal(n.problems, []string{want}) {
		t.Errorf("%d contradictions, problems %q", n.conflicts(), n.problems)
	}
	n.problems = nil
	if err := n.alone(demoDay, 0, report.Replacing{}); err != nil || n.problems != nil {
		t.Errorf("once more: %v, %q", err, n.problems)
	}
}

// A witness alone needs the optional inputs of the day, and run.json says which it had.
func TestWitnessAloneNeedsTheInputsOfTheDay(t *testing.T) {
	n := newNight(t)
	witness := n.witness
	n.witness, n.inputs = nil, map[string]string{"names": "x", "other": "o"}
	if err := n.trail(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	n.witness, n.inputs = witness, nil
	const lacks = "it was made with --names, and this run has none: give --names again, or drop it with --without names"
	wantText(t, n.alone(demoDay, 0, report.Replacing{}), lacks)
	if err := n.alone(demoDay, 0, report.Replacing{Without: []string{"names"}}); err != nil {
		t.Fatal(err)
	}
	if err := n.alone(demoDay, 0, report.Replacing{}); err != nil { // it was dropped
		t.Fatal(err)
	}
	n.inputs = map[string]string{"names": "y", "other": "p"}
	if err := n.alone(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	m := n.manifest(demoDay)
	if own := m.Witnesses["fake-logs"].Run.Inputs; m.Run.Inputs["names"] != "x" || m.Run.Inputs["other"] != "o" || !maps.Equal(own, map[string]string{"names": "y"}) {
		t.Errorf("%v, the witness %v", m.Run.Inputs, own)
	}

	later := newNight(t) // names only for the witness
	if err := later.trail(demoDay, 0, report.Replacing{Incomplete: true}); err != nil {
		t.Fatal(err)
	}
	later.inputs = map[string]string{"names": "y"}
	if err := later.alone(demoDay, 0, report.Replacing{Incomplete: true}); err != nil {
		t.Fatal(err)
	}
	later.inputs = nil
	wantText(t, later.alone(demoDay, 0, report.Replacing{}), lacks)
	wantText(t, later.trail(demoDay, 0, report.Replacing{}), lacks)
}

// A day that keeps a network snapshot is read with it, and the days around it are not.
func TestWitnessAloneUsesTheKeptNetwork(t *testing.T) {
	n := newNight(t)
	n.network = network.New()
	if err := n.trail(demoDay, 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	n.network, n.to, n.witness.read, n.witness.places = nil, "2026-11-22", nil, nil
	if err := n.alone("2026-11-18", 0, report.Replacing{Incomplete: true}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(n.witness.read, n.witness.places); got != "[2026-11-18..2026-11-19 2026-11-20 2026-11-21..2026-11-22] [false true false]" {
		t.Error(got)
	}
	if sum := n.manifest(demoDay).Witnesses["fake-logs"].Run.Inputs["network"]; sum != "n" {
		t.Errorf("run.json has network %q", sum)
	}
}

// A restate fills the days that were published without the witness, and those of nights that failed.
func TestRestateFillsDaysWithoutTheWitness(t *testing.T) {
	for name, run := range map[string]func(*night, string, int, report.Replacing) error{"with the trail": (*night).trail, "alone": (*night).alone} {
		n := newNight(t)
		witness := n.witness
		n.witness = nil
		if err := n.trail(demoDay, 0, report.Replacing{}); err != nil {
			t.Fatal(err)
		}
		n.witness = witness
		n.witness.silent = true
		for range 2 { // the second time, nothing is to do
			if err := run(n, "2026-11-21", 5, report.Replacing{}); err != nil {
				t.Fatal(name, err)
			}
		}
		if n.manifest(demoDay).Witnesses["fake-logs"] == nil || !slices.Equal(n.restated, []string{demoDay}) {
			t.Errorf("%s: restated %q", name, n.restated)
		}
	}
	failed := newNight(t)
	failed.witness.day -= 2
	if err := failed.alone("2026-11-18", 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	failed.witness.day++
	if err := failed.alone("2026-11-21", 5, report.Replacing{}); err != nil || !slices.Equal(failed.restated, []string{"2026-11-19"}) {
		t.Errorf("%v, restated %q", err, failed.restated)
	}
}

// A day that must stay as it is does not stop the others, and a witness that holds nothing any more
// leaves its days alone.
func TestRestateOfAWitnessGoesOn(t *testing.T) {
	n := newNight(t)
	if err := n.trail(demoDay, 0, report.Replacing{}); err != nil { // compared with the trail
		t.Fatal(err)
	}
	n.witness.sum, n.witness.day = "b", n.witness.day+1
	wantText(t, n.alone("2026-11-22", 5, report.Replacing{}), "kept as published: 2026-11-20")
	if !slices.Equal(n.restated, []string{"2026-11-21"}) || !strings.Contains(strings.Join(n.problems, "\n"), "2026-11-20 stays as it is published: its --fake-logs was compared with the trail") {
		t.Errorf("restated %q, problems %q", n.restated, n.problems)
	}
	name := report.ManifestName(n.witness.day - 1)
	whole := n.store[name]
	n.store[name], n.restated = []byte("{"), nil
	wantText(t, n.alone("2026-11-22", 5, report.Replacing{}), "kept as published: 2026-11-20")
	n.store[name] = whole
	n.witness.day, n.restated = n.witness.day+8, nil
	if err := n.alone("2026-11-22", 1, report.Replacing{}); err != nil || n.restated != nil { // of 2026-11-21
		t.Errorf("%v, restated %q", err, n.restated)
	}
}

// A run that reads the trail restates a day without trail by the witness alone.
func TestRestateOfADayWithoutTrail(t *testing.T) {
	n := newNight(t)
	n.sources, n.witness.day = []string{t.TempDir()}, n.witness.day-1
	if err := n.alone("2026-11-19", 0, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	n.witness.sum, n.sources = "b", nil
	if err := n.trail(demoDay, 5, report.Replacing{}); err != nil {
		t.Fatal(err)
	}
	if m := n.manifest("2026-11-19"); m.HasTrail() || m.Witnesses["fake-logs"].SHA256 != "b2026-11-19" || !slices.Equal(n.restated, []string{"2026-11-19"}) {
		t.Errorf("%+v, restated %q", m, n.restated)
	}
}
