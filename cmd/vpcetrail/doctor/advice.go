package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"vpcetrail/classify/inside"
	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/report/causes"
)

// conclude decides on all names, and says what to do.
func (e *examination) conclude() {
	e.seekWayOut()
	for _, s := range e.Services {
		for _, h := range s.Hosts {
			h.Judge(s.Name, &e.Machine)
		}
		s.Why = s.Hosts[0].Words()
		s.Do = e.advice(s)
	}
	if others := e.OtherResolvers(); len(others) > 0 {
		e.note("name server %s is not Amazon's: it knows private DNS of endpoints only if it forwards to Amazon's", joinAddresses(others))
	}
	if e.subnet != nil {
		for _, call := range sortedKeys(e.subnet.unread) {
			e.note("%s: %s", call, e.subnet.unread[call])
		}
	}
}

// seekWayOut notes whether an address of the checked services proves that calls can leave
// without an endpoint.
func (e *examination) seekWayOut() {
	for _, s := range e.Services {
		for _, h := range s.Hosts {
			for i := range h.Addresses {
				if !e.OutsideReached && e.IsWayOut(s.Name, &h.Addresses[i]) {
					e.OutsideReached, e.Outside = true, h.Host
				}
			}
		}
	}
}

func joinAddresses(list []netip.Addr) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// undone says what was asked for and could not be done.
func (e *examination) undone() (texts []string) {
	for _, c := range e.Signed {
		if c.undone != "" {
			texts = append(texts, c.undone)
		}
	}
	if e.unanalyzed != "" {
		texts = append(texts, "nothing was analyzed: "+e.unanalyzed)
	}
	for i := range e.Analyses {
		switch a := &e.Analyses[i]; {
		case a.Found == nil:
			texts = append(texts, a.Endpoint+" could not be analyzed")
		case !*a.Found:
			texts = append(texts, a.Endpoint+" cannot be reached")
		case len(a.Left) > 0 || a.Lost:
			texts = append(texts, "not all that was created to analyze "+a.Endpoint+" could be removed")
		}
	}
	return texts
}

// status returns the exit status of an examination.
func (e *examination) status() int {
	worst := 0
	if len(e.undone()) > 0 {
		worst = exit.Incomplete
	}
	for _, s := range e.Services {
		switch s.Path() {
		case inside.Past:
			return exit.Violated
		case inside.Undecided:
			worst = exit.Incomplete
		}
	}
	return worst
}

// advice says what to do about a service.
func (e *examination) advice(s *service) (do []string) {
	first := s.Hosts[0]
	if first.ByAmazon == inside.Private && first.Kinds() != inside.Private {
		do = append(do, "Amazon's resolver has a private address for "+first.Host+": make your name servers forward AWS's names to it")
	}
	if first.Search != "" {
		do = append(do, "remove "+first.Search+" from the search domains in /etc/resolv.conf, or its record for "+first.Host)
	}
	if i := slices.IndexFunc(s.Hosts, func(h *inside.Host) bool { return h.Path == inside.Interface || h.Path == inside.Gateway }); i > 0 && first.Setting != "" {
		do = append(do, "if the workload does not need this setting, remove it: "+s.Hosts[i].Host+" leads to the endpoint")
	}
	switch {
	case first.Path == inside.Past && len(do) == 0:
		do = append(do, e.change(s, first))
	case first.Path == inside.Undecided:
		do = append(do, e.undecided(s, first)...)
	case first.Path != inside.Past:
		do = append(do, e.otherNames(s)...)
	}
	return do
}

// change returns the change that moves calls to an endpoint.
func (e *examination) change(s *service, h *inside.Host) string {
	if e.subnet == nil {
		if h.Reason == inside.PublicAnswers {
			return "make DNS answer with the private addresses alone"
		}
		return fmt.Sprintf("create an endpoint for %s in the VPC, or switch on its private DNS; with credentials that may call EC2, doctor says which", s.Name)
	}
	a := e.cause(s, h)
	if a.Cause == network.Unexplained {
		return "no change is proven: " + a.String()
	}
	plan := e.subnet.view.Plan(a)
	return causes.Title(&plan).String() + ": " + a.String()
}

