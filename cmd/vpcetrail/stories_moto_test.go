package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// shop builds the first VPC of the detours.
func (b *builder) shop() {
	b.t.Helper()
	vpc, _ := b.vpc("0de70000000000a00", "10.20.0.0/16", true)
	prefix := strings.TrimSuffix(*vpc.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock, "00::/56")
	b.renamed = append(b.renamed, prefix, "2a05:d018:de7:a0")
	app := b.subnet("0de70000000000a01", "10.20.1.0/24", "a", vpc.VpcId, nil)
	batch := b.subnet("0de70000000000a02", "10.20.2.0/24", "b", vpc.VpcId, nil)
	public := b.subnet("0de70000000000a03", "10.20.3.0/24", "a", vpc.VpcId, aws.String(prefix+"03::/64"))
	gateway, nat := b.internet("0de70000000000a00", vpc.VpcId), b.nat("0de70000000000a00", "34.240.10.1", public)
	appTable, batchTable, publicTable := b.table("0de70000000000a01", vpc.VpcId, app), b.table("0de70000000000a02", vpc.VpcId, batch), b.table("0de70000000000a03", vpc.VpcId, public)
	b.route(&ec2.CreateRouteInput{RouteTableId: appTable, NatGatewayId: nat})
	b.route(&ec2.CreateRouteInput{RouteTableId: batchTable, NatGatewayId: nat})
	b.route(&ec2.CreateRouteInput{RouteTableId: publicTable, GatewayId: gateway})
	b.route(&ec2.CreateRouteInput{RouteTableId: publicTable, GatewayId: gateway, DestinationIpv6CidrBlock: aws.String("::/0")})
	b.endpoint("0de70000000000a01", "s3", &ec2.CreateVpcEndpointInput{VpcId: vpc.VpcId, VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: []string{*batchTable}, PrivateDnsEnabled: aws.Bool(false)})
	for i, service := range []string{"sqs", "sts", "kms"} {
		b.endpoint("0de70000000000a0"+string(rune('2'+i)), service, &ec2.CreateVpcEndpointInput{VpcId: vpc.VpcId, VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*app}, PrivateDnsEnabled: aws.Bool(service != "sqs")})
	}
	b.instance("0de70000000000a01", app)
	web := b.instance("0de70000000000a03", public)
	b.instance("0de70000000000a04", app)
	b.attach("34.240.10.2", web)
	b.roleForFunctions()
	b.function("orders", app)
	b.function("batch", batch)
	b.function("mailer", nil)
}

// simple builds a VPC with one private and one public subnet, and returns the route table
// of the private one.
func (b *builder) simple(name, ip, address, function string) (table *string) {
	b.t.Helper()
	id := "0de70000000000" + name
	vpc, main := b.vpc(id+"00", ip+".0.0/16", false)
	private := b.subnet(id+"01", ip+".1.0/24", "a", vpc.VpcId, nil)
	public := b.subnet(id+"02", ip+".2.0/24", "a", vpc.VpcId, nil)
	b.route(&ec2.CreateRouteInput{RouteTableId: main, GatewayId: b.internet(id+"00", vpc.VpcId)})
	table = b.table(id+"01", vpc.VpcId, private)
	b.route(&ec2.CreateRouteInput{RouteTableId: table, NatGatewayId: b.nat(id+"00", address, public)})
	b.function(function, private)
	if name == "b" {
		b.endpoint(id+"01", "sns", &ec2.CreateVpcEndpointInput{VpcId: vpc.VpcId, VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*private}, PrivateDnsEnabled: aws.Bool(true)})
	}
	return table
}

