//go:build linux

package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/inside"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures"
)

// A finished run of the command.
type finished struct {
	code int
	out  string
	err  string
}

// testStep is the time of a step in tests.
const testStep = 400 * time.Millisecond

func run(t *testing.T, args ...string) finished {
	t.Helper()
	var out bytes.Buffer
	cmd := New()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--timeout", testStep.String()}, args...))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	f := finished{code: exit.Code(err), out: out.String()}
	if err != nil {
		f.err = err.Error()
	}
	return f
}

// decided runs doctor for one service and returns its path and reason.
func decided(t *testing.T, service string, args ...string) (path, reason string, code int) {
	t.Helper()
	f := run(t, append([]string{"--services", service, "--format", "json"}, args...)...)
	var e jsonExamination
	if err := json.Unmarshal([]byte(f.out), &e); err != nil || len(e.Services) != 1 {
		t.Fatalf("%v: %s%s", err, f.out, f.err)
	}
	if e.Status != f.code {
		t.Errorf("the result says status %d, and the command ends with %d", e.Status, f.code)
	}
	return e.Services[0].Path, e.Services[0].Reason, f.code
}

const (
	hostSQS  = "sqs.eu-west-1.amazonaws.com"
	hostS3   = "s3.eu-west-1.amazonaws.com"
	hostKMS  = "kms.eu-west-1.amazonaws.com"
	farS3    = "s3.us-east-1.amazonaws.com"
	anywhere = "example.com"
)

func at(addresses ...string) record { return record{addresses: addresses} }

