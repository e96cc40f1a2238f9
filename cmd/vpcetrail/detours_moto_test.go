package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
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
	ec2     *ec2.Client
	lambda  *lambda.Client
	renamed []string
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

func (b *builder) subnet(name string, in *ec2.CreateSubnetInput) *string {
	b.t.Helper()
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
	in.ServiceName = aws.String("com.amazonaws.eu-west-1." + service)
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

// shop builds the first VPC of the detours.
func (b *builder) shop() {
	b.t.Helper()
	vpc, _ := b.vpc("0de70000000000a00", "10.20.0.0/16", true)
	prefix := strings.TrimSuffix(*vpc.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock, "00::/56")
	b.renamed = append(b.renamed, prefix, "2a05:d018:de7:a0")
	app := b.subnet("0de70000000000a01", &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: aws.String("10.20.1.0/24"), AvailabilityZone: aws.String("eu-west-1a")})
	batch := b.subnet("0de70000000000a02", &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: aws.String("10.20.2.0/24"), AvailabilityZone: aws.String("eu-west-1b")})
	public := b.subnet("0de70000000000a03", &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: aws.String("10.20.3.0/24"), AvailabilityZone: aws.String("eu-west-1a"), Ipv6CidrBlock: aws.String(prefix + "03::/64")})
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
	_ = must[ec2.AssociateAddressOutput](b.t)(b.ec2.AssociateAddress(b.t.Context(), &ec2.AssociateAddressInput{AllocationId: b.address("34.240.10.2"), InstanceId: web}))
	b.roleForFunctions()
	b.function("orders", app)
	b.function("batch", batch)
	b.function("mailer", nil)
}

// simple builds a VPC with one private and one public subnet, and returns the route table
// of the private one.
func (b *builder) simple(name, ip, address, function string) (table, public *string) {
	b.t.Helper()
	id := "0de70000000000" + name
	vpc, main := b.vpc(id+"00", ip+".0.0/16", false)
	private := b.subnet(id+"01", &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: aws.String(ip + ".1.0/24"), AvailabilityZone: aws.String("eu-west-1a")})
	public = b.subnet(id+"02", &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: aws.String(ip + ".2.0/24"), AvailabilityZone: aws.String("eu-west-1a")})
	b.route(&ec2.CreateRouteInput{RouteTableId: main, GatewayId: b.internet(id+"00", vpc.VpcId)})
	table = b.table(id+"01", vpc.VpcId, private)
	b.route(&ec2.CreateRouteInput{RouteTableId: table, NatGatewayId: b.nat(id+"00", address, public)})
	b.function(function, private)
	if name == "b" {
		b.endpoint(id+"01", "sns", &ec2.CreateVpcEndpointInput{VpcId: vpc.VpcId, VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*private}, PrivateDnsEnabled: aws.Bool(true)})
	}
	return table, public
}

// patches are what moto does not hold: the times of the story, IPv6 addresses of instances,
// the VPC of a function, the type of a NAT gateway's interface, and the form of the names of
// endpoints. Of the services that offer endpoints those remain that the story mentions.
var patches = [][2]string{
	{`"(at|private_dns_told|last_seen)":"[^"]*"`, `"$1":"2026-11-21T02:00:00Z"`},
	{`"seen":\["[^"]*"\]`, `"seen":["2026-11-21T02:00:00Z/"]`},
	{`"(since|created)":"[^"]*"`, `"$1":"2026-11-02T08:00:00Z"`},
	{`("id":"(?:i|eni)-0de70000000000a04".*"since":)"[^"]*"`, `$1"2026-11-20T09:00:00Z"`},
	{`("id":"vpce-0de70000000000b01".*"(?:since|created)":)"[^"]*"`, `$1"2026-11-20T10:41:00Z"`},
	{`"addresses":\["34\.240\.10\.2"\]`, `"addresses":["2a05:d018:de7:a003::2","34.240.10.2"]`},
	{`"subnet_ids":\["subnet-(0de70000000000.)(..)"\],"seen"`, `"vpc_id":"vpc-${1}00","subnet_ids":["subnet-$1$2"],"seen"`},
	{`("id":"eni-0de70000000000.00".*"type":)"interface"`, `$1"nat_gateway"`},
	{`(vpce-0de7[0-9a-f]{13}-)[0-9a-f]{8}\.com\.amazonaws\.eu-west-1\.(\w+)`, `${1}0a1b2c3d.$2.eu-west-1.vpce.amazonaws.com`},
}

// offered are the services of the story.
var offered = regexp.MustCompile(`"id":"com\.amazonaws\.eu-west-1\.(dynamodb|ec2|kms|kms-fips|s3|secretsmanager|sns|sqs|sts)"`)

// asInTheStory turns a snapshot of moto into the one of the story.
func (b *builder) asInTheStory(text string) string {
	text = strings.NewReplacer(b.renamed...).Replace(text)
	for _, p := range patches {
		text = regexp.MustCompile(p[0]).ReplaceAllString(text, p[1])
	}
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, `{"kind":"endpoint_service"`) || offered.MatchString(line) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// The network of the detours is what vpcetrail network reads of one that API calls built.
func TestDetoursBuiltByCalls(t *testing.T) {
	t.Setenv("MOTO_ACCOUNT_ID", "111122223333")
	startMoto(t, "none")
	b := &builder{t: t, ec2: ec2In(t, "eu-west-1"), lambda: lambda.NewFromConfig(*must[aws.Config](t)(loadConfig(t, "eu-west-1")))}
	b.withoutDefaultVPC()
	b.shop()
	b.simple("b", "10.30", "34.240.20.1", "probe")
	table, _ := b.simple("c", "10.40", "34.240.30.1", "sync")
	hub := must[ec2.CreateTransitGatewayOutput](t)(b.ec2.CreateTransitGateway(t.Context(), &ec2.CreateTransitGatewayInput{})).TransitGateway
	b.route(&ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("10.0.0.0/8"), TransitGatewayId: b.as("tgw-0de70000000000c00", hub.TransitGatewayId)})

	file := filepath.Join(t.TempDir(), "network.json")
	mustRun(t, 0, "network", "--network", "aws", "--regions", "eu-west-1", "-o", file, "--quiet")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := network.Parse([]byte(b.asInTheStory(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	saved, err := snapshot.Save()
	if err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "../../fixtures/detours/network.json", saved)
	for _, id := range regexp.MustCompile(`\b(vpc|subnet|rtb|vpce|nat|eni|i|igw|tgw)-[0-9a-f]{17}`).FindAllString(string(saved), -1) {
		if !strings.Contains(id, "-0de7") {
			t.Errorf("%s is not an id of the story", id)
		}
	}
}
