package inside

import (
	"fmt"
	"slices"
	"strings"
)

// A Path is the way that calls take to a service.
type Path string

// The paths.
const (
	Interface Path = "interface_endpoint"
	Gateway   Path = "gateway_endpoint"
	Past      Path = "past_the_endpoint"
	Undecided Path = "undecided"
)

// A Reason says what proves a path, or what prevents a proof.
type Reason string

// The reasons.
const (
	EndpointOwns Reason = "address_of_endpoint"       // EC2 names the endpoint
	PrivateName  Reason = "private_answer"            // and the certificate is for the name
	RouteTo      Reason = "route_to_gateway_endpoint" // EC2 shows it
	NoOtherWay   Reason = "nothing_else_reachable"

	RouteAround   Reason = "route_past_endpoint" // EC2 shows it
	PublicName    Reason = "public_answer"       // of a service without gateway endpoints
	PublicAnswers Reason = "private_and_public_answers"

	NameUnknown   Reason = "no_such_name"
	NameEmpty     Reason = "no_address"
	NameLoops     Reason = "alias_loop"
	NameSilent    Reason = "name_server_silent"
	NameRefused   Reason = "name_server_refuses"
	NameCut       Reason = "answer_cut"
	NameFailed    Reason = "lookup_failed"
	ByProxy       Reason = "proxy"
	BySetting     Reason = "setting_of_environment"
	LocalAnswer   Reason = "answer_is_this_machine"
	Blocked       Reason = "endpoint_does_not_answer"
	NoWay         Reason = "no_connection"
	NotService    Reason = "certificate_of_another"
	OtherIssuer   Reason = "certificate_not_by_amazon"
	OtherHolder   Reason = "address_of_no_endpoint"
	GatewayOrNot  Reason = "gateway_or_internet"
	RangesUnknown Reason = "vpc_ranges_not_known"
	DeadRoute     Reason = "route_is_dead"
	NothingJudged Reason = "not_checked"
)

// A Verdict is a path with its proof.
type Verdict struct {
	Path   Path
	Reason Reason
	On     *Address // that decided; nil if no address did
}

// Judge sets the verdicts of a host.
func (h *Host) Judge(s Service, m *Machine) {
	switch {
	case h.Elsewhere != "":
		h.Verdict = Verdict{Undecided, BySetting, nil}
	case h.Proxy != "":
		h.Verdict = Verdict{Undecided, ByProxy, nil}
	case h.Lookup != Answered:
		h.Verdict = Verdict{Undecided, reasons[h.Lookup], nil}
	default:
		h.Verdict = h.judgeAddresses(s, m)
	}
}

// judgeAddresses joins the verdicts of the addresses that were tried. A call may use any of
// them: one that leads past the endpoint decides. Addresses that nothing answers on decide
// only if there is no other.
func (h *Host) judgeAddresses(s Service, m *Machine) Verdict {
	best, rank := Verdict{Undecided, NothingJudged, nil}, 0
	paths := map[Path]bool{}
	for i := range h.Addresses {
		a := &h.Addresses[i]
		if a.Connection == NotTried && a.Kind != NoTravel {
			continue
		}
		v := a.judge(s, m)
		if r := rankOf(&v); r > rank {
			best, rank = v, r
		}
		paths[v.Path] = true
	}
	if best.Path == Past && (paths[Interface] || paths[Gateway]) {
		best.Reason = PublicAnswers
	}
	return best
}

func rankOf(v *Verdict) int {
	switch {
	case v.Path == Past:
		return 4
	case v.Path != Undecided:
		return 2
	case v.Reason == Blocked || v.Reason == NoWay || v.Reason == DeadRoute:
		return 1
	}
	return 3
}

// judge returns what an address proves.
func (a *Address) judge(s Service, m *Machine) Verdict {
	undecided := func(r Reason) Verdict { return Verdict{Undecided, r, a} }
	switch {
	case a.Kind == NoTravel:
		return undecided(LocalAnswer)
	case a.Kind == Private && a.Holder != "":
		return undecided(OtherHolder)
	case a.Kind == Private && !a.Connection.answers():
		return undecided(Blocked)
	case a.Kind == Public && a.Way != nil && a.Way.Inactive:
		return undecided(DeadRoute)
	case !a.Connection.answers():
		return undecided(NoWay)
	case a.Connection != Open:
		return undecided(NotService)
	case a.Kind == Private:
		return a.judgePrivate(m)
	case m.MayBeOfVPC(a.IP):
		return undecided(RangesUnknown)
	case a.Way != nil && a.Way.Gateway:
		return Verdict{Gateway, RouteTo, a}
	case a.Way != nil:
		return Verdict{Past, RouteAround, a}
	case !m.hasGateway(s):
		return Verdict{Past, PublicName, a}
	case m.OutsideAsked && !m.OutsideReached && !m.RoutesAsked:
		return Verdict{Gateway, NoOtherWay, a}
	}
	return undecided(GatewayOrNot)
}

