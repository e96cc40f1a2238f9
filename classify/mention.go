package classify

import (
	"bytes"
	"encoding/binary"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// A Mention is all that one record says of an endpoint. It follows from five fields alone, Source, HostHeader,
// EndpointID, EndpointAccount and Additional.EndpointID: events that agree in these have the same.
//
// EndpointID and EndpointAccount are borrowed from the Event.
type Mention struct {
	// EndpointID is the endpoint's id, vpce-…; empty where the record has none.
	EndpointID []byte
	// EndpointAccount is the account that the record names as the endpoint's owner, 12 digits or empty.
	EndpointAccount []byte
	// Interface says that the record proves its endpoint to be of type interface.
	Interface bool

	internal bool  // names AWS itself instead
	signs    Signs // TwoEndpoints and OtherEndpoint
}

// MentionIn reads what ev says of an endpoint.
func MentionIn(ev *event.Event) (m Mention) {
	top, owner := ev.EndpointID, ev.EndpointAccount
	if swapped(ev) {
		top, owner = owner, top
	}
	m.internal = namesAWS(top) || namesAWS(owner)
	copied := IsEndpointID(ev.Additional.EndpointID)
	switch {
	case IsEndpointID(top):
		m.EndpointID = top
	case !namesAWS(top) && copied:
		m.EndpointID = ev.Additional.EndpointID
	}
	if IsAccount(owner) {
		m.EndpointAccount = owner
	}
	if len(m.EndpointID) == 0 {
		return m
	}
	m.Interface = provesInterface(ev)
	if copied && !bytes.Equal(ev.Additional.EndpointID, m.EndpointID) {
		m.signs |= TwoEndpoints
	}
	if named := endpointInName(ev.HostHeader); named != "" && named != string(m.EndpointID) {
		m.signs |= OtherEndpoint
	}
	return m
}

// AppendMention appends to dst what MentionIn reads of ev: events of which it appends the same have the same Mention.
func AppendMention(dst []byte, ev *event.Event) []byte {
	host := ev.HostHeader
	if !endpoints.IsHost(host) { // nothing follows from others, of which S3 has one for each bucket
		host = nil
	}
	for _, text := range [...][]byte{ev.Source, ev.EndpointID, ev.EndpointAccount, ev.Additional.EndpointID, host} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

// Clone returns a copy that borrows from nothing.
func (m *Mention) Clone() Mention {
	c := *m
	c.EndpointID, c.EndpointAccount = bytes.Clone(m.EndpointID), bytes.Clone(m.EndpointAccount)
	return c
}

// provesInterface tells what one record can: the host header of an interface endpoint's own DNS
// name, or a service that has no gateway endpoints.
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

// swapped reports whether the endpoint's id and its owner stand in each other's place, as in one of AWS's
// own examples.
func swapped(ev *event.Event) bool {
	return IsAccount(ev.EndpointID) && IsEndpointID(ev.EndpointAccount)
}
