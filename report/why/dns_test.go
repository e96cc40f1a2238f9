package why

import (
	"strings"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// Queries are evidence beside a cause: they speak for it, for another one, or against it.
func TestQueriesBesideCauses(t *testing.T) {
	const kms, dual, fips = "kms.us-east-1.amazonaws.com", "kms.us-east-1.api.aws", "kms-fips.us-east-1.amazonaws.com"
	at := testDay.Time().UnixMilli()
	row := func(name, answered string) table.DNSRow {
		return table.DNSRow{AccountID: "111122223333", Region: "us-east-1", VPCID: "vpc-1", Client: "i-1", Name: name, Service: "kms.amazonaws.com",
			Answered: answered, Queries: 2, FirstSeen: at + 600_000, LastSeen: at + 3_600_000}
	}
	const logged = "(2 queries logged, 2026-11-20 00:10 to 01:00)"
	for _, tc := range []struct {
		title, cause, reason, detail string
		dns                          []table.DNSRow
		want                         string
	}{
		{"the ordinary name is public, and no other is private", "private_dns_off", "endpoint_private_dns_off", kms, []table.DNSRow{row(kms, "public")},
			kms + " was answered with public addresses " + logged + "; no name of the service leads to a private address, so this speaks for private_dns_off"},
		{"the name is public, and the ordinary one private", "name_not_covered", "host_not_covered", dual, []table.DNSRow{row(kms, "private"), row(dual, "public")},
			dual + " was answered with public addresses " + logged + "; " + kms + " was answered with private addresses " + logged + "; other names lead to the endpoint, so this speaks for name_not_covered"},
		{"the name is private", "private_dns_off", "endpoint_private_dns_off", kms, []table.DNSRow{row(kms, "private")},
			kms + " was answered with private addresses " + logged + "; this contradicts private_dns_off: the name leads to private addresses, so the calls took another resolver or an old answer"},
		{"both on one day", "private_dns_off", "endpoint_private_dns_off", kms, []table.DNSRow{row(kms, "both")},
			kms + " was answered with private and with public addresses " + logged + "; private DNS of the endpoint, or a zone of your own, changed in that time"},
		{"the record has no name, and one of two names is private", "unexplained", "host_not_recorded", "", []table.DNSRow{row(fips, "public"), row(kms, "private")},
			fips + " was answered with public addresses " + logged + "; " + kms + " was answered with private addresses " + logged + "; other names lead to the endpoint, so this speaks for name_not_covered"},
		{"the record has no name, and all are public", "unexplained", "host_not_recorded", "", []table.DNSRow{row(kms, "public")},
			kms + " was answered with public addresses " + logged + "; no name of the service leads to a private address, so this speaks for private_dns_off"},
		{"the name is not logged", "private_dns_off", "endpoint_private_dns_off", kms, []table.DNSRow{row(fips, "")},
			"no query for " + kms + " is logged: " + cached + "; " + fips + " was answered without an address " + logged},
		{"nothing is logged of the service", "private_dns_off", "endpoint_private_dns_off", kms, []table.DNSRow{},
			"no query of vpc-1 for kms.amazonaws.com is logged: " + cached},
		{"no log was read", "private_dns_off", "endpoint_private_dns_off", kms, nil, ""},
		{"names do not matter", "ipv6", "endpoint_is_ipv4", "", []table.DNSRow{row(kms, "public")}, ""},
	} {
		t.Run(tc.title, func(t *testing.T) {
			rows := []table.CauseRow{{CauseKey: table.CauseKey{AccountID: "111122223333", Region: "us-east-1", Service: "kms.amazonaws.com", Principal: "arn:aws:iam::111122223333:role/a",
				Cause: tc.cause, Reason: tc.reason, VPCID: "vpc-1", VPCRegion: "us-east-1", VPCAccountID: "111122223333", EndpointID: "vpce-0a0000000000000a1",
				ServiceName: "com.amazonaws.us-east-1.kms", ReasonDetail: tc.detail}, Calls: 1, FirstSeen: at, LastSeen: at}}
			d := &report.Day{Day: testDay, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
				Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil), Causes: report.RowsOf(rows)}
			if tc.dns != nil {
				other := row(kms, "private")
				other.VPCID, other.Client = "vpc-2", "i-2"
				all := append([]table.DNSRow{other}, tc.dns...)
				table.DNS.Sort(all)
				d.DNS = report.RowsOf(all)
			}
			store := reporttest.Store{}
			reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{d}}, report.Run{})
			y := read(t, store, Filter{})
			if got := y.Groups[0].DNS.String(); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			var out strings.Builder
			if err := y.writeText(&out, grid.Style{}, 0); err != nil || strings.Contains(out.String(), "DNS: ") != (tc.want != "") {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

// On a day without Resolver logs, a name that is not logged shows nothing.
func TestQueriesOfOtherDays(t *testing.T) {
	const kms, sqs = "kms.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"
	cause := func(service string, first, last int64) table.CauseRow {
		return table.CauseRow{CauseKey: table.CauseKey{AccountID: "111122223333", Region: "us-east-1", Service: service, Principal: "p", Cause: "private_dns_off", Reason: "endpoint_private_dns_off",
			VPCID: "vpc-1", VPCRegion: "us-east-1", VPCAccountID: "111122223333", EndpointID: "vpce-" + service, ServiceName: "com.amazonaws.us-east-1." + service[:3], ReasonDetail: service[:3] + ".us-east-1.amazonaws.com"},
			Calls: 1, FirstSeen: first, LastSeen: last}
	}
	query := func(service, name string) table.DNSRow {
		return table.DNSRow{AccountID: "111122223333", Region: "us-east-1", VPCID: "vpc-1", Client: "i-1", Name: name, Service: service, Answered: "public", Queries: 1,
			FirstSeen: testDay.Time().UnixMilli(), LastSeen: testDay.Time().UnixMilli()}
	}
	at, next := testDay.Time().UnixMilli(), (testDay + 1).Time().UnixMilli()
	const logged = " was answered with public addresses (1 query logged, 2026-11-20 00:00)"
	for _, tc := range []struct {
		title  string
		causes []table.CauseRow
		dns    []table.DNSRow
		want   string
	}{
		{"a day without logs, and nothing logged", []table.CauseRow{cause("kms.amazonaws.com", next, next)}, nil, ""},
		{"a day without logs, and a query on another day", []table.CauseRow{cause("kms.amazonaws.com", next, next)}, []table.DNSRow{query("kms.amazonaws.com", kms)},
			kms + logged + "; the queries of 2026-11-21 were not read"},
		{"a day with logs, and one without", []table.CauseRow{cause("sqs.amazonaws.com", at, next)}, nil,
			"no query of vpc-1 for sqs.amazonaws.com is logged: " + cached + "; the queries of 2026-11-21 were not read"},
		{"a day with logs, and one without, and a query", []table.CauseRow{cause("sqs.amazonaws.com", at, next)}, []table.DNSRow{query("sqs.amazonaws.com", sqs)},
			sqs + logged + "; no name of the service leads to a private address, so this speaks for private_dns_off; the queries of 2026-11-21 were not read"},
	} {
		one := func(causes []table.CauseRow) *report.Day {
			return &report.Day{Day: testDay, Traffic: report.RowsOf[table.TrafficRow](nil), Objects: report.RowsOf[table.ObjectRow](nil), Causes: report.RowsOf(causes)}
		}
		first, second := one(nil), one(tc.causes)
		first.DNS, second.Day = report.RowsOf(tc.dns), testDay+1
		store := reporttest.Store{}
		reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{first, second}}, report.Run{})
		y := read(t, store, Filter{})
		if got := y.Groups[0].DNS.String(); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.title, got, tc.want)
		}
	}
}
