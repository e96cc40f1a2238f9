// Package networktest makes network snapshots for tests of code that reads trails.
package networktest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
)

// Around returns a snapshot in which some of the addresses and instances have a place: VPCs with
// and without endpoints, some of them changed, in Regions of accounts, seen after the end of each
// day. The same seed gives the same snapshot.
func Around(seed uint64, accounts, regions []string, addresses []netip.Addr, instances []string, days []day.Day) *network.Snapshot {
	random, s := rand.New(rand.NewPCG(seed, 7)), network.New()
	slices.SortFunc(addresses, netip.Addr.Compare)
	slices.Sort(instances)
	for _, d := range days {
		at := (d + 1).Time().Add(time.Hour).UnixMilli()
		for r, region := range regions {
			var things []network.Thing
			for v := range 4 {
				things = append(things, vpc(random, region, fmt.Sprintf("%d%d", r, v))...)
			}
			for i, a := range slices.Compact(addresses) {
				if i%len(regions) == r {
					things = append(things, owner(random, fmt.Sprintf("%d%d", r, i%4), i, a, instances)...)
				}
			}
			s.AddSweep(network.Sweep{Place: network.Place{Account: accounts[r%len(accounts)], Region: region}, At: at}, things)
		}
	}
	return s
}

// vpc returns a VPC of a name with two subnets, its endpoints, and the services of its Region.
func vpc(random *rand.Rand, region, name string) []network.Thing {
	id, private, public := "vpc-"+name, "subnet-"+name+"a", "subnet-"+name+"b"
	on, off := true, random.IntN(2) == 0
	gateway := network.Thing{
		Kind: network.Endpoint, ID: "vpce-0000000" + name[:1] + "0000000" + name, VPC: id, Service: "com.amazonaws." + region + ".s3", State: "available", Type: "gateway", IPType: "ipv4",
	}
	table := network.Thing{Kind: network.RouteTable, ID: "rtb-" + name, VPC: id, Main: true, Routes: []network.Route{{To: "0.0.0.0/0", Via: "nat-" + name}}}
	if random.IntN(4) == 0 {
		table.Routes = append(table.Routes, network.Route{To: "10.0.0.0/8", Via: "tgw-1"})
	}
	things := []network.Thing{
		{Kind: network.VPC, ID: id, CIDRs: []string{"10.0.0.0/16", "2600:1f18:" + name + "::/56"}, DNSSupport: &on, DNSHostnames: &on, OwnDNSServers: &off},
		{Kind: network.Subnet, ID: private, VPC: id}, {Kind: network.Subnet, ID: public, VPC: id}, table,
	}
	for _, service := range []string{"s3", "sqs", "sns", "logs", "kms", "sts", "secretsmanager", "dynamodb"} {
		full := "com.amazonaws." + region + "." + service
		names := []string{service + "." + region + ".amazonaws.com"}
		if service == "s3" {
			names = append(names, "*.s3."+region+".amazonaws.com")
		}
		things = append(things, network.Thing{Kind: network.EndpointService, ID: full, Types: []string{"interface"}, Names: names})
		if service == "s3" || random.IntN(2) == 0 {
			continue
		}
		things = append(things, network.Thing{
			Kind: network.Endpoint, ID: fmt.Sprintf("vpce-%08x", random.Uint32()), VPC: id, Service: full, State: "available", Type: "interface", IPType: "ipv4", PrivateDNS: &off,
		})
	}
	if random.IntN(2) == 0 {
		things = append(things, gateway)
	}
	return things
}

// owner returns what has an address, if something has it.
func owner(random *rand.Rand, name string, i int, a netip.Addr, instances []string) []network.Thing {
	vpc, subnet, since := "vpc-"+name, "subnet-"+name+"a", "2026-01-01T00:00:00Z"
	switch i % 4 {
	case 0:
		return nil
	case 1:
		return []network.Thing{{Kind: network.NATGateway, ID: fmt.Sprintf("nat-%s%d", name, i), VPC: vpc, State: "available", Addresses: []string{a.String()}}}
	}
	instance := fmt.Sprintf("i-%017x", i)
	if len(instances) > 0 {
		instance = instances[random.IntN(len(instances))]
	}
	if i%16 == 2 {
		since = "2026-11-20T10:00:00Z"
	}
	return []network.Thing{
		{Kind: network.Instance, ID: instance, VPC: vpc, Subnets: []string{subnet}, Since: "2026-01-01T00:00:00Z"},
		{Kind: network.Interface, ID: fmt.Sprintf("eni-%s%d", name, i), VPC: vpc, Subnets: []string{subnet}, Addresses: []string{a.String()}, Instance: instance, Since: since},
	}
}
