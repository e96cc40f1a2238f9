package endpoints

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vpcetrail/ingest/event"
)

// An Inventory holds endpoints of ours by id, each with the time in which it existed. It
// may be read concurrently as long as nothing is added.
type Inventory map[string]Endpoint

// Add merges e into what is known of the endpoint. The order of additions makes no
// difference.
func (inv Inventory) Add(e Endpoint) { inv[e.ID] = Merge(inv[e.ID], e) }

// TypeOf converts EC2's type t to the type in reports: "gateway", "interface", or "" for
// the other types, which carry no API calls.
func TypeOf(t string) string {
	switch t = strings.ToLower(t); t {
	case "gateway", "interface":
		return t
	}
	return ""
}

// described is an endpoint in EC2's JSON. The API's JSON and CloudTrail's differ only in
// the case of the first letter. The method endpoint checks fields of type any.
type described struct {
	VpcEndpointID     string `json:"VpcEndpointId"`
	VpcEndpointType   string `json:"VpcEndpointType"`
	VpcID             string `json:"VpcId"`
	ServiceName       string `json:"ServiceName"`
	OwnerID           string `json:"OwnerId"`
	PrivateDNSEnabled any    `json:"PrivateDnsEnabled"`
	CreationTimestamp any    `json:"CreationTimestamp"`
}

// endpoint returns the described endpoint. The error names the first field with a wrong
// value. In the Endpoint such fields stay unknown.
func (d *described) endpoint() (Endpoint, error) {
	e := Endpoint{ID: d.VpcEndpointID, Type: TypeOf(d.VpcEndpointType), VPC: d.VpcID, Service: d.ServiceName}
	var enabled, dated bool
	e.PrivateDNS.Enabled, enabled = truth(d.PrivateDNSEnabled)
	e.Created, dated = moment(d.CreationTimestamp)
	if IsAccount([]byte(d.OwnerID)) {
		e.Account = d.OwnerID
	}
	switch {
	case !IsID([]byte(d.VpcEndpointID)):
		return e, wrongID("VpcEndpointId", d.VpcEndpointID)
	case e.Account != d.OwnerID:
		return e, wrongAccount("OwnerId", d.OwnerID)
	case !enabled:
		return e, wrong("PrivateDnsEnabled", d.PrivateDNSEnabled, "true or false")
	case !dated:
		return e, wrong("CreationTimestamp", d.CreationTimestamp, wantTime)
	}
	return e, nil
}

// A fieldError names a field with a wrong value.
type fieldError struct{ field, text string }

func (e *fieldError) Error() string { return e.field + ": " + e.text }

// wrong returns the error for a field that holds value instead of what is wanted.
func wrong(field string, value any, want string) error {
	text, err := json.Marshal(value)
	if err != nil || len(text) > 60 {
		text = []byte("what it holds")
	}
	return &fieldError{field, fmt.Sprintf("%s is not %s", text, want)}
}

func wrongID(field, id string) error {
	return wrong(field, id, "vpce- and 8 or 17 hexadecimal digits")
}

func wrongAccount(field, id string) error { return wrong(field, id, "an account id of 12 digits") }

const wantTime = "a time such as 2026-11-20T10:11:12Z"

// truth converts a JSON value that must be true, false or absent.
func truth(v any) (b event.Bool, ok bool) {
	switch v {
	case nil:
		return event.Absent, true
	case true, "true":
		return event.True, true
	case false, "false":
		return event.False, true
	}
	return event.Absent, false
}

// moment converts a JSON value that must be a time or absent to milliseconds since the
// epoch.
func moment(v any) (ms int64, ok bool) {
	if v == nil {
		return 0, true
	}
	text, ok := v.(string)
	if !ok {
		return 0, false
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, false
	}
	return t.UnixMilli(), true
}

// The marks of a saved inventory. A format that older versions would misread gets another
// number.
const (
	savedFormat  = "vpcetrail-endpoints"
	savedVersion = 1
)

