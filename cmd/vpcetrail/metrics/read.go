package metrics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"vpcetrail/ingest/day"
	"vpcetrail/report/metrics"
)

const (
	// Of one call of GetMetricData.
	mostQueries, mostPoints = 500, 100_800

	// oneDay is the period of a data point in seconds. CloudWatch keeps points of one minute
	// for 15 days, of five minutes for 63, and of an hour for 455. A period must be a
	// multiple of what is kept: a day is one for all three.
	oneDay = 24 * 60 * 60

	bytesProcessed = "BytesProcessed"
	// mostValue bounds a value: what is above is not a number of connections or bytes.
	mostValue = 1 << 50
)

// A query asks for one metric of one endpoint.
type query struct {
	*target
	metric, stat string
	subnet       string // "" for the whole endpoint
	set          func(p *metrics.Point, value int64)
}

// queries are in the order of ids, so that two runs make the same calls.
func (r *region) queries() (all []query) {
	for _, id := range slices.Sorted(maps.Keys(r.targets)) {
		t := r.targets[id]
		all = append(all,
			query{t, "NewConnections", "Sum", "", func(p *metrics.Point, v int64) { p.NewConnections = v }},
			query{t, "ActiveConnections", "Maximum", "", func(p *metrics.Point, v int64) { p.ActiveConnections = v }},
			query{t, bytesProcessed, "Sum", "", func(p *metrics.Point, v int64) { p.Bytes = v }},
			query{t, "PacketsDropped", "Sum", "", func(p *metrics.Point, v int64) { p.PacketsDropped = v }})
		for _, subnet := range slices.Sorted(slices.Values(t.subnets)) {
			all = append(all, query{t, bytesProcessed, "Sum", subnet, func(p *metrics.Point, v int64) { p.SubnetBytes[subnet] = v }})
		}
	}
	return all
}

// Calls returns the number of calls that Read makes.
func (p *Plan) Calls() (n int) {
	for _, r := range p.regions {
		n += (len(r.queries()) + p.perCall() - 1) / p.perCall()
	}
	return n
}

// perCall returns how many metrics of a number of days fit into one answer.
func (p *Plan) perCall() int { return min(mostQueries, mostPoints/p.window.Days()) }

// Read asks for the metrics. It also returns what could not be read: those endpoints are
// not measured.
func (p *Plan) Read(ctx context.Context) (metrics.Endpoints, []Unread, error) {
	unread, err := p.each(ctx, func(r *region) { r.measure(ctx, p.perCall()) })
	if err != nil {
		return nil, nil, err
	}
	all := metrics.Endpoints{}
	for _, r := range p.regions {
		for _, t := range r.targets {
			if len(t.Days) == 0 {
				continue
			}
			if err := all.Add(&t.Endpoint); err != nil {
				return nil, nil, err
			}
		}
	}
	return all, unread, nil
}

