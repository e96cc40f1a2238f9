package report

import (
	"vpcetrail/ingest/event"
)

// A target is what records name: the eventName and the resources, each text behind its length. It is empty for
// records that name no resource.
type target string

// appendTarget appends the target of ev to dst.
func appendTarget(dst []byte, ev *event.Event, resources [][]byte) []byte {
	if len(resources) == 0 {
		return dst
	}
	dst = appendText(dst, ev.Name)
	for _, arn := range resources {
		dst = appendText(dst, arn)
	}
	return dst
}

// eventName returns the target's eventName, and what the resources are read from.
func (t target) eventName() (name, resources string) { return cutText(string(t)) }

// cutText takes a text off the front of what appendText has written.
func cutText(s string) (text, rest string) {
	n, width := uvarint(s)
	return s[width : width+n], s[width+n:]
}
