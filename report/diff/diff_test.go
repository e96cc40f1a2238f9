package diff

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// publish publishes days of traffic, from day 20000 on.
func publish(t *testing.T, days ...[]table.TrafficRow) reporttest.Store {
	t.Helper()
	rep, store := &report.Report{}, reporttest.Store{}
	for i, rows := range days {
		rep.Days = append(rep.Days, &report.Day{
			Day: 20000 + day.Day(i), Traffic: report.RowsOf(rows),
			Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
			Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
		})
	}
	reporttest.Publish(t, store, rep, report.Run{})
	return store
}

func row(account, principal, service, route string, calls int64) table.TrafficRow {
	return table.TrafficRow{
		TrafficKey: table.TrafficKey{AccountID: account, Principal: principal, Service: service, Route: route},
		Measures:   table.Measures{Calls: calls},
	}
}

func compared(t *testing.T, store reporttest.Store, points float64, share int) *Diff {
	t.Helper()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { _ = disk.Close() })
	d, err := compare(context.Background(), Side{store, []day.Day{20000}}, Side{store, []day.Day{20001}}, points, disk, share)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const account = "111122223333"

// twoDays holds a caller of each kind.
func twoDays(t *testing.T) reporttest.Store {
	return publish(t, []table.TrafficRow{
		row(account, "stopped", "s3", "internet", 9), row(account, "stopped", "sqs", "vpce", 9),
		row(account, "moved", "s3", "internet", 100), row(account, "moved", "s3", "unknown", 3),
		row(account, "shifted", "s3", "internet", 50), row(account, "shifted", "s3", "vpce", 50),
		row(account, "steady", "s3", "internet", 50), row(account, "steady", "s3", "vpce", 50),
		row(account, "never", "s3", "aws_service", 5),
		row(account, "\x1b[31m", "s3", "internet", 1),
	}, []table.TrafficRow{
		row(account, "moved", "s3", "vpce", 100),
		row(account, "shifted", "s3", "internet", 25), row(account, "shifted", "s3", "vpce", 75),
		row(account, "steady", "s3", "internet", 51), row(account, "steady", "s3", "vpce", 49),
		row(account, "started", "s3", "internet", 3), row(account, "started", "sqs", "internet", 4),
		row("444455556666", "moved", "s3", "internet", 2),
		row(account, "", "", "internet", 1),
	})
}

func TestDiff(t *testing.T) {
	d := compared(t, twoDays(t), 5, memory)
	var out strings.Builder
	for _, format := range grid.Formats() {
		for _, top := range []int{0, 1} {
			fmt.Fprintf(&out, "== %s, top %d\n", format, top)
			if err := d.Write(&out, format, grid.Style{}, Names{"2024-10-04", "2024-10-05"}, top); err != nil {
				t.Fatal(err)
			}
		}
	}
	fixtures.Golden(t, "testdata/diff.golden", []byte(out.String()))
}

// A smaller number of points shows smaller changes, but never callers that did not change.
func TestPoints(t *testing.T) {
	store := twoDays(t)
	for points, want := range map[float64]int{0: 2, 1: 2, 1.5: 1, 25: 1, 25.1: 0} {
		if d := compared(t, store, points, memory); d.Callers[Shifted] != want {
			t.Errorf("%g points: %d, want %d", points, d.Callers[Shifted], want)
		}
	}
}

// TestAgainstTheSlowWay compares random days, with memory and without, to what maps give.
func TestAgainstTheSlowWay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var days [2][]table.TrafficRow
	var sums [2]map[string]Counts
	for i := range days {
		sums[i] = map[string]Counts{}
		for range 2000 {
			r := row(account, fmt.Sprint("p", random.IntN(200)), fmt.Sprint("s", random.IntN(5)),
				[]string{"vpce", "internet", "unknown"}[random.IntN(3)], 1+random.Int64N(9))
			days[i] = append(days[i], r)
			c := sums[i][r.Principal+" "+r.Service]
			c.Calls += r.Calls
			if r.Route == "vpce" {
				c.VPCE += r.Calls
			} else if r.Route == "internet" {
				c.Internet += r.Calls
			}
			sums[i][r.Principal+" "+r.Service] = c
		}
	}
	var want []string
	for _, p := range slices.Concat(keys(sums[0]), keys(sums[1])) {
		a, b := sums[0][p], sums[1][p]
		change := ""
		switch {
		case a.Internet == 0 && b.Internet > 0:
			change = "started"
		case a.Internet > 0 && b.Internet == 0:
			change = "stopped"
		case a.Internet > 0 && a.Share() != b.Share():
			change = "shifted"
		}
		if change != "" {
			want = append(want, fmt.Sprint(change, " ", p, a, b))
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	store := publish(t, days[0], days[1])
	var before []string
	for _, share := range []int{memory, 1} {
		var got []string
		for c, err := range compared(t, store, 0, share).All() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(c.Change, " ", c.Principal, " ", c.Service, c.Before, c.After))
		}
		if before != nil && !slices.Equal(got, before) {
			t.Error("without memory the order is another one")
		}
		before = slices.Clone(got)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("with %d bytes: %d callers, want %d", share, len(got), len(want))
		}
	}
}

func keys(m map[string]Counts) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// People get the names of principals, which fit a terminal, and programs their ARNs.
func TestNamesOfPrincipals(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:role/service/deployer"
	d := compared(t, publish(t, nil, []table.TrafficRow{row(account, arn, "secretsmanager.amazonaws.com", "internet", 1)}), 5, memory)
	for format, want := range map[string]string{grid.FormatTable: "  role/deployer  ", grid.FormatCSV: "," + arn + ","} {
		var out strings.Builder
		if err := d.Write(&out, format, grid.Style{Width: 80}, Names{"a", "b"}, 0); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s%v", want, out.String(), err)
		}
	}
}

func TestDiffOfNothing(t *testing.T) {
	d := compared(t, publish(t, nil, nil), 5, memory)
	var out bytes.Buffer
	if err := d.Write(&out, grid.FormatTable, grid.Style{}, Names{"a", "b"}, 0); err != nil {
		t.Fatal(err)
	}
	const want = "a to b: calls past the endpoint 0 to 0, share by endpoint - to -\n\nNewly past the endpoint\n  none\n\n" +
		"No longer past the endpoint\n  none\n\nShare by endpoint changed by 5 points or more\n  none\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
