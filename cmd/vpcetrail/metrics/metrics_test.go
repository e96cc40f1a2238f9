package metrics

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report/metrics"
)

const (
	account = "111122223333"
	vpc     = "vpc-0a0000000000000a1"
	sqs     = "com.amazonaws.us-east-1.sqs"
	used    = "vpce-0a0000000000000a1" // exists, and has traffic
	idle    = "vpce-0a0000000000000b2" // exists, and has none
	gone    = "vpce-0a0000000000000c3" // is known by its data points alone
	last    = day.Day(20777)           // 2026-11-20
)

// A fake is EC2 and CloudWatch in one Region.
type fake struct {
	endpoints             []ec2types.VpcEndpoint
	points                map[string]map[day.Day]float64 // by the words of a query
	listed                [][]types.Metric               // by page
	noEC2, noList, noData error
	answer                func(in *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) // changes an answer; may be nil

	asked []*cloudwatch.GetMetricDataInput
	lists int
}

func (f *fake) DescribeVpcEndpoints(context.Context, *ec2.DescribeVpcEndpointsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	return &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: f.endpoints}, f.noEC2
}

func (f *fake) ListMetrics(_ context.Context, in *cloudwatch.ListMetricsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error) {
	f.lists++
	if f.noList != nil {
		return nil, f.noList
	}
	page := 0
	_, _ = fmt.Sscan(sdk.ToString(in.NextToken), &page)
	out := &cloudwatch.ListMetricsOutput{}
	if page < len(f.listed) {
		out.Metrics = f.listed[page]
	}
	if page+1 < len(f.listed) {
		out.NextToken = sdk.String(fmt.Sprint(page + 1))
	}
	return out, nil
}