func (a *Address) judgePrivate(m *Machine) Verdict {
	public := dualSuffix(m.Calls) != ""
	switch {
	case a.Endpoint != "":
		return Verdict{Interface, EndpointOwns, a}
	case public && !slices.Contains(amazonIssuers, a.Issuer):
		return Verdict{Undecided, OtherIssuer, a}
	}
	return Verdict{Interface, PrivateName, a}
}

// mostNamed is how many addresses that do not answer are named.
const mostNamed = 6

// Words say the proof of a host's verdict, and which of its addresses do not answer though
// others do.
func (h *Host) Words() string {
	silent, proven := h.silent(), h.wordsProven()
	if h.Setting != "" {
		proven = "SDKs call " + h.Host + ", by " + h.Setting + "; " + proven
	}
	if h.Search != "" {
		proven = "search domain " + h.Search + " has the name, so that programs use its answer; " + proven
	}
	if h.Path == Undecided || len(silent) == 0 {
		return proven
	}
	return fmt.Sprintf("%s; %d of its %d addresses do not answer (%s): calls that try them first are slow or fail",
		proven, len(silent), len(h.Addresses), strings.Join(silent[:min(len(silent), mostNamed)], ", "))
}

// silent returns the addresses that do not answer. Many machines have no route for IPv6, and
// programs know that.
func (h *Host) silent() (list []string) {
	for i := range h.Addresses {
		a := &h.Addresses[i]
		if a.Connection == TimedOut || a.Connection == Refused || a.Connection == Unreachable && a.IP.Is4() {
			list = append(list, a.IP.String())
		}
	}
	return list
}

func (h *Host) wordsProven() string {
	a := h.On
	if a == nil {
		a = &Address{}
	}
	switch h.Reason {
	case EndpointOwns:
		return fmt.Sprintf("%s is an address of %s, and the certificate is for the name", a.IP, a.Endpoint)
	case PrivateName:
		text := fmt.Sprintf("the name has the private address %s, and the certificate is for the name", a.IP)
		if h.CNAME != "" {
			text += "; DNS names " + h.CNAME
		}
		return text
	case RouteTo:
		return fmt.Sprintf("%s sends %s to %s, by prefix list %s", a.Way.Table, a.IP, a.Way.Via, a.Way.To)
	case NoOtherWay:
		return fmt.Sprintf("%s answers, and nothing else outside does", a.IP)
	case RouteAround:
		return fmt.Sprintf("%s sends the public address %s to %s", a.Way.Table, a.IP, a.Way.Via)
	case PublicName:
		return fmt.Sprintf("the name has the public address %s, which answers, and the service has no gateway endpoints", a.IP)
	case PublicAnswers:
		return fmt.Sprintf("the name has private addresses and the public address %s, which answers: some calls go there", a.IP)
	}
	return h.wordsUndecided(a)
}

func (h *Host) wordsUndecided(a *Address) string {
	switch h.Reason {
	case BySetting:
		return h.Elsewhere + ": where these calls go is not checked"
	case ByProxy:
		return "the environment sends calls to the proxy " + h.Proxy + ", and what the proxy uses is not seen from here"
	case LocalAnswer:
		return fmt.Sprintf("the name has the address %s of this machine", a.IP)
	case Blocked:
		return fmt.Sprintf("the name has the private address %s, and port 443 does not answer (%s): calls fail", a.IP, a.Connection)
	case NoWay:
		return fmt.Sprintf("the name has the public address %s, and port 443 does not answer (%s): calls fail", a.IP, a.Connection)
	case DeadRoute:
		return fmt.Sprintf("%s sends %s to %s, which does not exist: calls fail", a.Way.Table, a.IP, a.Way.Via)
	case NotService:
		return fmt.Sprintf("%s answers, and is not the service: %s", a.IP, a.Detail)
	case OtherIssuer:
		return fmt.Sprintf("%s has a certificate for the name by %q, not by Amazon: a proxy may answer", a.IP, a.Issuer)
	case OtherHolder:
		return fmt.Sprintf("%s is an address of %s, which is no endpoint: a proxy may answer", a.IP, a.Holder)
	case RangesUnknown:
		return fmt.Sprintf("%s looks public, but may be an address of the VPC: its ranges are not known", a.IP)
	case GatewayOrNot:
		return fmt.Sprintf("%s is a public address: calls go through a gateway endpoint or past it, and only the route table shows which", a.IP)
	}
	switch h.Lookup {
	case NotAsked:
		return "not checked: the time was up"
	case Answered:
		return "no address could be checked"
	}
	return h.wordsUnanswered()
}
