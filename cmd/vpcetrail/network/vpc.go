package network

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vpcetrail/classify/network"
)

// New returns the account of a configuration.
func New(cfg sdk.Config) *Account { return &Account{cfg, time.Now} }

// A VPC is what decides the paths of one VPC.
type VPC struct {
	Snapshot   *network.Snapshot
	Unread     map[string]string // why a call was refused, by call
	EndpointOf map[string]string // the endpoint that has a network interface
}

// VPC reads the subnets, route tables and endpoints of a VPC, and the services that its Region
// offers. It makes its calls side by side. The account of the place may be empty: then it is
// the owner of the VPC. It fails if the VPC cannot be read.
func (a *Account) VPC(ctx context.Context, place network.Place, vpc string) (*VPC, error) {
	client := ec2.NewFromConfig(a.Config, func(o *ec2.Options) { o.Region = place.Region })
	parts := make([]*reader, 5)
	for i := range parts {
		parts[i] = &reader{ec2: client, vpc: vpc, account: place.Account, region: place.Region, at: a.Now().UnixMilli(), unread: map[string]string{}, endpointOf: map[string]string{}}
	}
	first := parts[0]
	var asking sync.WaitGroup
	for i, steps := range [][]step{
		{{network.CallVPCs, first.readVPCs}, {network.CallVPCAttribute, first.readVPCAttributes}, {network.CallDHCPOptions, first.readDHCPOptions}},
		{{network.CallSubnets, parts[1].readSubnets}}, {{network.CallRouteTables, parts[2].readRouteTables}},
		{{network.CallEndpoints, parts[3].readEndpoints}}, {{network.CallEndpointServices, parts[4].readEndpointServices}},
	} {
		asking.Go(func() { parts[i].read(ctx, steps) })
	}
	asking.Wait()
	if why := first.unread[network.CallVPCs]; why != "" {
		return nil, fmt.Errorf("%s: %s", network.CallVPCs, why)
	}
	if len(first.vpcs) == 0 {
		return nil, fmt.Errorf("%s: the account of the credentials has no %s in %s", network.CallVPCs, vpc, place.Region)
	}
	place.Account = cmp.Or(place.Account, first.vpcs[0].Owner)
	sweep := network.Sweep{Place: place, At: first.at, Unread: map[string]string{}}
	things := first.vpcs
	for _, part := range parts {
		things = append(things, part.things...)
		for call, why := range part.unread {
			sweep.Unread[call] = why
		}
	}
	snapshot := network.New()
	snapshot.AddSweep(sweep, things)
	return &VPC{snapshot, sweep.Unread, parts[3].endpointOf}, nil
}

// in returns the filter of calls for the VPC of a reader, or nil if it reads all.
func (r *reader) in() []types.Filter {
	if r.vpc == "" {
		return nil
	}
	return []types.Filter{{Name: sdk.String("vpc-id"), Values: []string{r.vpc}}}
}
