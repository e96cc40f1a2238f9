package explain

import (
	"maps"
	"time"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/event"
)

// A Record is an event explained. It holds copies.
type Record struct {
	Object string // the object's name
	Offset int64  // of the record, in decompressed bytes from the object's start

	ID, Name, Service  string
	Region, Account    string
	Time               time.Time // in UTC; zero where the record has none
	Principal, Session string
	Error              string // code and message, where the call ended in an error

	// Counted is what the record is to the balance, such as CountedCall.
	Counted string
	// Explanation is nil for what is no call and takes no route.
	Explanation *classify.Explanation
}

// What a record may be to the balance, as run.json has it, in the singular.
const (
	CountedCall       = "call"
	CountedDuplicate  = "duplicate"
	CountedSharedCopy = "shared_copy"
	CountedNetwork    = "network_event"
	CountedCorrection = "correction"
	CountedOther      = "other_event"
)

// Known is what the whole trail and the command line tell.
type Known struct {
	Marks         *ingest.Marks
	TrailAccounts []string           // those that have a folder in the trail
	OwnAccounts   []string           // further accounts that are ours
	Inventory     classify.Inventory // our endpoints by id
}

// Each calls fn with the records, in the order of the trail, once the run that the Collector took has ended
// well. It ends with fn's first error, and returns it.
func (c *Collector) Each(known Known, fn func(*Record) error) error {
	trail := map[string]bool{}
	for _, account := range known.TrailAccounts {
		trail[account] = true
	}
	for account := range c.loose {
		trail[account] = true
	}
	ours := map[string]bool{}
	maps.Copy(ours, trail)
	for _, account := range known.OwnAccounts {
		ours[account] = true
	}
	marks := known.Marks.Cursor()
	err := c.each(known.Marks, func(e *keptEvent, object string) error {
		ev := &e.Event
		r := newRecord(ev, object)
		r.Counted = countedAs(ev, marks.Of(ingest.PlaceOf(e.Seq, e.Index)), trail)
		if r.Counted != CountedOther {
			d := dayOf(ev)
			facts := classify.Examine(ev, c.ranges)
			facts.Interface = facts.Interface || c.interfaces[d][string(facts.EndpointID)]
			owners := classify.Owners{Accounts: ours, Day: d, Inventory: known.Inventory, Trail: c.told[d]}
			x := classify.Explain(ev, facts, &owners, c.ranges)
			r.Explanation = &x
		}
		return fn(r)
	})
	if err == nil {
		err = marks.Err()
	}
	return err
}

// countedAs says what ev is to the balance.
func countedAs(ev *event.Event, mark ingest.Mark, trail map[string]bool) string {
	kind := ev.Kind()
	switch {
	case mark == ingest.Duplicate:
		return CountedDuplicate
	case mark == ingest.Corrected, kind == event.Correction && mark != ingest.Replacing:
		return CountedCorrection
	case kind == event.Network:
		return CountedNetwork
	case kind == event.Other:
		return CountedOther
	case len(classify.SharedBy(ev)) > 0 && trail[string(classify.SharedBy(ev))]:
		return CountedSharedCopy
	}
	return CountedCall
}

func newRecord(ev *event.Event, object string) *Record {
	var names []byte
	caller := classify.Caller(ev, &names)
	r := &Record{
		Object: object, Offset: ev.Offset,
		ID: string(ev.ID), Name: string(ev.Name), Service: string(ev.Source), Region: string(ev.Region), Account: string(ev.Recipient),
		Principal: string(caller.Name), Session: string(caller.Session),
	}
	if ev.HasTime {
		r.Time = time.UnixMilli(ev.Time).UTC()
	}
	switch code, message := string(ev.ErrorCode), string(ev.ErrorMessage); {
	case !classify.Failed(ev):
	case code != "" && message != "":
		r.Error = code + ": " + message
	default:
		r.Error = code + message
	}
	return r
}
