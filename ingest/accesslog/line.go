package accesslog

import (
	"bytes"
	"time"
)

// A Line is one request as the bucket's access log has it. Its texts are valid until the next call
// of Next. A field that the line leaves out, or has as "-", is empty.
type Line struct {
	// Problem says why the line proves nothing: Ambiguous or Invalid. Then only Offset is set.
	Problem Problem
	Offset  int64 // of the line's first byte in the text

	Time         int64 // when the request was received, in milliseconds since the epoch
	Bucket       []byte
	RemoteIP     []byte
	Requester    []byte
	RequestID    []byte
	Operation    []byte
	Key          []byte // as logged: encoded
	Status       []byte // of HTTP
	ErrorCode    []byte
	BytesSent    int64
	HostID       []byte // x-amz-id-2
	AuthType     []byte // AuthHeader or QueryString
	Host         []byte // the Host header: the client's own text
	TLSVersion   []byte
	AccessPoint  []byte // an ARN
	SourceRegion []byte
}

// A Problem says why a line proves nothing.
type Problem uint8

// The problems of a line.
const (
	NoProblem Problem = iota
	Ambiguous         // the client's own text allows a second reading
	Invalid           // not a line of an access log
)

// layout is the form of the time in a line of text.
const layout = "02/Jan/2006:15:04:05 -0700"

// tail are the fields after the user agent, from the version id on.
const (
	tailVersion = iota
	tailHostID
	tailSignature
	tailCipher
	tailAuthType
	tailHost
	tailTLS
	tailAccessPoint
	tailACL
	tailRegion
	tailFields
)

const (
	oldTail   = 1           // until 2019 lines ended after the version id: 18 fields
	leastTail = tailTLS + 1 // later ones have at least these: 24 fields. Any other line was cut
)

// A reading is one way to read what the client's texts may blur.
type reading struct {
	middle [2][]byte // status and error code
	sent   int64
	tail   [tailFields][]byte
}

// parse reads a line of text, without its end. It sets l.Problem if the line cannot be read.
func (l *Line) parse(line []byte) {
	line = bytes.TrimRight(line, " \r")
	rest, ok := l.parseHead(line)
	if !ok {
		l.Problem = Invalid
		return
	}
	var found reading
	switch n := readings(rest, &found); {
	case n == 0:
		l.Problem = Invalid
		return
	case n > 1:
		l.Problem = Ambiguous
		return
	}
	l.Status, l.ErrorCode, l.BytesSent = value(found.middle[0]), value(found.middle[1]), found.sent
	t := &found.tail
	l.HostID, l.AuthType, l.Host = value(t[tailHostID]), value(t[tailAuthType]), value(t[tailHost])
	l.TLSVersion, l.AccessPoint, l.SourceRegion = value(t[tailTLS]), value(t[tailAccessPoint]), value(t[tailRegion])
}

// value returns the value of a field: "-" is none.
func value(field []byte) []byte {
	if len(field) == 1 && field[0] == '-' {
		return nil
	}
	return field
}

// parseHead reads the fields up to the key, and returns what follows.
func (l *Line) parseHead(line []byte) (rest []byte, ok bool) {
	owner, rest, _ := cut(line)
	bucket, rest, _ := cut(rest)
	if len(owner) == 0 || len(bucket) == 0 || len(rest) < len(layout)+3 || rest[0] != '[' {
		return nil, false
	}
	end := len(layout) + 1
	if l.Time, ok = parseTime(rest[1:end]); !ok || rest[end] != ']' || rest[end+1] != ' ' {
		return nil, false
	}
	rest = rest[end+2:]
	l.Bucket = value(bucket)
	for _, field := range []*[]byte{&l.RemoteIP, &l.Requester, &l.RequestID, &l.Operation, &l.Key} {
		var text []byte
		if text, rest, ok = cut(rest); !ok || len(text) == 0 {
			return nil, false
		}
		*field = value(text)
	}
	return rest, len(l.Operation) > 0
}

// cut returns the text up to the next blank, and what follows the blank. ok is false if there is none.
func cut(line []byte) (field, rest []byte, ok bool) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return line, nil, false
	}
	return line[:i], line[i+1:], true
}

// months are the letters of the months, three each.
const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// parseTime reads a time such as 06/Feb/2019:00:00:38 +0000. time.Parse took a fifth of the whole.
func parseTime(text []byte) (ms int64, ok bool) {
	if string(text[20:]) != " +0000" {
		t, err := time.Parse(layout, string(text))
		return t.UnixMilli(), err == nil
	}
	month := bytes.Index([]byte(months), text[3:6])
	year, day := digits(text[7:11]), digits(text[:2])
	hour, minute, second := digits(text[12:14]), digits(text[15:17]), digits(text[18:20])
	if month < 0 || month%3 != 0 || min(year, day, hour, minute, second) < 0 || hour > 23 || minute > 59 || second > 60 ||
		text[2] != '/' || text[6] != '/' || text[11] != ':' || text[14] != ':' || text[17] != ':' {
		return 0, false
	}
	t := time.Date(year, time.Month(month/3+1), day, hour, minute, second, 0, time.UTC)
	return t.UnixMilli(), t.Day() == day || second == 60
}

// digits returns the number that text is, or -1.
func digits(text []byte) int {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
