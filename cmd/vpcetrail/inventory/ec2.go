// Package inventory asks EC2 for the VPC endpoints of an account. It only reads.
package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/event"
)

const (
	// atOnce is how many Regions are asked at a time. All 30 of an account take a few
	// seconds.
	atOnce = 8
	// perPage is the largest number of endpoints in one answer of EC2.
	perPage = 1000
	// patience is the longest wait for one answer.
	patience = time.Minute
)

// A Client asks EC2 in one Region. An ec2.Client is one.
type Client interface {
	DescribeVpcEndpoints(context.Context, *ec2.DescribeVpcEndpointsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error)
	DescribeRegions(context.Context, *ec2.DescribeRegionsInput, ...func(*ec2.Options)) (*ec2.DescribeRegionsOutput, error)
}

// An EC2 is the EC2 of one account, in all its Regions.
type EC2 struct {
	Home   string                     // the Region that is asked for the list of Regions; "" if none is configured
	Client func(region string) Client // called by several goroutines
	Now    func() time.Time
}

// Connect returns the EC2 of the account that the SDK's credentials belong to, with
// the SDK's own configuration (environment, profile, AWS_ENDPOINT_URL) and retries.
func Connect(ctx context.Context) (*EC2, error) {
	cfg, err := aws.Config(ctx, config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(patience)))
	if err != nil {
		return nil, err
	}
	return &EC2{
		Home: cfg.Region, Now: time.Now,
		// One configuration for all Regions, so that credentials are loaded once.
		Client: func(region string) Client { return ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region = region }) },
	}, nil
}

// An Answer is the result of the calls to EC2. Its slices are in the order of the
// Regions' names.
type Answer struct {
	Endpoints endpoints.Inventory
	Read      []string // Regions that were read
	Unread    []Unread // Regions that could not be read; Endpoints has none of theirs
}

// An Unread is a Region that could not be read.
type Unread struct {
	Region string
	Err    error // one line, with the remedy
}

func (u Unread) String() string {
	return fmt.Sprintf("--endpoints aws: the endpoints of %s are not known: %v", u.Region, u.Err)
}

// Describe lists the endpoints of the given Regions or, if none are given, of all
// Regions that the account has enabled. The Answer names each Region that could not be
// read. Describe fails if no Region can be read, and when ctx ends.
func (e *EC2) Describe(ctx context.Context, regions []string) (*Answer, error) {
	if len(regions) == 0 {
		var err error
		if regions, err = e.regions(ctx); err != nil {
			return nil, err
		}
	}
	regions = slices.Compact(slices.Sorted(slices.Values(regions)))
	found, failed := make([][]types.VpcEndpoint, len(regions)), make([]error, len(regions))
	var asking errgroup.Group
	asking.SetLimit(atOnce)
	for i, region := range regions {
		asking.Go(func() error {
			found[i], failed[i] = describe(ctx, e.Client(region))
			return nil
		})
	}
	_ = asking.Wait() // each Region keeps its own error
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	answer := &Answer{Endpoints: endpoints.Inventory{}}
	now := e.Now().UnixMilli()
	for i, region := range regions {
		if failed[i] != nil {
			answer.Unread = append(answer.Unread, Unread{region, explain(failed[i], "ec2:DescribeVpcEndpoints")})
			continue
		}
		answer.Read = append(answer.Read, region)
		for k := range found[i] {
			if err := answer.add(&found[i][k], region, now); err != nil {
				return nil, err
			}
		}
	}
	if len(answer.Read) == 0 {
		return nil, fmt.Errorf("no Region could be read: %s: %w", answer.Unread[0].Region, answer.Unread[0].Err)
	}
	return answer, nil
}

// regions returns the Regions that the account has enabled.
func (e *EC2) regions(ctx context.Context) ([]string, error) {
	if e.Home == "" {
		return nil, errors.New("no Region is configured that could be asked for the others: set AWS_REGION, or name Regions by --regions")
	}
	out, err := e.Client(e.Home).DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, fmt.Errorf("the account's Regions are not known: %w", explain(err, "ec2:DescribeRegions, or name Regions by --regions"))
	}
	var regions []string
	for _, r := range out.Regions {
		regions = append(regions, sdk.ToString(r.RegionName))
	}
	return regions, nil
}

// describe returns all endpoints of a client's Region.
func describe(ctx context.Context, client Client) ([]types.VpcEndpoint, error) {
	in := &ec2.DescribeVpcEndpointsInput{MaxResults: sdk.Int32(perPage)}
	var all []types.VpcEndpoint
	for {
		out, err := client.DescribeVpcEndpoints(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.VpcEndpoints...)
		switch token := sdk.ToString(out.NextToken); {
		case token == "":
			return all, nil
		case token == sdk.ToString(in.NextToken):
			return nil, errors.New("the server returns the same page again")
		}
		in.NextToken = out.NextToken
	}
}

// add adds an endpoint that EC2 described at the time now.
func (a *Answer) add(v *types.VpcEndpoint, region string, now int64) error {
	e := endpoints.Endpoint{
		ID: sdk.ToString(v.VpcEndpointId), Type: endpoints.TypeOf(string(v.VpcEndpointType)), VPC: sdk.ToString(v.VpcId),
		Service: sdk.ToString(v.ServiceName), Account: sdk.ToString(v.OwnerId), Region: region,
	}
	switch {
	case !endpoints.IsID([]byte(e.ID)):
		return fmt.Errorf("%s: %q is not an endpoint's id: vpce- and 8 or 17 hexadecimal digits", region, e.ID)
	case e.Account != "" && !endpoints.IsAccount([]byte(e.Account)):
		return fmt.Errorf("%s: %s: owner %q is not an account id of 12 digits", region, e.ID, e.Account)
	}
	if v.PrivateDnsEnabled != nil {
		e.PrivateDNS = endpoints.PrivateDNS{Enabled: event.False, At: now}
		if *v.PrivateDnsEnabled {
			e.PrivateDNS.Enabled = event.True
		}
	}
	if v.CreationTimestamp != nil {
		e.Created = v.CreationTimestamp.UnixMilli()
	}
	// AWS writes the states in lower case, but its SDK names them with a capital. An
	// endpoint that is being deleted, or was never created, stays in the list for a
	// while.
	switch state := strings.ToLower(string(v.State)); state {
	case "deleting", "deleted", "failed", "rejected", "expired":
	default:
		e.Seen = now
	}
	a.Endpoints.Add(e)
	return nil
}

// explain says in one line why EC2 did not answer, with the remedy if it refused.
// allow is the permission that is needed.
func explain(err error, allow string) error {
	text := aws.Cause(err)
	switch code, _ := aws.APIError(err); code {
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException":
		text += ": allow " + allow
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired":
		text += ": see that the credentials are valid and the account has the Region enabled"
	}
	return aws.Explain(text, err)
}
