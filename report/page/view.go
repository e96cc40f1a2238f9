package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// A view holds what page.html shows. Only escaping is left to the template.
type view struct {
	Title, Period, Scope string
	HasCalls             bool // else nothing about calls is shown
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
	Buckets              []overview.BucketUse // by S3 access logs
	BucketsMore          more
	Names                []overview.NameUse // by Resolver query logs
	NamesMore            more
	Measured             []overview.MeasuredUse // by metrics of endpoints
	MeasuredMore         more
	Readiness            []readinessView
	ReadinessMore        int
	Store, Versions      string

	CSS    template.CSS
	JS     template.JS
	Policy string // Content-Security-Policy
}

// A more describes the rows that a page leaves out, and how to see them.
type more struct {
	Rows  int
	Noun  phrase.Noun
	Query string
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
	first, last := p.all[0], p.all[len(p.all)-1]
	say := p.Words.Say
	v := &view{
		Period: first.String(), Store: p.store, Versions: strings.Join(p.trust.runs.Versions, ", "), HasCalls: len(p.Days) > 0,
		Scope: say("%s", phrase.Count(len(p.all), "day")),
	}
	if first != last {
		v.Period = say("%s to %s", first, last)
	}
	v.Title = say("VPC endpoint report, %s", v.Period)
	v.Headline, v.Basis = p.headline()
	v.Trust = p.trustView()
	window := fmt.Sprintf("dt BETWEEN '%s' AND '%s'", first, last)
	if v.HasCalls {
		v.addCalls(p, window)
	}
	v.Buckets = p.Buckets.Rows
	v.BucketsMore = more{p.Buckets.More(), "row", "SELECT bucket, route, sum(requests) AS requests FROM s3_access WHERE " + window + " GROUP BY bucket, route ORDER BY requests DESC"}
	v.Names, v.Measured = p.Names.Rows, p.Measured.Rows
	v.NamesMore = more{p.Names.More(), "row", "SELECT name, answered, sum(queries) AS queries FROM dns WHERE " + window + " GROUP BY name, answered ORDER BY queries DESC"}
	v.MeasuredMore = more{p.Measured.More(), "row", "SELECT vpc_endpoint_id, compared, count(*) AS days FROM endpoint_metrics WHERE " + window + " GROUP BY vpc_endpoint_id, compared ORDER BY days DESC"}
	v.addReadiness(p.Readiness, p.Words)
	return v
}

// addCalls adds what is about calls.
func (v *view) addCalls(p *Page, window string) {
	say := p.Words.Say
	v.Scope = say("%s · %s · %s", phrase.Count(len(p.all), "day"), phrase.Count(len(p.Accounts), "account"), phrase.Count(len(p.Regions), "Region"))
	v.Routes, v.RoutesBar = p.routes()
	v.addCharts(p)
	v.Past = []pastView{
		pastTable(&p.Services, window, pastView{ID: "services", Title: say("Past the endpoint, by service"), Head: say("Service"), More: more{Noun: "service"}}),
		pastTable(&p.Principals, window, pastView{ID: "principals", Title: say("Past the endpoint, by principal"), Head: say("Principal"), More: more{Noun: "principal"}, Accounts: true}),
	}
	v.addEndpoints(p, window)
	v.Changes = p.changesView()
	v.Findings = p.findingsView(window)
}

// headline returns the main result of the page, and what its share is based on.
func (p *Page) headline() (headline, basis string) {
	t, say := &p.Total, p.Words.Say
	either := t.VPCE + t.Internet
	switch {
	case len(p.Days) == 0:
		return say("No trail was read, so this page shows no routes of calls."), ""
	case t.Calls == 0:
		return say("No API calls were recorded."), ""
	case either == 0:
		return say("None of %s took a network path that the records prove.", phrase.Count(t.Calls, "call")), ""
	case t.Internet == 0:
		headline = say("All calls on a proven network path used a VPC endpoint; none went past it.")
	default:
		headline = say("%s of calls on a proven network path used a VPC endpoint; %s by %s went past it.",
			share(t.VPCE, either), phrase.Count(t.Internet, "call"), phrase.Count(p.Principals.Seen, "principal"))
	}
	if t.AWSService+t.Unknown == 0 {
		return headline, say("The share is of %s by an endpoint or over the internet.", phrase.Count(either, "call"))
	}
	return headline, say("The share is of %s by an endpoint or over the internet. Not in it: %s that AWS services made, and %s of unknown route.",
		phrase.Count(either, "call"), phrase.Count(t.AWSService, "call"), grid.Number(t.Unknown))
}

// routeWords explains each route, by CSS class.
var routeWords = map[string]struct{ name, what phrase.Format }{
	"vpce": {"VPC endpoint", "Through an interface or gateway endpoint."},
	"aws":  {"Internet, from AWS", "Past the endpoint, from an address of AWS's: EC2, NAT, CloudShell."},
	"ext":  {"Internet, external", "Past the endpoint, from any other public address."},
	"svc":  {"AWS service", "Made by an AWS service: not the caller's path."},
	"unk":  {"Unknown", "The record proves no route. Never counted as internet."},
}

func (p *Page) routes() (tiles []routeView, bar strip) {
	for _, s := range routeSeries {
		words, calls := routeWords[s.class], s.calls(&p.Total)
		tiles = append(tiles, routeView{s.class, p.Words.Say(words.name), p.Words.Say(words.what), calls, share(calls, p.Total.Calls)})
	}
	return tiles, newStrip(&p.Total, routeSeries, p.Total.Calls)
}

func (v *view) addCharts(p *Page) {
	all := spans(p.Days)
	for i := range all {
		v.Spans = append(v.Spans, spanView{p.Words.Text(all[i].name()), all[i].days == 0, all[i].Routes})
	}
	if length := int(all[0].last-all[0].first) + 1; length > 1 {
		v.SpanNote = p.Words.Say("Each bar and row is %d days.", length)
	}
	if len(all) < 2 {
		v.SpanNote = p.Words.Say("The report holds one day: there is no trend to draw.")
		return
	}
	most := slices.MaxFunc(p.Days, func(a, b overview.Day) int { return cmp.Compare(a.Internet, b.Internet) })
	say := p.Words.Say
	v.Charts = []chart{
		newChart(p.Words, "trend", say("Calls by route"), say("%s in all.", phrase.Count(p.Total.Calls, "call")), all, routeSeries),
		newChart(p.Words, "past", say("Past the endpoint, on a scale of its own"),
			say("%s in all; most on %s: %s.", phrase.Count(p.Total.Internet, "call"), most.Day, grid.Number(most.Internet)), all, pastSeries),
	}
}

// pastTable returns v with the rows of a ranking. The noun of v.More is the column of the table v.ID.
func pastTable(ranking *overview.Top[overview.Named], window string, v pastView) pastView {
	v.More.Rows = ranking.More()
	v.More.Query = fmt.Sprintf("SELECT %[1]s, sum(internet_calls) AS calls FROM %[2]s WHERE %[3]s GROUP BY %[1]s HAVING sum(internet_calls) > 0 ORDER BY calls DESC",
		v.More.Noun, v.ID, window)
	for i := range ranking.Rows {
		r := &ranking.Rows[i]
		row := pastRow{Name: r.Name, Routes: r.Routes, Share: share(r.VPCE, r.VPCE+r.Internet), ShareValue: r.VPCEShare}
		if v.Accounts {
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
		v.EndpointsNote = p.Words.Say("%s went through endpoints that are not known to be ours.", phrase.Count(p.Foreign, "call"))
	}
}