// Each kind of answer of DNS, port and certificate leads to its verdict and exit status.
func TestVerdicts(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	open, shut := at(public), at(away)
	for _, tc := range []struct {
		name         string
		service      string
		zone         map[string]record
		path, reason string
		code         int
	}{
		{"private answers", "sqs", map[string]record{hostSQS: at(endpointA, endpointB)}, "interface_endpoint", "private_answer", 0},
		{"private answers, slowly", "sqs", map[string]record{hostSQS: {addresses: []string{endpointA}, wait: testStep / 4}}, "interface_endpoint", "private_answer", 0},
		{"one of two zones is blocked", "sqs", map[string]record{hostSQS: at(closed, endpointB)}, "interface_endpoint", "private_answer", 0},
		{"a public answer", "sqs", map[string]record{hostSQS: at(public)}, "past_the_endpoint", "public_answer", 4},
		{"private and public answers", "sqs", map[string]record{hostSQS: at(endpointA, public)}, "past_the_endpoint", "private_and_public_answers", 4},
		{"a public answer by IPv6 beside", "sqs", map[string]record{hostSQS: at(endpointA, public6)}, "past_the_endpoint", "private_and_public_answers", 4},
		{"IPv6 that leads nowhere beside", "sqs", map[string]record{hostSQS: at(endpointA, "2600:1f00::2")}, "interface_endpoint", "private_answer", 0},
		{"the endpoint refuses", "sqs", map[string]record{hostSQS: at(closed)}, "undecided", "endpoint_does_not_answer", 3},
		{"the endpoint is silent", "sqs", map[string]record{hostSQS: at(silent)}, "undecided", "endpoint_does_not_answer", 3},
		{"the endpoint takes connections and says nothing", "sqs", map[string]record{hostSQS: at(mute)}, "undecided", "endpoint_does_not_answer", 3},
		{"the endpoint sends TLS byte by byte", "sqs", map[string]record{hostSQS: at(tarpit)}, "undecided", "endpoint_does_not_answer", 3},
		{"no way out", "sqs", map[string]record{hostSQS: at(away)}, "undecided", "no_connection", 3},
		{"a certificate for another name", "sqs", map[string]record{hostSQS: at(foreign)}, "undecided", "certificate_of_another", 3},
		{"a certificate by an unknown authority", "sqs", map[string]record{hostSQS: at(untrusted)}, "undecided", "certificate_of_another", 3},
		{"a certificate by a proxy", "sqs", map[string]record{hostSQS: at(intercepting)}, "undecided", "certificate_not_by_amazon", 3},
		{"no TLS", "sqs", map[string]record{hostSQS: at(noTLS)}, "undecided", "certificate_of_another", 3},
		{"an address of this machine", "sqs", map[string]record{hostSQS: at("127.0.0.1")}, "undecided", "answer_is_this_machine", 3},
		{"no such name", "sqs", nil, "undecided", "no_such_name", 3},
		{"a name without addresses", "sqs", map[string]record{hostSQS: {}}, "undecided", "no_address", 3},
		{"an alias of a name that does not exist", "sqs", map[string]record{hostSQS: {alias: "gone.corp.example", code: 3}}, "undecided", "no_such_name", 3},
		{"an alias of a name without addresses", "sqs", map[string]record{hostSQS: {alias: "empty.corp.example"}}, "undecided", "no_address", 3},
		{"an alias that leads back", "sqs", map[string]record{hostSQS: {alias: "again.corp.example", loops: true}}, "undecided", "alias_loop", 3},
		{"a name server that refuses", "sqs", map[string]record{hostSQS: {code: 5}}, "undecided", "name_server_refuses", 3},
		{"a name server that looks up nothing for others", "sqs", map[string]record{hostSQS: {noHelp: true}}, "undecided", "lookup_failed", 3},
		{"an answer that is cut", "sqs", map[string]record{hostSQS: {addresses: []string{endpointA}, cut: true}}, "undecided", "answer_cut", 3},
		{"a silent name server", "sqs", map[string]record{hostSQS: {silent: true}}, "undecided", "name_server_silent", 3},
		{"a slow name server", "sqs", map[string]record{hostSQS: {addresses: []string{endpointA}, wait: 2 * testStep}}, "undecided", "name_server_silent", 3},
		{"a failing name server", "sqs", map[string]record{hostSQS: {code: 2}}, "undecided", "lookup_failed", 3},
		{"a name server that babbles", "sqs", map[string]record{hostSQS: {garbage: true}}, "undecided", "name_server_silent", 3},

		{"S3, and the internet is there", "s3", map[string]record{hostS3: at(publicS3), farS3: shut, anywhere: open}, "undecided", "gateway_or_internet", 3},
		{"S3, and another Region's S3 is there", "s3", map[string]record{hostS3: at(publicS3), farS3: open, anywhere: shut}, "undecided", "gateway_or_internet", 3},
		{"S3, and nothing else", "s3", map[string]record{hostS3: at(publicS3), farS3: shut, anywhere: shut}, "gateway_endpoint", "nothing_else_reachable", 0},
		{"S3, and another service of the Region is there", "s3", map[string]record{hostS3: at(publicS3), farS3: shut, anywhere: shut, hostKMS: open}, "undecided", "gateway_or_internet", 3},
		{"S3, and another service is there by an endpoint", "s3", map[string]record{hostS3: at(publicS3), farS3: shut, anywhere: shut, hostKMS: at(endpointA)}, "gateway_endpoint", "nothing_else_reachable", 0},
		{"S3, and the other names are blocked", "s3", map[string]record{hostS3: at(publicS3), anywhere: shut}, "undecided", "gateway_or_internet", 3},
		{"S3 by an interface endpoint", "s3", map[string]record{hostS3: at(endpointA)}, "interface_endpoint", "private_answer", 0},
		{"S3 does not answer", "s3", map[string]record{hostS3: at(away)}, "undecided", "no_connection", 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.dns.set(tc.zone)
			if path, reason, code := decided(t, tc.service); path != tc.path || reason != tc.reason || code != tc.code {
				t.Errorf("%s, %s, status %d; want %s, %s, %d", path, reason, code, tc.path, tc.reason, tc.code)
			}
		})
	}
	t.Run("a service that is checked is a way out", func(t *testing.T) {
		s.dns.set(map[string]record{hostS3: at(publicS3), farS3: shut, anywhere: shut, hostSQS: at(public)})
		f := run(t, "--services", "s3,sqs")
		if !strings.Contains(f.out, "can be reached ("+hostSQS+" answers)") || f.err != "past the endpoint: sqs; undecided: s3" {
			t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
		}
	})
	t.Run("what to do", func(t *testing.T) {
		for address, want := range map[string]string{
			closed: "security groups drop packets, and do not refuse connections", silent: "allow TCP port 443", "10.0.1.99": "see the routes and the firewall of this machine",
			untrusted: "install the package ca-certificates", foreign: "find out what has the address",
		} {
			s.dns.set(map[string]record{hostSQS: at(address)})
			if f := run(t, "--services", "sqs"); !strings.Contains(strings.Join(strings.Fields(f.out), " "), want) {
				t.Errorf("%s lacks %q:\n%s", address, want, f.out)
			}
		}
	})
	t.Run("what name servers say", func(t *testing.T) {
		for want, r := range map[string]record{
			"sqs: the name exists, and has no address. Do: see the private hosted zones":                                                          {},
			"sqs: the name is an alias (CNAME) of gone.corp.example, which does not exist. Do: correct the alias of " + hostSQS:                   {alias: "gone.corp.example", code: 3},
			"sqs: the name is an alias (CNAME) of empty.corp.example, which has no address. Do: see":                                              {alias: "empty.corp.example"},
			"sqs: the name is an alias (CNAME) that leads back to itself: again.corp.example, " + hostSQS + ". Do: see":                           {alias: "again.corp.example", loops: true},
			"sqs: name server 10.0.0.2 refuses to look up the name (REFUSED). Do: let name server 10.0.0.2 answer":                                {code: 5},
			"sqs: name server 10.0.0.2 could not look up the name: SERVFAIL. Do: see that the name servers of this machine work":                  {code: 2},
			"sqs: name server 10.0.0.2 could not look up the name: NOTIMP. Do:":                                                                   {code: 4},
			"sqs: name server 10.0.0.2 could not look up the name: code 9. Do:":                                                                   {code: 9},
			"sqs: name server 10.0.0.2 could not look up the name: it looks up no names for others. Do:":                                          {noHelp: true},
			"sqs: the answer of name server 10.0.0.2 is too long for UDP, and it does not answer by TCP. Do: allow TCP port 53 from this machine": {cut: true},
		} {
			s.dns.set(map[string]record{hostSQS: r})
			if f := run(t, "--services", "sqs", "--outside", "none"); !strings.Contains(strings.Join(strings.Fields(f.out), " "), want) {
				t.Errorf("it lacks %q:\n%s", want, f.out)
			}
		}
	})
	t.Run("the fourth zone alone answers", func(t *testing.T) {
		s.dns.set(map[string]record{hostSQS: at(closed, silent, "10.0.1.99", endpointA)})
		f := run(t, "--services", "sqs", "--outside", "none")
		if text := strings.Join(strings.Fields(f.out), " "); f.code != 0 || !strings.Contains(text, "3 of its 4 addresses do not answer (10.0.1.11, 10.0.1.12, 10.0.1.99)") {
			t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
		}
	})
	t.Run("a private answer by NAT64", func(t *testing.T) {
		s.dns.set(map[string]record{hostSQS: at(wrapped)})
		if path, reason, code := decided(t, "sqs"); path != "interface_endpoint" || reason != "private_answer" || code != 0 {
			t.Errorf("%s, %s, status %d", path, reason, code)
		}
	})
	t.Run("S3 of another Region has no gateway endpoint here", func(t *testing.T) {
		s.dns.set(map[string]record{farS3: at(publicS3), anywhere: shut})
		if path, _, code := decided(t, "s3", "--region", "us-east-1"); path != "past_the_endpoint" || code != exit.Violated {
			t.Errorf("%s, status %d", path, code)
		}
	})
	t.Run("other name servers than Amazon's", func(t *testing.T) {
		s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.1.0.0/16")
		s.dns.set(map[string]record{hostSQS: at(public)})
		s.amazon.set(map[string]record{hostSQS: at(endpointA)})
		f := run(t, "--services", "sqs")
		for _, want := range []string{"make your name servers forward", "name server 10.0.0.2 is not Amazon's"} {
			if !strings.Contains(strings.Join(strings.Fields(f.out), " "), want) || f.code != exit.Violated {
				t.Errorf("status %d, lacks %q:\n%s", f.code, want, f.out)
			}
		}
	})
}

