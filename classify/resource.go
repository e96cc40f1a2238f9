package classify

import (
	"bytes"
	"slices"

	"vpcetrail/ingest/event"
)

// Resources collects the resources that one record names: buckets, queues, topics, keys,
// tables, secrets, log groups, functions, repositories, and anything else that its
// resources list by ARN. The zero value is ready and can be reused for the next record.
// It is not safe for concurrent use.
//
// The entries that CloudTrail lists under resources come first. If none is of the called
// service, a response that contains the ARN counts (CreateSecret, CreateKey), else the
// well-known parameters of the request. So an alias represents its key only if the record
// does not name the key. A secret appears by the given name, without its six random
// characters, if the record has no ARN. One secret may appear in both forms.
type Resources struct {
	// ARNs are the ARNs of containers: the bucket of an object, the log group of a
	// stream, the table of an index, the function of a version. They are sorted and
	// unique. They are borrowed from the Event or from memory that the next Read reuses.
	ARNs [][]byte

	ev      *event.Event
	service []byte // the called service
	found   bool   // a resource of that service was found
	text    []byte // text of composed ARNs
}

const (
	maxResources   = 100     // in one record: no API accepts more
	maxResourceARN = 2 << 10 // in bytes: AWS creates no longer ARN
)

// Read reads the resources of ev.
func (r *Resources) Read(ev *event.Event) {
	r.ARNs, r.text, r.ev, r.found = r.ARNs[:0], r.text[:0], ev, false
	r.service, _ = bytes.CutSuffix(ev.Source, []byte(".amazonaws.com"))
	switch {
	case len(ev.Resources) == 0:
	case ev.Named.HasARNs:
		for _, arn := range ev.Named.ARNs {
			r.add(arn)
		}
	default:
		r.readListed()
	}
	if !r.found {
		r.readParameters()
	}
	if len(r.ARNs) > 1 {
		slices.SortFunc(r.ARNs, bytes.Compare)
	}
}

// readListed adds the ARNs of the record's resources.
func (r *Resources) readListed() {
	name, arn, rest := event.CutText(r.ev.Resources, "arn:")
	for ; name != nil; name, arn, rest = event.CutText(rest, "arn:") {
		switch string(name) {
		case "ARN", "arn", "ARNPrefix", "arnPrefix": // a prefix of objects belongs to the bucket too
			r.add(arn)
		}
	}
}

// add adds the container of the resource that an ARN names, unless it is already there.
func (r *Resources) add(arn []byte) {
	if len(arn) == 0 || len(arn) > maxResourceARN || len(r.ARNs) == maxResources {
		return
	}
	p, ok := cutARN(arn)
	if !ok {
		return
	}
	r.found = r.found || bytes.Equal(p.service, r.service)
	arn = r.container(arn, &p)
	for _, known := range r.ARNs {
		if bytes.Equal(known, arn) {
			return
		}
	}
	r.ARNs = append(r.ARNs, arn)
}

// An arnParts is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, split.
type arnParts struct {
	partition, service, region, account []byte
	at                                  int // index where the resource starts
}

func cutARN(arn []byte) (p arnParts, ok bool) {
	if !bytes.HasPrefix(arn, []byte("arn:")) {
		return p, false
	}
	p.at = len("arn:")
	n, parts := 0, [...]*[]byte{&p.partition, &p.service, &p.region, &p.account}
	for i := p.at; i < len(arn); i++ {
		if arn[i] != ':' {
			continue
		}
		*parts[n] = arn[p.at:i]
		p.at = i + 1
		if n++; n == len(parts) {
			return p, len(p.service) > 0 && p.at < len(arn)
		}
	}
	return p, false
}

// container returns the ARN of the container of the resource that arn names, or arn
// itself if there is none.
func (r *Resources) container(arn []byte, p *arnParts) []byte {
	name := arn[p.at:]
	keep := func(n int) []byte { return arn[:p.at+n] }
	switch string(p.service) {
	case "s3":
		if len(p.account) == 0 { // otherwise it is an access point
			return keep(through(name, '/', 1))
		}
		return keep(through(name, '/', 2))
	case "s3express", "s3-object-lambda", "dynamodb", "kinesis":
		return keep(through(name, '/', 2)) // table/orders/index/by-day
	case "s3-outposts":
		return keep(through(name, '/', 4)) // outpost/op-1/accesspoint/name/object/key
	case "logs", "lambda", "secretsmanager":
		return keep(through(name, ':', 2)) // log-group:name:log-stream:stream
	case "sns":
		return keep(through(name, ':', 1)) // topic:subscription
	case "sts":
		if prefix, role, _, ok := cutSessionARN(arn); ok { // there are as many sessions as calls
			start := len(r.text)
			r.text = append(append(r.text, prefix.partition...), ":iam::"...)
			r.text = append(append(r.text, prefix.account...), ":role/"...)
			r.text = append(r.text, role...)
			return r.composed(start)
		}
	}
	return arn
}

// through returns the length of the first n parts of name, without the separator that
// follows.
func through(name []byte, separator byte, n int) int {
	for i, c := range name {
		if c == separator {
			if n--; n == 0 {
				return i
			}
		}
	}
	return len(name)
}

// composed returns the ARN that was appended to r.text after start.
func (r *Resources) composed(start int) []byte { return r.text[start:len(r.text):len(r.text)] }
