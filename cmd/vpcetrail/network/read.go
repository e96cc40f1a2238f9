package network

import (
	"context"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
)

// A reader reads one Region of an account.
type reader struct {
	ec2             *ec2.Client
	lambda          *lambda.Client
	account, region string
	vpc             string // "": all of the Region
	at              int64

	things    []network.Thing
	inventory []endpoints.Endpoint
	unread    map[string]string // why, by call

	endpointOf map[string]string // the endpoint that has a network interface; nil: not wanted

	vpcs []network.Thing // until they are complete
	dhcp map[string]string
}

// A step is a call and what it adds.
type step struct {
	call string
	read func(context.Context) error
}

func (r *reader) steps() []step {
	return []step{
		{network.CallVPCs, r.readVPCs}, {network.CallVPCAttribute, r.readVPCAttributes}, {network.CallDHCPOptions, r.readDHCPOptions},
		{network.CallSubnets, r.readSubnets}, {network.CallRouteTables, r.readRouteTables}, {network.CallEndpoints, r.readEndpoints},
		{network.CallEndpointServices, r.readEndpointServices}, {network.CallNATGateways, r.readNATGateways},
		{network.CallInterfaces, r.readInterfaces}, {network.CallInstances, r.readInstances}, {network.CallFunctions, r.readFunctions},
	}
}

// readAll makes all calls. What one of them had found before it failed does not count.
func (r *reader) readAll(ctx context.Context) {
	r.read(ctx, r.steps())
	r.things = append(r.things, r.vpcs...)
}

func (r *reader) read(ctx context.Context, steps []step) {
	for _, s := range steps {
		found, listed := len(r.things), len(r.inventory)
		if err := s.read(ctx); err != nil {
			r.things, r.inventory = r.things[:found], r.inventory[:listed]
			r.unread[s.call] = Refusal(err, s.call)
		}
	}
}

// A pager is a paginator of the SDK.
type pager[O any, P any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*P)) (*O, error)
}

// pages calls fn with each page.
func pages[O, P any](ctx context.Context, p pager[O, P], fn func(*O)) error {
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		fn(page)
	}
	return nil
}

func since(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// nonEmpty returns the values that are there.
func nonEmpty(values ...*string) (found []string) {
	for _, v := range values {
		if sdk.ToString(v) != "" {
			found = append(found, *v)
		}
	}
	return found
}

func (r *reader) readVPCs(ctx context.Context) error {
	r.dhcp = map[string]string{}
	return pages(ctx, ec2.NewDescribeVpcsPaginator(r.ec2, &ec2.DescribeVpcsInput{Filters: r.in()}), func(out *ec2.DescribeVpcsOutput) {
		for _, v := range out.Vpcs {
			t := network.Thing{Kind: network.VPC, ID: sdk.ToString(v.VpcId), Owner: sdk.ToString(v.OwnerId), CIDRs: nonEmpty(v.CidrBlock)}
			for _, c := range v.CidrBlockAssociationSet {
				t.CIDRs = append(t.CIDRs, nonEmpty(c.CidrBlock)...)
			}
			for _, c := range v.Ipv6CidrBlockAssociationSet {
				t.CIDRs = append(t.CIDRs, nonEmpty(c.Ipv6CidrBlock)...)
			}
			r.dhcp[t.ID] = sdk.ToString(v.DhcpOptionsId)
			r.vpcs = append(r.vpcs, t)
		}
	})
}

// readVPCAttributes reads the two attributes of each VPC that decide names. EC2 returns one
// a call.
func (r *reader) readVPCAttributes(ctx context.Context) error {
	for i := range r.vpcs {
		id := &r.vpcs[i].ID
		support, err := r.ec2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: id, Attribute: types.VpcAttributeNameEnableDnsSupport})
		if err != nil {
			return err
		}
		names, err := r.ec2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: id, Attribute: types.VpcAttributeNameEnableDnsHostnames})
		if err != nil {
			return err
		}
		if support.EnableDnsSupport != nil && names.EnableDnsHostnames != nil {
			r.vpcs[i].DNSSupport, r.vpcs[i].DNSHostnames = support.EnableDnsSupport.Value, names.EnableDnsHostnames.Value
		}
	}
	return nil
}