// The values of known_by.
const (
	knownByInventory = "inventory"
	knownByTrail     = "trail"
)

// savedEndpoint is an endpoint of a saved inventory. Unknown fields are left out.
type savedEndpoint struct {
	ID             string `json:"id"`
	KnownBy        string `json:"known_by"`
	Type           string `json:"type,omitempty"`
	AccountID      string `json:"account_id,omitempty"`
	Region         string `json:"region,omitempty"`
	VPCID          string `json:"vpc_id,omitempty"`
	ServiceName    string `json:"service_name,omitempty"`
	PrivateDNS     any    `json:"private_dns,omitempty"`
	PrivateDNSTold any    `json:"private_dns_told,omitempty"`
	Created        any    `json:"created,omitempty"`
	LastSeen       any    `json:"last_seen,omitempty"`
	Deleted        any    `json:"deleted,omitempty"`
}

// Save returns the inventory as text for ParseInventory: JSON, one endpoint a line,
// sorted by id. The same inventory gives the same text.
func (inv Inventory) Save() ([]byte, error) {
	text := fmt.Appendf(nil, `{"format":%q,"version":%d,"endpoints":[`, savedFormat, savedVersion)
	between := "\n"
	for _, id := range slices.Sorted(maps.Keys(inv)) {
		line, err := json.Marshal(saved(inv[id]))
		if err != nil {
			return nil, fmt.Errorf("%s: write: %w", id, err)
		}
		text = append(append(text, between...), line...)
		between = ",\n"
	}
	return append(text, "\n]}\n"...), nil
}

func saved(e Endpoint) savedEndpoint {
	s := savedEndpoint{
		ID: e.ID, KnownBy: knownByInventory, Type: e.Type, AccountID: e.Account, Region: e.Region, VPCID: e.VPC, ServiceName: e.Service,
		PrivateDNSTold: stamp(e.PrivateDNS.At), Created: stamp(e.Created), LastSeen: stamp(e.Seen), Deleted: stamp(e.Deleted),
	}
	if e.ByTrail {
		s.KnownBy = knownByTrail
	}
	if e.PrivateDNS.Enabled != event.Absent {
		s.PrivateDNS = e.PrivateDNS.Enabled == event.True
	}
	return s
}

// stamp formats a time. It returns nil if the time is unknown.
func stamp(ms int64) any {
	if ms == 0 {
		return nil
	}
	return stampText(ms)
}

func stampText(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// endpoint returns the saved endpoint, or an error that names the first field with a
// wrong value.
func (s *savedEndpoint) endpoint() (Endpoint, error) {
	e := Endpoint{
		ID: s.ID, Type: s.Type, VPC: s.VPCID, Service: s.ServiceName, Account: s.AccountID, Region: s.Region, ByTrail: s.KnownBy == knownByTrail,
	}
	switch enabled, ok := truth(s.PrivateDNS); {
	case !IsID([]byte(s.ID)):
		return e, wrongID("id", s.ID)
	case s.KnownBy != knownByInventory && s.KnownBy != knownByTrail:
		return e, wrong("known_by", s.KnownBy, `"inventory" or "trail"`)
	case s.Type != TypeOf(s.Type):
		return e, wrong("type", s.Type, `"gateway" or "interface"`)
	case s.AccountID != "" && !IsAccount([]byte(s.AccountID)):
		return e, wrongAccount("account_id", s.AccountID)
	case !ok:
		return e, wrong("private_dns", s.PrivateDNS, "true or false")
	default:
		e.PrivateDNS.Enabled = enabled
	}
	for _, t := range []struct {
		field string
		value any
		to    *int64
	}{
		{"private_dns_told", s.PrivateDNSTold, &e.PrivateDNS.At}, {"created", s.Created, &e.Created},
		{"last_seen", s.LastSeen, &e.Seen}, {"deleted", s.Deleted, &e.Deleted},
	} {
		ms, ok := moment(t.value)
		if !ok {
			return e, wrong(t.field, t.value, wantTime)
		}
		*t.to = ms
	}
	return e, nil
}
