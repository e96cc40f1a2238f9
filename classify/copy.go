package classify

import "vpcetrail/ingest/event"

// SharedBy returns the caller's account if ev is a call that two accounts see, delivered
// to the account that did not make it. Otherwise it returns nil. The record is a copy if
// the caller's account is in the trail too. Only the whole trail shows that. The result
// is borrowed from ev.
func SharedBy(ev *event.Event) []byte {
	if len(ev.SharedID) == 0 || string(ev.Identity.AccountID) == string(ev.Recipient) {
		return nil
	}
	return ev.Identity.AccountID
}
