package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"vpcetrail/classify/network"
	"vpcetrail/fixtures"
)

// A builder builds the network of a story by the calls that a user would make. moto chooses
// ids and addresses; renamed has them in pairs with those of the story.
type builder struct {
	t       *testing.T
	region  string
	ec2     *ec2.Client
	lambda  *lambda.Client
	renamed []string
}

// newBuilder starts moto, and returns the builder of an empty Region of the account of the
// stories.
func newBuilder(t *testing.T, region string) *builder {
	t.Helper()
	t.Setenv("MOTO_ACCOUNT_ID", "111122223333")
	startMoto(t, "none")
	b := &builder{t: t, region: region, ec2: ec2In(t, region), lambda: lambda.NewFromConfig(*must[aws.Config](t)(loadConfig(t, region)))}
	b.withoutDefaultVPC()
	return b
}

// as returns an id or address of moto, and notes the one that the story has for it.
func (b *builder) as(name string, id *string) *string {
	b.renamed = append(b.renamed, *id, name)
	return id
}

// vpc makes a VPC with its main route table, and returns both.
func (b *builder) vpc(name, cidr string, ipv6 bool) (*types.Vpc, *string) {
	b.t.Helper()
	ctx := b.t.Context()
	vpc := must[ec2.CreateVpcOutput](b.t)(b.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr, AmazonProvidedIpv6CidrBlock: &ipv6})).Vpc
	b.as("vpc-"+name, vpc.VpcId)
	_ = must[ec2.ModifyVpcAttributeOutput](b.t)(b.ec2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: vpc.VpcId, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))
	tables := must[ec2.DescribeRouteTablesOutput](b.t)(b.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{*vpc.VpcId}}}}))
	return vpc, b.as("rtb-"+name, tables.RouteTables[0].RouteTableId)
}

// subnet makes a subnet in a zone of the Region.
func (b *builder) subnet(name, cidr, zone string, vpc, ipv6 *string) *string {
	b.t.Helper()
	in := &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: &cidr, AvailabilityZone: aws.String(b.region + zone), Ipv6CidrBlock: ipv6}
	return b.as("subnet-"+name, must[ec2.CreateSubnetOutput](b.t)(b.ec2.CreateSubnet(b.t.Context(), in)).Subnet.SubnetId)
}

// table makes a route table for a subnet.
func (b *builder) table(name string, vpc, subnet *string) *string {
	b.t.Helper()
	table := must[ec2.CreateRouteTableOutput](b.t)(b.ec2.CreateRouteTable(b.t.Context(), &ec2.CreateRouteTableInput{VpcId: vpc})).RouteTable.RouteTableId
	_ = must[ec2.AssociateRouteTableOutput](b.t)(b.ec2.AssociateRouteTable(b.t.Context(), &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: subnet}))
	return b.as("rtb-"+name, table)
}

// internet gives a VPC an internet gateway.
func (b *builder) internet(name string, vpc *string) *string {
	b.t.Helper()
	gateway := must[ec2.CreateInternetGatewayOutput](b.t)(b.ec2.CreateInternetGateway(b.t.Context(), &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	_ = must[ec2.AttachInternetGatewayOutput](b.t)(b.ec2.AttachInternetGateway(b.t.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc}))
	return b.as("igw-"+name, gateway)
}

func (b *builder) route(in *ec2.CreateRouteInput) {
	b.t.Helper()
	if in.DestinationCidrBlock == nil && in.DestinationIpv6CidrBlock == nil {
		in.DestinationCidrBlock = aws.String("0.0.0.0/0")
	}
	_ = must[ec2.CreateRouteOutput](b.t)(b.ec2.CreateRoute(b.t.Context(), in))
}

// address allocates an Elastic IP address, and returns its allocation.
func (b *builder) address(name string) *string {
	b.t.Helper()
	address := must[ec2.AllocateAddressOutput](b.t)(b.ec2.AllocateAddress(b.t.Context(), &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))
	b.as(name, address.PublicIp)
	return address.AllocationId
}

func (b *builder) nat(name, address string, subnet *string) *string {
	b.t.Helper()
	nat := must[ec2.CreateNatGatewayOutput](b.t)(b.ec2.CreateNatGateway(b.t.Context(), &ec2.CreateNatGatewayInput{SubnetId: subnet, AllocationId: b.address(address)})).NatGateway
	b.as("eni-"+name, nat.NatGatewayAddresses[0].NetworkInterfaceId)
	return b.as("nat-"+name, nat.NatGatewayId)
}

func (b *builder) endpoint(name, service string, in *ec2.CreateVpcEndpointInput) {
	b.t.Helper()
	in.ServiceName = aws.String("com.amazonaws." + b.region + "." + service)
	b.as("vpce-"+name, must[ec2.CreateVpcEndpointOutput](b.t)(b.ec2.CreateVpcEndpoint(b.t.Context(), in)).VpcEndpoint.VpcEndpointId)
}

func (b *builder) instance(name string, subnet *string) *string {
	b.t.Helper()
	ctx := b.t.Context()
	run := must[ec2.RunInstancesOutput](b.t)(b.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: subnet, AssociatePublicIpAddress: aws.Bool(false)}}}))
	b.as("eni-"+name, run.Instances[0].NetworkInterfaces[0].NetworkInterfaceId)
	return b.as("i-"+name, run.Instances[0].InstanceId)
}

