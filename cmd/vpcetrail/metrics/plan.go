// Package metrics asks CloudWatch what it measured at the interface endpoints of an account.
// It only reads. It asks nothing that CloudWatch charges for before the price is agreed to.
package metrics

import (
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"golang.org/x/sync/errgroup"

	netreader "vpcetrail/cmd/vpcetrail/network"
	"vpcetrail/ingest/day"
	"vpcetrail/report/metrics"
)

const (
	namespace = "AWS/PrivateLinkEndpoints"
	// The names of dimensions hold blanks. A query must name all of a set.
	typeDimension, serviceDimension, subnetDimension = "Endpoint Type", "Service Name", "Subnet Id"
	endpointDimension, vpcDimension                  = "VPC Endpoint Id", "VPC Id"
	// GatewayLoadBalancer is the other value. Its endpoints carry no API calls.
	interfaceType = "Interface"

	atOnce = 8 // Regions that are asked at a time
)

// The calls, as IAM names their actions.
const (
	callEndpoints = "ec2:DescribeVpcEndpoints"
	callList      = "cloudwatch:ListMetrics"
	callData      = "cloudwatch:GetMetricData"
)

// KeptDays is for how many days CloudWatch keeps data points.
const KeptDays = 455

// An Unread is what could not be read.
type Unread struct{ Region, What, Why string }

func (u Unread) String() string { return fmt.Sprintf("%s in %s: %s", u.What, u.Region, u.Why) }

// A Plan is what to ask CloudWatch for.
type Plan struct {
	window  day.Window
	regions []*region
}

// A cloudWatch is CloudWatch in one Region. A cloudwatch.Client is one.
type cloudWatch interface {
	ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error)
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
}

// A region is what is known of one Region of an account.
type region struct {
	account, name string
	window        day.Window
	ec2           ec2.DescribeVpcEndpointsAPIClient
	cloudWatch    cloudWatch
	targets       map[string]*target // endpoints to measure, by id
	unread        []Unread
}

// A target is an endpoint to measure.
type target struct {
	metrics.Endpoint
	from    day.Day // the day on which it was created, or the first of the window
	listed  bool    // EC2 lists it; otherwise it is known by its data points alone
	subnets []string
}

// NewPlan finds the endpoints in the given Regions or, if none are given, in all that the
// account has enabled. It makes no call that depends on the number of days.
func NewPlan(ctx context.Context, account *netreader.Account, regions []string, window day.Window) (*Plan, []Unread, error) {
	id, regions, err := account.Places(ctx, regions)
	if err != nil {
		return nil, nil, err
	}
	p := &Plan{window: window}
	for _, name := range regions {
		p.regions = append(p.regions, &region{account: id, name: name, window: window,
			ec2:        ec2.NewFromConfig(account.Config, func(o *ec2.Options) { o.Region = name }),
			cloudWatch: cloudwatch.NewFromConfig(account.Config, func(o *cloudwatch.Options) { o.Region = name }),
		})
	}
	unread, err := p.each(ctx, func(r *region) { r.find(ctx) })
	return p, unread, err
}

// each calls ask for every Region, several at once. It returns what could not be read.
func (p *Plan) each(ctx context.Context, ask func(*region)) (unread []Unread, err error) {
	var asking errgroup.Group
	asking.SetLimit(atOnce)
	for _, r := range p.regions {
		r.unread = nil
		asking.Go(func() error { ask(r); return nil })
	}
	_ = asking.Wait() // each Region keeps its own refusals
	for _, r := range p.regions {
		unread = append(unread, r.unread...)
	}
	return unread, context.Cause(ctx)
}

// Metrics returns the number of metrics that CloudWatch charges for, and of the endpoints
// that they are about.
func (p *Plan) Metrics() (queries, endpoints int) {
	for _, r := range p.regions {
		queries += len(r.queries())
		endpoints += len(r.targets)
	}
	return queries, endpoints
}

// find finds the endpoints of a Region. EC2 knows those that exist, used or not. CloudWatch
// lists what had data points in the last two weeks: endpoints and zones that were deleted
// since, too.
func (r *region) find(ctx context.Context) {
	r.targets = map[string]*target{}
	if err := r.listEndpoints(ctx); err != nil {
		r.refused(callEndpoints, err, "endpoints without traffic are unknown")
		clear(r.targets) // half a list would be a wrong one
	}
	if err := r.listMetrics(ctx); err != nil {
		r.refused(callList, err, "endpoints that were deleted are unknown")
	}
}

func (r *region) refused(call string, err error, so string) {
	r.unread = append(r.unread, Unread{r.name, call, netreader.Refusal(err, call) + ": " + so})
}

func (r *region) listEndpoints(ctx context.Context) error {
	pages := ec2.NewDescribeVpcEndpointsPaginator(r.ec2, &ec2.DescribeVpcEndpointsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for i := range out.VpcEndpoints {
			v := &out.VpcEndpoints[i]
			if !strings.EqualFold(string(v.VpcEndpointType), interfaceType) {
				continue
			}
			t := &target{Endpoint: r.endpoint(sdk.ToString(v.VpcEndpointId), sdk.ToString(v.VpcId), sdk.ToString(v.ServiceName)), from: r.window.From, listed: true}
			if v.OwnerId != nil {
				t.Account = *v.OwnerId
			}
			if v.CreationTimestamp != nil {
				t.from = max(t.from, day.Of(*v.CreationTimestamp))
			}
			t.subnets = append(t.subnets, v.SubnetIds...)
			if t.from <= r.window.To {
				r.targets[t.ID] = t
			}
		}
	}
	return nil
}

func (r *region) endpoint(id, vpc, service string) metrics.Endpoint {
	return metrics.Endpoint{ID: id, Account: r.account, Region: r.name, VPC: vpc, Service: service, Days: map[day.Day]metrics.Point{}}
}

// listMetrics adds what CloudWatch lists of one metric. The sets of dimensions of the
// others are the same.
func (r *region) listMetrics(ctx context.Context) error {
	pages := cloudwatch.NewListMetricsPaginator(r.cloudWatch, &cloudwatch.ListMetricsInput{
		Namespace: sdk.String(namespace), MetricName: sdk.String(bytesProcessed),
		Dimensions: []types.DimensionFilter{{Name: sdk.String(typeDimension), Value: sdk.String(interfaceType)}},
	}, func(o *cloudwatch.ListMetricsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, m := range out.Metrics {
			is := map[string]string{}
			for _, d := range m.Dimensions {
				is[sdk.ToString(d.Name)] = sdk.ToString(d.Value)
			}
			id, subnet := is[endpointDimension], is[subnetDimension]
			if id == "" || is[vpcDimension] == "" || is[serviceDimension] == "" {
				continue // a set that is not documented
			}
			t := r.targets[id]
			if t == nil {
				t = &target{Endpoint: r.endpoint(id, is[vpcDimension], is[serviceDimension]), from: r.window.From}
				r.targets[id] = t
			}
			t.VPC, t.Service = is[vpcDimension], is[serviceDimension] // as CloudWatch spells them
			if subnet != "" && !slices.Contains(t.subnets, subnet) {
				t.subnets = append(t.subnets, subnet)
			}
		}
	}
	return nil
}
