package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/inside"
	"vpcetrail/cmd/vpcetrail/doctor/resolve"
	"vpcetrail/cmd/vpcetrail/exit"
)

// atOnce is how many names are checked at a time.
const atOnce = 64

// stepsInARow is how many steps of a run wait for each other: instance metadata, a look-up, a
// connection, network interfaces. What EC2 says of the subnet is read meanwhile, in two steps.
const stepsInARow = 4

// A doctor checks from one machine.
type doctor struct {
	services []inside.Service
	named    []string // the services as given
	region   string   // "": the machine's
	outside  string   // a host outside of AWS, or ""
	step     time.Duration
	sign     bool

	cfg      sdk.Config
	settings settings
	resolver *resolve.Resolver
	connect  *connector
}

// An examination is all that was found out.
type examination struct {
	inside.Machine
	At       time.Time
	Took     time.Duration
	Bound    time.Duration
	Notes    []string // what could not be found out, and why
	Outside  string   // the host outside of the Region's services that answered, or ""
	Services []*service
	Signed   []signed
	Marker   string // in the user agent of signed calls
	Analyses []analysis

	callsBy    string  // what sets the Region that is called
	unanalyzed string  // why no analysis was made though it was asked for
	subnet     *subnet // nil: EC2 was not asked, or did not answer
	unread     error   // why EC2 shows no subnet
}

// A service is one service with its names. The first name decides.
type service struct {
	Name  inside.Service
	Hosts []*inside.Host
	Why   string   // the proof, in words
	Do    []string // what to do, in words
}

// Path returns the verdict of a service: that of the name which SDKs use.
func (s *service) Path() inside.Path { return s.Hosts[0].Path }

func (e *examination) note(format string, args ...any) {
	e.Notes = append(e.Notes, fmt.Sprintf(format, args...))
}

func (e *examination) hosts() (all []*inside.Host) {
	for _, s := range e.Services {
		all = append(all, s.Hosts...)
	}
	return all
}

// bound returns how long an examination takes at most.
func (d *doctor) bound() time.Duration { return stepsInARow * d.step }

