//go:build linux

package doctor

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vpcetrail/fixtures"
)

// A gate is in front of moto.
type gate struct {
	mu          sync.Mutex
	refused     string            // the call that is refused
	insights    http.Handler      // in place of moto for Reachability Analyzer, which it does not have
	answers     map[string][]byte // of moto, by request: it is slow; nil: they are not kept
	byMAC       string            // what has the hardware address: moto has no such filter
	real, shown string            // moto chooses an address at random: clients see the second in its place
}

func (g *gate) refuse(call string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused = call
}

func (g *gate) show(real, shown string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.real, g.shown = real, shown
}

// swap replaces one address by the other in a body.
func (g *gate) swap(body []byte, back bool) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.real == "":
		return body
	case back:
		return bytes.ReplaceAll(body, []byte(g.shown+"&"), []byte(g.real+"&"))
	}
	return bytes.ReplaceAll(body, []byte(">"+g.real+"<"), []byte(">"+g.shown+"<"))
}

// keep keeps moto's answers from now on.
func (g *gate) keep() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = map[string][]byte{}
}

// pass passes a request on to moto, unless its answer is kept.
func (g *gate) pass(w http.ResponseWriter, r *http.Request, body string, moto http.Handler) {
	g.mu.Lock()
	answer, kept := g.answers[body]
	keep := g.answers != nil
	g.mu.Unlock()
	if !kept {
		answered := httptest.NewRecorder()
		moto.ServeHTTP(answered, r)
		if answer = answered.Body.Bytes(); answered.Code != http.StatusOK {
			w.WriteHeader(answered.Code)
		} else if keep {
			g.mu.Lock()
			g.answers[body] = answer
			g.mu.Unlock()
		}
	}
	_, _ = w.Write(answer)
}

// startMoto starts moto's server in place of EC2 on the stage.
func startMoto(s *stage) *gate {
	t := s.t
	t.Helper()
	program, err := exec.LookPath("moto_server")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("moto_server is not on PATH")
	case err != nil:
		t.Skip("moto_server is not on PATH: .ci/run installs it, from PyPI")
	}
	const address = "127.0.0.1:5000"
	server := exec.Command(program, "-H", "127.0.0.1", "-p", "5000")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			break
		}
		if time.Since(start) > 30*time.Second {
			t.Fatal("moto_server does not start")
		}
	}
	moto := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	g := &gate{}
	moto.ErrorLog = log.New(io.Discard, "", 0)
	moto.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		body = g.swap(body, false)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		insights := g.insights
		refused := g.refused != "" && bytes.Contains(body, []byte("Action="+g.refused+"&"))
		g.mu.Unlock()
		if refused {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>Not there.</Message></Error></Errors></Response>"))
			return
		}
		if insights != nil && bytes.Contains(body, []byte("NetworkInsights")) {
			r.Body = io.NopCloser(bytes.NewReader(body))
			insights.ServeHTTP(w, r)
			return
		}
		if bytes.Contains(body, []byte("mac-address")) {
			_, _ = w.Write([]byte(g.byMAC))
			return
		}
		body = g.swap(append(body, '&'), true)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		g.pass(w, r, string(body), moto)
	}))
	t.Cleanup(front.Close)
	t.Setenv("AWS_ENDPOINT_URL_EC2", front.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return g
}

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

// A cloud is a VPC in moto: its main route table leads to the internet, and to gateway
// endpoints for S3 and DynamoDB. A second subnet has a table of its own without them.
type cloud struct {
	client                     *ec2.Client
	vpc, subnet, bare          string
	s3Endpoint, sqsEndpoint    string
	address6                   string // of the VPC's IPv6 range
	instanceAddress, bareTable string
}

