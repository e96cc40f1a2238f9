package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/event"

	"vpcetrail/report/findings"
)

// Findings name a few eventIDs: of each cell those of least hash. A Counter cannot tell which of its events
// count, but it need not keep the eventID of one that is beaten by enough others of its worker. Those of an object that
// breaks beat nobody: what they did is undone.

// findable reports whether the calls of an event may become findings, whatever the day shows.
func findable(ev *event.Event, f *classify.Facts, p *classify.Principal, signs classify.Signs) bool {
	return signs&classify.Telling != 0 || findableBy(f.Unowned, f.EndpointID, f.EndpointAccount, ev.Recipient, p.Account)
}

// findable is the same of calls whose target tells no sign.
func (g group) findable() bool {
	t := g.texts()
	return findableBy(g.unowned(), t[textEndpoint], t[textEndpointAccount], t[textAccount], t[textPrincipalAccount])
}

// findableBy leaves out calls that take an endpoint of the account that they are made in and of, and those that services make.
func findableBy[T ~string | ~[]byte](unowned classify.Verdict, endpoint, owner, account, caller T) bool {
	if len(endpoint) > 0 {
		return string(owner) != string(account) || string(caller) != string(account)
	}
	return unowned.Route() == classify.Internet
}

// least are the least hashes of a cell's eventIDs, in order.
type least struct {
	hashes [findings.MaxSamples]uint64
	n      int
}

const leastCost = 80

// admit reports whether hash is among the least, and makes it one.
func (l *least) admit(hash uint64) bool {
	at := 0
	for ; at < l.n && l.hashes[at] <= hash; at++ {
		if l.hashes[at] == hash {
			return true // a duplicate: which of the two counts is not known yet
		}
	}
	if at == findings.MaxSamples {
		return false
	}
	l.n = min(l.n+1, findings.MaxSamples)
	copy(l.hashes[at+1:l.n], l.hashes[at:])
	l.hashes[at] = hash
	return true
}

// An admission is what a cell's least were before the object at hand changed them.
type admission struct {
	cell   int
	before least
}

// choose drops the eventID of a row that others of its cell beat. That of a network event stays: it is among
// the samples only where no other record tells of the call, so that those that beat it may be none.
func (d *dictionary) choose(r *row, kind event.Kind) {
	if len(r.eventID) > 0 && kind != event.Network && !d.sample(r.cell, r.eventID) {
		r.eventID = nil
	}
}

// sample reports whether the event of that id, of a cell, is one to be kept.
func (d *dictionary) sample(cell int, id []byte) bool {
	if d.least[cell] == 0 {
		d.leasts = append(d.leasts, least{})
		d.least[cell] = uint32(len(d.leasts))
		d.held += leastCost
	}
	l := &d.leasts[d.least[cell]-1]
	hash := findings.Hash(id)
	if l.n == len(l.hashes) && hash > l.hashes[l.n-1] {
		return false // nearly all of them
	}
	before := *l
	if !l.admit(hash) {
		return false
	}
	if *l != before {
		d.admitted = append(d.admitted, admission{cell, before})
	}
	return true
}

// settle ends an object: what its events changed stays if it counts, and is undone if not.
func (d *dictionary) settle(counts bool) {
	if !counts {
		for i := len(d.admitted) - 1; i >= 0; i-- {
			d.leasts[d.least[d.admitted[i].cell]-1] = d.admitted[i].before
		}
	}
	d.admitted = d.admitted[:0]
}
