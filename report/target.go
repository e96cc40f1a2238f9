package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/event"
)

// A target is what records name and show besides their path: a byte of classify.Signs, then the eventName and the
// resources, each text behind its length. It is empty for records that name no resource and show no telling sign.
type target string

// appendTarget appends the target of ev to dst.
func appendTarget(dst []byte, ev *event.Event, signs classify.Signs, resources [][]byte) []byte {
	if len(resources) == 0 && signs&classify.Telling == 0 {
		return dst
	}
	dst = appendText(append(dst, byte(signs)), ev.Name)
	for _, arn := range resources {
		dst = appendText(dst, arn)
	}
	return dst
}

func (t target) signs() classify.Signs {
	if t == "" {
		return 0
	}
	return classify.Signs(t[0])
}

// names returns the target's eventName and resources.
func (t target) names(into []string) (eventName string, resources []string) {
	if t == "" {
		return "", into
	}
	eventName, rest := cutText(string(t[1:]))
	for rest != "" {
		var arn string
		arn, rest = cutText(rest)
		into = append(into, arn)
	}
	return eventName, into
}

// cutText takes a text off the front of what appendText has written.
func cutText(s string) (text, rest string) {
	n, width := uvarint(s)
	return s[width : width+n], s[width+n:]
}