// readDHCPOptions finds the VPCs whose instances ask other DNS servers than Amazon's.
func (r *reader) readDHCPOptions(ctx context.Context) error {
	own := map[string]bool{"default": false, "": false}
	err := pages(ctx, ec2.NewDescribeDhcpOptionsPaginator(r.ec2, &ec2.DescribeDhcpOptionsInput{}), func(out *ec2.DescribeDhcpOptionsOutput) {
		for _, o := range out.DhcpOptions {
			id := sdk.ToString(o.DhcpOptionsId)
			own[id] = false
			for _, c := range o.DhcpConfigurations {
				if sdk.ToString(c.Key) != "domain-name-servers" {
					continue
				}
				for _, server := range c.Values {
					own[id] = own[id] || sdk.ToString(server.Value) != "AmazonProvidedDNS"
				}
			}
		}
	})
	for i := range r.vpcs {
		if value, known := own[r.dhcp[r.vpcs[i].ID]]; known && err == nil {
			r.vpcs[i].OwnDNSServers = &value
		}
	}
	return err
}

func (r *reader) readSubnets(ctx context.Context) error {
	return pages(ctx, ec2.NewDescribeSubnetsPaginator(r.ec2, &ec2.DescribeSubnetsInput{Filters: r.in()}), func(out *ec2.DescribeSubnetsOutput) {
		for _, s := range out.Subnets {
			t := network.Thing{Kind: network.Subnet, ID: sdk.ToString(s.SubnetId), VPC: sdk.ToString(s.VpcId), Owner: sdk.ToString(s.OwnerId),
				CIDRs: nonEmpty(s.CidrBlock), Zones: nonEmpty(s.AvailabilityZone)}
			for _, c := range s.Ipv6CidrBlockAssociationSet {
				t.CIDRs = append(t.CIDRs, nonEmpty(c.Ipv6CidrBlock)...)
			}
			r.things = append(r.things, t)
		}
	})
}

func (r *reader) readRouteTables(ctx context.Context) error {
	return pages(ctx, ec2.NewDescribeRouteTablesPaginator(r.ec2, &ec2.DescribeRouteTablesInput{Filters: r.in()}), func(out *ec2.DescribeRouteTablesOutput) {
		for i := range out.RouteTables {
			v := &out.RouteTables[i]
			t := network.Thing{Kind: network.RouteTable, ID: sdk.ToString(v.RouteTableId), VPC: sdk.ToString(v.VpcId), Owner: sdk.ToString(v.OwnerId)}
			for _, a := range v.Associations {
				t.Subnets = append(t.Subnets, nonEmpty(a.SubnetId)...)
				t.Main = t.Main || sdk.ToBool(a.Main)
			}
			for _, route := range v.Routes {
				to := nonEmpty(route.DestinationCidrBlock, route.DestinationIpv6CidrBlock, route.DestinationPrefixListId)
				via := nonEmpty(route.NatGatewayId, route.TransitGatewayId, route.VpcPeeringConnectionId, route.EgressOnlyInternetGatewayId, route.CarrierGatewayId,
					route.LocalGatewayId, route.CoreNetworkArn, route.OdbNetworkArn, route.NetworkInterfaceId, route.InstanceId, route.GatewayId)
				if len(to) > 0 && len(via) > 0 {
					t.Routes = append(t.Routes, network.Route{To: to[0], Via: via[0], Inactive: route.State == types.RouteStateBlackhole})
				}
			}
			r.things = append(r.things, t)
		}
	})
}

