package accesslog

import "bytes"

// maxMiddles bounds the places of a line that look like the fields after the URI. A line with more
// is the work of a client that wants to be read in several ways.
const maxMiddles = 16

// readings finds the readings of a line from the request's URI on. It returns their number, up to
// 2, and sets found to the first.
func readings(rest []byte, found *reading) (n int) {
	if bytes.HasPrefix(rest, []byte("- ")) { // no URI
		n, _ = endings(rest[2:], found, 0)
		return n
	}
	if len(rest) == 0 || rest[0] != '"' {
		return 0
	}
	middles := 0
	for at := nextQuote(rest, 0); at >= 0 && n < 2; at = nextQuote(rest, at) { // each may end the URI
		if at+1 == len(rest) || rest[at+1] != ' ' {
			continue
		}
		var isMiddle bool
		if n, isMiddle = endings(rest[at+2:], found, n); isMiddle {
			if middles++; middles > maxMiddles {
				return 2
			}
		}
	}
	return n
}

// endings adds to n the readings of a line whose status comes first in rest. isMiddle reports
// whether rest starts with a status and what follows it.
func endings(rest []byte, found *reading, n int) (_ int, isMiddle bool) {
	var r reading
	agents, ok := r.parseMiddle(rest)
	if !ok {
		return n, false
	}
	for at := 0; at >= 0 && n < 2; at = nextQuote(agents, at) {
		if tail, ok := afterAgents(agents, at); ok && r.parseTail(tail) {
			if n++; n == 1 {
				*found = r
			}
		}
	}
	return n, true
}

// nextQuote returns the place of the next quote after the one at a place, or -1.
func nextQuote(text []byte, at int) int {
	i := bytes.IndexByte(text[at+1:], '"')
	if i < 0 {
		return -1
	}
	return at + 1 + i
}

// parseMiddle reads the fields from the status to the turn-around time, and returns what follows:
// the referer.
func (r *reading) parseMiddle(rest []byte) (agents []byte, ok bool) {
	status, rest, ok := cut(rest)
	if !ok || !(len(status) == 3 && digits(status) >= 100) && value(status) != nil {
		return nil, false
	}
	code, rest, ok := cut(rest)
	if !ok || value(code) != nil && (value(status) == nil || !isCode(code)) {
		return nil, false
	}
	for i := range 4 { // bytes sent, object size, two times
		var text []byte
		text, rest, ok = cut(rest)
		n, isNumber := number(text)
		if !ok || !isNumber {
			return nil, false
		}
		if i == 0 {
			r.sent = n
		}
	}
	r.middle = [2][]byte{status, code}
	return rest, len(rest) > 0
}

// isCode reports whether text can be an error code of S3, such as AccessDenied. A host id is longer.
func isCode(text []byte) bool {
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return len(text) > 0 && len(text) <= 64
}

// number reads a count that may be absent.
func number(text []byte) (n int64, ok bool) {
	if len(text) == 1 && text[0] == '-' {
		return 0, true
	}
	if len(text) == 0 || len(text) > len("999999999999999999") {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// afterAgents returns what follows referer and user agent, if the last of them ends at the quote in
// place at, or if neither has a quote and at is 0.
func afterAgents(agents []byte, at int) (tail []byte, ok bool) {
	const none, noAgent = "- ", " - "
	if at == 0 {
		return bytes.CutPrefix(agents, []byte(none+none))
	}
	before, rest := agents[:at], agents[at+1:]
	switch {
	case len(rest) == 0 || rest[0] != ' ':
		return nil, false
	case bytes.HasPrefix(before, []byte(none+`"`)), refererEnds(before):
		return rest[1:], true
	case before[0] == '"':
		return bytes.CutPrefix(rest, []byte(noAgent))
	}
	return nil, false
}

// refererEnds reports whether a referer in quotes ends in text, and a user agent begins after it.
func refererEnds(text []byte) bool {
	return text[0] == '"' && bytes.Contains(text[1:], []byte(`" "`))
}

// parseTail reads the fields from the version id on. Unknown ones may follow the known.
func (r *reading) parseTail(tail []byte) bool {
	r.tail = [tailFields][]byte{}
	n := 0
	for more := true; more && n < tailFields; n++ {
		var field []byte
		if field, tail, more = cut(tail); !fits(n, field) {
			return false
		}
		r.tail[n] = field
	}
	return n == oldTail || n >= leastTail
}

// fits reports whether a field can be the one of that number in the tail.
func fits(number int, field []byte) bool {
	if len(field) == 0 {
		return false
	}
	if value(field) == nil {
		return true
	}
	switch number {
	case tailSignature:
		return bytes.HasPrefix(field, []byte("SigV"))
	case tailAuthType:
		return string(field) == "AuthHeader" || string(field) == "QueryString"
	case tailTLS:
		return len(field) > 3 && bytes.EqualFold(field[:3], []byte("TLS"))
	case tailAccessPoint:
		return bytes.HasPrefix(field, []byte("arn:"))
	case tailACL:
		return string(field) == "Yes"
	}
	return bytes.IndexByte(field, '"') < 0
}
