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
	step  time.Duration // for one look-up
	share time.Duration // of each name server: Go's resolver would wait five seconds for the first

	mu      sync.Mutex
	asked   []netip.Addr
	answers map[netip.Addr]bool // name servers that replied to anything
}

// A search is the look-up of a name in one family, with the search domains.
type search struct {
	replies map[question]reply // the last one to each
	last    question           // that was replied to
}

// New returns a Resolver with a time for each look-up.
func New(step time.Duration) *Resolver {
	return &Resolver{step: step, share: step / time.Duration(configured()), answers: map[netip.Addr]bool{}}
}

// system asks the name servers of the machine.
func (r *Resolver) system(s *search) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		server := r.noteServer(address)
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		note := func(message []byte) { r.noteReply(s, server, message) }
		_ = conn.SetDeadline(time.Now().Add(r.share))
		if udp, ok := conn.(*net.UDPConn); ok {
			return packets{udp, note}, nil
		}
		return &stream{Conn: conn, note: note}, nil
	}}
}

// amazon asks Amazon's resolver, and notes nothing.
func (*Resolver) amazon(*search) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, amazonResolver)
	}}
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

func (r *Resolver) noteReply(s *search, server netip.Addr, message []byte) {
	if q, said, ok := readReply(message); ok {
		said.server = server.String()
		r.mu.Lock()
		defer r.mu.Unlock()
		s.replies[q], s.last, r.answers[server] = said, q, true
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
	return r.lookup(ctx, r.system, host)
}

// AskAmazon asks Amazon's resolver alone.
func (r *Resolver) AskAmazon(ctx context.Context, host string) Answer {
	return r.lookup(ctx, r.amazon, host+".")
}

// lookup asks for the families side by side, so that one which is slow does not hide the
// other. Programs ask for both, and stop at the first name that has an address: what the
// other family has in a later search domain is left out.
func (r *Resolver) lookup(ctx context.Context, by func(*search) *net.Resolver, host string) Answer {
	ctx, stop := context.WithTimeout(ctx, r.step)
	defer stop()
	families, names := [2]Answer{}, [2]int{}
	var asking sync.WaitGroup
	for i, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		asking.Go(func() {
			s := &search{replies: map[question]reply{}}
			addresses, err := by(s).LookupNetIP(ctx, []string{"ip4", "ip6"}[i], host)
			r.mu.Lock()
			defer r.mu.Unlock()
			if names[i] = len(s.replies); err != nil {
				families[i] = s.unanswered(question{strings.TrimSuffix(host, ".") + ".", kind}, err)
				return
			}
			families[i] = s.answered(host)
			for _, ip := range addresses {
				families[i].Addresses = append(families[i].Addresses, ip.Unmap())
			}
		})
	}
	asking.Wait()
	first, second := &families[0], &families[1]
	switch has, also := len(first.Addresses) > 0, len(second.Addresses) > 0; {
	case has && also && names[0] == names[1]:
		first.Addresses = append(first.Addresses, second.Addresses...)
		return *first
	case has && (!also || names[0] < names[1]):
		return *first
	case also, first.Outcome == inside.NoSuchName, first.Outcome == inside.NoAddress:
		return *second
	}
	return *first
}

// answered returns the search domain in which a name was found, and what it is an alias of.
func (s *search) answered(host string) Answer {
	domain := strings.TrimPrefix(s.last.name, strings.TrimSuffix(host, ".")+".") // "" for the name itself, or if a file has it
	return Answer{Outcome: inside.Answered, Search: strings.TrimSuffix(domain, "."), Aliases: s.replies[s.last].aliases}
}

// unanswered returns why a question has no answer.
func (s *search) unanswered(q question, err error) Answer {
	said, replied := s.replies[q]
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