func newCloud(s *stage, g *gate) *cloud {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{client: ec2.NewFromConfig(cfg)}
	vpc := must[ec2.CreateVpcOutput](t)(c.client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.0.0.0/16")})).Vpc
	c.vpc = *vpc.VpcId
	range6 := must[ec2.AssociateVpcCidrBlockOutput](t)(c.client.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &c.vpc, AmazonProvidedIpv6CidrBlock: sdk.Bool(true)}))
	c.address6 = netip.MustParsePrefix(*range6.Ipv6CidrBlockAssociation.Ipv6CidrBlock).Addr().Next().String()
	s.ip("addr add " + c.address6 + "/128 dev lo nodad")
	s.serveTLS(c.address6)
	_ = must[ec2.ModifyVpcAttributeOutput](t)(c.client.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &c.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: sdk.Bool(true)}}))
	subnet := func(cidr string) string {
		return *must[ec2.CreateSubnetOutput](t)(c.client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &c.vpc, CidrBlock: &cidr})).Subnet.SubnetId
	}
	c.subnet, c.bare = subnet("10.0.1.0/24"), subnet("10.0.2.0/24")
	gateway := must[ec2.CreateInternetGatewayOutput](t)(c.client.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	_ = must[ec2.AttachInternetGatewayOutput](t)(c.client.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{VpcId: &c.vpc, InternetGatewayId: gateway}))
	main := must[ec2.DescribeRouteTablesOutput](t)(c.client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{{Name: sdk.String("vpc-id"), Values: []string{c.vpc}}}})).RouteTables[0].RouteTableId
	c.bareTable = *must[ec2.CreateRouteTableOutput](t)(c.client.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &c.vpc})).RouteTable.RouteTableId
	_ = must[ec2.AssociateRouteTableOutput](t)(c.client.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &c.bareTable, SubnetId: &c.bare}))
	for _, table := range []*string{main, &c.bareTable} {
		_ = must[ec2.CreateRouteOutput](t)(c.client.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: sdk.String("0.0.0.0/0"), GatewayId: gateway}))
	}
	c.s3Endpoint = *must[ec2.CreateVpcEndpointOutput](t)(c.client.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &c.vpc, VpcEndpointType: types.VpcEndpointTypeGateway,
		ServiceName: sdk.String("com.amazonaws.eu-west-1.s3"), RouteTableIds: []string{*main}})).VpcEndpoint.VpcEndpointId
	hostSQS := must[ec2.CreateVpcEndpointOutput](t)(c.client.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &c.vpc, VpcEndpointType: types.VpcEndpointTypeInterface,
		ServiceName: sdk.String("com.amazonaws.eu-west-1.sqs"), SubnetIds: []string{c.subnet}, PrivateDnsEnabled: sdk.Bool(false)})).VpcEndpoint
	c.sqsEndpoint = *hostSQS.VpcEndpointId
	g.show(c.addressOf(t, hostSQS.NetworkInterfaceIds[0]), endpointA)
	other := must[ec2.CreateNetworkInterfaceOutput](t)(c.client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &c.subnet, PrivateIpAddress: sdk.String("10.0.1.77")})).NetworkInterface
	c.instanceAddress = c.addressOf(t, *other.NetworkInterfaceId)
	s.ip("addr replace " + c.instanceAddress + "/32 dev lo")
	s.serveTLS(c.instanceAddress)
	_ = must[ec2.DescribeVpcEndpointServicesOutput](t)(c.client.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{})) // moto is slow the first time
	return c
}

func (c *cloud) addressOf(t *testing.T, id string) string {
	t.Helper()
	return *must[ec2.DescribeNetworkInterfacesOutput](t)(c.client.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})).NetworkInterfaces[0].PrivateIpAddress
}

