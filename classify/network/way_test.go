package network

import (
	"net/netip"
	"testing"

	"vpcetrail/ingest/day"
)

// The most specific route counts, whether it is dead or not. What is not known is not
// guessed.
func TestWayTo(t *testing.T) {
	const account, region = "111122223333", "eu-west-1"
	d, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	table := func(id string, main bool, subnets []string, routes ...Route) Thing {
		return Thing{Kind: RouteTable, ID: id, VPC: "vpc-1", Main: main, Subnets: subnets, Routes: append(routes, Route{To: "10.0.0.0/16", Via: "local"})}
	}
	s := New()
	s.AddSweep(Sweep{Place: Place{account, region}, At: (d + 1).Time().UnixMilli()}, []Thing{
		{Kind: VPC, ID: "vpc-1", Owner: account, CIDRs: []string{"10.0.0.0/16"}},
		{Kind: Subnet, ID: "subnet-main", VPC: "vpc-1"}, {Kind: Subnet, ID: "subnet-own", VPC: "vpc-1"}, {Kind: Subnet, ID: "subnet-list", VPC: "vpc-1"}, {Kind: Subnet, ID: "subnet-unread", VPC: "vpc-1"},
		{Kind: Endpoint, ID: "vpce-s3", VPC: "vpc-1", Type: "gateway", State: "available", Service: "com.amazonaws.eu-west-1.s3"},
		{Kind: Endpoint, ID: "vpce-firewall", VPC: "vpc-1", Type: "gatewayloadbalancer", State: "available"},
		table("rtb-main", true, nil, Route{To: "0.0.0.0/0", Via: "nat-1"}, Route{To: "pl-s3", Via: "vpce-s3"}, Route{To: "52.216.8.0/24", Via: "tgw-1"},
			Route{To: "52.217.0.0/16", Via: "igw-1"}, Route{To: "52.218.0.0/16", Via: "eni-1", Inactive: true}),
		table("rtb-own", false, []string{"subnet-own"}, Route{To: "0.0.0.0/0", Via: "vpce-firewall"}),
		table("rtb-list", false, []string{"subnet-list"}, Route{To: "0.0.0.0/0", Via: "igw-1"}, Route{To: "pl-unknown", Via: "tgw-1"}),
		table("rtb-unread", false, []string{"subnet-unread"}, Route{To: "0.0.0.0/0", Via: "vpce-other"}, Route{To: "pl-s3", Via: "vpce-unread"}, Route{To: "pl-own", Via: "vpce-other"}),
	})
	lists := map[string][]netip.Prefix{"pl-s3": {netip.MustParsePrefix("52.216.0.0/15"), netip.MustParsePrefix("52.217.0.0/16")}, "pl-own": {netip.MustParsePrefix("192.0.2.0/24")}}
	names := map[string]string{"pl-s3": "com.amazonaws.eu-west-1.s3"}
	v := s.View(d, nil)
	for _, tc := range []struct {
		name, subnet, to string
		want             string
		gateway, dead    bool
	}{
		{"the prefix list is more specific than the internet", "subnet-main", "52.216.1.1", "rtb-main vpce-s3", true, false},
		{"a range is more specific than the prefix list", "subnet-main", "52.216.8.9", "rtb-main tgw-1", false, false},
		{"an equal range beats the prefix list", "subnet-main", "52.217.1.1", "rtb-main igw-1", false, false},
		{"a dead route takes the packets too", "subnet-main", "52.218.1.1", "rtb-main eni-1", false, true},
		{"the internet", "subnet-main", "198.51.100.1", "rtb-main nat-1", false, false},
		{"the VPC", "subnet-main", "10.0.3.4", "rtb-main local", false, false},
		{"IPv6 without a route", "subnet-main", "2600:1f00::1", "", false, false},
		{"a firewall is no gateway endpoint", "subnet-own", "52.216.1.1", "rtb-own vpce-firewall", false, false},
		{"AWS's prefix list to an endpoint that could not be read", "subnet-unread", "52.216.1.1", "rtb-unread vpce-unread", true, false},
		{"another prefix list to an endpoint that could not be read", "subnet-unread", "192.0.2.1", "", false, false},
		{"a range to an endpoint that could not be read", "subnet-unread", "198.51.100.1", "rtb-unread vpce-other", false, false},
		{"a prefix list whose ranges are not known", "subnet-list", "52.216.1.1", "", false, false},
		{"an unknown subnet", "subnet-none", "52.216.1.1", "", false, false},
		{"a VPC is no subnet", "vpc-1", "52.216.1.1", "", false, false},
	} {
		w := v.WayTo(tc.subnet, netip.MustParseAddr(tc.to), lists, names)
		got := ""
		if w != nil {
			got = w.Table + " " + w.Via
		}
		if got != tc.want || w != nil && (w.Gateway != tc.gateway || w.Inactive != tc.dead) {
			t.Errorf("%s: %+v, want %s", tc.name, w, tc.want)
		}
	}
	if got := v.Lists("subnet-main"); len(got) != 1 || got[0] != "pl-s3" {
		t.Errorf("lists %v", got)
	}
}
