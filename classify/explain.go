package classify

import (
	"bytes"
	"net/netip"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/event"
)

// AskForAddresses is the advice for calls from a public address of AWS. A snapshot of the
// network answers it.
const AskForAddresses phrase.Format = "The public addresses of your NAT gateways and instances show whether the address is yours."

// An Explanation describes for a person how a verdict was reached: what decided, what
// else in the record supports or contradicts it, and what could still change it. It holds
// copies and does not need the Event.
type Explanation struct {
	Verdict Verdict
	// Route is the verdict's route in words. Because is the rule that led to it, as a
	// sentence.
	Route, Because phrase.Phrase
	// Endpoint is what is known of the endpoint in the record. Its ID is empty if the
	// record names no endpoint.
	Endpoint endpoints.Endpoint
	Source   Source
	// Findings is the evidence, in the same order for every record.
	Findings []Finding
	// Conflicts lists pieces of evidence that contradict each other, one sentence each.
	Conflicts []phrase.Phrase
	// Changes lists the inputs that could change the verdict. If it is empty, the verdict
	// is final.
	Changes []Change
	// Advice says what else would give more information, one sentence each.
	Advice []phrase.Phrase
}

// A Source is the source of a call.
type Source struct {
	Kind    SourceKind
	Address Address      // of Public, Private and Special sources
	Net     netip.Prefix // makes the address private or special; else invalid
	// Published is AWS's range of a public address, or the zero value if AWS publishes
	// none. Some ranges have only a prefix.
	Published Published
}

// A Side says how a piece of evidence relates to the verdict.
type Side uint8

// The sides.
const (
	Neutral Side = iota // fits any route
	Decides             // the deciding rule used it
	For                 // also points to the verdict's route
	Against             // points to another route
)

// String returns the side as a word for output.
func (s Side) String() string { return string(s.Word()) }

// Word returns the side as a word for a sentence.
func (s Side) Word() phrase.Format {
	return [...]phrase.Format{"neutral", "decides", "for", "against"}[s]
}

// Field names of findings that are not fields of the record.
const (
	FieldInventory = "endpoint inventory"
	FieldTrail     = "endpoint events"
)

// A Finding is one piece of evidence.
type Finding struct {
	Field string // of the record, with dots; or FieldInventory or FieldTrail
	Value string // as in the record; empty if the record has none
	// Says is Value as a sentence, if Field is not a field of the record.
	Says  phrase.Format
	Means phrase.Phrase // may say nothing
	Side  Side
}

// A Change is an input that could still change a verdict.
type Change struct {
	Given   phrase.Phrase // the flag or the records to provide
	If      phrase.Phrase // what the input must show
	Verdict Verdict
}

// Explain describes how facts, which Examine read from ev, lead to the verdict that
// Resolve returns. If another record proved the endpoint's type, the caller may set
// Interface in facts first.
func Explain(ev *event.Event, facts Facts, owners *endpoints.Owners, ranges *Ranges) Explanation {
	x := explainer{ev: ev, facts: &facts, owners: owners, id: string(facts.EndpointID), account: string(facts.EndpointAccount)}
	x.Verdict = facts.Unowned.Resolve(owners, x.id, x.account)
	x.Endpoint = x.endpoint()
	x.Source = sourceOf(ev.SourceIP, ranges)
	x.Route = routeWords(x.Verdict, &x.Endpoint)
	x.Because = phrase.Of(reasons[x.Verdict.Evidence].because)
	x.find(ranges)
	x.conflicts()
	x.changes()
	return x.Explanation
}

// An explainer builds one Explanation.
type explainer struct {
	Explanation
	ev          *event.Event
	facts       *Facts
	owners      *endpoints.Owners
	id, account string // from facts
}

// endpoint returns what is known of the endpoint, as the report's columns show it.
func (x *explainer) endpoint() endpoints.Endpoint {
	if x.id == "" {
		return endpoints.Endpoint{}
	}
	e := x.owners.Endpoint(x.id)
	e.ID = x.id
	if x.account != "" {
		e.Account = x.account
	}
	if e.Type == "" && x.facts.Interface {
		e.Type = "interface"
	}
	return e
}

func sourceOf(text []byte, ranges *Ranges) Source {
	var s Source
	s.Address, s.Kind = ParseSource(text)
	switch s.Kind {
	case Public:
		s.Published, _ = ranges.Lookup(s.Address)
	case Private:
		s.Net = within(s.Address, privateNets)
	case Special:
		s.Net = within(s.Address, specialNets)
	}
	return s
}