// Where EC2 may be asked, the route table decides for public addresses, and the network
// interface for private ones. The change that is needed is named.
func TestVerdictsByEC2(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	g := startMoto(s)
	c := newCloud(s, g)
	g.keep()
	closedZone := map[string]record{hostS3: at(publicS3), farS3: at(away), anywhere: at(away)}
	zone := map[string]record{hostS3: at(publicS3), hostSQS: at(endpointA), "kms.eu-west-1.amazonaws.com": at(public), farS3: at(public), anywhere: at(public)}
	for _, tc := range []struct {
		name, service, subnet string
		zone                  map[string]record
		refused               string
		path, reason          string
		code                  int
		says                  string
	}{
		{"a gateway endpoint", "s3", c.subnet, zone, "", "gateway_endpoint", "route_to_gateway_endpoint", 0, c.s3Endpoint},
		{"a gateway endpoint without the subnet's table", "s3", c.bare, zone, "", "past_the_endpoint", "route_past_endpoint", 4,
			"add the route table to the gateway endpoint for s3: " + c.s3Endpoint + " is a gateway endpoint, and route table " + c.bareTable + " has no route to it"},
		{"an interface endpoint", "sqs", c.subnet, zone, "", "interface_endpoint", "address_of_endpoint", 0, c.sqsEndpoint},
		{"an interface endpoint whose private DNS is off", "sqs", c.subnet, map[string]record{hostSQS: at(public)}, "", "past_the_endpoint", "route_past_endpoint", 4,
			"switch on private DNS of the endpoint for sqs"},
		{"no endpoint", "kms", c.subnet, zone, "", "past_the_endpoint", "route_past_endpoint", 4, "create an interface endpoint for kms: " + c.vpc + " has no endpoint"},
		{"an instance in place of the endpoint", "sqs", c.subnet, map[string]record{hostSQS: at(c.instanceAddress)}, "", "undecided", "address_of_no_endpoint", 3, "which is no endpoint"},
		{"an endpoint of another VPC", "sqs", c.subnet, map[string]record{hostSQS: at(endpointB)}, "", "interface_endpoint", "private_answer", 0, ""},
		{"an IPv6 address of the VPC, by EC2 alone", "sqs", c.subnet, map[string]record{hostSQS: at(c.address6)}, "", "interface_endpoint", "private_answer", 0, ""},
		{"an IPv6 address of the VPC, and route tables may not be read", "sqs", c.subnet, map[string]record{hostSQS: at(c.address6)}, "DescribeRouteTables", "interface_endpoint", "private_answer", 0, ""},
		{"why a call goes past may not be read", "kms", c.subnet, zone, "DescribeRouteTables", "past_the_endpoint", "public_answer", 4,
			`no change is proven: a call that is needed for the proof was refused"`},
		{"route tables may not be read", "s3", c.subnet, zone, "DescribeRouteTables", "undecided", "gateway_or_internet", 3,
			"ec2:DescribeRouteTables: UnauthorizedOperation: Not there.: allow ec2:DescribeRouteTables"},
		{"route tables may not be read, and nothing else is there", "s3", c.subnet, closedZone, "DescribeRouteTables", "undecided", "gateway_or_internet", 3, ""},
		{"VPCs may not be read, and nothing else is there", "s3", c.subnet, closedZone, "DescribeVpcs", "undecided", "gateway_or_internet", 3, ""},
		{"endpoints may not be read", "s3", c.subnet, zone, "DescribeVpcEndpoints", "gateway_endpoint", "route_to_gateway_endpoint", 0, c.s3Endpoint},
		{"prefix lists may not be read, but their entries", "s3", c.subnet, zone, "DescribePrefixLists", "gateway_endpoint", "route_to_gateway_endpoint", 0, ""},
		{"VPCs may not be read", "s3", c.subnet, zone, "DescribeVpcs", "undecided", "gateway_or_internet", 3, "EC2 does not describe the VPC: ec2:DescribeVpcs: UnauthorizedOperation"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.metadata.machine(c.vpc, tc.subnet, "10.0.0.0/16")
			s.dns.set(tc.zone)
			g.refuse(tc.refused)
			f := run(t, "--services", tc.service, "--format", "json", "--timeout", "10s")
			var e jsonExamination
			if err := json.Unmarshal([]byte(f.out), &e); err != nil {
				t.Fatalf("%v: %s%s", err, f.out, f.err)
			}
			if got := e.Services[0]; got.Path != tc.path || got.Reason != tc.reason || f.code != tc.code || !strings.Contains(f.out, tc.says) {
				t.Errorf("%s, %s, status %d; want %s, %s, %d\n%s", got.Path, got.Reason, f.code, tc.path, tc.reason, tc.code, f.out)
			}
		})
	}
	testWithoutMetadata(t, s, g, c)
	testWithoutSubnet(t, s, g, c)
	testAnalyses(t, s, g, c)
	t.Run("the example of the README", func(t *testing.T) {
		s.metadata.machine(c.vpc, c.subnet, "10.0.0.0/16")
		s.dns.set(zone)
		g.refuse("")
		checkReadme(t)
	})
}

