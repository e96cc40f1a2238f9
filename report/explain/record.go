package explain

import (
	"context"
	"maps"
	"slices"
	"time"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
)

// A Record is an event with its explanation. It holds copies.
type Record struct {
	Object string // the object's name
	Offset int64  // of the record, in decompressed bytes from the object's start

	ID, Name, Service  string
	RequestID          string
	Region, Account    string
	Time               time.Time // in UTC; zero where the record has none
	Principal, Session string
	Error              string // code and message, where the call ended in an error

	// Counted is the line of the balance that counts the record, such as CountedCall.
	Counted string
	// Explanation is nil if the record is not a call and has no route.
	Explanation *classify.Explanation
	// Cause is nil unless the call has route internet and there is a snapshot of the
	// network.
	Cause *Cause
}

// The values of Counted: the names in run.json, in the singular.
const (
	CountedCall       = "call"
	CountedDuplicate  = "duplicate"
	CountedSharedCopy = "shared_copy"
	CountedNetwork    = "network_event"
	CountedCorrection = "correction"
	CountedOther      = "other_event"
)

// Known holds what the whole trail and the command line say.
type Known struct {
	TrailAccounts []string            // those that have a folder in the trail
	OwnAccounts   []string            // further accounts that are ours
	Inventory     endpoints.Inventory // our endpoints by id
	Network       *network.Snapshot   // what decides paths; nil where it is not given
	Networks      *network.Networks   // may be nil
	Fix           string              // one of causes.Formats: causes then have their Fix
}

// Each calls fn with the records, in the order of the trail. Call it after a successful run
// of the Collector. It stops at the first error of fn, and returns it.
func (c *Collector) Each(ctx context.Context, known Known, fn func(*Record) error) error {
	learned := c.learner.Learned()
	trail := map[string]bool{}
	for _, account := range slices.Concat(known.TrailAccounts, learned.Accounts) {
		trail[account] = true
	}
	ours := map[string]bool{}
	maps.Copy(ours, trail)
	for _, account := range known.OwnAccounts {
		ours[account] = true
	}
	fates, err := c.settleFates(ctx)
	if err != nil {
		return err
	}
	all := newCauses(&known, learned.Changes, ours)
	err = c.each(func(e *keptEvent, object string) error {
		ev := &e.Event
		r := newRecord(ev, object)
		r.Counted = countedAs(ev, fates.of(dedupe.PlaceOf(e.Seq, e.Index)), trail)
		if r.Counted != CountedOther {
			d := ingest.DayOf(ev)
			facts := classify.Examine(ev, c.ranges)
			facts.Interface = facts.Interface || learned.Interfaces[d][string(facts.EndpointID)]
			owners := endpoints.Owners{Accounts: ours, Day: d, Inventory: known.Inventory, Trail: learned.Endpoints[d]}
			x := classify.Explain(ev, facts, &owners, c.ranges)
			r.Explanation = &x
			r.Cause = all.of(ev, d, &x)
		}
		return fn(r)
	})
	if err == nil {
		err = fates.list.Err()
	}
	return err
}

// countedAs returns the line of the balance for ev.
func countedAs(ev *event.Event, fate fate, trail map[string]bool) string {
	kind := ev.Kind()
	switch {
	case fate == duplicate:
		return CountedDuplicate
	case fate == corrected, kind == event.Correction && fate != replacing:
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
		ID: string(ev.ID), RequestID: string(ev.RequestID), Name: string(ev.Name), Service: string(ev.Source), Region: string(ev.Region), Account: string(ev.Recipient),
		Principal: string(caller.Name), Session: string(caller.Session),
	}
	if ev.HasTime {
		r.Time = time.UnixMilli(ev.Time).UTC()
	}
	switch code, message := string(ev.ErrorCode), string(ev.ErrorMessage); {
	case !ev.Failed():
	case code != "" && message != "":
		r.Error = code + ": " + message
	default:
		r.Error = code + message
	}
	return r
}
