package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vpcetrail/fixtures"
)

const detours = "../../fixtures/detours/"

// stepColumns are the columns of expected-causes.csv after the step.
var stepColumns = []string{"route", "cause", "reason", "workload", "vpc_id", "subnet_ids", "route_table_ids", "vpc_endpoint_id", "service_name", "host_class", "egress"}

// Each call of a story that went past the endpoints has the cause, the proof and the place
// that were worked out by hand. The whole day is given: a record of the detours changed a
// VPC.
func TestCausesOfStories(t *testing.T) {
	for _, dir := range []string{detours, "../../fixtures/workshop/"} {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkCauses(t, dir) })
	}
}

func checkCauses(t *testing.T, dir string) {
	f := mustRun(t, 0, "explain", dir+"AWSLogs", "--network", dir+"network.json", "--networks", detours+"networks.yaml", "--format", "json")
	steps := stepsByID(t, dir)
	rows := [][]string{append([]string{"step"}, stepColumns...)}
	for line := range strings.Lines(f.out) {
		var record struct {
			ID      string         `json:"event_id"`
			Verdict map[string]any `json:"verdict"`
			Cause   map[string]any `json:"cause"`
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		row := []string{steps[record.ID], record.Verdict["route"].(string)}
		for _, column := range stepColumns[1:] {
			row = append(row, cell(record.Cause[column]))
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows[1:], slices.Compare)
	var table bytes.Buffer
	if err := csv.NewWriter(&table).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, dir+"expected-causes.csv", table.Bytes())
	checkTable(t, dir, rows[1:])
}

// checkTable holds table causes of a report of the story against the causes of its calls.
func checkTable(t *testing.T, dir string, calls [][]string) {
	t.Helper()
	want, got := map[string]int{}, map[string]int{}
	for _, row := range calls {
		if row[1] == "internet" {
			want[strings.Join(row[2:], ",")]++
		}
	}
	out := t.TempDir()
	mustRun(t, 0, "analyze", dir+"AWSLogs", "--network", dir+"network.json", "--networks", detours+"networks.yaml", "--out", out, "--quiet")
	paths, err := filepath.Glob(filepath.Join(out, "causes", "dt=*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		rows, err := fileRows(path, "causes", slices.Concat(stepColumns[1:], []string{"calls"}))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			n, err := strconv.Atoi(row[len(row)-1])
			if err != nil {
				t.Fatal(err)
			}
			got[strings.ReplaceAll(strings.Join(row[1:len(row)-1], ","), "(null)", "")] += n
		}
	}
	if len(want) == 0 || !maps.Equal(got, want) {
		t.Errorf("table causes has\n%v\nwant\n%v", got, want)
	}
}

// cell returns a value of JSON as text. Lists are joined by spaces.
func cell(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = cell(v[i])
		}
		return strings.Join(words, " ")
	}
	return ""
}

// stepsByID returns the numbers of the records of a story, by event id.
func stepsByID(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(dir + "story/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no story: %v", err)
	}
	steps := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var record struct{ EventID string }
		if err := json.Unmarshal(text, &record); err != nil {
			t.Fatal(err)
		}
		steps[record.EventID] = filepath.Base(file)[:2]
	}
	return steps
}
