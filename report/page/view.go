package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// A view holds what page.html shows. Only escaping is left to the template.
type view struct {
	Title, Period, Scope string
	Headline, Basis      string
	Trust                trustView
	Routes               []routeView
	RoutesBar            strip
	Charts               []chart
	Spans                []spanView
	SpanNote             string
	Changes              changesView
	Past                 []pastView
	Findings             findingsView
	Endpoints            []endpointView
	EndpointsMore        more
	EndpointsNote        string
	Readiness            []readinessView
	ReadinessMore        int
	Store, Versions      string

	CSS    template.CSS
	JS     template.JS
	Policy string // Content-Security-Policy
}

// A more describes the rows that a page leaves out, and how to see them.
type more struct {
	Rows        int
	Noun, Query string
}

type routeView struct {
	Class, Name, What string
	Calls             int64
	Share             string
}

type spanView struct {
	Name  string
	Empty bool // no report
	table.Routes
}

// A pastView is a table of the calls past the endpoint.
type pastView struct {
	ID, Title, Head string
	Accounts        bool // show a column of accounts
	None            string
	Rows            []pastRow
	More            more
}

type pastRow struct {
	Name, Account, Whole string // Whole: the ARN, if Name is a part of it
	Strip                strip
	Share                string
	ShareValue           float64
	table.Routes
}

type endpointView struct {
	overview.EndpointUse
	Strip strip
}

func (p *Page) view() *view {
	first, last := p.Days[0].Day, p.Days[len(p.Days)-1].Day
	v := &view{
		Period: first.String(), Store: p.store, Versions: strings.Join(p.trust.runs.Versions, ", "),
		Scope: strings.Join([]string{grid.Plural(int64(len(p.Days)), "day"), grid.Plural(int64(len(p.Accounts)), "account"), grid.Plural(int64(len(p.Regions)), "Region")}, " · "),
	}
	if first != last {
		v.Period += " to " + last.String()
	}
	v.Title = "VPC endpoint report, " + v.Period
	v.Headline, v.Basis = p.headline()
	v.Trust = p.trustView()
	v.Routes, v.RoutesBar = p.routes()
	v.addCharts(p)
	window := fmt.Sprintf("dt BETWEEN '%s' AND '%s'", first, last)
	v.Past = []pastView{
		pastTable("service", "service", &p.Services, window, false),
		pastTable("principal", "principal", &p.Principals, window, true),
	}
	v.addEndpoints(p, window)
	v.Changes = p.changesView()
	v.Findings = p.findingsView(window)
	v.addReadiness(p.Readiness)
	return v
}

// headline returns the main result of the page, and what its share is based on.
func (p *Page) headline() (headline, basis string) {
	t := &p.Total
	either := t.VPCE + t.Internet
	switch {
	case t.Calls == 0:
		return "No API calls were recorded.", ""
	case either == 0:
		return fmt.Sprintf("None of %s took a network path that the records prove.", grid.Plural(t.Calls, "call")), ""
	case t.Internet == 0:
		headline = "All calls on a proven network path used a VPC endpoint; none went past it."
	default:
		headline = fmt.Sprintf("%s of calls on a proven network path used a VPC endpoint; %s by %s went past it.",
			share(t.VPCE, either), grid.Plural(t.Internet, "call"), grid.Plural(int64(p.Principals.Seen), "principal"))
	}
	basis = fmt.Sprintf("The share is of %s by an endpoint or over the internet.", grid.Plural(either, "call"))
	if rest := t.AWSService + t.Unknown; rest > 0 {
		basis += fmt.Sprintf(" Not in it: %s that AWS services made, and %s of unknown route.", grid.Plural(t.AWSService, "call"), grid.Number(t.Unknown))
	}
	return headline, basis
}

