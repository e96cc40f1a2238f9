package summary

import (
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

var names = view[table.DNSRow, overview.NameUse, *overview.NameUse]{
	by: "name", title: "Names of AWS in Resolver query logs, which leave out cached answers", table: &table.DNS,
	group: []grid.Column{text("name", "name"), text("service", "service")},
	key:   func(r *table.DNSRow, _ day.Day) []string { return []string{r.Name, r.Service} },
	apart: func(r *table.DNSRow) []string { return []string{r.VPCID, r.Client} },
	rank:  func(_ []string, u *overview.NameUse) []int64 { return []int64{u.Public, u.Queries} },
	add:   (*overview.NameUse).Count,
	measures: []measure[overview.NameUse]{
		{grid.Column{Name: "answered", Head: "answered"}, func(u *overview.NameUse, _ int64) any { return grid.OrNull(u.Answered()) }},
		{grid.Column{Name: "clients", Head: "clients", Kind: grid.Count, Spare: true}, func(_ *overview.NameUse, distinct int64) any { return distinct }},
		{grid.Column{Name: "queries", Head: "queries", Kind: grid.Count}, func(u *overview.NameUse, _ int64) any { return u.Queries }},
		{grid.Column{Name: "first_seen", Kind: grid.Moment}, func(u *overview.NameUse, _ int64) any { return u.FirstSeen }},
		{grid.Column{Name: "last_seen", Head: "last seen", Kind: grid.Moment, Spare: true}, func(u *overview.NameUse, _ int64) any { return u.LastSeen }},
	},
}

var measured = view[table.EndpointMetricsRow, overview.MeasuredUse, *overview.MeasuredUse]{
	by: "measured", title: "Endpoints as CloudWatch measured them, compared with the calls of each day", table: &table.EndpointMetrics,
	group: []grid.Column{text("vpc_endpoint_id", "endpoint"), text("service_name", "service"), text("compared", "compared")},
	key: func(r *table.EndpointMetricsRow, _ day.Day) []string {
		return []string{r.EndpointID, r.ServiceName, r.Compared}
	},
	rank: func(group []string, u *overview.MeasuredUse) []int64 {
		return []int64{overview.RankOfComparison(group[2]), u.Bytes}
	},
	add: (*overview.MeasuredUse).Count,
	measures: []measure[overview.MeasuredUse]{
		{grid.Column{Name: "days", Head: "days", Kind: grid.Count}, func(u *overview.MeasuredUse, _ int64) any { return u.Days }},
		{grid.Column{Name: "calls", Head: "calls", Kind: grid.Count}, func(u *overview.MeasuredUse, _ int64) any { return u.Calls }},
		{grid.Column{Name: "new_connections", Head: "new connections", Kind: grid.Count}, func(u *overview.MeasuredUse, _ int64) any { return u.Connections }},
		{grid.Column{Name: "active_connections", Kind: grid.Count}, func(u *overview.MeasuredUse, _ int64) any { return u.ActiveConnections }},
		{grid.Column{Name: "bytes_processed", Head: "bytes", Kind: grid.Bytes, Spare: true}, func(u *overview.MeasuredUse, _ int64) any { return u.Bytes }},
		{grid.Column{Name: "packets_dropped", Head: "dropped", Kind: grid.Count, Spare: true}, func(u *overview.MeasuredUse, _ int64) any { return u.PacketsDropped }},
	},
}
