package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/event"
)

// startMoto starts moto's server in place of EC2 for the duration of the test, and
// points the SDK to it. In Region denied it refuses to describe endpoints.
func startMoto(t *testing.T, denied string) {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("moto_server is not on PATH")
	case err != nil:
		t.Skip("moto_server is not on PATH: .ci/run installs it, from PyPI")
	}
	address := freeAddress(t)
	host, port, _ := strings.Cut(address, ":")
	startServer(t, address, program, "-H", host, "-p", port)
	moto := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		if strings.Contains(r.Header.Get("Authorization"), "/"+denied+"/ec2/") && strings.Contains(body.String(), "Action=DescribeVpcEndpoints") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>Not there.</Message></Error></Errors></Response>"))
			return
		}
		r.Body = nopCloser{&body}
		moto.ServeHTTP(w, r)
	}))
	t.Cleanup(gate.Close)
	setSDK(t, gate.URL)
}

// setSDK points the SDK to url, and hides the configuration of this machine.
func setSDK(t *testing.T, url string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

type nopCloser struct{ *bytes.Buffer }

func (nopCloser) Close() error { return nil }

// makeEndpoint creates a VPC with an endpoint in it, and returns the endpoint's id.
func makeEndpoint(t *testing.T, region, service string, kind types.VpcEndpointType) string {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region))
	if err != nil {
		t.Fatal(err)
	}
	client := ec2.NewFromConfig(cfg)
	vpc, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: vpc.Vpc.VpcId, ServiceName: aws.String("com.amazonaws." + region + "." + service), VpcEndpointType: kind,
		PrivateDnsEnabled: aws.Bool(kind == types.VpcEndpointTypeInterface),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *made.VpcEndpoint.VpcEndpointId
}

// After EC2 refused to list the endpoints, analyze makes no call for the network.
func TestNoCallAfterARefusal(t *testing.T) {
	var calls []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, r.PostFormValue("Action"))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>Not there.</Message></Error></Errors></Response>"))
	}))
	t.Cleanup(server.Close)
	setSDK(t, server.URL)
	mustRun(t, exit.Failed, "analyze", "../../fixtures/demo", "--endpoints", "aws", "--network", "aws", "--regions", "eu-west-1", "--out", t.TempDir(), "--quiet")
	if got := strings.Join(calls, " "); got != "DescribeVpcEndpoints" {
		t.Errorf("calls: %s", got)
	}
}

// EC2 is asked in all Regions of the account, and one of them refuses. The inventory
// is written with status 3. A report is still made, and records its inputs.
func TestEndpointsAskedOfEC2(t *testing.T) {
	startMoto(t, "eu-west-3")
	started := time.Now().Add(-time.Minute).UnixMilli()
	gateway := makeEndpoint(t, "us-east-1", "s3", types.VpcEndpointTypeGateway)
	private := makeEndpoint(t, "eu-west-1", "sqs", types.VpcEndpointTypeInterface)
	hidden := makeEndpoint(t, "eu-west-3", "sqs", types.VpcEndpointTypeInterface)
	dir := t.TempDir()
	saved := filepath.Join(dir, "inventory.json")

	const refused = "vpcetrail: --endpoints aws: the endpoints of eu-west-3 are not known: UnauthorizedOperation: Not there.: allow ec2:DescribeVpcEndpoints\n"
	f := mustRun(t, exit.Incomplete, "endpoints", "--endpoints", "aws", "-o", saved)
	if want := refused + "vpcetrail: the inventory is written, but incomplete: EC2 did not list the endpoints of eu-west-3\n"; f.errOut != want {
		t.Errorf("it says\n%swant\n%s", f.errOut, want)
	}
	text, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	inventory, err := endpoints.ParseInventory(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, known := inventory[hidden]; known || len(inventory) != 2 {
		t.Errorf("%d endpoints, the hidden one among them: %v", len(inventory), known)
	}
	s3, sqs := inventory[gateway], inventory[private]
	if s3.Type != "gateway" || s3.Region != "us-east-1" || s3.Service != "com.amazonaws.us-east-1.s3" || !strings.HasPrefix(s3.VPC, "vpc-") || s3.ByTrail || s3.Seen < started {
		t.Errorf("gateway endpoint %+v", s3)
	}
	if sqs.Type != "interface" || sqs.Region != "eu-west-1" || sqs.PrivateDNS.Enabled != event.True || sqs.Account != "123456789012" || sqs.Created < started {
		t.Errorf("interface endpoint %+v", sqs)
	}

	now := time.Now().UTC()
	trail := filepath.Join(dir, "trail.json")
	record := `{"Records":[{"eventTime":"` + now.Format(time.RFC3339) + `","eventID":"a","eventSource":"sqs.amazonaws.com","sourceIPAddress":"10.0.1.4","vpcEndpointId":"` + private + `"}]}`
	if err := os.WriteFile(trail, []byte(record), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report")
	if f := mustRun(t, 0, "analyze", trail, "--endpoints", "aws", "--out", out, "--quiet"); f.errOut != refused {
		t.Errorf("analyze says\n%swant\n%s", f.errOut, refused)
	}
	m := manifest(t, out, now.Format(time.DateOnly))
	if got, err := json.Marshal(m.Run.EndpointRegionsUnread); err != nil || string(got) != `["eu-west-3"]` || m.Run.Endpoints != 2 || len(m.Run.EndpointRegions) < 10 || m.Routes["vpce"] != 1 {
		t.Errorf("run.json: %+v, routes %v", m.Run, m.Routes)
	}
	if table, err := tableText(out, "traffic", "evidence", "endpoint_owner"); err != nil || !strings.Contains(table, "endpoint_inventory,own") {
		t.Errorf("traffic: %s %v", table, err)
	}
	if f := mustRun(t, 0, "explain", trail, "--endpoints", "aws", "--regions", "eu-west-1"); !strings.Contains(f.out, "endpoint_inventory") || f.errOut != "" {
		t.Errorf("explain: %s%s", f.out, f.errOut)
	}
}
