package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/inside"
)

// amazonResolver answers in every VPC, whatever name servers its DHCP options name.
const amazonResolver = "169.254.169.253:53"

// A resolver looks up names as programs of this machine do, and notes the name servers that
// it asked.
type resolver struct {
	step           time.Duration // for one look-up
	system, amazon net.Resolver

	mu    sync.Mutex
	asked []netip.Addr
}

func newResolver(step time.Duration) *resolver {
	r := &resolver{step: step}
	r.system = net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		r.note(address)
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	r.amazon = net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, amazonResolver)
	}}
	return r
}

func (r *resolver) note(address string) {
	server, err := netip.ParseAddrPort(address)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ip := server.Addr().WithZone(""); !slices.Contains(r.asked, ip) {
		r.asked = append(r.asked, ip)
	}
}

// servers returns the name servers that were asked, sorted.
func (r *resolver) servers() []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(slices.Values(r.asked), netip.Addr.Compare)
}

// An answer is what came of looking up a name in one or both families.
type answer struct {
	outcome   inside.Lookup
	detail    string
	addresses []netip.Addr
}

// lookup asks for the IPv4 and the IPv6 addresses of a name. One family may have answered
// and the other not.
func (r *resolver) lookup(ctx context.Context, by *net.Resolver, host string) answer {
	ctx, stop := context.WithTimeout(ctx, r.step)
	defer stop()
	families := [2]answer{}
	var asking sync.WaitGroup
	for i, family := range []string{"ip4", "ip6"} {
		asking.Go(func() {
			addresses, err := by.LookupNetIP(ctx, family, host+".") // no search list
			families[i] = answerOf(addresses, err)
		})
	}
	asking.Wait()
	both := slices.Concat(families[0].addresses, families[1].addresses)
	if len(both) > 0 {
		return answer{outcome: inside.Answered, addresses: both}
	}
	if families[0].outcome == inside.NoSuchName {
		return families[1]
	}
	return families[0]
}

func answerOf(addresses []netip.Addr, err error) answer {
	var dns *net.DNSError
	switch {
	case err == nil:
		for i := range addresses {
			addresses[i] = addresses[i].Unmap()
		}
		return answer{outcome: inside.Answered, addresses: addresses}
	case errors.As(err, &dns) && dns.IsNotFound:
		return answer{outcome: inside.NoSuchName}
	case errors.As(err, &dns) && dns.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		return answer{outcome: inside.NoAnswer}
	case errors.As(err, &dns):
		return answer{outcome: inside.LookupFail, detail: dns.Err}
	}
	return answer{outcome: inside.LookupFail, detail: err.Error()}
}

// endpointNamed returns the endpoint that DNS names as an alias of a host, or "".
func (r *resolver) endpointNamed(ctx context.Context, host string) string {
	ctx, stop := context.WithTimeout(ctx, r.step)
	defer stop()
	name, err := r.system.LookupCNAME(ctx, host+".")
	if err != nil || !endpoints.IsHost([]byte(strings.TrimSuffix(name, "."))) {
		return ""
	}
	for label := range strings.SplitSeq(name, ".") {
		if parts := strings.Split(label, "-"); len(parts) >= 2 && endpoints.IsID([]byte(parts[0]+"-"+parts[1])) {
			return parts[0] + "-" + parts[1]
		}
	}
	return ""
}
