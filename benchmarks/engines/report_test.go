package engines

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/fixtures/trail"
	"vpcetrail/report/table"
)

// fixture is what all tests look at: the report of a generated trail of a month and more, which ends yesterday, since the views
// look back from today. Its older days are those of an older version of vpcetrail: see makeOlder.
var fixture struct {
	command string // the path of vpcetrail
	report  string
	days    []string
}

const (
	days  = 34 // more than the views' 30
	older = 12
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
		code = 1
	}
	os.Exit(code)
}

func setUp(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "engines")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	if fixture.command, err = workload.Build(ctx, dir); err != nil {
		return 1, err
	}
	cfg := trail.Default()
	cfg.From = time.Now().UTC().AddDate(0, 0, -days)
	cfg.Days, cfg.Regions, cfg.Objects, cfg.Records = days, trail.RegionNames(1), 1, 150
	cfg.Late = 0 // nothing is delivered after the last day, where Athena does not look
	if _, err := trail.Generate(ctx, cfg, dir); err != nil {
		return 1, err
	}
	fixture.report = filepath.Join(dir, "month")
	cmd := exec.Command(fixture.command, "analyze", filepath.Join(dir, "trail"), "--quiet",
		"--endpoints", filepath.Join(dir, "endpoints.json"), "--out", fixture.report)
	if said, err := cmd.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("analyze: %w\n%s", err, said)
	}
	if err := age(fixture.report); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// vpcetrail runs the command, and returns what it prints.
func vpcetrail(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), fixture.command, args...).Output()
	if err != nil {
		t.Fatalf("vpcetrail %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// age gives the report's first days the form of an older version, which knew fewer columns and no resources and findings; the
// others get resources and findings made up from their traffic.
func age(report string) error {
	folders, err := filepath.Glob(filepath.Join(report, "_runs", "dt=*"))
	if err != nil {
		return err
	}
	for i, folder := range folders {
		day := filepath.Base(folder)
		fixture.days = append(fixture.days, strings.TrimPrefix(day, "dt="))
		if i >= older {
			if err := makeUp(report, day); err != nil {
				return err
			}
			continue
		}
		for _, missing := range []string{"resources", "findings"} {
			if err := os.RemoveAll(filepath.Join(report, missing, day)); err != nil {
				return err
			}
		}
		if err := without(report, day, &table.Traffic, "errors", "session"); err != nil {
			return err
		}
		if err := without(report, day, &table.Principals, "services", "vpce_share", "last_seen"); err != nil {
			return err
		}
	}
	if len(folders) != days {
		return fmt.Errorf("the report has %d days, want %d", len(folders), days)
	}
	return nil
}

// without writes a day of a table anew, by the product's own writer, without some columns.
func without[T any](report, day string, t *table.Table[T], columns ...string) error {
	rows, err := read(report, day, t)
	if err != nil {
		return err
	}
	fewer := *t
	fewer.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c table.Column[T]) bool { return slices.Contains(columns, c.Name) })
	return write(report, day, &fewer, rows)
}

func read[T any](report, day string, t *table.Table[T]) (rows []T, err error) {
	data, err := os.ReadFile(filepath.Join(report, t.Name, day, "part-00000.parquet"))
	if err != nil {
		return nil, err
	}
	for row, err := range t.Decode(context.Background(), data) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

func write[T any](report, day string, t *table.Table[T], rows []T) error {
	file, err := t.NewEncoder()
	if err != nil {
		return err
	}
	for i := range rows {
		if err := file.Add(&rows[i]); err != nil {
			return err
		}
	}
	data, err := file.Finish()
	if err != nil {
		return err
	}
	folder := filepath.Join(report, t.Name, day)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "part-00000.parquet"), data, 0o666)
}

// makeUp writes resources and findings of a day, with every sort of NULL.
func makeUp(report, day string) error {
	traffic, err := read(report, day, &table.Traffic)
	if err != nil {
		return err
	}
	for i := range traffic { // somebody else's principal at an endpoint of ours
		if r := &traffic[i]; r.EndpointOwner == "own" && r.PrincipalType == "AssumedRole" {
			r.PrincipalAccountID = "999988887777"
			break
		}
	}
	table.Traffic.Sort(traffic)
	if err := write(report, day, &table.Traffic, traffic); err != nil {
		return err
	}
	var resources []table.ResourceRow
	var findings []table.FindingRow
	for i, row := range traffic {
		if row.Service == "s3.amazonaws.com" || row.Service == "sqs.amazonaws.com" {
			resources = append(resources, table.ResourceRow{
				ResourceKey: table.ResourceKey{
					Resource: fmt.Sprintf("arn:aws:%s:::it's-%d", strings.TrimSuffix(row.Service, ".amazonaws.com"), i%5), Service: row.Service,
					EventName: []string{"GetObject", "PutObject", ""}[i%3], Principal: row.Principal, PrincipalType: row.PrincipalType,
					PrincipalAccountID: row.PrincipalAccountID, AccountID: row.AccountID, Region: row.Region, Route: row.Route, Origin: row.Origin,
					Evidence: row.Evidence, EndpointID: row.EndpointID, EndpointAccountID: row.EndpointAccountID, EndpointOwner: row.EndpointOwner,
				},
				Calls: row.Calls, Denied: row.Denied, Bytes: row.BytesIn + row.BytesOut, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen,
			})
		}
		if row.Route == "internet" && i%4 == 0 {
			findings = append(findings, table.FindingRow{
				FindingKey: table.FindingKey{Finding: "past_endpoint", Severity: []string{"high", "low", "critical"}[i%3], AccountID: row.AccountID,
					Region: row.Region, Principal: row.Principal, Service: row.Service},
				Calls: row.Calls, EstimatedUSD: float64(row.Calls) / 8, Detail: "made up", FirstSeen: row.FirstSeen, LastSeen: -1,
			})
		}
	}
	table.Resources.Sort(resources)
	table.Findings.Sort(findings)
	if err := write(report, day, &table.Resources, resources); err != nil {
		return err
	}
	return write(report, day, &table.Findings, findings)
}