func (f *fake) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	copied := *in
	f.asked = append(f.asked, &copied)
	if f.noData != nil {
		return nil, f.noData
	}
	out := &cloudwatch.GetMetricDataOutput{}
	for _, q := range in.MetricDataQueries {
		r := types.MetricDataResult{Id: q.Id, StatusCode: types.StatusCodeComplete}
		points := f.points[words(&q)]
		for d := day.Of(*in.StartTime); d < day.Of(*in.EndTime); d++ {
			if v, is := points[d]; is {
				r.Timestamps, r.Values = append(r.Timestamps, d.Time()), append(r.Values, v)
			}
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	if f.answer != nil {
		f.answer(in, out)
	}
	return out, nil
}

// words says what a query asks for: the statistic, the metric, and the values of all dimensions.
func words(q *types.MetricDataQuery) string {
	text := fmt.Sprintf("%s %s of %d s:", *q.MetricStat.Stat, *q.MetricStat.Metric.MetricName, *q.MetricStat.Period)
	for _, d := range q.MetricStat.Metric.Dimensions {
		text += fmt.Sprintf(" %s=%s", *d.Name, *d.Value)
	}
	return text
}

func set(id, subnet string) string {
	text := "Endpoint Type=Interface Service Name=" + sqs
	if subnet != "" {
		text += " Subnet Id=" + subnet
	}
	return text + " VPC Endpoint Id=" + id + " VPC Id=" + vpc
}

func listed(id, subnet string) types.Metric {
	m := types.Metric{Namespace: sdk.String(namespace), MetricName: sdk.String(bytesProcessed)}
	for _, d := range [][2]string{{typeDimension, interfaceType}, {serviceDimension, sqs}, {subnetDimension, subnet}, {endpointDimension, id}, {vpcDimension, vpc}} {
		if d[1] != "" {
			m.Dimensions = append(m.Dimensions, types.Dimension{Name: sdk.String(d[0]), Value: sdk.String(d[1])})
		}
	}
	return m
}

func described(id string, created time.Time, subnets ...string) ec2types.VpcEndpoint {
	return ec2types.VpcEndpoint{VpcEndpointId: sdk.String(id), VpcId: sdk.String(vpc), ServiceName: sdk.String(sqs), OwnerId: sdk.String(account),
		VpcEndpointType: ec2types.VpcEndpointTypeInterface, CreationTimestamp: &created, SubnetIds: subnets}
}

// newFake has three endpoints with three days of data.
func newFake() *fake {
	return &fake{
		endpoints: []ec2types.VpcEndpoint{
			described(used, (last - 100).Time(), "subnet-1", "subnet-2"), described(idle, (last - 1).Time().Add(time.Hour), "subnet-1"),
			{VpcEndpointId: sdk.String("vpce-0a0000000000000d4"), VpcEndpointType: ec2types.VpcEndpointTypeGateway},
			described("vpce-0a0000000000000e5", (last + 1).Time()), // was created after the window
		},
		listed: [][]types.Metric{{listed(used, ""), listed(used, "subnet-1")}, {listed(used, "subnet-3"), listed(gone, ""), {}}},
		points: map[string]map[day.Day]float64{
			"Sum NewConnections of 86400 s: " + set(used, ""):         {last - 2: 3, last: 4},
			"Maximum ActiveConnections of 86400 s: " + set(used, ""):  {last - 2: 2, last: 1, last + 1: 99},
			"Sum BytesProcessed of 86400 s: " + set(used, ""):         {last - 2: 300, last: 400},
			"Sum BytesProcessed of 86400 s: " + set(used, "subnet-1"): {last - 2: 200, last: 400},
			"Sum BytesProcessed of 86400 s: " + set(used, "subnet-3"): {last - 2: 100},
			"Sum PacketsDropped of 86400 s: " + set(used, ""):         {last: 7},
			"Sum NewConnections of 86400 s: " + set(gone, ""):         {last - 1: 1},
		},
	}
}

func planOf(f *fake, window day.Window) *Plan {
	return &Plan{window, []*region{{account: account, name: "us-east-1", window: window, ec2: f, cloudWatch: f}}}
}

// read plans and reads the last three days.
func read(t *testing.T, f *fake) (metrics.Endpoints, []string) {
	t.Helper()
	p := planOf(f, day.Window{From: last - 2, To: last})
	unread, err := p.each(t.Context(), func(r *region) { r.find(t.Context()) })
	if err != nil {
		t.Fatal(err)
	}
	calls := p.Calls()
	all, more, err := p.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f.answer == nil && len(f.asked) != calls {
		t.Errorf("%d calls of GetMetricData, and %d are announced", len(f.asked), calls)
	}
	var problems []string
	for _, u := range append(unread, more...) {
		problems = append(problems, u.String())
	}
	return all, problems
}

func TestReadWhatCloudWatchHas(t *testing.T) {
	f := newFake()
	all, problems := read(t, f)
	if problems != nil {
		t.Error(problems)
	}
	got, err := all.Save()
	const want = `{"format":"vpcetrail-metrics","version":1,"endpoints":[
{"vpc_endpoint_id":"vpce-0a0000000000000a1","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-0a0000000000000a1","service_name":"com.amazonaws.us-east-1.sqs","from":"2026-11-18","to":"2026-11-20","subnets":["subnet-1","subnet-2","subnet-3"],"days":[
{"day":"2026-11-18","new_connections":3,"active_connections":2,"bytes_processed":300,"packets_dropped":0,"bytes_by_subnet":{"subnet-1":200,"subnet-3":100}},
{"day":"2026-11-20","new_connections":4,"active_connections":1,"bytes_processed":400,"packets_dropped":7,"bytes_by_subnet":{"subnet-1":400}}]},
{"vpc_endpoint_id":"vpce-0a0000000000000b2","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-0a0000000000000a1","service_name":"com.amazonaws.us-east-1.sqs","from":"2026-11-19","to":"2026-11-20","subnets":["subnet-1"],"days":[]},
{"vpc_endpoint_id":"vpce-0a0000000000000c3","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-0a0000000000000a1","service_name":"com.amazonaws.us-east-1.sqs","from":"2026-11-19","to":"2026-11-19","days":[
{"day":"2026-11-19","new_connections":1,"active_connections":0,"bytes_processed":0,"packets_dropped":0}]}
]}
`
	if err != nil || string(got) != want {
		t.Errorf("got\n%s%v\nwant\n%s", got, err, want)
	}
	if len(f.asked) != 1 || f.lists != 2 || len(f.asked[0].MetricDataQueries) != 16 { // 4 an endpoint, and 1 a subnet
		t.Errorf("%d calls of GetMetricData, and %d of ListMetrics", len(f.asked), f.lists)
	}
	if in := f.asked[0]; !in.StartTime.Equal((last - 2).Time()) || !in.EndTime.Equal((last + 1).Time()) {
		t.Errorf("asked for %s to %s", in.StartTime, in.EndTime)
	}
}

// denied is the answer to a call that IAM does not allow.
func denied(action string) error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized to perform: " + action}
}

func TestWhatIsRefusedIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		change   func(*fake)
		measured []string
		problems []string
	}{
		"EC2 refuses: endpoints with traffic are left": {
			func(f *fake) { f.noEC2 = denied(callEndpoints) }, []string{used, gone},
			[]string{"ec2:DescribeVpcEndpoints in us-east-1: AccessDenied: not authorized to perform: ec2:DescribeVpcEndpoints: allow ec2:DescribeVpcEndpoints: endpoints without traffic are unknown"}},
		"CloudWatch lists nothing: what EC2 lists is left": {
			func(f *fake) { f.noList = denied(callList) }, []string{used, idle},
			[]string{"cloudwatch:ListMetrics in us-east-1: AccessDenied: not authorized to perform: cloudwatch:ListMetrics: allow cloudwatch:ListMetrics: endpoints that were deleted are unknown"}},
		"CloudWatch returns no data: nothing is measured": {
			func(f *fake) { f.noData = denied(callData) }, nil,
			[]string{"cloudwatch:GetMetricData in us-east-1: AccessDenied: not authorized to perform: cloudwatch:GetMetricData: allow cloudwatch:GetMetricData: what it would have returned is unknown"}},
		"a part of one metric is missing for good": {
			func(f *fake) {
				f.answer = func(_ *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) {
					out.MetricDataResults[2].StatusCode = types.StatusCodePartialData
					out.MetricDataResults[2].Messages = []types.MessageData{{Code: sdk.String("Throttled"), Value: sdk.String("try later")}}
				}
			}, []string{idle, gone},
			[]string{"the metrics of vpce-0a0000000000000a1 in us-east-1: BytesProcessed: CloudWatch returns PartialData: Throttled: try later"}},
		"one metric is forbidden": {
			func(f *fake) {
				f.answer = func(_ *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) {
					out.MetricDataResults[8].StatusCode = types.StatusCodeForbidden
				}
			}, []string{used, gone},
			[]string{"the metrics of vpce-0a0000000000000b2 in us-east-1: ActiveConnections: CloudWatch returns Forbidden"}},
		"an answer lacks a query": {
			func(f *fake) {
				f.answer = func(_ *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) {
					out.MetricDataResults = out.MetricDataResults[1:]
				}
			}, []string{idle, gone},
			[]string{"the metrics of vpce-0a0000000000000a1 in us-east-1: NewConnections: CloudWatch does not answer this query"}},
		"an answer says that there is more than it may return": {
			func(f *fake) {
				f.answer = func(_ *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) {
					out.Messages = []types.MessageData{{Code: sdk.String("MaxMetricsExceeded"), Value: sdk.String("some are left out")}}
				}
			}, []string{used, idle, gone},
			[]string{"cloudwatch:GetMetricData in us-east-1: MaxMetricsExceeded: some are left out"}},
		"a value is no number of bytes": {
			func(f *fake) { f.points["Sum BytesProcessed of 86400 s: "+set(used, "")][last] = -1 }, []string{idle, gone},
			[]string{"the metrics of vpce-0a0000000000000a1 in us-east-1: BytesProcessed: CloudWatch returns -1 for 2026-11-20"}},
		"the same page comes again": {
			func(f *fake) {
				f.answer = func(_ *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) {
					out.NextToken = sdk.String("again")
				}
			}, nil,
			[]string{"cloudwatch:GetMetricData in us-east-1: CloudWatch returns the same page again: what it would have returned is unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			tc.change(f)
			all, problems := read(t, f)
			var measured []string
			for _, id := range []string{used, idle, gone} {
				if all[id] != nil {
					measured = append(measured, id)
				}
			}
			if !reflect.DeepEqual(measured, tc.measured) || !reflect.DeepEqual(problems, tc.problems) {
				t.Errorf("measured %q\nwant     %q\nproblems %q\nwant     %q", measured, tc.measured, problems, tc.problems)
			}
		})
	}
}

