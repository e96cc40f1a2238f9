package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/day"
)

// A detour is a VPC with a private subnet that reaches the internet by a NAT gateway.
type detour struct{ vpc, subnet, table, nat, address string }

// must returns the result of a call to AWS that must succeed.
func must[O any](t *testing.T) func(out *O, err error) *O {
	return func(out *O, err error) *O {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func ec2In(t *testing.T, region string) *ec2.Client {
	t.Helper()
	return ec2.NewFromConfig(*must[aws.Config](t)(loadConfig(t, region)))
}

func loadConfig(t *testing.T, region string) (*aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region))
	return &cfg, err
}

// makeDetour builds a VPC by the calls that a user would make.
func makeDetour(t *testing.T, region string) detour {
	t.Helper()
	c, ctx := ec2In(t, region), t.Context()
	vpc := must[ec2.CreateVpcOutput](t)(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16")})).Vpc
	_ = must[ec2.ModifyVpcAttributeOutput](t)(c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: vpc.VpcId, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))
	subnet := func(cidr string) *string {
		return must[ec2.CreateSubnetOutput](t)(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: aws.String(cidr)})).Subnet.SubnetId
	}
	private, public := subnet("10.7.1.0/24"), subnet("10.7.2.0/24")
	address := must[ec2.AllocateAddressOutput](t)(c.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))
	nat := must[ec2.CreateNatGatewayOutput](t)(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: public, AllocationId: address.AllocationId})).NatGateway
	table := must[ec2.CreateRouteTableOutput](t)(c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: vpc.VpcId})).RouteTable
	_ = must[ec2.AssociateRouteTableOutput](t)(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table.RouteTableId, SubnetId: private}))
	_ = must[ec2.CreateRouteOutput](t)(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table.RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: nat.NatGatewayId}))
	return detour{*vpc.VpcId, *private, *table.RouteTableId, *nat.NatGatewayId, *address.PublicIp}
}

// readSnapshot reads a file that the command wrote.
func readSnapshot(t *testing.T, name string) *network.Snapshot {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := network.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The network is read in all Regions of the account. One of them refuses a call, which is
// named. What was read answers, and it grows with the next run and with the trail's events.
func TestNetworkAskedOfAWS(t *testing.T) {
	startMoto(t, "eu-west-3")
	d := makeDetour(t, "us-east-1")
	_ = makeEndpoint(t, "eu-west-1", "sqs", types.VpcEndpointTypeInterface)
	dir := t.TempDir()
	saved := filepath.Join(dir, "network.json")

	f := mustRun(t, exit.Incomplete, "network", "--network", "aws", "-o", saved)
	const refused = "vpcetrail: --network aws: ec2:DescribeVpcEndpoints in eu-west-3: UnauthorizedOperation: Not there.: allow ec2:DescribeVpcEndpoints: what it would have returned is unknown\n" +
		"vpcetrail: the snapshot is written, but incomplete: 1 call to AWS could not be made\n"
	if f.errOut != refused {
		t.Errorf("it says\n%swant\n%s", f.errOut, refused)
	}
	s := readSnapshot(t, saved)
	if len(s.Endpoints) != 1 || !strings.HasPrefix(f.out, saved+": ") {
		t.Errorf("%d endpoints; %s", len(s.Endpoints), f.out)
	}
	yesterday := day.Of(time.Now()) - 1
	v := s.View(yesterday, nil)
	if place := v.PlaceOf(mustAddress(t, d.address), true); place != "changed" {
		t.Errorf("a NAT gateway made today had its address yesterday already: %s", place)
	}

	trail := filepath.Join(dir, "trail.json")
	event := `{"Records":[{"eventTime":"` + time.Now().UTC().Add(-time.Hour).Format(time.RFC3339) + `","eventID":"a","eventSource":"ec2.amazonaws.com","eventName":"CreateRoute","awsRegion":"us-east-1",` +
		`"recipientAccountId":"123456789012","sourceIPAddress":"10.0.1.4","requestParameters":{"routeTableId":"` + d.table + `"}}]}`
	if err := os.WriteFile(trail, []byte(event), 0o666); err != nil {
		t.Fatal(err)
	}
	grown := filepath.Join(dir, "grown.json")
	mustRun(t, exit.Incomplete, "network", trail, "--network", "aws,"+saved, "--regions", "us-east-1,eu-west-3", "-o", grown, "--quiet")
	s.Merge(readSnapshot(t, grown))
	want, err := s.Save()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(grown); err != nil || string(got) != string(want) || !strings.Contains(string(got), "CreateRoute") {
		t.Errorf("the earlier snapshot is not part of the later one: %v\n%s", err, got)
	}
	again := filepath.Join(dir, "again.json")
	mustRun(t, 0, "network", "--network", grown+","+saved, "-o", again)
	if got, err := os.ReadFile(again); err != nil || string(got) != string(want) {
		t.Errorf("joined in another order it differs: %v\n%s", err, got)
	}
}

func mustAddress(t *testing.T, text string) netip.Addr {
	t.Helper()
	address, err := netip.ParseAddr(text)
	if err != nil {
		t.Fatal(err)
	}
	return address
}