// A searching is a case of a machine with the search domain corp.example. says is what the
// text has of sqs.
type searching struct {
	name               string
	zone               map[string]record
	path, reason, says string
}

const inDomain = hostSQS + ".corp.example"

func (tc *searching) run(t *testing.T, s *stage) {
	s.dns.set(tc.zone)
	if path, reason, _ := decided(t, "sqs"); path != tc.path || reason != tc.reason {
		t.Errorf("%s, %s; want %s, %s", path, reason, tc.path, tc.reason)
	}
	if f := run(t, "--services", "sqs"); !strings.Contains(strings.Join(strings.Fields(f.out), " "), tc.says) {
		t.Errorf("it lacks %q:\n%s", tc.says, f.out)
	}
}

// search sets the name server, the search domain and an option in /etc/resolv.conf.
func (s *stage) search(option string) {
	s.t.Helper()
	if err := os.WriteFile("/etc/resolv.conf", []byte("nameserver "+vpcResolver+"\nsearch corp.example\noptions "+option+"\n"), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
}

// With many ndots, programs ask search domains first. They stop at the first name that has an
// address of any family.
func TestSearchDomainsFirst(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.search("ndots:5")
	for _, tc := range []searching{
		{"the domain has no such name", map[string]record{hostSQS: at(endpointA)}, "interface_endpoint", "private_answer", "sqs: the name has the private address 10.0.1.10"},
		{"the domain has the name", map[string]record{hostSQS: at(endpointA), inDomain: at(foreign)}, "undecided", "certificate_of_another",
			"sqs: search domain corp.example has the name, so that programs use its answer; 10.0.1.13 answers, and is not the service"},
		{"only the domain has the name", map[string]record{inDomain: at(public)}, "past_the_endpoint", "public_answer",
			"Do: remove corp.example from the search domains in /etc/resolv.conf, or its record for " + hostSQS},
		{"the domain has an IPv6 address alone", map[string]record{hostSQS: at(endpointA), inDomain: at(public6)}, "past_the_endpoint", "public_answer",
			"sqs: search domain corp.example has the name, so that programs use its answer; the name has the public address " + public6},
		{"the domain has the name and no address", map[string]record{hostSQS: at(endpointA), inDomain: {}}, "interface_endpoint", "private_answer", "sqs: the name has the private address"},
		{"IPv6 is not answered", map[string]record{hostSQS: {addresses: []string{endpointA}, silent6: true}, inDomain: {silent6: true}}, "interface_endpoint", "private_answer",
			"sqs: the name has the private address"},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, s) })
	}
}

