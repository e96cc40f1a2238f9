package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vpcetrail/fixtures/organization"
)

// The table causes of a generated organization has the calls and bytes of each cause that its
// generator knows, and table traffic grows little by what has the addresses.
func TestCausesOfAnOrganization(t *testing.T) {
	cfg := organization.Default()
	cfg.Calls = 100_000
	o, err := organization.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := o.Write(dir); err != nil {
		t.Fatal(err)
	}
	trail, with, without := filepath.Join(dir, "trail"), filepath.Join(dir, "with"), filepath.Join(dir, "without")
	mustRun(t, 0, "analyze", trail, "--out", with, "--network", filepath.Join(dir, "network.json"), "--networks", filepath.Join(dir, "networks.yaml"), "--quiet")
	mustRun(t, 0, "analyze", trail, "--out", without, "--endpoints", filepath.Join(dir, "network.json"), "--quiet")

	text, err := os.ReadFile(filepath.Join(dir, "causes.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want, got := sums(rows), causeSums(t, with, rows[0])
	wrong := 0
	for key, sum := range want {
		if got[key] != sum && wrong < 10 {
			t.Errorf("%s: got %v calls and bytes, want %v", key, got[key], sum)
			wrong++
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d combinations, want %d", len(got), len(want))
	}
	more, fewer := countRows(t, with), countRows(t, without)
	t.Logf("traffic: %d rows with --network, %d without", more, fewer)
	if float64(more) > 1.3*float64(fewer) {
		t.Errorf("traffic has %d rows with --network, %d without", more, fewer)
	}
}

// causeSums returns the sums of table causes of a report.
func causeSums(t *testing.T, report string, columns []string) map[string][2]int64 {
	t.Helper()
	text, err := tableText(report, "causes", columns...)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(text, "(null)", ""))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i] = rows[i][1:] // without the day
	}
	return sums(rows)
}

// sums returns the calls and bytes of a table with a header by its other columns. Those are the
// last two columns; bytes may be missing.
func sums(rows [][]string) map[string][2]int64 {
	found := map[string][2]int64{}
	keys := slices.Index(rows[0], "calls")
	for _, row := range rows[1:] {
		key := strings.Join(row[:keys], " ")
		sum := found[key]
		for i, text := range row[keys:] {
			n, _ := strconv.ParseInt(text, 10, 64) // the table has numbers there
			sum[i] += n
		}
		found[key] = sum
	}
	return found
}

// countRows returns the rows of table traffic of a report.
func countRows(t *testing.T, report string) int {
	t.Helper()
	text, err := tableText(report, "traffic", "calls")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(text, "\n") - 1
}