// routeWords explains each route, by CSS class.
var routeWords = map[string]routeView{
	"vpce": {Name: "VPC endpoint", What: "Through an interface or gateway endpoint."},
	"aws":  {Name: "Internet, from AWS", What: "Past the endpoint, from an address of AWS's: EC2, NAT, CloudShell."},
	"ext":  {Name: "Internet, external", What: "Past the endpoint, from any other public address."},
	"svc":  {Name: "AWS service", What: "Made by an AWS service: not the caller's path."},
	"unk":  {Name: "Unknown", What: "The record proves no route. Never counted as internet."},
}

func (p *Page) routes() (tiles []routeView, bar strip) {
	for _, s := range routeSeries {
		r := routeWords[s.class]
		r.Class, r.Calls = s.class, s.calls(&p.Total)
		r.Share = share(r.Calls, p.Total.Calls)
		tiles = append(tiles, r)
	}
	return tiles, newStrip(&p.Total, routeSeries, p.Total.Calls)
}

func (v *view) addCharts(p *Page) {
	all := spans(p.Days)
	for i := range all {
		v.Spans = append(v.Spans, spanView{all[i].String(), all[i].days == 0, all[i].Routes})
	}
	if length := int(all[0].last-all[0].first) + 1; length > 1 {
		v.SpanNote = fmt.Sprintf("Each bar and row is %d days.", length)
	}
	if len(all) < 2 {
		v.SpanNote = "The report holds one day: there is no trend to draw."
		return
	}
	most := slices.MaxFunc(p.Days, func(a, b overview.Day) int { return cmp.Compare(a.Internet, b.Internet) })
	v.Charts = []chart{
		newChart("trend", "Calls by route", fmt.Sprintf("%s in all.", grid.Plural(p.Total.Calls, "call")), all, routeSeries),
		newChart("past", "Past the endpoint, on a scale of its own",
			fmt.Sprintf("%s in all; most on %s: %s.", grid.Plural(p.Total.Internet, "call"), most.Day, grid.Number(most.Internet)), all, pastSeries),
	}
}

func pastTable(id, column string, ranking *overview.Top[overview.Named], window string, accounts bool) pastView {
	v := pastView{
		ID: id + "s", Title: "Past the endpoint, by " + column, Head: strings.ToUpper(column[:1]) + column[1:], Accounts: accounts,
		None: "No call went past the endpoint.",
		More: more{ranking.More(), column, fmt.Sprintf(
			"SELECT %s, sum(internet_calls) AS calls FROM %ss WHERE %s GROUP BY %s HAVING sum(internet_calls) > 0 ORDER BY calls DESC", column, id, window, column)},
	}
	for i := range ranking.Rows {
		r := &ranking.Rows[i]
		row := pastRow{Name: r.Name, Routes: r.Routes, Share: share(r.VPCE, r.VPCE+r.Internet), ShareValue: r.VPCEShare}
		if accounts {
			if row.Name, row.Account = nameAndAccount(r.Name); row.Account != "" {
				row.Whole = r.Name
			}
		}
		row.Strip = newStrip(&r.Routes, pastSeries, ranking.Rows[0].Internet)
		v.Rows = append(v.Rows, row)
	}
	return v
}

func (v *view) addEndpoints(p *Page, window string) {
	for i := range p.Endpoints.Rows {
		u := &p.Endpoints.Rows[i]
		v.Endpoints = append(v.Endpoints, endpointView{*u, newStrip(&table.Routes{VPCE: u.Calls}, routeSeries, p.Endpoints.Rows[0].Calls)})
	}
	v.EndpointsMore = more{p.Endpoints.More(), "row", "SELECT vpc_endpoint_id, service, sum(calls) AS calls FROM endpoints WHERE " + window +
		" GROUP BY vpc_endpoint_id, service ORDER BY calls DESC"}
	if p.Foreign > 0 {
		v.EndpointsNote = fmt.Sprintf("%s went through endpoints that are not known to be ours.", grid.Plural(p.Foreign, "call"))
	}
}
