package classify

import (
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// An Endpoint is what is known of a VPC endpoint besides its calls; what is not known is empty. Times
// are in milliseconds since the epoch, and 0 where they are not known.
type Endpoint struct {
	ID         string // vpce-…
	Type       string // "gateway" or "interface"
	VPC        string // vpc-…
	Service    string // com.amazonaws.us-east-1.sqs
	Account    string // the owner's, 12 digits
	Region     string // the endpoint's own; not known of the output of aws ec2 describe-vpc-endpoints
	PrivateDNS PrivateDNS

	Created int64
	Deleted int64 // when its deletion was asked for
	Seen    int64 // the last time at which something showed it to be there

	// ByTrail says that only the trail's own events tell of the endpoint, and no description of EC2's.
	ByTrail bool
}

// PrivateDNS says whether a service's ordinary name leads to the endpoint, and when somebody said so.
type PrivateDNS struct {
	Enabled event.Bool
	At      int64 // milliseconds since the epoch; 0 where nobody knows
}

// or returns the later word of the two.
func (p PrivateDNS) or(q PrivateDNS) PrivateDNS {
	switch {
	case q.Enabled == event.Absent:
		return p
	case p.Enabled == event.Absent || q.At > p.At || q.At == p.At && q.Enabled > p.Enabled:
		return q
	}
	return p
}

// drain is how long after its deletion was asked for an endpoint may still carry calls: EC2 takes it
// down in the minutes that follow, and calls that wait for their answer end later still.
const drain = time.Hour

// On reports whether the endpoint may have carried calls on day d: from the day of its making to that of
// its deletion. An end that is not known is open.
func (e *Endpoint) On(d day.Day) bool {
	if e.Created != 0 && d < day.OfMillis(e.Created) {
		return false
	}
	gone := e.Gone()
	return gone == 0 || d <= day.OfMillis(gone+drain.Milliseconds())
}

// Gone returns when the endpoint was deleted; 0 where it is not known to be. A deletion after which the
// endpoint was seen again did not happen, whatever was asked for.
func (e *Endpoint) Gone() int64 {
	if e.Seen > e.Deleted {
		return 0
	}
	return e.Deleted
}

// Merge joins two accounts of the same endpoint. The order in which several are joined makes no
// difference: of each field the greater value stands, but the first making, and the latest word on
// private DNS. An Endpoint without an ID says nothing.
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

// orElse fills what e leaves empty from other. Of times, and of what changes in time, both tell.
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
