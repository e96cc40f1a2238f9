package summary

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

// twoDays publishes a report of two days: many principals, hostile names, and unread objects.
func twoDays(t *testing.T) reporttest.Store {
	t.Helper()
	rep := &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 40, ingest.Corrupt: 2}}
	for _, d := range []day.Day{20000, 20001} {
		var principals []table.PrincipalRow
		for i := range 12 {
			row := table.PrincipalRow{Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/team/app-%02d", i)}
			row.Internet, row.VPCE, row.Calls = int64(i+1), 10, int64(i+11)
			principals = append(principals, row)
		}
		hostile := table.PrincipalRow{Principal: "\x1b[2Jnobody"}
		hostile.Internet, hostile.InternetExternal, hostile.Calls = 1234567, 1234567, 1234567
		principals = append(principals, hostile, table.PrincipalRow{Principal: "only.amazonaws.com"})
		service := table.ServiceRow{Service: "s3.amazonaws.com"}
		service.Internet, service.VPCE, service.Calls, service.Denied = 78, 120, 198, 3
		endpoints := []table.EndpointRow{
			{EndpointID: "vpce-0a1b2c3d", Service: "s3.amazonaws.com", EndpointOwner: "unknown", Calls: 100},
			{EndpointID: "vpce-0a1b2c3d", AccountID: "444455556666", Service: "s3.amazonaws.com", EndpointType: "gateway", EndpointOwner: "own", Calls: 20, PolicyDenied: 1},
		}
		rep.Days = append(rep.Days, &report.Day{
			Day: d, Kinds: report.Kinds{Calls: 130, Duplicates: 1, SharedCopies: 2},
			Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf(principals),
			Services: report.RowsOf([]table.ServiceRow{service}), Endpoints: report.RowsOf(endpoints),
			Objects: report.RowsOf[table.ObjectRow](nil),
		})
	}
	store := reporttest.Store{}
	reporttest.Publish(t, store, rep, report.Run{})
	return store
}

func TestSummaryOfTwoDays(t *testing.T) {
	s, err := Read(context.Background(), twoDays(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.Write(&out, grid.FormatTable, grid.Style{}, 10); err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/two-days.txt", out.Bytes())
	out.Reset()
	if err := s.Write(&out, grid.FormatTable, grid.Style{Width: 80, Words: words.In("ja")}, 10); err != nil {
		t.Fatal(err)
	}
	if found := reporttest.English(out.String()); len(found) > 0 {
		t.Errorf("%q in\n%s", found, out.String())
	}
	fixtures.Golden(t, "testdata/two-days-japanese.txt", out.Bytes())
}

func TestSummaryOfOneOfThem(t *testing.T) {
	s, err := Read(context.Background(), twoDays(t), []day.Day{20001})
	if err != nil || s.Total.Calls != 198 || len(s.Days) != 1 || s.Endpoints.Rows[0].Calls != 120 || s.Endpoints.Rows[0].Owner != "own" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	const want = "memory holds no report: run vpcetrail analyze SOURCE --out memory"
	if _, err := Read(context.Background(), reporttest.Store{}, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
