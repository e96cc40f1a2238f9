package inside

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify/network"
	"vpcetrail/fixtures"
)

// The names of services of every shape, in Regions of several partitions.
func TestNames(t *testing.T) {
	var out strings.Builder
	for _, region := range []string{"eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1"} {
		fmt.Fprintf(&out, "%s, other Region %q\n", region, OtherRegion(region))
		for _, s := range []Service{"sqs", "s3", "dynamodb", "sts", "ecr.api", "ecr.dkr", "sagemaker.runtime", "kinesis-streams", "s3express", "iam", "codeartifact.api"} {
			fmt.Fprintf(&out, "  %s, %s, source %q, gateway %v\n", s, s.EndpointService(region), s.Source(), s.HasGateway())
			for _, n := range s.Names(region, "111122223333") {
				fmt.Fprintf(&out, "    %-10s %s\n", n.Class, n.Host)
			}
		}
	}
	fixtures.Golden(t, "testdata/names.golden", []byte(out.String()))
}

// The name that SDKs use comes first.
func TestNamesFor(t *testing.T) {
	for _, tc := range []struct {
		service, region string
		fips, dual      bool
		want            string
	}{
		{"sqs", "eu-west-1", false, false, "sqs.eu-west-1.amazonaws.com"},
		{"sqs", "us-east-1", true, false, "sqs-fips.us-east-1.amazonaws.com"},
		{"sqs", "us-east-1", false, true, "sqs.us-east-1.api.aws"},
		{"sqs", "us-east-1", true, true, "sqs-fips.us-east-1.api.aws"},
		{"s3", "us-east-1", true, true, "s3-fips.dualstack.us-east-1.amazonaws.com"},
		{"s3", "us-east-1", false, true, "s3.dualstack.us-east-1.amazonaws.com"},
		{"ecr.api", "us-east-1", true, true, "ecr-fips.us-east-1.api.aws"},
		{"ecr.dkr", "us-east-1", true, true, "111122223333.dkr-ecr-fips.us-east-1.on.aws"},
		{"iam", "us-east-1", true, false, "?"},
		{"iam", "us-east-1", true, true, "?"},
		{"sqs", "us-iso-east-1", false, true, "?"},
		{"sqs", "us-iso-east-1", true, true, "?"},
	} {
		names, known := Service(tc.service).NamesFor(tc.region, "111122223333", tc.fips, tc.dual)
		if got := map[bool]string{true: names[0].Host, false: "?"}[known]; got != tc.want {
			t.Errorf("%s in %s, FIPS %v, dual-stack %v: %s, want %s", tc.service, tc.region, tc.fips, tc.dual, got, tc.want)
		}
	}
}

// ClassOf of classify/network agrees with the classes here.
func TestClassesAgree(t *testing.T) {
	for _, s := range []Service{"sqs", "s3", "dynamodb", "sts", "ecr.api", "ecr.dkr", "sagemaker.runtime", "iam"} {
		for _, n := range s.Names("eu-west-1", "111122223333") {
			if class := network.ClassOf(network.ShapeOf([]byte(n.Host)), "eu-west-1"); class != n.Class {
				t.Errorf("%s: %s here, %s there", n.Host, n.Class, class)
			}
		}
	}
}

