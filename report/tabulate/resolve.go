package tabulate

import (
	"maps"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/count/cells"
	"vpcetrail/report/findings"
	"vpcetrail/report/learn"
	"vpcetrail/report/table"
)

// A resolver decides what one record cannot show: which endpoints are ours, of which type
// they are, and which records are copies. It uses only the inventory and the records of the
// same day. So the tables of a day do not depend on which other days were read.
type resolver struct {
	trail     map[string]bool // accounts with a folder in the trail
	accounts  map[string]bool // ours: those, and the configured ones
	inventory endpoints.Inventory
	described map[day.Day]endpoints.Inventory // by the events of the day

	interfaces map[day.Day]map[string]bool // endpoints that a record of the day proves to be of type interface
	restricted map[day.Day]map[string]bool // resources with a policy of their own that refused a call of the day
	kinds      map[day.Day]*report.Kinds
	byDay      map[day.Day]*tally
	findings   *findings.Collector
	explainer  *explainer
}

// A tally holds what is known about the endpoints of one day.
type tally struct {
	owners     endpoints.Owners
	interfaces map[string]bool

	network       map[endpointKey]*table.Measures // by network events
	networkOwners map[endpointKey]string          // the account that network events name as the endpoint's owner
	denied        map[endpointKey]int64           // calls that the endpoint's policy refused
	internet      int64                           // calls of route internet in the rows of traffic that were read
}

type endpointKey struct{ endpoint, account, region, service string }

func newResolver(in *Input, learned *learn.Learned) *resolver {
	r := &resolver{
		trail: map[string]bool{}, accounts: map[string]bool{}, inventory: in.Inventory, described: learned.Endpoints,
		interfaces: map[day.Day]map[string]bool{}, restricted: map[day.Day]map[string]bool{},
		kinds: map[day.Day]*report.Kinds{}, byDay: map[day.Day]*tally{}, findings: findings.New(in.Disk, in.Memory/12),
	}
	for _, account := range slices.Concat(in.TrailAccounts, learned.Accounts) {
		r.trail[account] = true
	}
	maps.Copy(r.accounts, r.trail)
	for _, account := range in.OwnAccounts {
		r.accounts[account] = true
	}
	r.explainer = newExplainer(in, learned.Changes, r.accounts)
	return r
}

// note records what the calls of a page show about other calls. Every page is noted before
// any page is resolved.
func (r *resolver) note(p *count.Page) {
	called := make([]bool, len(p.Groups.Keys))
	var names []uint32
	for i, c := range p.Cells.Keys {
		if p.CallsOf(uint32(i)) == 0 {
			continue
		}
		called[c.Group] = true
		t := &p.Targets.Keys[c.Target]
		if t.Signs&classify.DeniedByResource == 0 {
			continue
		}
		names = p.Resources(names[:0], t.Resources)
		for _, name := range names {
			note(r.restricted, p.Callees.Keys[p.Groups.Keys[c.Group].Callee].Day, p.Texts.Text(name))
		}
	}
	for i, g := range p.Groups.Keys {
		if c := &p.Callees.Keys[g.Callee]; called[i] && c.IsInterface {
			note(r.interfaces, c.Day, p.Texts.Text(c.Endpoint))
		}
	}
}

// note records a name for a day.
func note(names map[day.Day]map[string]bool, d day.Day, name []byte) {
	if names[d] == nil {
		names[d] = map[string]bool{}
	}
	if !names[d][string(name)] {
		names[d][string(name)] = true
	}
}

// kindsOf returns the counts of a day. The caller adds to them.
func (r *resolver) kindsOf(d day.Day) *report.Kinds {
	if r.kinds[d] == nil {
		r.kinds[d] = new(report.Kinds)
	}
	return r.kinds[d]
}

// tallyOf returns the tally of a day.
func (r *resolver) tallyOf(d day.Day) *tally {
	t := r.byDay[d]
	if t == nil {
		t = &tally{
			owners:     endpoints.Owners{Accounts: r.accounts, Day: d, Inventory: r.inventory, Trail: r.described[d]},
			interfaces: r.interfaces[d],
			network:    map[endpointKey]*table.Measures{}, networkOwners: map[endpointKey]string{}, denied: map[endpointKey]int64{},
		}
		r.byDay[d] = t
		r.findings.Own(d, &t.owners)
		for name := range r.restricted[d] {
			r.findings.Restrict(d, name)
		}
	}
	return t
}

// isCopy reports whether the records that an account shares are copies of calls that are in
// the trail already.
func (r *resolver) isCopy(sharedBy string) bool { return sharedBy != "" && r.trail[sharedBy] }

// typeOf returns the type of an endpoint: from its description, else from the records of the
// day.
func (t *tally) typeOf(id string) string {
	if known := t.owners.Endpoint(id).Type; known != "" {
		return known
	}
	if t.interfaces[id] {
		return "interface"
	}
	return ""
}

// networkOf returns the counts of network events of an endpoint. The caller adds to them.
func (t *tally) networkOf(key endpointKey) *table.Measures {
	if t.network[key] == nil {
		t.network[key] = new(table.Measures)
	}
	return t.network[key]
}

// ownerOf returns the owner of an endpoint that only network events name, and the owner's account.
func (t *tally) ownerOf(id, account string) (owner, ownerAccount string) {
	unowned := classify.Verdict{Evidence: classify.EndpointPrivateSource}
	if account != "" {
		unowned.Evidence = classify.EndpointForeignAccount
	}
	found := unowned.Resolve(&t.owners, id, account).Owner()
	if found == classify.Own && account == "" {
		account = t.owners.Endpoint(id).Account
	}
	return found.String(), account
}

// A verdict is the result for a callee and the bits of a group, as numbers of texts.
type verdict struct {
	route, origin, evidence, endpointType, endpointAccount, owner uint32

	internet bool // the route
}

// verdict resolves the verdict of the calls of a group.
func (r *resolver) verdict(p *count.Page, c *cells.Callee, bits cells.VerdictBits) verdict {
	t := r.tallyOf(c.Day)
	id, account := string(p.Texts.Text(c.Endpoint)), string(p.Texts.Text(c.Owner))
	v := bits.Unowned().Resolve(&t.owners, id, account)
	endpointType := ""
	if v.Route() == classify.VPCE {
		endpointType = t.typeOf(id)
	}
	if account == "" {
		account = t.owners.Endpoint(id).Account
	}
	text := func(s string) uint32 { return p.Text([]byte(s)) }
	return verdict{
		text(v.Route().String()), text(v.Origin.String()), text(v.Evidence.String()),
		text(endpointType), text(account), text(v.Owner().String()), v.Route() == classify.Internet,
	}
}

// settleDenials counts each call of a day that the policy of an endpoint refused once: by its
// ordinary record if there is one, else by its network event. The requestID joins the two.
func (r *resolver) settleDenials(counted *count.Counted) error {
	var last []byte // what the denial counted last has in common with others of its call
	return counted.Denials(func(d *count.Denial) {
		again := d.HasRequestID && string(d.SameCall) == string(last)
		if r.isCopy(d.SharedBy) || d.ByNetwork && again {
			return
		}
		last = append(last[:0], d.SameCall...)
		r.tallyOf(d.Day).denied[endpointKey{d.Endpoint, d.Account, d.Region, d.Service}]++
		if d.ByNetwork {
			r.findings.NetworkDenied(d.Day, d.Account, d.Region, d.Service, d.Endpoint, d.Time, d.EventID)
		}
	})
}
