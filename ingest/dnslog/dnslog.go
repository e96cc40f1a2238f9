// Package dnslog reads the query logs of Route 53 Resolver: one JSON object a query, with the
// answers.
//
// The Resolver logs only the queries that it had to resolve, not those that it answered from
// its cache, and programs have caches of their own. So the number of queries means nothing,
// and a name that is not there may have been asked for. Servers that do not forward to the
// Resolver are not there either.
//
// Any field may be missing, and later versions add fields. A line without a name or a time is
// Invalid: it is counted, and nothing in it is used.
package dnslog

import (
	"net/netip"
	"strings"
	"time"

	"github.com/bytedance/sonic"
)

// A Query is a line of a log.
type Query struct {
	Time     int64  // milliseconds since the epoch
	Account  string // that owns the VPC
	Region   string
	VPC      string // or the id of the Route 53 Profile, where the log has no VPC
	Name     string // in lower case, without the final dot
	Type     string // A, AAAA, HTTPS, …
	Code     string // NOERROR, NXDOMAIN, …
	Instance string // that asked; it may be one of AWS's own, as with Lambda
	Source   string // address that asked
	Answers  []Answer
}

// An Answer is a record that the Resolver returned.
type Answer struct {
	Address netip.Addr // of A and AAAA
	Name    string     // of a CNAME, in lower case, without the final dot
}

// line is the form of a log. A field of another type makes the line invalid.
type line struct {
	Account   string   `json:"account_id"`
	Region    string   `json:"region"`
	VPC       string   `json:"vpc_id"`
	Resource  string   `json:"resource_id"`
	Timestamp string   `json:"query_timestamp"`
	Name      string   `json:"query_name"`
	Type      string   `json:"query_type"`
	Code      string   `json:"rcode"`
	Answers   []record `json:"answers"`
	Source    string   `json:"srcaddr"`
	IDs       struct {
		Instance string `json:"instance"`
	} `json:"srcids"`
}

type record struct {
	Data string `json:"Rdata"`
	Type string `json:"Type"`
}

// parse reads a JSON object. It reports false for what is no query.
func (q *Query) parse(text []byte) bool {
	var l line
	if sonic.Unmarshal(text, &l) != nil { // its error quotes the input
		return false
	}
	at, err := time.Parse(time.RFC3339, l.Timestamp)
	if err != nil || l.Name == "" || at.Year() < 1970 {
		return false
	}
	vpc := l.VPC
	if vpc == "" {
		vpc = l.Resource
	}
	*q = Query{
		Time: at.UnixMilli(), Account: l.Account, Region: l.Region, VPC: vpc, Name: plainName(l.Name), Type: l.Type, Code: l.Code,
		Instance: l.IDs.Instance, Source: l.Source, Answers: q.Answers[:0],
	}
	for _, r := range l.Answers {
		switch r.Type {
		case "A", "AAAA":
			if address, err := netip.ParseAddr(r.Data); err == nil {
				q.Answers = append(q.Answers, Answer{Address: address.Unmap().WithZone("")})
			}
		case "CNAME":
			q.Answers = append(q.Answers, Answer{Name: plainName(r.Data)})
		}
	}
	return true
}

func plainName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