// examine makes all checks.
func (d *doctor) examine(ctx context.Context) (*examination, error) {
	e := &examination{At: time.Now().UTC(), Bound: d.bound()}
	limited, stop := context.WithTimeout(ctx, e.Bound)
	defer stop()
	if err := d.where(limited, e); err != nil {
		return nil, err
	}
	if d.cfg.Region == "" { // in which a web identity gets its credentials
		if err := d.configure(ctx, e.Calls); err != nil {
			return nil, err
		}
	}
	for _, s := range d.services {
		e.Services = append(e.Services, e.checksOf(s, &d.settings))
	}
	d.ask(limited, e)
	if e.subnet != nil {
		e.subnet.describe(limited, &e.Machine, e.hosts())
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	e.conclude()
	e.Took = time.Since(e.At)
	return e, nil
}

// where finds out where the machine is.
func (d *doctor) where(ctx context.Context, e *examination) error {
	ctx, stop := context.WithTimeout(ctx, d.step)
	defer stop()
	e.Machine, e.Notes = readMachine(ctx, d.cfg)
	if err := e.place(d.region, &d.settings); err != nil {
		return err
	}
	for _, text := range d.named {
		if s, region, _ := inside.ParseService(text); region != "" && region != e.Calls {
			return exit.Usagef("--services %s: is a service of %s, and calls go to %s: give --region %s, or name it %s", text, region, e.Calls, region, s)
		}
	}
	return nil
}

// ask makes the checks that do not wait for each other.
func (d *doctor) ask(ctx context.Context, e *examination) {
	var asking sync.WaitGroup
	asking.Go(func() { d.checkNames(ctx, e) })
	asking.Go(func() { d.checkOutside(ctx, e) })
	asking.Go(func() { e.subnet, e.unread = readSubnet(ctx, d.cfg, &e.Machine, d.step) })
	if d.sign {
		asking.Go(func() { e.Signed, e.Marker = d.signCalls(ctx, e.Calls) })
	}
	asking.Wait()
	e.Resolvers = d.resolver.Servers()
	for _, ip := range d.resolver.Silent() {
		e.note("name server %s does not answer: programs that ask it first wait for seconds at each look-up", ip)
	}
	if e.unread != nil {
		e.note("%s", e.unread)
	}
}

// checkNames looks up all names and connects to their addresses.
func (d *doctor) checkNames(ctx context.Context, e *examination) {
	var checking errgroup.Group
	checking.SetLimit(atOnce)
	for _, h := range e.hosts() {
		checking.Go(func() error { d.checkHost(ctx, h, &e.Machine); return nil })
	}
	_ = checking.Wait() // each host keeps its own outcome
}

func (d *doctor) checkHost(ctx context.Context, h *inside.Host, m *inside.Machine) {
	h.Proxy = proxyOf(h.Host)
	if left, limited := ctx.Deadline(); ctx.Err() != nil || limited && time.Until(left) < d.step {
		h.Lookup = inside.NotAsked
		return
	}
	found := d.resolver.Lookup(ctx, h.Host)
	h.Lookup, h.Detail, h.Server, h.Aliases, h.Search = found.Outcome, found.Detail, found.Server, found.Aliases, found.Search
	for _, ip := range found.Addresses {
		h.Addresses = append(h.Addresses, inside.Address{IP: ip, Kind: m.KindOf(ip)})
	}
	var further sync.WaitGroup
	if h.Kinds() == inside.Private {
		h.CNAME = found.Endpoint()
	} else if len((&inside.Machine{CIDRs: m.CIDRs, Resolvers: d.resolver.Servers()}).OtherResolvers()) > 0 {
		further.Go(func() {
			by := inside.Host{}
			for _, ip := range d.resolver.AskAmazon(ctx, h.Host).Addresses {
				by.Addresses = append(by.Addresses, inside.Address{IP: ip, Kind: m.KindOf(ip)})
			}
			h.ByAmazon = by.Kinds()
		})
	}
	tried := map[string]int{}
	for i := range h.Addresses {
		a := &h.Addresses[i]
		group := a.Kind + map[bool]string{true: "4"}[a.IP.Is4()]
		if tried[group]++; a.Kind != inside.NoTravel && tried[group] <= tries {
			further.Go(func() { d.connect.connect(ctx, h.Host, a) })
		}
	}
	further.Wait()
}

// neighbors are services without gateway endpoints that every Region has. A firewall may let
// out calls to the Region's services alone.
var neighbors = []inside.Service{"ec2", "kms", "sts"}

// checkOutside finds out whether anything can be reached that no gateway endpoint of the Region
// carries: S3 in another Region, a host outside of AWS, and public addresses of other
// services. A firewall that lets AWS alone through may stop the second and not the first.
func (d *doctor) checkOutside(ctx context.Context, e *examination) {
	hosts := []string{}
	if other := inside.OtherRegion(e.Region); other != "" {
		hosts = append(hosts, "s3."+other+inside.Suffix(other))
	}
	if d.outside != "" {
		hosts = append(hosts, d.outside)
	}
	needed := len(hosts)
	for _, s := range neighbors {
		hosts = append(hosts, s.Names(e.Region, "")[0].Host)
	}
	tried, reached := make([]bool, len(hosts)), make([]bool, len(hosts))
	var trying sync.WaitGroup
	for i, host := range hosts {
		trying.Go(func() { tried[i], reached[i] = d.reachesPublic(ctx, host, &e.Machine) })
	}
	trying.Wait()
	e.OutsideAsked = needed == 2 && !slices.Contains(tried[:needed], false)
	if i := slices.Index(reached, true); i >= 0 {
		e.OutsideReached, e.Outside = true, hosts[i]
	}
}

// reachesPublic reports whether a host has public addresses, and whether one of them accepts
// connections.
func (d *doctor) reachesPublic(ctx context.Context, host string, m *inside.Machine) (tried, reached bool) {
	public := slices.DeleteFunc(d.resolver.Lookup(ctx, host+".").Addresses, func(ip netip.Addr) bool { return m.KindOf(ip) != inside.Public || m.MayBeOfVPC(ip) })
	var trying sync.WaitGroup
	var accepts atomic.Bool
	for _, ip := range public[:min(len(public), tries)] {
		trying.Go(func() {
			if d.connect.reaches(ctx, ip) {
				accepts.Store(true)
			}
		})
	}
	trying.Wait()
	return len(public) > 0, accepts.Load()
}