// PartialData on a page that another one follows is no loss.
func TestPagesAreJoined(t *testing.T) {
	f := newFake()
	whole, _ := read(t, f)
	f = newFake()
	f.answer = func(in *cloudwatch.GetMetricDataInput, out *cloudwatch.GetMetricDataOutput) {
		first := in.NextToken == nil
		for i := range out.MetricDataResults {
			r := &out.MetricDataResults[i]
			n := min(1, len(r.Values))
			if first {
				r.Values, r.Timestamps, r.StatusCode = r.Values[:n], r.Timestamps[:n], types.StatusCodePartialData
			} else {
				r.Values, r.Timestamps = r.Values[n:], r.Timestamps[n:]
			}
		}
		if first {
			out.NextToken = sdk.String("rest")
		}
	}
	if got, problems := read(t, f); problems != nil || !reflect.DeepEqual(got, whole) || len(f.asked) != 2 {
		t.Errorf("%d calls, %q\ngot  %+v\nwant %+v", len(f.asked), problems, got, whole)
	}
}

// TestFewestCalls checks that a call asks for as many metrics as may be, and that no answer
// has a second page.
func TestFewestCalls(t *testing.T) {
	for _, tc := range []struct{ endpoints, days, calls int }{{125, 1, 1}, {126, 1, 2}, {300, 30, 3}, {125, 202, 2}, {56, 455, 2}} {
		f := &fake{}
		for i := range tc.endpoints {
			f.endpoints = append(f.endpoints, described(fmt.Sprintf("vpce-%08x", i), time.Time{}))
		}
		p := planOf(f, day.Window{From: last - day.Day(tc.days) + 1, To: last})
		if _, err := p.each(t.Context(), func(r *region) { r.find(t.Context()) }); err != nil {
			t.Fatal(err)
		}
		all, unread, err := p.Read(t.Context())
		most := slices.MaxFunc(f.asked, func(a, b *cloudwatch.GetMetricDataInput) int {
			return len(a.MetricDataQueries) - len(b.MetricDataQueries)
		})
		if n := len(most.MetricDataQueries); n > mostQueries || n*tc.days > mostPoints {
			t.Errorf("a call asks for %d metrics of %d days", n, tc.days)
		}
		if err != nil || unread != nil || len(all) != tc.endpoints || len(f.asked) != tc.calls || p.Calls() != tc.calls {
			t.Errorf("%d endpoints, %d days: %d calls, %d announced, want %d; %d measured, %v, %v",
				tc.endpoints, tc.days, len(f.asked), p.Calls(), tc.calls, len(all), unread, err)
		}
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	f := newFake()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	f.answer = func(*cloudwatch.GetMetricDataInput, *cloudwatch.GetMetricDataOutput) { cancel(stop) }
	p := planOf(f, day.Window{From: last, To: last})
	if _, err := p.each(ctx, func(r *region) { r.find(ctx) }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Read(ctx); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// What costs nothing has no sign.
func TestNothingToPay(t *testing.T) {
	var out strings.Builder
	f := commandFlags{price: 0.01}
	if err := f.agree(&Plan{}, terminal.NewMessages(&out, false)); err != nil || !strings.HasSuffix(out.String(), " cost about 0.0000 US dollars\n") {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestFlagsAreChecked(t *testing.T) {
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		f    commandFlags
		want string
	}{
		{commandFlags{date: "yesterday"}, ""},
		{commandFlags{date: "2025-08-31..2026-11-28"}, ""},
		{commandFlags{date: "2026-11-29"}, "--date: 2026-11-29 is not over: want days before 2026-11-29"},
		{commandFlags{date: "2025-08-30"}, "--date: CloudWatch keeps 455 days: want no day before 2025-08-31"},
		{commandFlags{date: "all"}, "--date all: want yesterday, D or D..D"},
		{commandFlags{date: "soon"}, `--date: day "soon": want YYYY-MM-DD`},
		{commandFlags{date: "yesterday", price: -1}, "--price and --max-cost: want US dollars, 0 or more"},
		{commandFlags{date: "yesterday", out: "s3://bucket"}, "s3://bucket: names no file: want s3://bucket/key"},
	} {
		_, err := tc.f.check(now)
		if text := fmt.Sprint(err); err == nil && tc.want != "" || err != nil && text != tc.want {
			t.Errorf("%+v: got %v, want %s", tc.f, err, tc.want)
		}
	}
}