// Search domains are not asked after the name itself has an address of any family.
func TestSearchDomainsLast(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.search("ndots:1")
	for _, tc := range []searching{
		{"the domain has an IPv6 address", map[string]record{hostSQS: at(endpointA), inDomain: at(public6)}, "interface_endpoint", "private_answer", "sqs: the name has the private address"},
		{"the domain has both families", map[string]record{hostSQS: at(endpointA), inDomain: at(public, public6)}, "interface_endpoint", "private_answer", "sqs: the name has the private address"},
		{"the name has no address", map[string]record{hostSQS: {}, inDomain: at(public6)}, "past_the_endpoint", "public_answer", "sqs: search domain corp.example has the name"},
		{"IPv6 is not answered", map[string]record{hostSQS: {addresses: []string{endpointA}, silent6: true}}, "interface_endpoint", "private_answer", "sqs: the name has the private address"},
		{"IPv6 comes late", map[string]record{hostSQS: at(endpointA), inDomain: {addresses: []string{public6}, wait: testStep / 2}}, "interface_endpoint", "private_answer", "sqs: the name has the private address"},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, s) })
	}
	t.Run("another name begins with the name", func(t *testing.T) {
		t.Setenv("AWS_ENDPOINT_URL_SQS", "https://"+hostSQS+".internal.example")
		s.dns.set(map[string]record{hostSQS: at(endpointA), hostSQS + ".internal.example": at(endpointB)})
		if f := run(t, "--services", "sqs", "--format", "json"); strings.Count(f.out, `"search_domain": null`) < 2 || strings.Contains(f.out, `"search_domain": "`) {
			t.Error(f.out)
		}
	})
}

// The second name server is asked within the step, though the first one does not answer.
func TestFirstNameServerIsSilent(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	mute, err := net.ListenPacket("udp", endpointB+":53")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	if err := os.WriteFile("/etc/resolv.conf", []byte("nameserver "+endpointB+"\nnameserver "+vpcResolver+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	f := run(t, "--services", "sqs")
	for _, want := range []string{"sqs interface endpoint", "name server " + endpointB + " does not answer: programs that ask it first wait"} {
		if !strings.Contains(strings.Join(strings.Fields(f.out), " "), want) {
			t.Errorf("it lacks %q:\n%s", want, f.out)
		}
	}
}

var tookText = regexp.MustCompile(`Checked in [0-9.]+ s`)

// The text says for each service the path, the proof, and what to do. It fits 80 columns.
func TestText(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60718", "10.0.0.0/16")
	s.dns.set(map[string]record{
		hostSQS: {addresses: []string{endpointA}, alias: "vpce-0a1b2c3d4e5f60718-abcd1234.sqs.eu-west-1.vpce.amazonaws.com"},
		hostS3:  at(publicS3), "s3.amazonaws.com": at(public), "s3.dualstack.eu-west-1.amazonaws.com": at(publicS3, public6), farS3: at(public), anywhere: at(away),
		"sts.eu-west-1.amazonaws.com": at(endpointB), "sts.amazonaws.com": at(public),
		"kms.eu-west-1.amazonaws.com": at(closed), "kms-fips.eu-west-1.amazonaws.com": {silent: true},
		"api.ecr.eu-west-1.amazonaws.com":       at(public),
		"api.sagemaker.eu-west-1.amazonaws.com": at(foreign),
	})
	f := run(t, "--services", "sqs,s3,sts,kms,ecr,com.amazonaws.eu-west-1.sagemaker.api,nosuch.amazonaws.com")
	if f.code != exit.Violated || f.err != "past the endpoint: ecr.api; undecided: s3, kms, sagemaker.api, nosuch" {
		t.Errorf("status %d: %s", f.code, f.err)
	}
	for line := range strings.Lines(f.out) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	fixtures.Golden(t, "testdata/basics.golden", []byte(tookText.ReplaceAllString(f.out, "Checked in 0.5 s")))
}

// Without instance metadata the Region comes from the flag or the environment.
func TestWithoutMetadata(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	if f := run(t, "--services", "sqs"); f.code != exit.Usage || f.err != "the Region is not known: give --region, or set AWS_REGION" {
		t.Errorf("status %d: %s", f.code, f.err)
	}
	for variable, want := range map[string]string{
		"AWS_WEB_IDENTITY_TOKEN_FILE": "the credentials that AWS_WEB_IDENTITY_TOKEN_FILE names could not be fetched", "AWS_REGION": "no instance metadata: 169.254.169.254 refuses, or cannot be reached",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "eu-west-1")
			t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
			if f := run(t, "--services", "sqs", "--region", "eu-west-1"); !strings.Contains(strings.Join(strings.Fields(f.out), " "), want) {
				t.Errorf("lacks %q:\n%s", want, f.out)
			}
		})
	}
	if path, _, code := decided(t, "sqs", "--region", "eu-west-1"); path != "interface_endpoint" || code != 0 {
		t.Errorf("%s, status %d", path, code)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	if path, _, code := decided(t, "sqs"); path != "interface_endpoint" || code != 0 {
		t.Errorf("%s, status %d", path, code)
	}
}

