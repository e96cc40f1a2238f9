package network

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/event"
)

func (r *reader) readEndpoints(ctx context.Context) error {
	return pages(ctx, ec2.NewDescribeVpcEndpointsPaginator(r.ec2, &ec2.DescribeVpcEndpointsInput{Filters: r.in()}), func(out *ec2.DescribeVpcEndpointsOutput) {
		for i := range out.VpcEndpoints {
			v := &out.VpcEndpoints[i]
			t := network.Thing{Kind: network.Endpoint, ID: sdk.ToString(v.VpcEndpointId), VPC: sdk.ToString(v.VpcId), Owner: sdk.ToString(v.OwnerId),
				Type: strings.ToLower(string(v.VpcEndpointType)), State: strings.ToLower(string(v.State)), Service: sdk.ToString(v.ServiceName),
				Since: since(v.CreationTimestamp), Tables: v.RouteTableIds, Subnets: v.SubnetIds, PrivateDNS: v.PrivateDnsEnabled, Managed: sdk.ToBool(v.RequesterManaged), IPType: string(v.IpAddressType)}
			if v.DnsOptions != nil {
				t.InboundOnly = sdk.ToBool(v.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint)
			}
			if t.IPType == "" {
				t.IPType = "ipv4" // EC2 leaves it out of old endpoints
			}
			for _, id := range v.NetworkInterfaceIds {
				if r.endpointOf != nil {
					r.endpointOf[id] = t.ID
				}
			}
			for _, g := range v.Groups {
				t.Groups = append(t.Groups, nonEmpty(g.GroupId)...)
			}
			for _, entry := range v.DnsEntries {
				t.Names = append(t.Names, nonEmpty(entry.DnsName)...)
			}
			r.things = append(r.things, t)
			if e, ok := inventoried(&t, r); ok {
				r.inventory = append(r.inventory, e)
			}
		}
	})
}

// readEndpointServices reads which services offer endpoints. A service that offers both
// types is listed twice.
func (r *reader) readEndpointServices(ctx context.Context) error {
	services := map[string]*network.Thing{}
	in := &ec2.DescribeVpcEndpointServicesInput{}
	for {
		out, err := r.ec2.DescribeVpcEndpointServices(ctx, in)
		if err != nil {
			return err
		}
		for _, v := range out.ServiceDetails {
			id := sdk.ToString(v.ServiceName)
			t := services[id]
			if t == nil {
				t = &network.Thing{Kind: network.EndpointService, ID: id}
				services[id] = t
			}
			t.Zones = append(t.Zones, v.AvailabilityZones...)
			t.Names = append(t.Names, nonEmpty(v.PrivateDnsName)...)
			for _, n := range v.PrivateDnsNames {
				t.Names = append(t.Names, nonEmpty(n.PrivateDnsName)...)
			}
			for _, kind := range v.ServiceType {
				t.Types = append(t.Types, strings.ToLower(string(kind.ServiceType)))
			}
		}
		switch token := sdk.ToString(out.NextToken); {
		case token == "":
			for _, t := range services {
				r.things = append(r.things, *t)
			}
			return nil
		case token == sdk.ToString(in.NextToken):
			return errors.New("the server returns the same page again")
		}
		in.NextToken = out.NextToken
	}
}

// inventoried returns an endpoint for the inventory over time.
func inventoried(t *network.Thing, r *reader) (endpoints.Endpoint, bool) {
	e := endpoints.Endpoint{ID: t.ID, Type: endpoints.TypeOf(t.Type), VPC: t.VPC, Service: t.Service, Account: t.Owner, Region: r.region}
	if !endpoints.IsID([]byte(e.ID)) {
		return e, false
	}
	if t.PrivateDNS != nil {
		e.PrivateDNS = endpoints.PrivateDNS{Enabled: event.False, At: r.at}
		if *t.PrivateDNS {
			e.PrivateDNS.Enabled = event.True
		}
	}
	if created, err := time.Parse(time.RFC3339, t.Since); err == nil {
		e.Created = created.UnixMilli()
	}
	if !slices.Contains([]string{"deleting", "deleted", "failed", "rejected", "expired"}, t.State) {
		e.Seen = r.at
	}
	return e, true
}