// cause returns why calls to a name go past the endpoints, by what EC2 says of the subnet.
func (e *examination) cause(s *service, h *inside.Host) network.Answer {
	callee := network.Callee{Account: e.Account, Region: e.Calls, Source: s.Name.Source()}
	return e.subnet.view.Cause(callee, network.Path{
		Place: cmp.Or(e.Interface, e.VPC), Host: network.ShapeOf([]byte(h.Host)), IPv6: h.On != nil && h.On.IP.Is6(),
	})
}

func (e *examination) undecided(s *service, h *inside.Host) []string {
	switch h.Reason {
	case inside.NameUnknown:
		if len(h.Aliases) > 0 {
			return []string{"correct the alias of " + h.Host + " in the private hosted zones of the VPC, or in the zones of your name servers"}
		}
		return []string{"see that --services names the service as its endpoint is named, that " + e.Calls + " has it, and that the name servers look up names of AWS"}
	case inside.NameEmpty, inside.NameLoops:
		return []string{"see the private hosted zones of the VPC, the zones of your name servers, and the rules of DNS Firewall for " + h.Host}
	case inside.NameRefused:
		return []string{"let name server " + h.Server + " answer this machine, or use Amazon's, 169.254.169.253"}
	case inside.NameCut:
		return []string{"allow TCP port 53 from this machine to name server " + h.Server + ", not UDP alone"}
	case inside.NameSilent, inside.NameFailed:
		return []string{"see that the name servers of this machine work; Amazon's is 169.254.169.253 in every VPC"}
	case inside.ByProxy:
		return []string{"run doctor where the proxy runs, or add " + h.Host + " to NO_PROXY"}
	case inside.LocalAnswer:
		return []string{"see /etc/hosts and the name servers of this machine"}
	case inside.NothingJudged:
		return []string{"name fewer services in --services, or give more time by --timeout"}
	case inside.Blocked:
		switch h.On.Connection {
		case inside.Refused:
			return []string{fmt.Sprintf("find out what has the address %s: security groups drop packets, and do not refuse connections", h.On.IP)}
		case inside.Unreachable:
			return []string{fmt.Sprintf("see the routes and the firewall of this machine, and the route table of its subnet, for a way to %s", h.On.IP)}
		}
		return []string{"allow TCP port 443 from this machine in the security groups of the endpoint, and in the network ACLs"}
	case inside.NoWay:
		if e.subnet != nil {
			return []string{e.change(s, h)}
		}
		return []string{fmt.Sprintf("create an endpoint for %s in the VPC: nothing lets these calls out", s.Name)}
	case inside.DeadRoute:
		return []string{"replace the route of " + h.On.Way.Table + " to " + h.On.Way.To}
	case inside.NotService, inside.OtherIssuer, inside.OtherHolder:
		if strings.HasPrefix(h.On.Detail, untrustedText) {
			return []string{"install the package ca-certificates on this machine, or name a file of the trusted authorities in AWS_CA_BUNDLE; if there is one, find out what has the address " + h.On.IP.String()}
		}
		return []string{fmt.Sprintf("find out what has the address %s, and why the name leads there", h.On.IP)}
	case inside.GatewayOrNot, inside.RangesUnknown:
		do := "run doctor --sign and explain the record"
		if !e.mayAsk() {
			do = "give doctor credentials that may call EC2 (see doctor --help), or " + do
		}
		return []string{do}
	}
	return nil
}

// mayAsk reports whether EC2 answered to all calls.
func (e *examination) mayAsk() bool {
	var interfaces lost
	return (e.unread == nil || errors.As(e.unread, &interfaces)) && (e.subnet == nil || len(e.subnet.unread) == 0)
}

// otherNames says which further names of a service lead past the endpoint that its first name
// uses.
func (e *examination) otherNames(s *service) (do []string) {
	var past []string
	for _, h := range s.Hosts[1:] {
		if h.Path == inside.Past {
			past = append(past, h.Host)
		}
	}
	if len(past) > 0 {
		do = append(do, "use "+s.Hosts[0].Host+" only: other names lead past the endpoint ("+strings.Join(past, ", ")+")")
	}
	return do
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