// testWithoutMetadata checks that EC2 finds the machine by its hardware address, if just one
// interface has it.
func testWithoutMetadata(t *testing.T, s *stage, g *gate, c *cloud) {
	s.metadata.set(metadataMode{})
	s.dns.set(map[string]record{hostS3: at(publicS3)})
	g.refuse("")
	interfaces = func() ([]net.Interface, error) {
		return []net.Interface{{Flags: net.FlagLoopback}, {HardwareAddr: net.HardwareAddr{0x0e, 1, 2, 3, 4, 5}}}, nil
	}
	defer func() { interfaces = net.Interfaces }()
	item := "<item><networkInterfaceId>eni-0a1b2c3d4e5f60718</networkInterfaceId><vpcId>" + c.vpc + "</vpcId><subnetId>" + c.subnet + "</subnetId><ownerId>123456789012</ownerId></item>"
	for _, tc := range []struct {
		name, items, path, says string
	}{
		{"a task finds its interface", item, "gateway_endpoint", c.subnet},
		{"no interface has the address", "", "undecided", "EC2 does not show the subnet of this machine: 0 network interfaces have its hardware address"},
		{"two interfaces have the address", item + item, "undecided", "2 network interfaces"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g.byMAC = "<DescribeNetworkInterfacesResponse><networkInterfaceSet>" + tc.items + "</networkInterfaceSet></DescribeNetworkInterfacesResponse>"
			f := run(t, "--services", "s3", "--region", "eu-west-1", "--format", "json", "--timeout", "10s")
			var e jsonExamination
			if err := json.Unmarshal([]byte(f.out), &e); err != nil || e.Services[0].Path != tc.path || !strings.Contains(f.out, tc.says) {
				t.Errorf("%v: %s", err, f.out)
			}
		})
	}
}

// testWithoutSubnet checks that doctor says why EC2 does not show the subnet, and does not ask
// for the credentials that it has.
func testWithoutSubnet(t *testing.T, s *stage, g *gate, c *cloud) {
	s.metadata.machine(c.vpc, "", "10.0.0.0/16")
	s.dns.set(map[string]record{hostS3: at(publicS3)})
	interfaces = func() ([]net.Interface, error) {
		return []net.Interface{{HardwareAddr: net.HardwareAddr{0x0e, 1, 2, 3, 4, 5}}}, nil
	}
	defer func() { interfaces = net.Interfaces }()
	g.byMAC = "<DescribeNetworkInterfacesResponse/>"
	for refused, want := range map[string]string{"": "Do: run doctor --sign", "DescribeRouteTables": "Do: give doctor credentials that may call EC2"} {
		g.refuse(refused)
		f := run(t, "--services", "s3", "--timeout", "10s")
		text := strings.Join(strings.Fields(f.out), " ")
		if !strings.Contains(text, "Note: EC2 does not show the subnet of this machine: 0 network interfaces have its hardware address.") || !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, f.out)
		}
	}
}

var (
	idText     = regexp.MustCompile(`\b(vpce|vpc|subnet|rtb|igw|pl)-[0-9a-f]{17}\b`)
	exampleIDs = []string{"0a1b2c3d4e5f60718", "0b2c3d4e5f6071829", "0c3d4e5f60718293a", "0d4e5f60718293a4b", "0e5f60718293a4b5c"}
	exampleOf  = regexp.MustCompile("(?s)(```console\nvpcetrail doctor (.*?)\n```\n\n```text\n)(.*?)(```\n)")
)

// checkReadme runs the first command of the README, and compares what it prints.
func checkReadme(t *testing.T) {
	page := string(read(t, "README.md"))
	part := exampleOf.FindStringSubmatch(page)
	f := run(t, append(strings.Fields(part[2]), "--timeout", "10s")...)
	seen := map[string]string{}
	kinds := map[string]int{}
	text := idText.ReplaceAllStringFunc(f.out, func(id string) string {
		if seen[id] == "" {
			kind, _, _ := strings.Cut(id, "-")
			seen[id] = kind + "-" + exampleIDs[kinds[kind]]
			kinds[kind]++
		}
		return seen[id]
	})
	text = tookText.ReplaceAllString(strings.ReplaceAll(text, "the limit is 40 s", "the limit is 8 s"), "Checked in 0.4 s")
	fixtures.Golden(t, "README.md", []byte(strings.Replace(page, part[0], part[1]+text+part[4], 1)))
}