// The network of the detours is what vpcetrail network reads of one that API calls built.
func TestDetoursBuiltByCalls(t *testing.T) {
	b := newBuilder(t, "eu-west-1")
	b.shop()
	b.simple("b", "10.30", "34.240.20.1", "probe")
	table := b.simple("c", "10.40", "34.240.30.1", "sync")
	hub := must[ec2.CreateTransitGatewayOutput](t)(b.ec2.CreateTransitGateway(t.Context(), &ec2.CreateTransitGatewayInput{})).TransitGateway
	b.route(&ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("10.0.0.0/8"), TransitGatewayId: b.as("tgw-0de70000000000c00", hub.TransitGatewayId)})
	b.checkSnapshot(detours+"network.json", "dynamodb|ec2|kms|kms-fips|s3|secretsmanager|sns|sqs|sts", [][2]string{
		{`pl-[0-9a-f]{17}`, "pl-6da54004"},                                                                                    // of S3 in the Region
		{`("id":"(?:i|eni)-0de70000000000a04".*"since":)"[^"]*"`, `$1"2026-11-20T09:00:00Z"`},                                 // was started on the day
		{`("id":"vpce-0de70000000000b01".*"(?:since|created)":)"[^"]*"`, `$1"2026-11-20T10:41:00Z"`},                          // was created on the day
		{`"addresses":\["34\.240\.10\.2"\]`, `"addresses":["2a05:d018:de7:a003::2","34.240.10.2"]`},                           // IPv6 of an instance
		{`("kind":"function".*)"subnet_ids":\["subnet-(0de70000000000.)`, `$1"vpc_id":"vpc-${2}00","subnet_ids":["subnet-$2`}, // VPC of a function
	})
}

// So is the network of the endpoint workshop.
func TestWorkshopBuiltByCalls(t *testing.T) {
	b := newBuilder(t, "us-east-1")
	interfaceEndpoint := func(subnet, vpc *string) *ec2.CreateVpcEndpointInput {
		return &ec2.CreateVpcEndpointInput{VpcId: vpc, VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*subnet}, PrivateDnsEnabled: aws.Bool(true)}
	}
	gatewayEndpoint := func(table, vpc *string) *ec2.CreateVpcEndpointInput {
		return &ec2.CreateVpcEndpointInput{VpcId: vpc, VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: []string{*table}, PrivateDnsEnabled: aws.Bool(false)}
	}
	first, _ := b.vpc("0d1e2f3a4b5c6d7e8", "10.0.0.0/16", false)
	private := b.subnet("0a9b8c7d6e5f4a3b2", "10.0.1.0/24", "a", first.VpcId, nil)
	public := b.subnet("0a9b8c7d6e5f4a3b3", "10.0.2.0/24", "a", first.VpcId, nil)
	privateTable := b.table("0a1b2c3d4e5f60001", first.VpcId, private)
	b.route(&ec2.CreateRouteInput{RouteTableId: b.table("0a1b2c3d4e5f60003", first.VpcId, public), GatewayId: b.internet("0d1e2f3a4b5c6d7e8", first.VpcId)})
	b.endpoint("0a11b22c33d44e55f", "sqs", interfaceEndpoint(private, first.VpcId))
	b.endpoint("0b22c33d44e55f66a", "s3", gatewayEndpoint(privateTable, first.VpcId))
	b.endpoint("0c33d44e55f66a77b", "sns", interfaceEndpoint(private, first.VpcId))
	b.endpoint("0d44e55f66a77b88c", "logs", interfaceEndpoint(private, first.VpcId))
	for _, instance := range []string{"0a1b2c3d4e5f6a7b8", "0b2c3d4e5f6a7b8c9", "0c3d4e5f6a7b8c9d0"} {
		b.instance(instance, private)
	}
	b.attach("18.232.10.20", b.instance("0d4e5f6a7b8c9d0e1", public))

	second, _ := b.vpc("0e2f3a4b5c6d7e8f9", "10.1.0.0/16", false)
	gateway := b.internet("0e2f3a4b5c6d7e8f9", second.VpcId)
	withRoute := b.subnet("0a9b8c7d6e5f4a3b4", "10.1.0.0/24", "a", second.VpcId, nil)
	without := b.subnet("0a9b8c7d6e5f4a3b5", "10.1.1.0/24", "a", second.VpcId, nil)
	routed := b.table("0a1b2c3d4e5f60002", second.VpcId, withRoute)
	b.route(&ec2.CreateRouteInput{RouteTableId: routed, GatewayId: gateway})
	b.route(&ec2.CreateRouteInput{RouteTableId: b.table("0a1b2c3d4e5f60004", second.VpcId, without), GatewayId: gateway})
	b.endpoint("0e55f66a77b88c99d", "s3", gatewayEndpoint(routed, second.VpcId))
	b.instance("0e5f6a7b8c9d0e1f2", withRoute)
	b.attach("18.232.10.36", b.instance("0f6a7b8c9d0e1f2a3", without))
	b.checkSnapshot("../../fixtures/workshop/network.json", "logs|s3|sns|sqs", [][2]string{{`pl-[0-9a-f]{17}`, "pl-63a5400a"}}) // of S3 in the Region
}
