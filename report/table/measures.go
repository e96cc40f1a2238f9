package table

import (
	"encoding/binary"
	"math"
)

// Measures are the counts of a group of calls.
type Measures struct {
	Calls, Denied, Errors, Reads, Writes int64
	BytesIn, BytesOut                    int64
	FirstSeen, LastSeen                  int64 // milliseconds since the epoch; not valid if Calls is 0
}

// Add adds the calls of o.
func (m *Measures) Add(o *Measures) {
	if o.Calls == 0 {
		return
	}
	if m.Calls == 0 {
		m.FirstSeen, m.LastSeen = o.FirstSeen, o.LastSeen
	}
	m.Calls += o.Calls
	m.Denied += o.Denied
	m.Errors += o.Errors
	m.Reads += o.Reads
	m.Writes += o.Writes
	m.BytesIn += o.BytesIn
	m.BytesOut += o.BytesOut
	m.FirstSeen, m.LastSeen = min(m.FirstSeen, o.FirstSeen), max(m.LastSeen, o.LastSeen)
}

func (m *Measures) fields() [9]*int64 {
	return [...]*int64{&m.Calls, &m.Denied, &m.Errors, &m.Reads, &m.Writes, &m.BytesIn, &m.BytesOut, &m.FirstSeen, &m.LastSeen}
}

// Append appends the measures in the form that Parse and Cut read.
func (m *Measures) Append(dst []byte) []byte {
	for _, field := range m.fields() {
		dst = binary.AppendVarint(dst, *field)
	}
	return dst
}

// Parse sets the measures to what Append wrote.
func (m *Measures) Parse(text []byte) { m.Cut(text) }

// Cut sets the measures to what Append wrote at the front of text, and returns the rest.
func (m *Measures) Cut(text []byte) (rest []byte) {
	for _, field := range m.fields() {
		v, n := binary.Varint(text)
		*field, text = v, text[n:]
	}
	return text
}

// Routes counts calls and bytes by route.
type Routes struct {
	Calls, VPCE, Internet, InternetAWS, InternetExternal, AWSService, Unknown int64
	Denied, Errors                                                            int64
	BytesIn, BytesOut, InternetBytes                                          int64
	VPCEShare                                                                 float64 // NaN if there is neither
	FirstSeen, LastSeen                                                       int64
}

// Count adds the calls of a row of traffic.
func (r *Routes) Count(t *TrafficRow) {
	if r.Calls == 0 {
		r.FirstSeen, r.LastSeen = t.FirstSeen, t.LastSeen
	}
	r.FirstSeen, r.LastSeen = min(r.FirstSeen, t.FirstSeen), max(r.LastSeen, t.LastSeen)
	r.Calls += t.Calls
	r.Denied += t.Denied
	r.Errors += t.Errors
	r.BytesIn += t.BytesIn
	r.BytesOut += t.BytesOut
	switch t.Route {
	case "vpce":
		r.VPCE += t.Calls
	case "internet":
		r.Internet += t.Calls
		r.InternetBytes += t.BytesIn + t.BytesOut
		if t.Origin == "aws" {
			r.InternetAWS += t.Calls
		} else {
			r.InternetExternal += t.Calls
		}
	case "aws_service":
		r.AWSService += t.Calls
	default:
		r.Unknown += t.Calls
	}
	r.setShare()
}

// Add adds the routes of another row.
func (r *Routes) Add(o *Routes) {
	if o.Calls == 0 {
		r.setShare()
		return
	}
	if r.Calls == 0 {
		r.FirstSeen, r.LastSeen = o.FirstSeen, o.LastSeen
	}
	r.FirstSeen, r.LastSeen = min(r.FirstSeen, o.FirstSeen), max(r.LastSeen, o.LastSeen)
	r.Calls += o.Calls
	r.VPCE += o.VPCE
	r.Internet += o.Internet
	r.InternetAWS += o.InternetAWS
	r.InternetExternal += o.InternetExternal
	r.AWSService += o.AWSService
	r.Unknown += o.Unknown
	r.Denied += o.Denied
	r.Errors += o.Errors
	r.BytesIn += o.BytesIn
	r.BytesOut += o.BytesOut
	r.InternetBytes += o.InternetBytes
	r.setShare()
}

// Bytes returns all bytes, in and out.
func (r *Routes) Bytes() int64 { return r.BytesIn + r.BytesOut }

// setShare computes VPCEShare from the counts.
func (r *Routes) setShare() {
	r.VPCEShare = math.NaN()
	if either := r.VPCE + r.Internet; either > 0 {
		r.VPCEShare = float64(r.VPCE) / float64(either)
	}
}

func (r *Routes) fields() [14]*int64 {
	return [...]*int64{
		&r.Calls, &r.VPCE, &r.Internet, &r.InternetAWS, &r.InternetExternal, &r.AWSService, &r.Unknown,
		&r.Denied, &r.Errors, &r.BytesIn, &r.BytesOut, &r.InternetBytes, &r.FirstSeen, &r.LastSeen,
	}
}

// Append appends the routes in the form that Parse reads.
func (r *Routes) Append(dst []byte) []byte {
	for _, field := range r.fields() {
		dst = binary.AppendVarint(dst, *field)
	}
	return dst
}

// Parse sets the routes to what Append wrote.
func (r *Routes) Parse(text []byte) {
	for _, field := range r.fields() {
		v, n := binary.Varint(text)
		*field, text = v, text[n:]
	}
	r.setShare()
}
