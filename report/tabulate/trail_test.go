package tabulate

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/table"
)

// TestGeneratedTrail holds traffic and the balance against what the trail's generator, which knows
// the verdict of each record it writes, expects of every column.
func TestGeneratedTrail(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records, cfg.Days = 6, 200, 3
	cfg.Invalid = 0.002
	expected, err := trail.Generate(context.Background(), cfg, dir)
	if err != nil {
		t.Fatal(err)
	}
	second := cfg.From.AddDate(0, 0, 1)
	one := expected.Day(second)
	if err := errors.Join(one.WriteTraffic(dir+"/expected/one.csv"), one.WriteBalance(dir+"/expected/one.json")); err != nil {
		t.Fatal(err)
	}
	inventory, err := endpoints.ParseInventory(readFile(t, dir, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := day.Of(second)
	for _, tc := range []struct {
		name, traffic, balance string
		window                 day.Window
	}{
		{"all days", "traffic.csv", "balance.json", day.All()},
		{"one day", "one.csv", "one.json", day.Window{From: d, To: d}},
	} {
		for _, how := range []testRun{{workers: 1}, {workers: 8}, {workers: 2, memory: 16 << 10}} { // the last one spills all that it can
			t.Run(fmt.Sprintf("%s with %d workers and %d bytes", tc.name, how.workers, how.memory), func(t *testing.T) {
				how.sources, how.window, how.inventory = []string{filepath.Join(dir, "trail")}, tc.window, inventory
				rep := how.report(t)
				got, want := tableCSV(t, &table.Traffic, rep, (*dayInMemory).traffic), readFile(t, dir, "expected/"+tc.traffic)
				if !bytes.Equal(got, want) {
					t.Errorf("traffic differs from the generator's:\n%s", firstDifference(got, want))
				}
				var balance report.Balance
				if err := json.Unmarshal(readFile(t, dir, "expected/"+tc.balance), &balance); err != nil {
					t.Fatal(err)
				}
				if rep.Balance != balance {
					t.Errorf("balance %+v\nwant    %+v", rep.Balance, balance)
				}
			})
		}
	}
}

// TestADayDoesNotDependOnTheOthers reads a day alone, and with all others: its tables are the same
// where nothing is delivered later than the folders that are read for it.
func TestADayDoesNotDependOnTheOthers(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records, cfg.Days = 3, 150, 4
	cfg.Late, cfg.Duplicates, cfg.Shared = 0, 0, 0 // all of them may come any number of days later
	if _, err := trail.Generate(context.Background(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	sources := []string{filepath.Join(dir, "trail")}
	all := testRun{sources: sources, window: day.All(), workers: 2}.report(t)
	days := readDays(t, all)
	for _, want := range days[1 : len(days)-1] {
		alone := testRun{sources: sources, window: day.Window{From: want.Day, To: want.Day}}.report(t)
		if got := readDays(t, alone)[0]; len(got.Traffic) == 0 || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) { // as text: NaN is NaN
			t.Errorf("%s differs when read alone", want.Day)
		}
	}
}

// TestMemoryChangesNothing holds all tables of a run that spills what it can against one that has room.
func TestMemoryChangesNothing(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records, cfg.Days, cfg.Corrections = 3, 150, 3, 0.02
	if _, err := trail.Generate(context.Background(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"trail/loose.json", "trail/broken.json"} { // of no day, so of every day
		writeFile(t, dir, path, []byte(`{"Records":`))
	}
	run := testRun{sources: []string{filepath.Join(dir, "trail"), filepath.Join(dir, "trail/loose.json"), filepath.Join(dir, "trail/broken.json")}, window: day.All()}
	want := run.report(t)
	run.memory, run.workers = 16<<10, 3
	got := run.report(t)
	lines := func(r *report.Report) string { // NaN is NaN in text
		return strings.ReplaceAll(fmt.Sprintf("%+v", readDays(t, r)), " {", "\n{")
	}
	if g, w := lines(got), lines(want); g != w {
		t.Errorf("tables differ:\n%s", firstDifference([]byte(g), []byte(w)))
	}
	if got.Balance != want.Balance {
		t.Errorf("balance %+v, want %+v", got.Balance, want.Balance)
	}
	problems := func(r *report.Report) (all []string) {
		if err := r.Problems(func(problem string) { all = append(all, problem) }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if g, w := problems(got), problems(want); len(w) != 2 || !slices.Equal(g, w) {
		t.Errorf("problems %q, want %q", g, w)
	}
}

// TestCorrectionsCountInThePlaceOfTheRecord moves a call from one principal to another.
func TestCorrectionsCountInThePlaceOfTheRecord(t *testing.T) {
	record := func(id, user, more string) string {
		return `{"eventVersion":"1.09","eventTime":"2026-11-20T10:00:00Z","eventID":"` + id + `","sourceIPAddress":"198.51.100.7",` + more +
			`"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/` + user + `","accountId":"111122223333"}}`
	}
	dir := t.TempDir()
	writeFile(t, dir, "1.json", []byte(`{"Records":[`+record("a", "wrong", "")+`,`+record("b", "other", "")+`]}`))
	writeFile(t, dir, "2.json", []byte(`{"Records":[`+record("c", "right", `"addendum":{"reason":"UPDATED_DATA","updatedFields":"userIdentity","originalEventID":"a"},`)+`]}`))
	rep := testRun{sources: []string{dir}, window: day.All()}.report(t)
	if want := (report.Balance{Records: 3, Kinds: report.Kinds{Calls: 2, Corrections: 1}}); rep.Balance != want {
		t.Errorf("balance %+v, want %+v", rep.Balance, want)
	}
	calls := map[string]int64{}
	for _, row := range readDays(t, rep)[0].Principals {
		calls[row.Principal] = row.Calls
	}
	if want := map[string]int64{"arn:aws:iam::111122223333:user/right": 1, "arn:aws:iam::111122223333:user/other": 1}; !maps.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
}

// TestBrokenObjectsGiveNoSamples sets an object that breaks at its end before one that counts.
func TestBrokenObjectsGiveNoSamples(t *testing.T) {
	records := func(from, n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"eventVersion":"1.09","eventTime":"2026-11-20T10:00:00Z","eventID":"id-%d","eventSource":"sqs.amazonaws.com",`+
				`"eventName":"ListQueues","sourceIPAddress":"198.51.100.7","recipientAccountId":"111122223333",`+
				`"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a","accountId":"111122223333"}}`, from+i))
		}
		return `{"Records":[` + strings.Join(all, ",")
	}
	samples := func(broken bool) string {
		dir := t.TempDir()
		if broken {
			writeFile(t, dir, "1.json", []byte(records(0, 200)))
		}
		writeFile(t, dir, "2.json", []byte(records(200, 20)+"]}"))
		found := readDays(t, testRun{sources: []string{dir}, window: day.All()}.report(t))[0].Findings
		if len(found) != 1 || found[0].Finding != "long_term_credentials_external" || found[0].Calls != 20 {
			t.Fatalf("found %+v", found)
		}
		return found[0].SampleEventIDs
	}
	if got, want := samples(true), samples(false); got != want || len(strings.Fields(got)) != 5 {
		t.Errorf("samples %s, without the broken object %s", got, want)
	}
}

// TestWorkshop holds the endpoint workshop against its table, which was worked out by hand.
func TestWorkshop(t *testing.T) {
	const workshop = "../../fixtures/workshop"
	inventory, err := endpoints.ParseInventory(readFile(t, workshop, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	rep := testRun{sources: []string{workshop + "/AWSLogs"}, window: day.All(), inventory: inventory}.report(t)
	got, want := tableCSV(t, &table.Traffic, rep, (*dayInMemory).traffic), readFile(t, workshop, "expected.csv")
	if !bytes.Equal(got, want) {
		t.Errorf("traffic differs from the story's:\n%s", firstDifference(got, want))
	}
	got, want = tableCSV(t, &table.Resources, rep, (*dayInMemory).resources), readFile(t, workshop, "expected-resources.csv")
	if !bytes.Equal(got, want) {
		t.Errorf("resources differ from the story's:\n%s", firstDifference(got, want))
	}
	got, want = tableCSV(t, &table.Findings, rep, (*dayInMemory).findings), readFile(t, workshop, "expected-findings.csv")
	if !bytes.Equal(got, want) {
		t.Errorf("findings differ from the story's:\n%s", firstDifference(got, want))
	}
}

func readFile(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tableCSV writes a table of all days in the form of the expected tables.
func tableCSV[T any](t testing.TB, of *table.Table[T], rep *report.Report, rowsOf func(*dayInMemory) []T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	head := []string{"dt"}
	for _, c := range of.Columns {
		head = append(head, c.Name)
	}
	lines := [][]string{head}
	for _, d := range readDays(t, rep) {
		rows := rowsOf(&d)
		for i := range rows {
			line := []string{d.Day.String()}
			for k := range of.Columns {
				line = append(line, of.Columns[k].Format(&rows[i]))
			}
			lines = append(lines, line)
		}
	}
	if err := w.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// firstDifference shows the first lines in which two texts differ.
func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) {
			return "line " + strconv.Itoa(i+1) + ": one of the two ends"
		}
		if !bytes.Equal(g[i], w[i]) {
			return "line " + strconv.Itoa(i+1) + ":\ngot  " + string(g[i]) + "\nwant " + string(w[i])
		}
	}
	return "none"
}

// TestCountersOfUnequalMemory has one counter keep its page in memory while another one puts pages away: the
// tables are those of counters that keep all in memory.
func TestCountersOfUnequalMemory(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records, cfg.Network = 8, 150, 0.2
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	run := testRun{sources: []string{filepath.Join(dir, "trail")}, window: day.All(), workers: 2}
	want := fmt.Sprintf("%+v", readDays(t, run.report(t)))
	from, err := source.Open(t.Context(), run.sources, list.Selection{Window: run.window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	disk, disks := spill.NewDisk(t.TempDir()), [2]*spill.Disk{spill.NewDisk(t.TempDir()), spill.NewDisk(t.TempDir())}
	defer func() { disk.Close(); disks[0].Close(); disks[1].Close() }()
	counters, sinks := make([]*count.Counter, 2), make([]ingest.Sink, 2)
	for i, memory := range []int{0, 16 << 10} {
		counters[i] = count.NewCounter(classify.EmbeddedRanges(), count.Options{Disk: disks[i], Memory: memory, Lateness: 1})
		sinks[i] = counters[i]
	}
	if err := ingest.Run(t.Context(), from, sinks, ingest.Config{Window: run.window}); err != nil {
		t.Fatal(err)
	}
	got, err := Report(t.Context(), Input{
		Counters: counters, Window: run.window, Disk: disk, TrailAccounts: from.Accounts(), NATPrice: 0.045,
	})
	if err != nil {
		t.Fatal(err)
	}
	if disks[0].Files() > 0 || disks[1].Files() == 0 {
		t.Errorf("%d and %d files are written", disks[0].Files(), disks[1].Files())
	}
	if fmt.Sprintf("%+v", readDays(t, got)) != want {
		t.Error("tables differ")
	}
}
