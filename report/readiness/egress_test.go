package readiness

import (
	"testing"
	"time"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// A way is calls of a principal past the endpoints, by their egress.
type way struct {
	day               day.Day
	principal, egress string
	evidence          string
	calls             int64
}

// callers publishes what these callers did: every call to the bucket, and of each principal the same
// calls in table traffic.
func callers(t *testing.T, inputs map[string]string, ways []way) *report.Span {
	t.Helper()
	store := reporttest.Store{}
	rep := &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}}
	for d := today; d <= today+1; d++ {
		var traffic []table.TrafficRow
		var resources []table.ResourceRow
		for _, w := range ways {
			if w.day != d {
				continue
			}
			endpoint := ""
			if w.evidence != "public_source" {
				endpoint = "vpce-f40dc59d"
			}
			r := resourceRow(bucket, row{role(w.principal), "AssumedRole", "GetObject", "internet/external/" + w.evidence, endpoint + "//", w.calls, 0}, d.Time().Add(time.Hour))
			resources = append(resources, r)
			traffic = append(traffic, table.TrafficRow{TrafficKey: table.TrafficKey{
				AccountID: r.AccountID, Region: r.Region, Principal: r.Principal, PrincipalType: r.PrincipalType, PrincipalAccountID: r.PrincipalAccountID, Service: r.Service,
				Route: r.Route, Origin: r.Origin, Evidence: r.Evidence, EndpointID: r.EndpointID, Egress: w.egress,
			}, Measures: table.Measures{Calls: w.calls}})
		}
		table.Traffic.Sort(traffic)
		table.Resources.Sort(resources)
		rep.Days = append(rep.Days, &report.Day{
			Day: d, Traffic: report.RowsOf(traffic), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
			Endpoints: report.RowsOf(endpoints), Objects: report.RowsOf[table.ObjectRow](nil), Resources: report.RowsOf(resources),
		})
	}
	reporttest.Publish(t, store, rep, report.Run{Inputs: inputs})
	s, err := report.ReadSpan(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var office = []Network{{Name: "office", CIDRs: []string{"198.51.100.0/24", "2001:db8::/48"}}}

// Calls from an exempt network are exempt where all calls of the caller came from there. Where some did,
// nothing is claimed.
func TestExemptNetworks(t *testing.T) {
	ways := []way{
		{today, "clerk", "office", "public_source", 3},
		{today + 1, "clerk", "office", "public_source", 4},
		{today, "batch", "nat-0a", "public_source", 10},
		{today, "traveller", "office", "public_source", 5},
		{today, "traveller", "", "public_source", 6},
		{today + 1, "traveller", "office", "public_source", 7},
		{today, "admin", "office", "console_public_source", 1},
	}
	networks := map[string]string{"networks": "hash"}
	for name, tc := range map[string]struct {
		exempt []Network
		inputs map[string]string
		want   map[Outcome]int64
		notes  int
	}{
		"the office":               {office, networks, map[Outcome]int64{Exempt: 14, Unknown: 11, Stopped: 11}, 0},
		"none":                     {nil, networks, map[Outcome]int64{Stopped: 36}, 0},
		"another network":          {[]Network{{Name: "vpn"}}, networks, map[Outcome]int64{Stopped: 36}, 0},
		"days that do not know it": {office, nil, map[Outcome]int64{Exempt: 14, Unknown: 11, Stopped: 11}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Read(t.Context(), callers(t, tc.inputs, ways), Question{Resource: bucket, Exempt: tc.exempt})
			if err != nil {
				t.Fatal(err)
			}
			c := a.Conditions[0]
			for _, o := range outcomes {
				if c.Calls[o] != tc.want[o] {
					t.Errorf("%s: %d calls, want %d", o, c.Calls[o], tc.want[o])
				}
			}
			notes := 0
			for _, note := range a.Notes {
				if note.String() == "2026-11-20, 2026-11-21: made without --networks, so calls from office count as stopped: analyze again with --networks." {
					notes++
				}
			}
			if notes != tc.notes {
				t.Errorf("notes: %q", a.Notes)
			}
		})
	}
}

// The statement does not deny the addresses of exempt networks, and is as before without any.
func TestStatementExemptsNetworks(t *testing.T) {
	ways := []way{{today, "clerk", "office", "public_source", 3}}
	with, err := Read(t.Context(), callers(t, nil, ways), Question{Resource: bucket, Exempt: office})
	if err != nil {
		t.Fatal(err)
	}
	without, err := Read(t.Context(), callers(t, nil, ways), Question{Resource: bucket})
	if err != nil {
		t.Fatal(err)
	}
	for i := range with.Conditions {
		statement := with.Conditions[i].Statement
		if statement == nil {
			continue
		}
		got := statement.Condition["NotIpAddressIfExists"][SourceIP]
		if len(got) != 2 || got[0] != "198.51.100.0/24" || got[1] != "2001:db8::/48" {
			t.Errorf("%s: %q", with.Conditions[i].Key, got)
		}
		delete(statement.Condition, "NotIpAddressIfExists")
		if statement.String() != without.Conditions[i].Statement.String() {
			t.Errorf("%s: another statement:\n%s", with.Conditions[i].Key, statement)
		}
	}
}