// What the metadata service does not say is named, and verdicts that need it are undecided.
func TestMetadataInPart(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	of := "network/interfaces/macs/" + testMAC + "/"
	interfaces = func() ([]net.Interface, error) { // the stage's only one, with all of its addresses
		own, err := net.InterfaceByName("lo")
		own.Flags &^= net.FlagLoopback
		return []net.Interface{*own}, err
	}
	s.dns.set(map[string]record{hostSQS: at(endpointA), hostKMS: at(endpointA, public6)})
	for _, tc := range []struct {
		name    string
		without []string
		mode    metadataMode
		note    string
		reason  string // of a name with an IPv6 address near the machine's own
	}{
		{"all", nil, metadataMode{}, "", "private_and_public_answers"},
		{"no VPC", []string{of + "vpc-id", of + "subnet-id"}, metadataMode{}, "the instance metadata has no subnet-id, vpc-id", "private_and_public_answers"},
		{"no ranges", []string{of + "vpc-ipv4-cidr-blocks"}, metadataMode{}, "the instance metadata has no vpc-ipv4-cidr-blocks", "vpc_ranges_not_known"},
		{"no answer for IPv6 ranges", nil, metadataMode{broken: "vpc-ipv6-cidr-blocks"}, "the instance metadata service did not answer for vpc-ipv6-cidr-blocks", "vpc_ranges_not_known"},
		{"no interface", []string{"mac"}, metadataMode{}, "no instance metadata: 169.254.169.254 answers with HTTP status 404", "vpc_ranges_not_known"},
		{"a hop limit of 1", nil, metadataMode{noToken: true}, "169.254.169.254 does not answer in time; in a container, set the hop limit", "vpc_ranges_not_known"},
		{"switched off", nil, metadataMode{status: 403}, "no instance metadata: 169.254.169.254 refuses, or cannot be reached", "vpc_ranges_not_known"},
		{"no version 2", nil, metadataMode{status: 405}, "no instance metadata: 169.254.169.254 refuses, or cannot be reached", "vpc_ranges_not_known"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
			tc.mode.facts = s.metadata.facts
			for _, fact := range tc.without {
				delete(tc.mode.facts, fact)
			}
			s.metadata.set(tc.mode)
			if _, reason, _ := decided(t, "kms", "--region", "eu-west-1"); reason != tc.reason {
				t.Errorf("%s, want %s", reason, tc.reason)
			}
			if f := run(t, "--services", "sqs", "--region", "eu-west-1"); !strings.Contains(strings.Join(strings.Fields(f.out), " "), tc.note) || f.code != 0 {
				t.Errorf("status %d: it lacks %q:\n%s", f.code, tc.note, f.out)
			}
		})
	}
}

// Facts of instance metadata that are not valid are named, and nothing is decided by them.
func TestInvalidMetadata(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	of := "network/interfaces/macs/" + testMAC + "/"
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	for fact, text := range map[string]string{
		"vpc-ipv4-cidr-blocks": "garbage", "vpc-ipv6-cidr-blocks": "2600:1f00::/56\n<html>", "subnet-id": "subnet 1", "public-ipv4s": "1.2.3", "owner-id": "<html>",
		"interface-id": "", // as if the service did not have it
	} {
		s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
		s.metadata.facts[of+fact] = text
		want := "Note: the instance metadata has no valid " + fact + "."
		if text == "" {
			want = "Note: the instance metadata has no " + fact + "."
		}
		if f := run(t, "--services", "sqs"); !strings.Contains(strings.Join(strings.Fields(f.out), " "), want) || f.code != 0 {
			t.Errorf("status %d: it lacks %q:\n%s", f.code, want, f.out)
		}
	}
}

// A metadata service that refuses connections is not called slow, and the address that was
// asked is named.
func TestMetadataRefuses(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	for address, want := range map[string]string{
		closed: closed + " refuses, or cannot be reached", away: away + " refuses, or cannot be reached", silent + ":443": silent + " does not answer in time", "[fd00:ec2::1]": "fd00:ec2::1 refuses",
	} {
		t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+address)
		f := run(t, "--services", "sqs", "--region", "eu-west-1")
		if text := strings.Join(strings.Fields(f.out), " "); !strings.Contains(text, "no instance metadata: "+want) || f.code != 0 {
			t.Errorf("status %d: it lacks %q:\n%s", f.code, want, f.out)
		}
	}
}

