package audit

import (
	"fmt"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// detours publishes calls by two ways out, and their causes. inputs are the optional inputs of the run.
func detours(t *testing.T, inputs map[string]string, causes bool) *report.Span {
	t.Helper()
	var traffic []table.TrafficRow
	var rows []table.CauseRow
	for _, c := range []struct {
		principal, cause, egress string
		calls                    int64
	}{{"app", "route_missing", "nat-1", 20}, {"ana", "not_in_vpc", "office", 7}, {"web", "keys_elsewhere", "", 3}} {
		k := table.TrafficKey{AccountID: ours, Region: "eu-west-1", Principal: c.principal, Service: "s3.amazonaws.com", Route: "internet", Origin: "aws", Egress: c.egress}
		traffic = append(traffic, table.TrafficRow{TrafficKey: k, Measures: table.Measures{Calls: c.calls}})
		rows = append(rows, table.CauseRow{
			CauseKey: table.CauseKey{AccountID: ours, Region: "eu-west-1", Principal: c.principal, Service: "s3.amazonaws.com", Cause: c.cause, Egress: c.egress}, Calls: c.calls,
		})
	}
	own := table.TrafficKey{AccountID: ours, Principal: "app", Service: "s3.amazonaws.com", Route: "vpce", EndpointID: "vpce-1", EndpointOwner: "own"}
	traffic = append(traffic, table.TrafficRow{TrafficKey: own, Measures: table.Measures{Calls: 100}})
	table.Traffic.Sort(traffic)
	table.Causes.Sort(rows)
	one := &report.Day{
		Day: today, Traffic: report.RowsOf(traffic), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
		Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
	}
	if causes {
		one.Causes = report.RowsOf(rows)
	}
	store := reporttest.Store{}
	reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{one}}, report.Run{Inputs: inputs})
	s, err := report.ReadSpan(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func runRule(t *testing.T, s *report.Span, rule string) (string, error) {
	t.Helper()
	rules, err := Parse([]byte("rules: [{name: x, " + rule + "}]"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Run(t.Context(), s, rules)
	if err != nil {
		return "", err
	}
	r := a.Results[0]
	return fmt.Sprintf("%s by %s: %d of %d, excepted %d", r.Status, r.Table, r.Violating, r.Judged, r.Excepted), nil
}

// Rules may name the causes of calls past the endpoints, and by which way they left.
func TestRulesNameCausesAndEgress(t *testing.T) {
	s := detours(t, map[string]string{"network": "hash"}, true)
	for rule, want := range map[string]string{
		"scope: {causes: keys_elsewhere}, require: {route: none}":                                     "violated by causes: 3 of 3, excepted []",
		"scope: {causes: ipv6}, require: {route: none}":                                               "empty by causes: 0 of 0, excepted []",
		"require: {route: vpce}, except: [{reason: X, causes: not_in_vpc}]":                           "violated by causes: 23 of 23, excepted [7]",
		"scope: {causes: [route_missing, keys_elsewhere], egress: nat-*}, require: {route: none}":     "violated by causes: 20 of 20, excepted []",
		"scope: {egress: nat-*}, require: {route: none}":                                              "violated by traffic: 20 of 20, excepted []",
		"require: {owners: own}, except: [{reason: The office., egress: office}]":                     "violated by traffic: 23 of 123, excepted [7]",
		"scope: {principals: [app, ana]}, require: {route: vpce}, except: [{reason: X, egress: '*'}]": "kept by traffic: 0 of 0, excepted [127]",
	} {
		if got, err := runRule(t, s, rule); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", rule, got, err, want)
		}
	}
}

// A day that was not asked for causes or egress proves nothing about them.
func TestRulesNeedWhatTheyName(t *testing.T) {
	for rule, want := range map[string]string{
		"scope: {causes: ipv6}, require: {route: none}":   "memory has no table causes: run vpcetrail analyze again for these days with --network",
		"scope: {egress: office}, require: {route: none}": `memory does not know the egress of 2026-11-20, which rule "x" names: run vpcetrail analyze again for this day with --network or --networks`,
	} {
		if got, err := runRule(t, detours(t, nil, false), rule); err == nil || err.Error() != want {
			t.Errorf("%s: %s, %v, want %s", rule, got, err, want)
		}
	}
	if got, err := runRule(t, detours(t, map[string]string{"networks": "hash"}, false), "scope: {egress: office}, require: {route: none}"); err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
