// Package resolve looks up names as programs of this machine do, and says what name servers
// reply that have no address.
package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/inside"
)

// amazonResolver answers in every VPC, whatever name servers its DHCP options name.
const amazonResolver = "169.254.169.253:53"

// A Resolver looks up names as programs of this machine do, and notes the name servers that
// it asked, and their replies.
type Resolver struct {
	step           time.Duration // for one look-up
	system, amazon net.Resolver

	mu      sync.Mutex
	asked   []netip.Addr
	answers map[netip.Addr]bool // name servers that replied to anything
	replies map[question]reply  // the last one
}

// New returns a Resolver with a time for each look-up. The name servers share it: Go's resolver
// would wait five seconds for the first.
func New(step time.Duration) *Resolver {
	share := step / time.Duration(configured())
	r := &Resolver{step: step, answers: map[netip.Addr]bool{}, replies: map[question]reply{}}
	r.system = net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		server := r.noteServer(address)
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		note := func(message []byte) { r.noteReply(server, message) }
		_ = conn.SetDeadline(time.Now().Add(share))
		if udp, ok := conn.(*net.UDPConn); ok {
			return packets{udp, note}, nil
		}
		return &stream{Conn: conn, note: note}, nil
	}}
	r.amazon = net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, amazonResolver)
	}}
	return r
}

// configured returns how many name servers the machine has, one at least.
func configured() int {
	text, _ := os.ReadFile("/etc/resolv.conf") // without it, the machine itself is asked
	n := 0
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "nameserver" {
			n++
		}
	}
	return max(n, 1)
}

func (r *Resolver) noteServer(address string) netip.Addr {
	server, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Addr{}
	}
	ip := server.Addr().WithZone("")
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.asked, ip) {
		r.asked = append(r.asked, ip)
	}
	return ip
}

func (r *Resolver) noteReply(server netip.Addr, message []byte) {
	if q, said, ok := readReply(message); ok {
		said.server = server.String()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.replies[q], r.answers[server] = said, true
	}
}

// Silent returns the name servers that replied to nothing though others did, sorted.
func (r *Resolver) Silent() []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.SortedFunc(slices.Values(r.asked), netip.Addr.Compare), func(ip netip.Addr) bool { return r.answers[ip] })
}

// Servers returns the name servers that were asked, sorted.
func (r *Resolver) Servers() []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(slices.Values(r.asked), netip.Addr.Compare)
}

// An Answer is what came of looking up a name in one or both families.
type Answer struct {
	Outcome   inside.Lookup
	Detail    string
	Server    string // that gave no addresses
	Aliases   []string
	Search    string // the search domain that has the name, or ""
	Addresses []netip.Addr
}

// Lookup asks the name servers of the machine for the IPv4 and the IPv6 addresses of a name.
// One family may have answered and the other not. Search domains are asked too, unless the
// name ends with a dot.
func (r *Resolver) Lookup(ctx context.Context, host string) Answer {
	return r.lookup(ctx, &r.system, host)
}

// AskAmazon asks Amazon's resolver alone.
func (r *Resolver) AskAmazon(ctx context.Context, host string) Answer {
	return r.lookup(ctx, &r.amazon, host+".")
}

func (r *Resolver) lookup(ctx context.Context, by *net.Resolver, host string) Answer {
	ctx, stop := context.WithTimeout(ctx, r.step)
	defer stop()
	families := [2]Answer{}
	var asking sync.WaitGroup
	for i, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		asking.Go(func() {
			addresses, err := by.LookupNetIP(ctx, []string{"ip4", "ip6"}[i], host)
			if err != nil {
				families[i] = r.unanswered(question{strings.TrimSuffix(host, ".") + ".", kind}, err)
			}
			for _, ip := range addresses {
				families[i].Addresses = append(families[i].Addresses, ip.Unmap())
			}
		})
	}
	asking.Wait()
	if both := slices.Concat(families[0].Addresses, families[1].Addresses); len(both) > 0 {
		a := Answer{Outcome: inside.Answered, Addresses: both}
		a.Search, a.Aliases = r.answered(host)
		return a
	}
	if o := families[0].Outcome; o == inside.NoSuchName || o == inside.NoAddress {
		return families[1]
	}
	return families[0]
}

// answered returns the search domain in which a name was found, and what it is an alias of.
func (r *Resolver) answered(host string) (search string, aliases []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for q, said := range r.replies {
		domain, ok := strings.CutPrefix(q.name, strings.TrimSuffix(host, ".")+".")
		if ok && said.found && search == "" { // search domains are not asked after the name was found
			search, aliases = strings.TrimSuffix(domain, "."), said.aliases
		}
	}
	return search, aliases
}

// unanswered returns why a question has no answer.
func (r *Resolver) unanswered(q question, err error) Answer {
	r.mu.Lock()
	said, replied := r.replies[q]
	r.mu.Unlock()
	var dns *net.DNSError
	missing := errors.As(err, &dns) && dns.IsNotFound
	a := Answer{Outcome: inside.LookupFail, Server: said.server, Aliases: said.aliases, Detail: codes[said.code]}
	switch {
	case said.cut:
		a.Outcome = inside.LookupCut
	case said.loop:
		a.Outcome = inside.AliasLoop
	case said.code == dnsmessage.RCodeRefused:
		a.Outcome = inside.LookupRefused
	case missing && replied && said.code == dnsmessage.RCodeSuccess:
		a.Outcome = inside.NoAddress
	case missing:
		a.Outcome = inside.NoSuchName
	case replied && said.code != dnsmessage.RCodeSuccess:
		a.Detail = cmp.Or(a.Detail, fmt.Sprintf("code %d", said.code))
	case replied && !said.recursion:
		a.Detail = "it looks up no names for others"
	case dns != nil && dns.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		a.Outcome = inside.NoAnswer
	case dns != nil:
		a.Detail = dns.Err
	default:
		a.Detail = err.Error()
	}
	return a
}

// codes are the names of the codes by which name servers fail.
var codes = map[dnsmessage.RCode]string{
	dnsmessage.RCodeFormatError: "FORMERR", dnsmessage.RCodeServerFailure: "SERVFAIL", dnsmessage.RCodeNotImplemented: "NOTIMP", dnsmessage.RCodeRefused: "REFUSED",
}

// Endpoint returns the endpoint that one of the aliases is a name of, or "".
func (a *Answer) Endpoint() string {
	for _, name := range a.Aliases {
		if !endpoints.IsHost([]byte(name)) {
			continue
		}
		for label := range strings.SplitSeq(name, ".") {
			if parts := strings.Split(label, "-"); len(parts) >= 2 && endpoints.IsID([]byte(parts[0]+"-"+parts[1])) {
				return parts[0] + "-" + parts[1]
			}
		}
	}
	return ""
}
