package endpoints

import (
	"time"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// An Endpoint holds what is known of a VPC endpoint besides its calls. Unknown fields are
// empty. Times are in milliseconds since the epoch, or 0 if unknown.
type Endpoint struct {
	ID         string // vpce-…
	Type       string // "gateway" or "interface"
	VPC        string // vpc-…
	Service    string // com.amazonaws.us-east-1.sqs
	Account    string // of the owner, 12 digits
	Region     string // of the endpoint; the output of aws ec2 describe-vpc-endpoints does not have it
	PrivateDNS PrivateDNS

	Created int64
	Deleted int64 // when its deletion was requested
	Seen    int64 // the last time at which it was known to exist

	// ByTrail says that the endpoint is known only from the trail's own events, not from
	// a description by EC2.
	ByTrail bool
}

// PrivateDNS says whether the service's ordinary name resolves to the endpoint, and when
// this was reported.
type PrivateDNS struct {
	Enabled event.Bool
	At      int64 // milliseconds since the epoch; 0 if unknown
}

// or returns the later report of the two.
func (p PrivateDNS) or(q PrivateDNS) PrivateDNS {
	switch {
	case q.Enabled == event.Absent:
		return p
	case p.Enabled == event.Absent || q.At > p.At || q.At == p.At && q.Enabled > p.Enabled:
		return q
	}
	return p
}

// drain is the time for which an endpoint may still carry calls after the request to
// delete it. EC2 removes it within minutes, and calls that wait for their answer end
// later.
const drain = time.Hour

// On reports whether the endpoint may have carried calls on day d, from the day of its
// creation to the day of its deletion. If either is unknown, that side has no limit.
func (e *Endpoint) On(d day.Day) bool {
	if e.Created != 0 && d < day.OfMillis(e.Created) {
		return false
	}
	gone := e.Gone()
	return gone == 0 || d <= day.OfMillis(gone+drain.Milliseconds())
}

// Gone returns the time when the endpoint was deleted, or 0 if no deletion is known. If
// the endpoint was seen again after the request, it was not deleted.
func (e *Endpoint) Gone() int64 {
	if e.Seen > e.Deleted {
		return 0
	}
	return e.Deleted
}

// Lifetime describes when the endpoint existed, as far as that is known.
func (e *Endpoint) Lifetime() phrase.Phrase {
	created, deleted := stampText(e.Created), stampText(e.Gone())
	switch {
	case e.Created != 0 && e.Gone() != 0:
		return phrase.Of("created at %s, deleted at %s", created, deleted)
	case e.Created != 0:
		return phrase.Of("created at %s", created)
	case e.Gone() != 0:
		return phrase.Of("deleted at %s", deleted)
	}
	return phrase.Phrase{}
}

// Merge combines two descriptions of the same endpoint. The order of several merges makes
// no difference. Of each field the greater value is kept, except that the earliest
// creation and the latest report of private DNS are kept. An Endpoint without an ID adds
// nothing.
func Merge(a, b Endpoint) Endpoint {
	switch {
	case a.ID == "":
		return b
	case b.ID == "":
		return a
	}
	a.Type, a.VPC, a.Service = max(a.Type, b.Type), max(a.VPC, b.VPC), max(a.Service, b.Service)
	a.Account, a.Region = max(a.Account, b.Account), max(a.Region, b.Region)
	a.ByTrail = a.ByTrail && b.ByTrail
	a.mergeTimes(&b)
	return a
}

func (e *Endpoint) mergeTimes(other *Endpoint) {
	if e.Created == 0 || other.Created != 0 && other.Created < e.Created {
		e.Created = other.Created
	}
	e.Seen, e.Deleted = max(e.Seen, other.Seen), max(e.Deleted, other.Deleted)
	e.PrivateDNS = e.PrivateDNS.or(other.PrivateDNS)
}

// orElse fills the empty fields of e from other. Times, and fields that change over time,
// come from both.
func (e Endpoint) orElse(other Endpoint) Endpoint {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&e.ID, other.ID)
	fill(&e.Type, other.Type)
	fill(&e.VPC, other.VPC)
	fill(&e.Service, other.Service)
	fill(&e.Account, other.Account)
	fill(&e.Region, other.Region)
	e.mergeTimes(&other)
	return e
}