func TestParseService(t *testing.T) {
	for text, want := range map[string]Service{
		"sqs": "sqs", "SQS": "sqs", "sqs.amazonaws.com": "sqs", "com.amazonaws.eu-west-1.ecr.api": "ecr.api", "ecr": "ecr.api", "ecr.dkr": "ecr.dkr",
		"com.amazonaws.us-east-1.kinesis-firehose": "kinesis-firehose", "ses.amazonaws.com": "email", "cloudwatch": "monitoring",
	} {
		if got, _, err := ParseService(text); got != want || err != nil {
			t.Errorf("%s: %q %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "a..b", "-a", "a_b", "a/b", "s3 ", "a\x1b", strings.Repeat("a", longestName+1)} {
		if got, _, err := ParseService(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// A service that ParseService accepts has names that can be looked up.
func FuzzParseService(f *testing.F) {
	f.Add("com.amazonaws.eu-west-1.sagemaker.runtime")
	f.Add("s3.amazonaws.com")
	f.Fuzz(func(t *testing.T, text string) {
		s, _, err := ParseService(text)
		if err != nil {
			return
		}
		for _, n := range s.Names("eu-west-1", "") {
			for label := range strings.SplitSeq(n.Host, ".") {
				if len(label) == 0 || len(label) > 63+len("-fips") || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
					t.Fatalf("%q has the name %q", text, n.Host)
				}
			}
		}
	})
}

func TestKinds(t *testing.T) {
	m := Machine{CIDRs: []netip.Prefix{netip.MustParsePrefix("198.18.0.0/16"), netip.MustParsePrefix("2600:1f18::/56")}}
	for text, want := range map[string]string{
		"10.1.2.3": Private, "172.31.0.9": Private, "192.168.1.1": Private, "100.64.0.1": Private, "198.18.3.4": Private, "2600:1f18::5": Private, "fd00::1": Private,
		"54.239.1.1": Public, "64:ff9b::a01:203": Private, "64:ff9b::36ef:101": Public, "64:ff9b::7f00:1": NoTravel, "64:ff9b:1::a01:203": Public, "2600:1f19::5": Public, "127.0.0.1": NoTravel, "0.0.0.0": NoTravel, "::1": NoTravel, "224.0.0.1": NoTravel,
	} {
		if got := m.KindOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestOtherResolvers(t *testing.T) {
	m := Machine{Resolvers: []netip.Addr{netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("169.254.169.253"), netip.MustParseAddr("127.0.0.53")}}
	if got := m.OtherResolvers(); got != nil {
		t.Errorf("no range is known, and %v are not Amazon's", got)
	}
	m.CIDRs = []netip.Prefix{netip.MustParsePrefix("2600:1f18::/56")}
	if got := m.OtherResolvers(); got != nil {
		t.Errorf("no IPv4 range is known, and %v are not Amazon's", got)
	}
	m.CIDRs = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}
	if got := m.OtherResolvers(); len(got) != 1 || got[0].String() != "127.0.0.53" {
		t.Errorf("%v are not Amazon's", got)
	}
}

// A range of one family says nothing of the other one's.
func TestMayBeOfVPC(t *testing.T) {
	near := []netip.Prefix{netip.MustParsePrefix("198.18.0.0/16"), netip.MustParsePrefix("2600:1f18::/44")}
	for _, tc := range []struct {
		ranges  string
		allIPv6 bool
		may4    bool
		may6    bool
	}{
		{"", false, true, true}, {"10.0.0.0/16", false, false, true}, {"10.0.0.0/16", true, false, false}, {"2600:1f18:1::/56", false, true, false}, {"10.0.0.0/16 2600:1f18:1::/56", false, false, false},
	} {
		m := Machine{CIDRs: ParseRanges(strings.Fields(tc.ranges)), AllIPv6: tc.allIPv6, Near: near}
		if may4, may6 := m.MayBeOfVPC(netip.MustParseAddr("198.18.0.9")), m.MayBeOfVPC(netip.MustParseAddr("2600:1f18::9")); may4 != tc.may4 || may6 != tc.may6 {
			t.Errorf("%q, all IPv6 ranges %v: %v, %v", tc.ranges, tc.allIPv6, may4, may6)
		}
	}
}

// A route to local does not lead past an endpoint.
func TestLocalRoute(t *testing.T) {
	h := Host{Lookup: Answered, Addresses: []Address{{IP: netip.MustParseAddr("2600:1f18::9"), Kind: Public, Connection: Open, Issuer: "Amazon"}}}
	h.Addresses[0].SetWay(&network.Way{Route: network.Route{Via: "local"}, Table: "rtb-1"})
	if h.Judge("kms", &Machine{}); h.Path != Interface || h.Reason != PrivateName {
		t.Errorf("%s, %s", h.Path, h.Reason)
	}
}

// Whatever the checks found: a host is said to use an endpoint only if an address of it
// answers as the service and none that answers leads past it, and each verdict has words.
func FuzzVerdict(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8}, false, true)
	f.Add([]byte{9, 200, 31, 7}, true, false)
	connections := []Connection{NotTried, Open, Refused, TimedOut, Unreachable, BadTLS, BadCert}
	kinds := []string{Private, Public, NoTravel}
	ways := []*network.Way{nil, {Gateway: true}, {}, {Route: network.Route{Inactive: true}}}
	f.Fuzz(func(t *testing.T, text []byte, gateway, asked bool) {
		m := &Machine{Region: "eu-west-1", Calls: "eu-west-1", OutsideAsked: asked}
		h := Host{Name: Name{"name", network.Regional}, Lookup: Answered}
		opened, past := false, false
		for i := 0; i+1 < len(text); i += 2 {
			a := Address{IP: netip.AddrFrom4([4]byte{10, 0, 0, text[i]}), Kind: kinds[int(text[i])%3], Connection: connections[int(text[i+1])%7], Issuer: []string{"Amazon", "Corp"}[text[i]>>7]}
			if a.Kind == Public {
				a.Way = ways[text[i+1]>>6]
			}
			opened = opened || a.Connection == Open && a.Kind != NoTravel
			past = past || a.Connection == Open && a.Kind == Public && a.Way == ways[2]
			h.Addresses = append(h.Addresses, a)
		}
		s := Service("sqs")
		if gateway {
			s = "s3"
		}
		h.Judge(s, m)
		if uses := h.Path == Interface || h.Path == Gateway; uses && (!opened || past) {
			t.Errorf("%s, %s: %+v", h.Path, h.Reason, h.Addresses)
		}
		if past && h.Path != Past {
			t.Errorf("%s, %s, but an address leads past the endpoint: %+v", h.Path, h.Reason, h.Addresses)
		}
		if h.Words() == "" || h.Reason == "" {
			t.Errorf("%s has no words", h.Reason)
		}
	})
}

// Every code has words that name what there is to look at, also where Reachability Analyzer
// leaves it out.
func TestObstacles(t *testing.T) {
	var out strings.Builder
	for _, code := range append(slices.Sorted(maps.Keys(obstacles)), "SOMETHING_NEW", "100%_NEW") {
		full := Obstacle{code, "eni-1", "egress", []string{"sg-1", "sg-2"}, "acl-1", "rtb-1", "vpc-1", "pending", "igw"}
		bare := Obstacle{Code: code}
		fmt.Fprintf(&out, "%s\n  %s\n  %s\n", code, &full, &bare)
	}
	if strings.Contains(out.String(), "%!") {
		t.Error("a text has a wrong verb")
	}
	fixtures.Golden(t, "testdata/obstacles.golden", []byte(out.String()))
}

// Facts that are not valid are named, and those that the service does not have are not.
func TestInvalidFacts(t *testing.T) {
	const ranges, ranges6 = "vpc-ipv4-cidr-blocks", "vpc-ipv6-cidr-blocks"
	for _, tc := range []struct {
		facts   map[string]string
		invalid string
		allIPv6 bool
	}{
		{map[string]string{"vpc-id": "", ranges: "10.0.0.0/16", ranges6: "", "public-ipv4s": ""}, "[]", true},
		{map[string]string{ranges: "10.0.0.0/16"}, "[]", false},
		{map[string]string{ranges: "", ranges6: ""}, "[]", false},
		{map[string]string{"vpc-id": "<html>", ranges: "garbage", ranges6: "", "public-ipv4s": "1.2.3"}, "[vpc-id vpc-ipv4-cidr-blocks public-ipv4s]", false},
		{map[string]string{ranges: "10.0.0.0/16\n10.1.0.0", ranges6: "2600:1f18::/56 x"}, "[vpc-ipv4-cidr-blocks vpc-ipv6-cidr-blocks]", false},
	} {
		if m, invalid := ParseMachine(tc.facts); fmt.Sprint(invalid) != tc.invalid || m.AllIPv6 != tc.allIPv6 {
			t.Errorf("%v: invalid %v, all IPv6 ranges %v", tc.facts, invalid, m.AllIPv6)
		}
	}
}

// Whatever the metadata service says, ids are plain, ranges are valid, and
// there are not many.
func FuzzMachine(f *testing.F) {
	f.Add("i-0a1b2c3d4e5f60718", "vpc-0a1b2c3d", "10.0.0.0/16\n10.1.0.0/16", "2600:1f18::/56", "54.1.2.3\n54.1.2.4")
	f.Add("\x1b[2J", strings.Repeat("v", 100), "0.0.0.0/0", "x", "1.2.3")
	f.Fuzz(func(t *testing.T, instance, vpc, cidrs, cidrs6, public string) {
		m, _ := ParseMachine(map[string]string{"instance-id": instance, "vpc-id": vpc, "vpc-ipv4-cidr-blocks": cidrs, "vpc-ipv6-cidr-blocks": cidrs6, "public-ipv4s": public})
		for _, id := range []string{m.Instance, m.VPC} {
			if id != "" && !IsPlain(id) {
				t.Errorf("%q is no id", id)
			}
		}
		for _, prefix := range m.CIDRs {
			if prefix.Bits() <= 0 {
				t.Errorf("%v contains every address", prefix)
			}
		}
		if len(m.CIDRs) > 64 {
			t.Errorf("%d ranges", len(m.CIDRs))
		}
	})
}