// attach gives an instance an address of its own.
func (b *builder) attach(address string, instance *string) {
	b.t.Helper()
	_ = must[ec2.AssociateAddressOutput](b.t)(b.ec2.AssociateAddress(b.t.Context(), &ec2.AssociateAddressInput{AllocationId: b.address(address), InstanceId: instance}))
}

// function makes a function in a subnet, or in no VPC.
func (b *builder) function(name string, subnet *string) {
	b.t.Helper()
	in := &lambda.CreateFunctionInput{FunctionName: &name, Role: aws.String("arn:aws:iam::111122223333:role/service"), Runtime: lambdatypes.RuntimePython313, Handler: aws.String("main.handler"),
		Code: &lambdatypes.FunctionCode{ZipFile: []byte("code")}}
	if subnet != nil {
		in.VpcConfig = &lambdatypes.VpcConfig{SubnetIds: []string{*subnet}, SecurityGroupIds: []string{}}
	}
	_ = must[lambda.CreateFunctionOutput](b.t)(b.lambda.CreateFunction(b.t.Context(), in))
}

// withoutDefaultVPC deletes what a Region has from the start.
func (b *builder) withoutDefaultVPC() {
	b.t.Helper()
	ctx := b.t.Context()
	for _, s := range must[ec2.DescribeSubnetsOutput](b.t)(b.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})).Subnets {
		_ = must[ec2.DeleteSubnetOutput](b.t)(b.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: s.SubnetId}))
	}
	for _, g := range must[ec2.DescribeInternetGatewaysOutput](b.t)(b.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})).InternetGateways {
		_ = must[ec2.DetachInternetGatewayOutput](b.t)(b.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: g.InternetGatewayId, VpcId: g.Attachments[0].VpcId}))
	}
	for _, v := range must[ec2.DescribeVpcsOutput](b.t)(b.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})).Vpcs {
		_ = must[ec2.DeleteVpcOutput](b.t)(b.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: v.VpcId}))
	}
}

// roleForFunctions makes the role that functions need. The SDK of IAM is not a dependency
// of the module.
func (b *builder) roleForFunctions() {
	b.t.Helper()
	form := "Action=CreateRole&Version=2010-05-08&RoleName=service&AssumeRolePolicyDocument=%7B%7D"
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, os.Getenv("AWS_ENDPOINT_URL"), strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
}

// patches are what moto does not hold of any story: its times, the type of a NAT gateway's
// interface, and the form of the names of endpoints.
var patches = [][2]string{
	{`"(at|private_dns_told|last_seen)":"[^"]*"`, `"$1":"2026-11-21T02:00:00Z"`},
	{`"seen":\["[^"]*"\]`, `"seen":["2026-11-21T02:00:00Z/"]`},
	{`"(since|created)":"[^"]*"`, `"$1":"2026-11-02T08:00:00Z"`},
	{`("id":"eni-0de70000000000.00".*"type":)"interface"`, `$1"nat_gateway"`},
	{`(vpce-[0-9a-f]{17}-)[0-9a-f]{8}\.com\.amazonaws\.([a-z0-9-]+)\.(\w+)`, `${1}0a1b2c3d.$3.$2.vpce.amazonaws.com`},
}

// checkSnapshot compares a snapshot of what was built, as vpcetrail network reads it, with the
// one of the story. Further patches say what moto does not hold of this story. Of the services
// that offer endpoints those of the story remain.
func (b *builder) checkSnapshot(golden, services string, further [][2]string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "network.json")
	mustRun(b.t, 0, "network", "--network", "aws", "--regions", b.region, "-o", file, "--quiet")
	read, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	text := strings.NewReplacer(b.renamed...).Replace(string(read))
	for _, p := range append(patches[:len(patches):len(patches)], further...) {
		text = regexp.MustCompile(p[0]).ReplaceAllString(text, p[1])
	}
	offered := regexp.MustCompile(`"id":"com\.amazonaws\.` + b.region + `\.(` + services + `)"`)
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, `{"kind":"endpoint_service"`) || offered.MatchString(line) {
			kept.WriteString(line)
		}
	}
	snapshot, err := network.Parse([]byte(kept.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	saved, err := snapshot.Save()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, id := range regexp.MustCompile(`\b(vpc|subnet|rtb|vpce|nat|eni|i|igw|tgw|pl)-[0-9a-f]{17}`).FindAllString(string(saved), -1) {
		if !slices.Contains(b.renamed, id) {
			b.t.Errorf("%s is not an id of the story", id)
		}
	}
	fixtures.Golden(b.t, golden, saved)
}
