package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/inside"
	"vpcetrail/classify/network"
	netreader "vpcetrail/cmd/vpcetrail/network"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
)

// mostAsked is how many addresses EC2 is asked about. A filter takes 200.
const mostAsked = 200

// A subnet is what EC2 says of the VPC and the subnet of the machine.
type subnet struct {
	client  *ec2.Client
	patient *ec2.Client // for what creates something: its answer must not be lost
	step    time.Duration

	view       *network.View
	endpointOf map[string]string
	names      map[string]string         // of AWS's prefix lists, by id
	lists      map[string][]netip.Prefix // ranges, by id

	mu     sync.Mutex
	unread map[string]string // why a call was refused, by call
}

// readSubnet asks EC2, and completes the machine if its subnet is not known. It fails if EC2 does
// not describe the VPC. If EC2 does not show the subnet, it returns the error beside the rest.
func readSubnet(ctx context.Context, cfg sdk.Config, m *inside.Machine, step time.Duration) (*subnet, error) {
	ctx, stop := context.WithTimeout(ctx, 2*step)
	defer stop()
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("EC2 was not asked: %s", aws.NoCredentials(err))
	}
	patient := cfg.HTTPClient
	if capped, ok := patient.(cappedClient); ok {
		patient = cappedClient{capped.WithTimeout(stepsToCreate * step)}
	}
	var answered atomic.Bool
	cfg.HTTPClient = notingClient{cfg.HTTPClient, &answered}
	defer func() { m.RoutesAsked = answered.Load() }()
	s := &subnet{step: step, names: map[string]string{}, lists: map[string][]netip.Prefix{}, unread: map[string]string{}}
	s.client = ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region = m.Region })
	s.patient = ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region, o.HTTPClient = m.Region, patient })
	var unknown error
	if m.VPC == "" || m.Subnet == "" {
		if unknown = s.findInterface(ctx, m); unknown != nil && m.VPC == "" {
			return nil, unknown
		}
	}
	var asking sync.WaitGroup
	asking.Go(func() { s.note("ec2:DescribePrefixLists", s.readLists(ctx)) })
	vpc, err := netreader.New(cfg).VPC(ctx, network.Place{Account: m.Account, Region: m.Region}, m.VPC)
	asking.Wait()
	if err != nil {
		return nil, fmt.Errorf("EC2 does not describe the VPC: %w", err)
	}
	for call, why := range vpc.Unread {
		s.unread[call] = why
	}
	s.endpointOf = vpc.EndpointOf
	if m.Interface != "" {
		own := network.Thing{Kind: network.Interface, ID: m.Interface, VPC: m.VPC, Subnets: []string{m.Subnet}}
		sweep := vpc.Snapshot.Sweeps()[0]
		sweep.Unread = vpc.Unread
		vpc.Snapshot.AddSweep(sweep, []network.Thing{own})
	}
	// The view of a day is decided by what is seen after it.
	s.view = vpc.Snapshot.View(day.Of(time.Now())-1, nil)
	for _, id := range s.view.Lists(m.Subnet) {
		if s.lists[id] == nil {
			s.note("ec2:GetManagedPrefixListEntries", s.readList(ctx, id))
		}
	}
	return s, unknown
}

// A notingClient notes whether anything answered.
type notingClient struct {
	sdk.HTTPClient
	answered *atomic.Bool
}

func (c notingClient) Do(r *http.Request) (*http.Response, error) {
	answer, err := c.HTTPClient.Do(r)
	if err == nil {
		c.answered.Store(true)
	}
	return answer, err
}

// interfaces lists the machine's interfaces. Tests set another list.
var interfaces = net.Interfaces

// lost is how many network interfaces have the hardware address of the machine, if not one.
type lost int

func (n lost) Error() string {
	return fmt.Sprintf("EC2 does not show the subnet of this machine: %d network interfaces have its hardware address", int(n))
}

// findInterface finds the machine's network interface by its hardware address, where the
// metadata service cannot be asked: in a task of Fargate, or a container with the network of
// its host.
func (s *subnet) findInterface(ctx context.Context, m *inside.Machine) error {
	local, err := interfaces()
	if err != nil {
		return fmt.Errorf("EC2 was not asked: the machine's interfaces are not known: %w", err)
	}
	var macs []string
	for _, i := range local {
		if i.Flags&net.FlagLoopback == 0 && len(i.HardwareAddr) > 0 && len(macs) < mostAsked {
			macs = append(macs, i.HardwareAddr.String())
		}
	}
	if len(macs) == 0 {
		return errors.New("EC2 was not asked: the machine has no hardware address")
	}
	out, err := s.client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{{Name: sdk.String("mac-address"), Values: macs}}})
	switch {
	case err != nil:
		return fmt.Errorf("EC2 does not show the subnet of this machine: %s", netreader.Refusal(err, "ec2:DescribeNetworkInterfaces"))
	case len(out.NetworkInterfaces) != 1:
		return lost(len(out.NetworkInterfaces))
	}
	v := &out.NetworkInterfaces[0]
	m.Interface, m.VPC, m.Subnet = sdk.ToString(v.NetworkInterfaceId), sdk.ToString(v.VpcId), sdk.ToString(v.SubnetId)
	m.Account, m.Zone = sdk.ToString(v.OwnerId), sdk.ToString(v.AvailabilityZone)
	return nil
}