// A network that never answers, or answers without end, ends the run within its bound, and
// nothing that it says reaches the terminal as it is.
func TestHostileNetwork(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("10.9.%d.%d", i/250, i%250))
	}
	bounded := func(t *testing.T, args ...string) finished {
		t.Helper()
		start := time.Now()
		f := run(t, append(args, "--region", "eu-west-1")...)
		if took := time.Since(start); took > stepsInARow*testStep+testStep/2 {
			t.Errorf("it took %v", took)
		}
		for _, r := range f.out + f.err {
			if r < ' ' && r != '\n' || r == 0x7f {
				t.Fatalf("control character %q in\n%q", r, f.out+f.err)
			}
		}
		return f
	}
	for _, tc := range []struct {
		name     string
		metadata metadataMode
		zone     map[string]record
	}{
		{"nothing answers", metadataMode{hangs: true}, map[string]record{hostSQS: {silent: true}, farS3: {silent: true}, anywhere: {silent: true}}},
		{"metadata that never ends", metadataMode{endless: true}, map[string]record{hostSQS: at(endpointA)}},
		{"metadata of control characters", metadataMode{facts: map[string]string{"mac": "\x1b[2J", "instance-id": "i-\x1b[31m", "placement/region": "eu\nwest"}}, map[string]record{hostSQS: at(endpointA)}},
		{"a thousand addresses", metadataMode{}, map[string]record{hostSQS: at(many...)}},
		{"a certificate with control characters", metadataMode{}, map[string]record{hostSQS: at(hostile)}},
		{"an alias of control characters", metadataMode{}, map[string]record{hostSQS: {addresses: []string{endpointA}, alias: "vpce-\x1b[2J.vpce.amazonaws.com"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.metadata.set(tc.metadata)
			s.dns.set(tc.zone)
			text := bounded(t, "--services", "sqs")
			result := bounded(t, "--services", "sqs", "--format", "json")
			var e jsonExamination
			if err := json.Unmarshal([]byte(result.out), &e); err != nil {
				t.Fatalf("%v: %s", err, result.out)
			}
			if e.Machine.Instance != nil || text.code != result.code {
				t.Errorf("instance %v, statuses %d and %d", e.Machine.Instance, text.code, result.code)
			}
			if len(many) > 0 && len(tc.zone[hostSQS].addresses) == len(many) {
				if h := e.Services[0].Names[0]; h.Count != len(many) || len(h.Addresses) != shownAddresses {
					t.Errorf("%d addresses found, %d shown", h.Count, len(h.Addresses))
				}
			}
		})
	}
}

// EC2, STS and S3 that never answer cost time within the bound, and
// nothing else.
func TestSilentEC2(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"} {
		t.Setenv(name, value)
	}
	for _, address := range []string{mute, silent, tarpit} {
		for _, id := range []string{"EC2", "STS", "S3"} {
			t.Setenv("AWS_ENDPOINT_URL_"+id, "http://"+address+":443")
		}
		start := time.Now()
		f := run(t, "--services", "sqs", "--sign")
		text := strings.Join(strings.Fields(f.out), " ")
		if took := time.Since(start); took > stepsInARow*testStep || f.code != exit.Incomplete || !strings.Contains(text, "sqs interface endpoint 10.0.1.10") ||
			!strings.Contains(text, "EC2 does not describe the VPC: ec2:DescribeVpcs: no answer in time") || !strings.Contains(text, "sts GetCallerIdentity: no answer in time") {
			t.Errorf("%s: %v, status %d: %s\n%s", address, took, f.code, f.err, f.out)
		}
	}
}

// A proxy of the environment takes the calls of workloads. So doctor does not judge a name
// by what it reaches directly, unless NO_PROXY has it.
func TestProxyOfTheEnvironment(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(endpointA), hostS3: at(endpointB)})
	// The standard library reads the environment once in a process.
	t.Setenv("HTTPS_PROXY", "http://user:secret@10.0.9.9:3128")
	t.Setenv("HTTP_PROXY", "http://10.0.9.9:3128")
	t.Setenv("NO_PROXY", hostS3)
	f := run(t, "--services", "sqs,s3", "--format", "json")
	var e jsonExamination
	if err := json.Unmarshal([]byte(f.out), &e); err != nil {
		t.Fatalf("%v: %s", err, f.out)
	}
	if got := e.Services[0]; got.Reason != "proxy" || got.Path != "undecided" || f.code != exit.Incomplete || strings.Contains(f.out, "secret") {
		t.Errorf("%+v, status %d", got, f.code)
	}
	if got := e.Services[1]; got.Path != "interface_endpoint" {
		t.Errorf("%+v", got)
	}
	if e.Machine.Instance == nil {
		t.Error("the metadata service was asked through the proxy")
	}
}

