package classify

import (
	"fmt"
	"net/netip"

	"vpcetrail/ingest/event"
)

// An Explanation says for a person how a verdict came about: what decided, what else the record says for
// and against it, and what could still change it. It holds copies, and needs the Event no more.
type Explanation struct {
	Verdict Verdict
	// Route says the verdict's route in words, Because the rule that led to it in a sentence.
	Route, Because string
	// Endpoint is what is known of the endpoint that the record names; its ID is empty where it names none.
	Endpoint Endpoint
	Source   Source
	// Findings are the evidence, in an order that is the same for every record.
	Findings []Finding
	// Conflicts are evidence that does not agree, a sentence each.
	Conflicts []string
	// Changes are what could be given to change the verdict; where there are none it is final.
	Changes []Change
	// Advice says what else would tell more, a sentence each.
	Advice []string
}

// A Source is where a call came from.
type Source struct {
	Kind    SourceKind
	Address Address      // of Public, Private and Special sources
	Net     netip.Prefix // that makes the address private or special; else invalid
	// Published is AWS's range of a public address, the zero value where AWS publishes none. Of AWS's
	// ranges some are known by their prefix alone.
	Published Published
}

// A Side says what a piece of evidence is to the verdict.
type Side uint8

// The sides.
const (
	Neutral Side = iota // fits any route
	Decides             // the rule that decided looked at it
	For                 // points to the verdict's route as well
	Against             // points to another route
)

// String returns the side's word, as texts hold it.
func (s Side) String() string { return [...]string{"neutral", "decides", "for", "against"}[s] }

// The fields of findings that are no field of the record.
const (
	FieldInventory = "endpoint inventory"
	FieldTrail     = "endpoint events"
)

// A Finding is one piece of evidence.
type Finding struct {
	Field string // of the record, with dots; or FieldInventory or FieldTrail
	Value string // as it stands; empty where the record has none
	Means string // in words; may be empty
	Side  Side
}

// A Change is what could still change a verdict.
type Change struct {
	Given   string // the flag, or the records, to be given
	If      string // what it must tell
	Verdict Verdict
}

// Explain says how facts, which Examine has read from ev, lead to the verdict that Resolve makes of them.
// For facts of an endpoint of which another record proved the type, Interface may be set before.
func Explain(ev *event.Event, facts Facts, owners *Owners, ranges *Ranges) Explanation {
	x := explainer{ev: ev, facts: &facts, owners: owners, id: string(facts.EndpointID), account: string(facts.EndpointAccount)}
	x.Verdict = owners.Resolve(facts.Unowned, x.id, x.account)
	x.Endpoint = x.endpoint()
	x.Source = sourceOf(ev.SourceIP, ranges)
	x.Route = routeWords(x.Verdict, &x.Endpoint)
	x.Because = reasons[x.Verdict.Evidence].because
	x.find(ranges)
	x.conflicts()
	x.changes()
	return x.Explanation
}

// An explainer makes one Explanation.
type explainer struct {
	Explanation
	ev          *event.Event
	facts       *Facts
	owners      *Owners
	id, account string // of facts
}

// endpoint returns what is known of the endpoint, as reports fill their columns.
func (x *explainer) endpoint() Endpoint {
	if x.id == "" {
		return Endpoint{}
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

// changes asks the rules themselves what they would say if more were known.
func (x *explainer) changes() {
	if x.Verdict == x.facts.Unowned && x.id != "" {
		if x.account != "" {
			x.change("--own-accounts "+x.account, "that account is one of yours",
				&Owners{Accounts: map[string]bool{x.account: true}}, x.account)
		}
		given := "--endpoints FILE"
		if len(x.owners.Inventory) > 0 {
			given = "--endpoints with more accounts and Regions"
		}
		x.change(given, "the inventory lists "+x.id, &Owners{Inventory: map[string]Endpoint{x.id: {}}}, "")
		x.change("all records of that day", "one tells that an account of yours made, changed or deleted the endpoint",
			&Owners{Accounts: map[string]bool{"ours": true}, Trail: map[string]Endpoint{x.id: {Account: "ours"}}}, "")
	}
	if x.Verdict.Route() == VPCE && x.Endpoint.Type == "" {
		x.Advice = append(x.Advice, "The endpoint's type is not known: an inventory given by --endpoints tells it.")
	}
	if x.Verdict.Evidence == PublicSource {
		x.pastEndpoints()
	}
	if x.Verdict.Origin == FromAWS {
		x.Advice = append(x.Advice, "Whether the address is yours, the public addresses of your NAT gateways and instances tell.")
	}
	if advice := reasons[x.Verdict.Evidence].advice; advice != "" {
		x.Advice = append(x.Advice, advice)
	}
}

// pastEndpoints names an endpoint of ours that carries such calls.
func (x *explainer) pastEndpoints() {
	past := x.owners.pastBy(string(x.ev.Recipient), string(x.ev.Region), string(x.ev.Source))
	if len(past) == 0 {
		return
	}
	others := ""
	if n := len(past) - 1; n > 0 {
		others = fmt.Sprintf(", as do %d more of ours", n)
	}
	x.Advice = append(x.Advice, fmt.Sprintf("Our endpoint %s for %s carries calls to %s%s. This call went past it.",
		past[0].ID, past[0].Service, x.ev.Source, others))
}

func (x *explainer) change(given, condition string, known *Owners, account string) {
	if v := known.Resolve(x.facts.Unowned, x.id, account); v != x.Verdict {
		x.Changes = append(x.Changes, Change{given, condition, v})
	}
}
