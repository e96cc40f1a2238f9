// Package network asks EC2 and Lambda for what decides the paths of calls in an account:
// VPCs, subnets, route tables, endpoints, NAT gateways, interfaces, instances, functions.
// It only reads. A call that is refused is named in the sweep, and what it would have
// returned is unknown.
package network

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/aws"
)

const (
	atOnce   = 8           // Regions that are asked at a time
	patience = time.Minute // the longest wait for one answer
)

// An Account is an account as its APIs describe it, in all its Regions.
type Account struct {
	Config sdk.Config
	Now    func() time.Time
}

// Connect returns the account that the SDK's credentials belong to.
func Connect(ctx context.Context) (*Account, error) {
	cfg, err := aws.Config(ctx, config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(patience)))
	if err != nil {
		return nil, err
	}
	return New(cfg), nil
}

// An Unread is a call that was refused.
type Unread struct{ Region, Call, Why string }

func (u Unread) String() string {
	return fmt.Sprintf("--network aws: %s in %s: %s: what it would have returned is unknown", u.Call, u.Region, u.Why)
}

// Sweep reads the given Regions or, if none are given, all that the account has enabled.
// It returns what was refused, too. It fails if nothing could be read.
func (a *Account) Sweep(ctx context.Context, regions []string) (*network.Snapshot, []Unread, error) {
	id, regions, err := a.Places(ctx, regions)
	if err != nil {
		return nil, nil, err
	}
	readers := make([]*reader, len(regions))
	var asking errgroup.Group
	asking.SetLimit(atOnce)
	for i, region := range regions {
		readers[i] = &reader{
			ec2:     ec2.NewFromConfig(a.Config, func(o *ec2.Options) { o.Region = region }),
			lambda:  lambda.NewFromConfig(a.Config, func(o *lambda.Options) { o.Region = region }),
			account: id, region: region, at: a.Now().UnixMilli(), unread: map[string]string{},
		}
		asking.Go(func() error { readers[i].readAll(ctx); return nil })
	}
	_ = asking.Wait() // each Region keeps its own refusals
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	snapshot, unread, read := network.New(), []Unread(nil), false
	for _, r := range readers {
		snapshot.AddSweep(network.Sweep{Place: network.Place{Account: id, Region: r.region}, At: r.at, Unread: r.unread}, r.things)
		for _, e := range r.inventory {
			snapshot.Endpoints.Add(e)
		}
		for _, s := range r.steps() {
			if why, refused := r.unread[s.call]; refused {
				unread = append(unread, Unread{r.region, s.call, why})
			}
		}
		read = read || len(r.unread) < len(r.steps())
	}
	if !read {
		return nil, nil, fmt.Errorf("nothing could be read: %s in %s: %s", unread[0].Call, unread[0].Region, unread[0].Why)
	}
	return snapshot, unread, nil
}

// Places returns the account's id and the Regions to ask, sorted.
func (a *Account) Places(ctx context.Context, regions []string) (id string, sorted []string, err error) {
	home := a.Config.Region
	if home == "" && len(regions) > 0 {
		home = regions[0]
	}
	if home == "" {
		return "", nil, errors.New("no Region is configured that could be asked for the others: set AWS_REGION, or name Regions by --regions")
	}
	caller, err := sts.NewFromConfig(a.Config, func(o *sts.Options) { o.Region = home }).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", nil, fmt.Errorf("the account is not known: %s", Refusal(err, "sts:GetCallerIdentity"))
	}
	if len(regions) == 0 {
		out, err := ec2.NewFromConfig(a.Config, func(o *ec2.Options) { o.Region = home }).DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
		if err != nil {
			return "", nil, fmt.Errorf("the account's Regions are not known: %s", Refusal(err, "ec2:DescribeRegions, or name Regions by --regions"))
		}
		for _, r := range out.Regions {
			regions = append(regions, sdk.ToString(r.RegionName))
		}
	}
	return sdk.ToString(caller.Account), slices.Compact(slices.Sorted(slices.Values(regions))), nil
}

// Refusal says in one line why a call failed, with the remedy if it was refused.
func Refusal(err error, allow string) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	text := aws.Cause(err)
	switch code, _ := aws.APIError(err); code {
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException":
		return text + ": allow " + allow
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired":
		return text + ": check that the credentials are valid and the account has the Region enabled"
	}
	return text
}