// SDKs call another name if the environment says so.
func TestSettingsOfTheEnvironment(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	const own = "vpce-0a1b2c3d-abcd.sqs.eu-west-1.vpce.amazonaws.com"
	s.dns.set(map[string]record{hostSQS: at(endpointA), "sqs-fips.eu-west-1.amazonaws.com": at(public), "sqs.eu-west-1.api.aws": at(public), own: at(public)})
	for _, tc := range []struct {
		variable, value string
		path, reason    string
	}{
		{"AWS_USE_FIPS_ENDPOINT", "true", "past_the_endpoint", "public_answer"},
		{"AWS_USE_FIPS_ENDPOINT", "false", "interface_endpoint", "private_answer"},
		{"AWS_USE_DUALSTACK_ENDPOINT", "True", "past_the_endpoint", "public_answer"},
		{"AWS_ENDPOINT_URL_SQS", "https://" + own, "past_the_endpoint", "public_answer"},
		{"AWS_ENDPOINT_URL", "https://" + own + "/", "past_the_endpoint", "public_answer"},
		{"AWS_ENDPOINT_URL", "https://" + hostSQS, "interface_endpoint", "private_answer"},
		{"AWS_ENDPOINT_URL", "http://user:secret@localhost:4566", "undecided", "setting_of_environment"},
		{"AWS_ENDPOINT_URL_S3", "http://localhost:4566", "interface_endpoint", "private_answer"},
	} {
		t.Run(tc.variable+"="+tc.value, func(t *testing.T) {
			t.Setenv(tc.variable, tc.value)
			if path, reason, _ := decided(t, "sqs"); path != tc.path || reason != tc.reason {
				t.Errorf("%s, %s; want %s, %s", path, reason, tc.path, tc.reason)
			}
			if f := run(t, "--services", "sqs"); strings.Contains(f.out, "secret") {
				t.Error(f.out)
			}
		})
	}
}

// A verdict says which setting of the profile chose the name, and what the other name would do.
func TestSettingsOfTheProfile(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(endpointA), "sqs-fips.eu-west-1.amazonaws.com": at(public)})
	name := s.dir + "/config"
	if err := os.WriteFile(name, []byte("[default]\nuse_fips_endpoint = true\nca_bundle = "+s.bundle()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", name)
	t.Setenv("AWS_CA_BUNDLE", "")
	f := run(t, "--services", "sqs")
	words := "sqs: SDKs call sqs-fips.eu-west-1.amazonaws.com, by use_fips_endpoint of profile default in " + name + "; the name has the public address 54.239.1.1"
	remedy := "Do: if the workload does not need this setting, remove it: " + hostSQS + " leads to the endpoint."
	if text := strings.Join(strings.Fields(f.out), " "); f.code != exit.Violated || !strings.Contains(text, words) || !strings.Contains(text, remedy) {
		t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
	}
	t.Setenv("AWS_REGION", "us-east-1")
	if f := run(t, "--services", "sqs"); !strings.Contains(f.out, "Calls to:  us-east-1, by AWS_REGION\n") {
		t.Error(f.out)
	}
}

// The result goes to a file of the machine's name.
func TestFileOfTheInstance(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	f := run(t, "--services", "sqs", "--format", "json", "-o", s.dir+"/{instance}.json")
	text := read(t, s.dir+"/i-0a1b2c3d4e5f60718.json")
	var e jsonExamination
	if err := json.Unmarshal(text, &e); err != nil || f != (finished{}) || *e.Machine.VPC != "vpc-0a1b2c3d" {
		t.Errorf("%v: %+v: %s", err, f, text)
	}
}

// An S3 that does not answer ends the run within its bound, and the result is not lost.
func TestSilentS3(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(public)})
	t.Setenv("AWS_DEFAULTS_MODE", "auto") // the SDK asks the metadata service by itself
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"} {
		t.Setenv(name, value)
	}
	const late = "no answer within 1.6s"
	for _, tc := range []struct {
		name, url, want string
		metadata        metadataMode
	}{
		{"a closed port", "http://" + closed + ":443", "", s.metadata.metadataMode},
		{"a black hole", "http://" + silent + ":443", late, s.metadata.metadataMode},
		{"TLS that says nothing", "https://" + mute + ":443", late, s.metadata.metadataMode},
		{"TLS that comes byte by byte", "https://" + tarpit + ":443", late, s.metadata.metadataMode},
		{"metadata that hangs too", "http://" + silent + ":443", late, metadataMode{hangs: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL_S3", tc.url)
			s.metadata.set(tc.metadata)
			start := time.Now()
			f := run(t, "--services", "sqs", "--region", "eu-west-1", "-o", "s3://fleet/{instance}.txt")
			if took := time.Since(start); took > (stepsInARow+stepsToWrite)*testStep+testStep/2 {
				t.Errorf("it took %v", took)
			}
			if f.code != exit.Failed || !strings.HasPrefix(f.err, "s3://fleet/") || !strings.Contains(f.err, ": write: "+tc.want) ||
				!strings.HasSuffix(f.err, ": the result is on standard output instead") || strings.Contains(f.err, "\n") || !strings.Contains(f.out, "past the endpoint") {
				t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
			}
		})
	}
}