func (r *reader) readNATGateways(ctx context.Context) error {
	return pages(ctx, ec2.NewDescribeNatGatewaysPaginator(r.ec2, &ec2.DescribeNatGatewaysInput{}), func(out *ec2.DescribeNatGatewaysOutput) {
		for i := range out.NatGateways {
			v := &out.NatGateways[i]
			t := network.Thing{Kind: network.NATGateway, ID: sdk.ToString(v.NatGatewayId), VPC: sdk.ToString(v.VpcId), Subnets: nonEmpty(v.SubnetId),
				State: strings.ToLower(string(v.State)), Type: strings.ToLower(string(v.ConnectivityType)), Since: since(v.CreateTime), Regional: v.AvailabilityMode == types.AvailabilityModeRegional}
			for _, a := range v.NatGatewayAddresses {
				t.Addresses = append(t.Addresses, nonEmpty(a.PublicIp)...)
			}
			r.things = append(r.things, t)
		}
	})
}

func (r *reader) readInterfaces(ctx context.Context) error {
	return pages(ctx, ec2.NewDescribeNetworkInterfacesPaginator(r.ec2, &ec2.DescribeNetworkInterfacesInput{}), func(out *ec2.DescribeNetworkInterfacesOutput) {
		for i := range out.NetworkInterfaces {
			v := &out.NetworkInterfaces[i]
			t := network.Thing{Kind: network.Interface, ID: sdk.ToString(v.NetworkInterfaceId), VPC: sdk.ToString(v.VpcId), Subnets: nonEmpty(v.SubnetId),
				Owner: sdk.ToString(v.OwnerId), Type: strings.ToLower(string(v.InterfaceType))}
			if a := v.Attachment; a != nil {
				t.Instance, t.Since = sdk.ToString(a.InstanceId), since(a.AttachTime)
			}
			if v.Association != nil {
				t.Addresses = nonEmpty(v.Association.PublicIp)
			}
			for _, p := range v.PrivateIpAddresses {
				if p.Association != nil {
					t.Addresses = append(t.Addresses, nonEmpty(p.Association.PublicIp)...)
				}
			}
			for _, p := range v.Ipv6Addresses {
				t.Addresses = append(t.Addresses, nonEmpty(p.Ipv6Address)...)
			}
			if t.Instance != "" || len(t.Addresses) > 0 { // the others never are a source of calls from public addresses
				r.things = append(r.things, t)
			}
		}
	})
}

func (r *reader) readInstances(ctx context.Context) error {
	return pages(ctx, ec2.NewDescribeInstancesPaginator(r.ec2, &ec2.DescribeInstancesInput{}), func(out *ec2.DescribeInstancesOutput) {
		for _, reservation := range out.Reservations {
			for i := range reservation.Instances {
				v := &reservation.Instances[i]
				if v.State != nil && slices.Contains([]types.InstanceStateName{types.InstanceStateNameTerminated, types.InstanceStateNameShuttingDown}, v.State.Name) {
					continue
				}
				r.things = append(r.things, network.Thing{Kind: network.Instance, ID: sdk.ToString(v.InstanceId), VPC: sdk.ToString(v.VpcId),
					Subnets: nonEmpty(v.SubnetId), Since: since(v.LaunchTime)})
			}
		}
	})
}

func (r *reader) readFunctions(ctx context.Context) error {
	return pages(ctx, lambda.NewListFunctionsPaginator(r.lambda, &lambda.ListFunctionsInput{}), func(out *lambda.ListFunctionsOutput) {
		for i := range out.Functions {
			v := &out.Functions[i]
			t := network.Thing{Kind: network.Function, ID: sdk.ToString(v.FunctionArn)}
			if v.VpcConfig != nil {
				t.VPC, t.Subnets = sdk.ToString(v.VpcConfig.VpcId), v.VpcConfig.SubnetIds
			}
			r.things = append(r.things, t)
		}
	})
}
