package summary

import (
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// views are the subjects of a Query. Most read table traffic and not the smaller tables derived
// from it: users filter by the columns of traffic, and distinct counts over many days are exact.
var views = []viewer{
	byTraffic("principal", "Calls by principal", text("principal", "principal"),
		func(t *table.TrafficRow, _ day.Day) []string { return []string{t.Principal} }, pastFirst,
		"services", func(t *table.TrafficRow) []string { return []string{t.Service} }),
	byTraffic("service", "Calls by service", text("service", "service"),
		func(t *table.TrafficRow, _ day.Day) []string { return []string{t.Service} }, pastFirst,
		"principals", principalOf),
	&endpoints,
	&resources,
	&findings,
	byTraffic("account", "Calls by account", text("account_id", "account"),
		func(t *table.TrafficRow, _ day.Day) []string { return []string{t.AccountID} }, pastFirst,
		"principals", principalOf),
	byTraffic("region", "Calls by Region", text("region", "Region"),
		func(t *table.TrafficRow, _ day.Day) []string { return []string{t.Region} }, pastFirst,
		"principals", principalOf),
	byTraffic("day", "Calls by day", text(partitionColumn, "day"),
		func(_ *table.TrafficRow, d day.Day) []string { return []string{d.String()} },
		func([]string, *table.Routes) []int64 { return nil }, // sorted by group only
		"principals", principalOf),
	&buckets,
	&names,
	&measured,
}

// principalOf returns what identifies a principal in table principals.
func principalOf(t *table.TrafficRow) []string { return []string{t.Principal, t.PrincipalAccountID} }

// pastFirst ranks by calls past the endpoint, then by calls.
func pastFirst(_ []string, r *table.Routes) []int64 { return []int64{r.Internet, r.Calls} }

func text(name string, head phrase.Format) grid.Column { return grid.Column{Name: name, Head: head} }

// byTraffic returns a view of table traffic by one of its columns. apart returns the values that
// are counted distinct, in a column of the given name.
func byTraffic(
	by string, title phrase.Format, group grid.Column, key func(*table.TrafficRow, day.Day) []string, rank func([]string, *table.Routes) []int64,
	beside phrase.Format, apart func(*table.TrafficRow) []string,
) viewer {
	return &view[table.TrafficRow, table.Routes, *table.Routes]{
		by: by, title: title, table: &table.Traffic,
		group: []grid.Column{group}, key: key, rank: rank, apart: apart,
		add:      func(sum *table.Routes, t *table.TrafficRow) { sum.Count(t) },
		measures: slices.Concat(routesBefore(beside), routesWithin, routesAfter),
	}
}

// The measures of calls by route have the same names as in tables principals and services.

func routesBefore(beside phrase.Format) []measure[table.Routes] {
	return []measure[table.Routes]{
		{grid.Column{Name: string(beside), Head: beside, Kind: grid.Count, Spare: true}, func(_ *table.Routes, distinct int64) any { return distinct }},
		{grid.Column{Name: "calls", Head: "calls", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.Calls }},
		{grid.Column{Name: "vpce_calls", Head: "vpce", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.VPCE }},
		{grid.Column{Name: "internet_calls", Head: "internet", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.Internet }},
		{grid.Column{Name: "internet_aws_calls", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.InternetAWS }},
		{grid.Column{Name: "internet_external_calls", Head: "external", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.InternetExternal }},
		{grid.Column{Name: "aws_service_calls", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.AWSService }},
		{grid.Column{Name: "unknown_calls", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.Unknown }},
		{grid.Column{Name: "denied", Head: "denied", Kind: grid.Count, Spare: true}, func(r *table.Routes, _ int64) any { return r.Denied }},
	}
}

var routesWithin = []measure[table.Routes]{
	{grid.Column{Name: "errors", Kind: grid.Count}, func(r *table.Routes, _ int64) any { return r.Errors }},
	{grid.Column{Name: "bytes_in", Kind: grid.Bytes}, func(r *table.Routes, _ int64) any { return grid.BytesOrNull(r.BytesIn, r.Bytes()) }},
	{grid.Column{Name: "bytes_out", Kind: grid.Bytes}, func(r *table.Routes, _ int64) any { return grid.BytesOrNull(r.BytesOut, r.Bytes()) }},
}

var routesAfter = []measure[table.Routes]{
	{grid.Column{Name: "internet_bytes", Head: "internet bytes", Kind: grid.Bytes, Spare: true}, func(r *table.Routes, _ int64) any { return grid.BytesOrNull(r.InternetBytes, r.Bytes()) }},
	{grid.Column{Name: "vpce_share", Head: "vpce share", Kind: grid.Ratio}, func(r *table.Routes, _ int64) any { return shareOrNull(r) }},
	{grid.Column{Name: "first_seen", Kind: grid.Moment}, func(r *table.Routes, _ int64) any { return r.FirstSeen }},
	{grid.Column{Name: "last_seen", Kind: grid.Moment}, func(r *table.Routes, _ int64) any { return r.LastSeen }},
}

func shareOrNull(r *table.Routes) any {
	if r.VPCE+r.Internet == 0 {
		return nil
	}
	return r.VPCEShare
}

var resources = view[table.ResourceRow, table.Routes, *table.Routes]{
	by: "resource", title: "Calls by resource", table: &table.Resources,
	group: []grid.Column{text("resource", "resource")},
	key:   func(r *table.ResourceRow, _ day.Day) []string { return []string{r.Resource} },
	apart: func(r *table.ResourceRow) []string { return []string{r.Principal, r.PrincipalAccountID} },
	rank:  pastFirst,
	add: func(sum *table.Routes, r *table.ResourceRow) {
		// The table does not separate bytes in from bytes out. Only their sum is shown.
		sum.Count(&table.TrafficRow{
			TrafficKey: table.TrafficKey{Route: r.Route, Origin: r.Origin},
			Measures:   table.Measures{Calls: r.Calls, Denied: r.Denied, BytesIn: r.Bytes, FirstSeen: r.FirstSeen, LastSeen: r.LastSeen},
		})
	},
	measures: slices.Concat(routesBefore("principals"), []measure[table.Routes]{
		{grid.Column{Name: "bytes", Kind: grid.Bytes}, func(r *table.Routes, _ int64) any { return grid.BytesOrNull(r.BytesIn, r.Bytes()) }},
	}, routesAfter),
}

var endpoints = view[table.EndpointRow, overview.EndpointUse, *overview.EndpointUse]{
	by: "endpoint", title: "Use by endpoint", table: &table.Endpoints,
	group: []grid.Column{text("vpc_endpoint_id", "endpoint"), text("service", "service")},
	key:   func(e *table.EndpointRow, _ day.Day) []string { return []string{e.EndpointID, e.Service} },
	rank:  func(_ []string, e *overview.EndpointUse) []int64 { return []int64{e.Calls, e.NetworkEvents} },
	add:   (*overview.EndpointUse).Count,
	measures: []measure[overview.EndpointUse]{
		{text("endpoint_type", "type"), func(e *overview.EndpointUse, _ int64) any { return grid.OrNull(e.Type) }},
		{text("endpoint_owner", "owner"), func(e *overview.EndpointUse, _ int64) any { return grid.OrNull(e.Owner) }},
		{grid.Column{Name: "endpoint_account_id", Head: "account", Spare: true}, func(e *overview.EndpointUse, _ int64) any { return grid.OrNull(e.Account) }},
		{text("vpc_id", ""), func(e *overview.EndpointUse, _ int64) any { return grid.OrNull(e.VPC) }},
		{grid.Column{Name: "calls", Head: "calls", Kind: grid.Count}, func(e *overview.EndpointUse, _ int64) any { return e.Calls }},
		{grid.Column{Name: "denied", Head: "denied", Kind: grid.Count}, func(e *overview.EndpointUse, _ int64) any { return e.Denied }},
		{grid.Column{Name: "policy_denied", Head: "policy denials", Kind: grid.Count}, func(e *overview.EndpointUse, _ int64) any { return e.PolicyDenied }},
		{grid.Column{Name: "network_events", Kind: grid.Count}, func(e *overview.EndpointUse, _ int64) any { return e.NetworkEvents }},
		{grid.Column{Name: "bytes", Head: "bytes", Kind: grid.Bytes, Spare: true}, func(e *overview.EndpointUse, _ int64) any { return grid.BytesOrNull(e.Bytes, e.Bytes) }},
		{grid.Column{Name: "first_seen", Kind: grid.Moment}, func(e *overview.EndpointUse, _ int64) any { return e.FirstSeen }},
		{grid.Column{Name: "last_seen", Kind: grid.Moment}, func(e *overview.EndpointUse, _ int64) any { return e.LastSeen }},
	},
}

var findings = view[table.FindingRow, overview.FindingSum, *overview.FindingSum]{
	by: "finding", title: "Findings", table: &table.Findings,
	group: []grid.Column{{Name: "severity", Head: "severity", Ink: overview.InkOfSeverity}, text("finding", "finding")},
	key:   func(f *table.FindingRow, _ day.Day) []string { return []string{f.Severity, f.Finding} },
	apart: subjectOf,
	rank: func(group []string, f *overview.FindingSum) []int64 {
		return []int64{int64(overview.RankOfSeverity(group[0])), f.Calls}
	},
	add: func(sum *overview.FindingSum, f *table.FindingRow) { sum.Count(f, 0) },
	measures: []measure[overview.FindingSum]{
		{grid.Column{Name: "subjects", Head: "subjects", Kind: grid.Count}, func(_ *overview.FindingSum, distinct int64) any { return distinct }},
		{grid.Column{Name: "calls", Head: "calls", Kind: grid.Count}, func(f *overview.FindingSum, _ int64) any { return f.Calls }},
		{grid.Column{Name: "bytes", Head: "bytes", Kind: grid.Bytes, Spare: true}, func(f *overview.FindingSum, _ int64) any { return grid.BytesOrNull(f.Bytes, f.Bytes) }},
		{grid.Column{Name: "estimated_usd", Head: "estimated", Kind: grid.Money}, func(f *overview.FindingSum, _ int64) any { return costOrNull(f) }},
		{grid.Column{Name: "first_seen", Head: "first seen", Kind: grid.Moment, Spare: true}, func(f *overview.FindingSum, _ int64) any { return momentOrNull(f.First) }},
		{grid.Column{Name: "last_seen", Head: "last seen", Kind: grid.Moment, Spare: true}, func(f *overview.FindingSum, _ int64) any { return momentOrNull(f.Last) }},
	},
}

// momentOrNull returns a time, or nil if nothing was seen.
func momentOrNull(t int64) any {
	if t < 0 {
		return nil
	}
	return t
}

// costOrNull returns the estimate in US dollars, or nil if there is none.
func costOrNull(f *overview.FindingSum) any {
	if usd, known := f.Cost(); known {
		return usd
	}
	return nil
}

// subjectOf returns what a finding is about.
func subjectOf(f *table.FindingRow) []string {
	return []string{f.AccountID, f.Region, f.Principal, f.PrincipalAccountID, f.Service, f.Resource, f.EndpointID}
}