// A result that cannot be written to S3 says in one line why, and what to do.
func TestS3Refuses(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{hostSQS: at(endpointA)})
	var scope, code, stored string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope = r.Header.Get("Authorization")
		stored = r.Header.Get("X-Amz-Server-Side-Encryption") + " " + r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") + " " + r.Header.Get("X-Amz-Expected-Bucket-Owner")
		if code != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
		}
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
	for _, tc := range []struct {
		name, code string
		env        map[string]string
		want       string
	}{
		{"no credentials", "", nil, "s3://fleet/x: write: no AWS credentials: set AWS_PROFILE, or give the machine a role: the result is on standard output instead"},
		{"expired credentials", "ExpiredToken", keys, "s3://fleet/x: write: ExpiredToken: no: renew the credentials, and run again: the result is on standard output instead"},
		{"a wrong Region", "", map[string]string{"AWS_REGION": "eu_west"}, `AWS configuration: Region "eu_west": want one such as eu-west-1: see AWS_REGION, or region of the profile`},
		{"no such profile", "", map[string]string{"AWS_PROFILE": "absent"}, `AWS configuration: no file has profile "absent": see AWS_PROFILE`},
		{"no Region: that of the machine", "", keys, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			code = tc.code
			if f := run(t, "--services", "sqs", "-o", "s3://fleet/x", "--sse", "aws:kms", "--kms-key-id", "alias/fleet", "--expected-out-owner", "123456789012"); f.err != tc.want {
				t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
			}
		})
	}
	if stored != "aws:kms alias/fleet 123456789012" {
		t.Errorf("stored with %s", stored)
	}
	if !strings.Contains(scope, "/eu-west-1/s3/") {
		t.Errorf("S3 was called in another Region than that of the machine: %s", scope)
	}
}

// drip answers with bytes that never become an answer.
func drip(from net.Listener) {
	for {
		conn, err := from.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			for _, b := range append([]byte{0x16, 3, 3, 0x40, 0}, make([]byte, 1<<14)...) { // a TLS record
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(testStep / 20)
			}
		}()
	}
}

// A name for which no time is left is not asked for, and nobody says that a server was silent.
func TestNoTimeLeft(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), testStep/2)
	defer stop()
	h := &inside.Host{}
	(&doctor{step: testStep}).checkHost(ctx, h, &inside.Machine{})
	if h.Judge("sqs", &inside.Machine{}); h.Words() != "not checked: the time was up" || h.Reason != inside.NothingJudged || h.Path != inside.Undecided {
		t.Errorf("%s, %s: %s", h.Path, h.Reason, h.Words())
	}
}

// The full name of an endpoint names a Region, which must be the one that is called.
func TestRegionOfTheService(t *testing.T) {
	if !onStage(t) {
		return
	}
	s := newStage(t)
	s.metadata.machine("vpc-0a1b2c3d", "subnet-0a1b2c3d", "10.0.0.0/16")
	s.dns.set(map[string]record{"sqs.us-east-1.amazonaws.com": at(endpointA)})
	const far = "com.amazonaws.us-east-1.sqs"
	want := "--services " + far + ": is a service of us-east-1, and calls go to eu-west-1: give --region us-east-1, or name it sqs"
	if f := run(t, "--services", "kms,"+far); f.code != exit.Usage || f.err != want {
		t.Errorf("status %d: %s\n%s", f.code, f.err, f.out)
	}
	if path, _, code := decided(t, far, "--region", "us-east-1"); path != "interface_endpoint" || code != 0 {
		t.Errorf("%s, status %d", path, code)
	}
}

// A service that is named twice is checked once.
func TestServicesNamedTwice(t *testing.T) {
	f := doctorFlags{services: []string{"sqs", "SQS.amazonaws.com", "com.amazonaws.eu-west-1.sqs", "ecr", "ecr.api"}, format: "text", step: time.Second, outside: "none"}
	if services, err := f.check(); err != nil || fmt.Sprint(services) != "[sqs ecr.api]" {
		t.Error(services, err)
	}
}

func TestWrongFlags(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"sqs", `doctor takes no argument; got "sqs": name services by --services`},
		{"--services SQS!", `--services: "SQS!" is not the name of a service: want the name of its endpoint without what comes before, such as sqs or ecr.api`},
		{"--sse AES256", "--sse and --expected-out-owner are for -o s3://bucket/key"},
		{"--format yaml", `--format "yaml": want text or json`},
		{"--timeout 1h", `--timeout 1h0m0s: want a time from 10ms to 1m`},
		{"--region eu_west", `Region "eu_west": want one such as eu-west-1`},
		{"--outside https://example.com", `--outside "https://example.com": want the name of a host, such as example.com, or none`},
		{"--outside example.com:80", `--outside "example.com:80": want the name of a host, such as example.com, or none`},
		{"--outside 192.0.2.1", `--outside "192.0.2.1": want the name of a host, such as example.com, or none`},
		{"--outside=", `--outside "": want the name of a host, such as example.com, or none`},
		{"--outside sqs.eu-west-1.amazonaws.com", `--outside sqs.eu-west-1.amazonaws.com: is a name of AWS, which an endpoint may carry: want a host outside of AWS`},
		{"--yes", `--yes goes with --analyze: nothing else costs money`},
		{"-o s3://bucket", `-o s3://bucket: names no file: want s3://bucket/key`},
		{"--services " + strings.Join(slices.Repeat([]string{"sqs"}, mostServices+1), ","), `--services names 51: at most 50 are checked in a run`},
	} {
		if f := run(t, strings.Fields(tc.args)...); f.code != exit.Usage || f.err != tc.want {
			t.Errorf("%s: status %d: %s\nwant %s", tc.args, f.code, f.err, tc.want)
		}
	}
}