// measure asks for the metrics of a Region. What is left of its targets is measured.
func (r *region) measure(ctx context.Context, perCall int) {
	for _, t := range r.targets {
		for d := t.from; d <= r.window.To; d++ {
			p := metrics.Point{SubnetBytes: map[string]int64{}}
			for _, id := range t.subnets {
				p.SubnetBytes[id] = 0
			}
			t.Days[d] = p
		}
	}
	failed := map[string]string{} // why, by endpoint
	for asked := range slices.Chunk(r.queries(), perCall) {
		err := r.ask(ctx, asked, failed)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.refused(callData, err, "what it would have returned is unknown")
			for _, q := range asked {
				delete(r.targets, q.ID)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		r.unread = append(r.unread, Unread{r.name, "the metrics of " + id, failed[id]})
		delete(r.targets, id)
	}
	for _, t := range r.targets {
		if !t.listed {
			t.trim(r.window)
		}
	}
}

// trim leaves the days from the first to the last with traffic. When an endpoint that EC2
// no longer lists was created or deleted is not known.
func (t *target) trim(window day.Window) {
	for _, days := range [][2]day.Day{{window.From, 1}, {window.To, -1}} {
		for d := days[0]; window.Contains(d); d += days[1] {
			if p := t.Days[d]; p.IsUsed() {
				break
			}
			delete(t.Days, d)
		}
	}
}

// ask makes one call. failed gets the endpoints whose metrics are incomplete, with the
// reason.
func (r *region) ask(ctx context.Context, queries []query, failed map[string]string) error {
	in := &cloudwatch.GetMetricDataInput{
		StartTime: sdk.Time(r.window.From.Time()), EndTime: sdk.Time((r.window.To + 1).Time()),
		ScanBy: types.ScanByTimestampAscending, MaxDatapoints: sdk.Int32(mostPoints),
	}
	status := map[string]string{} // what is wrong with a query, by its Id
	byID := map[string]*query{}
	for i := range queries {
		id := fmt.Sprintf("m%d", i)
		byID[id], status[id] = &queries[i], "CloudWatch does not answer this query"
		in.MetricDataQueries = append(in.MetricDataQueries, queries[i].data(id))
	}
	for {
		out, err := r.cloudWatch.GetMetricData(ctx, in)
		if err != nil {
			return err
		}
		if text := messages(out.Messages); text != "" { // what could be answered is
			r.unread = append(r.unread, Unread{r.name, callData, text})
		}
		for i := range out.MetricDataResults {
			result := &out.MetricDataResults[i]
			if id := sdk.ToString(result.Id); byID[id] != nil {
				status[id] = byID[id].take(result)
			}
		}
		token := sdk.ToString(out.NextToken)
		if token == "" {
			break
		}
		if token == sdk.ToString(in.NextToken) {
			return errors.New("CloudWatch returns the same page again")
		}
		in.NextToken = out.NextToken
	}
	for id, q := range byID {
		if why := status[id]; why != "" {
			failed[q.ID] = max(failed[q.ID], q.metric+": "+why)
		}
	}
	return nil
}

// data returns the query in the form of CloudWatch, with all dimensions of a set.
func (q *query) data(id string) types.MetricDataQuery {
	dimension := func(name, value string) types.Dimension {
		return types.Dimension{Name: sdk.String(name), Value: sdk.String(value)}
	}
	set := []types.Dimension{dimension(typeDimension, interfaceType), dimension(serviceDimension, q.Service)}
	if q.subnet != "" {
		set = append(set, dimension(subnetDimension, q.subnet))
	}
	set = append(set, dimension(endpointDimension, q.ID), dimension(vpcDimension, q.VPC))
	return types.MetricDataQuery{Id: sdk.String(id), MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: sdk.String(namespace), MetricName: sdk.String(q.metric), Dimensions: set},
		Period: sdk.Int32(oneDay), Stat: sdk.String(q.stat),
	}}
}

// take takes a page of the answer. It returns what is wrong with it, or "". PartialData
// says that more pages follow: it is wrong only on the last one.
func (q *query) take(result *types.MetricDataResult) string {
	if len(result.Values) != len(result.Timestamps) {
		return "CloudWatch returns times without values"
	}
	for i, value := range result.Values {
		d := day.Of(result.Timestamps[i])
		p, wanted := q.Days[d]
		switch {
		case math.IsNaN(value) || value < 0 || value > mostValue:
			return fmt.Sprintf("CloudWatch returns %v for %s", value, d)
		case wanted:
			q.set(&p, int64(math.Round(value)))
			q.Days[d] = p
		}
	}
	if result.StatusCode == types.StatusCodeComplete {
		return ""
	}
	why := "CloudWatch returns " + string(result.StatusCode)
	if text := messages(result.Messages); text != "" {
		why += ": " + text
	}
	return why
}

// messages joins what CloudWatch says about an answer. "" means that it says nothing.
func messages(all []types.MessageData) string {
	texts := make([]string, len(all))
	for i, m := range all {
		texts[i] = strings.Trim(sdk.ToString(m.Code)+": "+sdk.ToString(m.Value), ": ")
	}
	return strings.Join(texts, "; ")
}