func (s *subnet) note(call string, err error) {
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unread[call] = netreader.Refusal(err, call)
	}
}

// readLists reads the prefix lists of AWS's services.
func (s *subnet) readLists(ctx context.Context) error {
	pages := ec2.NewDescribePrefixListsPaginator(s.client, &ec2.DescribePrefixListsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, l := range page.PrefixLists {
			id := sdk.ToString(l.PrefixListId)
			s.names[id] = sdk.ToString(l.PrefixListName)
			s.add(id, l.Cidrs...)
		}
	}
	return nil
}

// readList reads a prefix list of a customer.
func (s *subnet) readList(ctx context.Context, id string) error {
	pages := ec2.NewGetManagedPrefixListEntriesPaginator(s.client, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id})
	var cidrs []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			cidrs = append(cidrs, sdk.ToString(e.Cidr))
		}
	}
	s.lists[id] = []netip.Prefix{} // known, though it may be empty
	s.add(id, cidrs...)
	return nil
}

func (s *subnet) add(id string, cidrs ...string) {
	for _, text := range cidrs {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			s.lists[id] = append(s.lists[id], prefix)
		}
	}
}

// describe adds to the addresses what EC2 says of them.
func (s *subnet) describe(ctx context.Context, m *inside.Machine, hosts []*inside.Host) {
	if vpc := s.view.Thing(m.VPC); vpc != nil {
		for _, p := range inside.ParseRanges(vpc.CIDRs) {
			if !slices.Contains(m.CIDRs, p) {
				m.CIDRs = append(m.CIDRs, p)
			}
		}
		m.AllIPv6 = true
	}
	for _, h := range hosts {
		for i := range h.Addresses {
			a := &h.Addresses[i]
			if a.Kind = m.KindOf(a.IP); a.Kind == inside.Public {
				a.PrefixList = s.listOf(a.IP)
				a.SetWay(s.view.WayTo(m.Subnet, a.IP, s.lists, s.names))
			}
		}
	}
	holders, err := s.holders(ctx, m.VPC, hosts)
	s.note("ec2:DescribeNetworkInterfaces", err)
	for _, h := range hosts {
		for i := range h.Addresses {
			if a := &h.Addresses[i]; a.Kind == inside.Private {
				a.Endpoint, a.Holder = holders[inside.Unwrapped(a.IP)].endpoint, holders[inside.Unwrapped(a.IP)].other
			}
		}
	}
}

// listOf returns the name of AWS's prefix list that contains an address, or "".
func (s *subnet) listOf(address netip.Addr) string {
	for id, name := range s.names {
		if slices.ContainsFunc(s.lists[id], func(p netip.Prefix) bool { return p.Contains(address) }) {
			return name
		}
	}
	return ""
}

// A holder is what has a private address: an endpoint, or an interface of another kind.
type holder struct{ endpoint, other string }

// holders returns what has the private addresses of hosts in the VPC.
func (s *subnet) holders(ctx context.Context, vpc string, hosts []*inside.Host) (map[netip.Addr]holder, error) {
	ctx, stop := context.WithTimeout(ctx, s.step)
	defer stop()
	asked := map[bool][]string{} // by whether they are IPv4
	for _, h := range hosts {
		for _, a := range h.Addresses {
			ip := inside.Unwrapped(a.IP)
			if list := asked[ip.Is4()]; a.Kind == inside.Private && len(list) < mostAsked && !slices.Contains(list, ip.String()) {
				asked[ip.Is4()] = append(list, ip.String())
			}
		}
	}
	found := map[netip.Addr]holder{}
	for _, family := range []struct {
		is4    bool
		filter string
	}{{true, "addresses.private-ip-address"}, {false, "ipv6-addresses.ipv6-address"}} {
		if len(asked[family.is4]) == 0 {
			continue
		}
		out, err := s.client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{
			{Name: sdk.String("vpc-id"), Values: []string{vpc}}, {Name: sdk.String(family.filter), Values: asked[family.is4]},
		}})
		if err != nil {
			return found, err
		}
		for i := range out.NetworkInterfaces {
			s.noteHolder(found, &out.NetworkInterfaces[i])
		}
	}
	return found, nil
}

func (s *subnet) noteHolder(found map[netip.Addr]holder, v *types.NetworkInterface) {
	id := sdk.ToString(v.NetworkInterfaceId)
	h := holder{endpoint: s.endpointOf[id]}
	for word := range strings.FieldsSeq(sdk.ToString(v.Description)) {
		if h.endpoint == "" && v.InterfaceType == types.NetworkInterfaceTypeVpcEndpoint && endpoints.IsID([]byte(word)) {
			h.endpoint = word
		}
	}
	if h.endpoint == "" && v.InterfaceType != types.NetworkInterfaceTypeVpcEndpoint {
		h.other = id
	}
	addresses := v.Ipv6Addresses
	for _, p := range v.PrivateIpAddresses {
		addresses = append(addresses, types.NetworkInterfaceIpv6Address{Ipv6Address: p.PrivateIpAddress})
	}
	for _, p := range addresses {
		if address, err := netip.ParseAddr(sdk.ToString(p.Ipv6Address)); err == nil {
			found[address] = h
		}
	}
}
