package classify

import (
	"bytes"
	"encoding/binary"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// A Mention is everything that one record says about an endpoint. It depends on only five
// fields: Source, HostHeader, EndpointID, EndpointAccount and Additional.EndpointID.
// Events with the same values in these have the same Mention.
//
// EndpointID and EndpointAccount are borrowed from the Event.
type Mention struct {
	// EndpointID is the endpoint's id, vpce-…, or empty if the record has none.
	EndpointID []byte
	// EndpointAccount is the account that the record names as the endpoint's owner: 12
	// digits, or empty.
	EndpointAccount []byte
	// Interface says that the record proves that its endpoint is of type interface.
	Interface bool

	internal bool  // names AWS itself in place of an endpoint
	signs    Signs // TwoEndpoints and OtherEndpoint
}

// MentionIn reads what ev says about an endpoint.
func MentionIn(ev *event.Event) (m Mention) {
	top, owner := ev.EndpointID, ev.EndpointAccount
	if swapped(ev) {
		top, owner = owner, top
	}
	m.internal = namesAWS(top) || namesAWS(owner)
	copied := endpoints.IsID(ev.Additional.EndpointID)
	switch {
	case endpoints.IsID(top):
		m.EndpointID = top
	case !namesAWS(top) && copied:
		m.EndpointID = ev.Additional.EndpointID
	}
	if endpoints.IsAccount(owner) {
		m.EndpointAccount = owner
	}
	if len(m.EndpointID) == 0 {
		return m
	}
	m.Interface = provesInterface(ev)
	if copied && !bytes.Equal(ev.Additional.EndpointID, m.EndpointID) {
		m.signs |= TwoEndpoints
	}
	if named := endpoints.IDInHost(ev.HostHeader); named != "" && named != string(m.EndpointID) {
		m.signs |= OtherEndpoint
	}
	return m
}

// AppendMention appends what MentionIn reads from ev to dst. Events with the same
// appended bytes have the same Mention.
func AppendMention(dst []byte, ev *event.Event) []byte {
	host := ev.HostHeader
	if !endpoints.IsHost(host) { // other hosts prove nothing, and S3 has one for each bucket
		host = nil
	}
	for _, text := range [...][]byte{ev.Source, ev.EndpointID, ev.EndpointAccount, ev.Additional.EndpointID, host} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

// Clone returns a copy that borrows nothing.
func (m *Mention) Clone() Mention {
	c := *m
	c.EndpointID, c.EndpointAccount = bytes.Clone(m.EndpointID), bytes.Clone(m.EndpointAccount)
	return c
}

// provesInterface reports whether the record proves an interface endpoint: by the host
// header of an interface endpoint's own DNS name, or by a service that has no gateway
// endpoints.
func provesInterface(ev *event.Event) bool {
	if endpoints.IsHost(ev.HostHeader) {
		return true
	}
	switch string(ev.Source) {
	case "", "s3.amazonaws.com", "s3express.amazonaws.com", "dynamodb.amazonaws.com":
		return false
	}
	return true
}

// swapped reports whether the endpoint's id and its owner are in each other's field, as
// in one of AWS's own examples.
func swapped(ev *event.Event) bool {
	return endpoints.IsAccount(ev.EndpointID) && endpoints.IsID(ev.EndpointAccount)
}
