package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest/day"

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
	inventory, err := classify.ParseInventory(readFile(t, dir, "endpoints.json"))
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
		for _, workers := range []int{1, 8} {
			t.Run(tc.name+" with "+strconv.Itoa(workers)+" workers", func(t *testing.T) {
				rep := testRun{
					sources: []string{filepath.Join(dir, "trail")}, window: tc.window, inventory: inventory, workers: workers,
				}.report(t)
				got, want := trafficCSV(t, rep), readFile(t, dir, "expected/"+tc.traffic)
				if !bytes.Equal(got, want) {
					t.Errorf("traffic differs from the generator's:\n%s", firstDifference(got, want))
				}
				var balance Balance
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

// TestWorkshop holds the endpoint workshop against its table, which was worked out by hand.
func TestWorkshop(t *testing.T) {
	const workshop = "../fixtures/workshop"
	inventory, err := classify.ParseInventory(readFile(t, workshop, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	rep := testRun{sources: []string{workshop + "/AWSLogs"}, window: day.All(), inventory: inventory}.report(t)
	got, want := trafficCSV(t, rep), readFile(t, workshop, "expected.csv")
	if !bytes.Equal(got, want) {
		t.Errorf("traffic differs from the story's:\n%s", firstDifference(got, want))
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

// trafficCSV writes all days' traffic in the form of the expected tables.
func trafficCSV(t testing.TB, rep *Report) []byte {
	t.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	head := []string{"dt"}
	for _, c := range table.Traffic.Columns {
		head = append(head, c.Name)
	}
	rows := [][]string{head}
	for _, d := range readDays(t, rep) {
		for i := range d.Traffic {
			rows = append(rows, csvRow(d.Day, &d.Traffic[i]))
		}
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func csvRow(d day.Day, row *table.TrafficRow) []string {
	cells := []string{d.String()}
	for i := range table.Traffic.Columns {
		cells = append(cells, table.Traffic.Columns[i].Format(row))
	}
	return cells
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
