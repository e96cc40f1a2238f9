package classify

import "vpcetrail/ingest/event"

// SharedBy returns the caller's account if ev is a call that two accounts see, delivered to the
// other one; else nil. It is a copy if the caller's account is in the trail too, which only the whole
// trail tells. The result is borrowed from ev.
func SharedBy(ev *event.Event) []byte {
	if len(ev.SharedID) == 0 || string(ev.Identity.AccountID) == string(ev.Recipient) {
		return nil
	}
	return ev.Identity.AccountID
}