// conflicts adds the pieces of evidence that contradict each other.
func (x *explainer) conflicts() {
	ev := x.ev
	if x.facts.signs&TwoEndpoints != 0 {
		x.conflict("The record names two endpoints: %s counts, %s in additionalEventData does not.", x.id, ev.Additional.EndpointID)
	}
	if swapped(ev) {
		x.conflict("vpcEndpointId and vpcEndpointAccountId are swapped.")
	}
	if named := endpoints.IDInHost(ev.HostHeader); named != "" && x.id == "" {
		x.conflict("The host header is the DNS name of endpoint %s, but the record names no endpoint.", named)
	} else if named != "" && named != x.id {
		x.conflict("The host header is the DNS name of endpoint %s, but the record names %s.", named, x.id)
	}
	if _, rest, several := bytes.Cut(ev.SourceIP, []byte(",")); several && x.Source.Kind != FromService {
		if _, kind := ParseSource(rest); kind != x.Source.Kind {
			x.conflict("sourceIPAddress holds several entries of different kinds: the first is %s, the next %s.", x.Source.Kind.Word(), kind.Word())
		}
	}
	x.ownerConflicts()
	x.ownConflicts()
}

// ownerConflicts adds places that name different owners.
func (x *explainer) ownerConflicts() {
	if x.account == "" {
		return
	}
	if e, _ := x.owners.Listed(x.id); e.Account != "" && e.Account != x.account {
		x.conflict("The record says that the endpoint belongs to account %s, the inventory says %s.", x.account, e.Account)
	}
	if a := x.owners.Trail[x.id].Account; a != "" && a != x.account {
		x.conflict("The record says that the endpoint belongs to account %s, the trail's endpoint events say %s.", x.account, a)
	}
}

// ownConflicts adds what does not fit an endpoint of ours.
func (x *explainer) ownConflicts() {
	ours := x.id != "" && Verdict{Evidence: EndpointPrivateSource}.Resolve(x.owners, x.id, x.account).Owner() == Own
	switch {
	case !ours:
	case x.Verdict.Route() != VPCE:
		x.conflict("The endpoint is ours, but the call is a service's own, which comes first.")
	default:
		if x.Source.Kind == Public {
			x.conflict("The endpoint is ours, but the source is a public address: a VPC with a public range, or something new.")
		}
		if invokedByService(x.ev.Identity.InvokedBy) {
			x.conflict("The endpoint is ours, but a service made the call on the caller's behalf.")
		}
		if isConsole(x.ev.UserAgent) {
			x.conflict("The endpoint is ours, but the user agent is a console's back end.")
		}
	}
}

func (x *explainer) conflict(format phrase.Format, args ...any) {
	x.Conflicts = append(x.Conflicts, phrase.Of(format, args...))
}

func (x *explainer) advise(format phrase.Format, args ...any) {
	x.Advice = append(x.Advice, phrase.Of(format, args...))
}

// changes asks the rules what they would decide if more were known.
func (x *explainer) changes() {
	if x.Verdict == x.facts.Unowned && x.id != "" {
		if x.account != "" {
			x.change(phrase.Of("--own-accounts %s", x.account), phrase.Of("that account is one of yours"),
				&endpoints.Owners{Accounts: map[string]bool{x.account: true}}, x.account)
		}
		given := phrase.Of("--endpoints FILE")
		if len(x.owners.Inventory) > 0 {
			given = phrase.Of("--endpoints with more accounts and Regions")
		}
		x.change(given, phrase.Of("the inventory lists %s", x.id), &endpoints.Owners{Inventory: map[string]endpoints.Endpoint{x.id: {}}}, "")
		x.change(phrase.Of("all records of that day"), phrase.Of("a record shows that an account of yours created, changed or deleted the endpoint"),
			&endpoints.Owners{Accounts: map[string]bool{"ours": true}, Trail: map[string]endpoints.Endpoint{x.id: {Account: "ours"}}}, "")
	}
	if x.Verdict.Route() == VPCE && x.Endpoint.Type == "" {
		x.advise("The endpoint's type is not known. An inventory given by --endpoints shows it.")
	}
	if x.Verdict.Evidence == PublicSource {
		x.pastEndpoints()
	}
	if x.Verdict.Origin == FromAWS {
		x.advise(AskForAddresses)
	}
	if advice := reasons[x.Verdict.Evidence].advice; advice != "" {
		x.advise(advice)
	}
}

// pastEndpoints names the endpoints of ours that carry such calls.
func (x *explainer) pastEndpoints() {
	past := x.owners.PastBy(string(x.ev.Recipient), string(x.ev.Region), string(x.ev.Source))
	if len(past) == 0 {
		return
	}
	if n := len(past) - 1; n > 0 {
		x.advise("Our endpoint %s for %s carries calls to %s, as do %d more of ours. This call went past it.", past[0].ID, past[0].Service, x.ev.Source, n)
		return
	}
	x.advise("Our endpoint %s for %s carries calls to %s. This call went past it.", past[0].ID, past[0].Service, x.ev.Source)
}

func (x *explainer) change(given, condition phrase.Phrase, known *endpoints.Owners, account string) {
	if v := x.facts.Unowned.Resolve(known, x.id, account); v != x.Verdict {
		x.Changes = append(x.Changes, Change{given, condition, v})
	}
}
