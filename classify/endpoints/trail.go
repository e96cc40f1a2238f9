package endpoints

import (
	"bytes"
	"slices"
	"strings"

	"github.com/bytedance/sonic"

	"vpcetrail/ingest/event"
)

// FromEvent returns the endpoints that ev, an event of EC2, proves to exist in the account
// that it was delivered to. The events are successful CreateVpcEndpoint,
// ModifyVpcEndpoint and DeleteVpcEndpoints. Any other event costs one comparison and
// returns nil. The strings are copies.
func FromEvent(ev *event.Event) []Endpoint {
	if string(ev.Source) != "ec2.amazonaws.com" || ev.Failed() {
		return nil
	}
	var found []Endpoint
	switch string(ev.Name) {
	case "CreateVpcEndpoint":
		found = made(ev)
	case "ModifyVpcEndpoint":
		var dns PrivateDNS
		if asked := privateDNSAsked(ev.Request); asked != event.Absent {
			dns = PrivateDNS{asked, ev.Time}
		}
		for _, id := range idsNamed(ev.Request) {
			found = append(found, Endpoint{ID: id, Seen: ev.Time, PrivateDNS: dns})
		}
	case "DeleteVpcEndpoints":
		refused := texts(ev.Response, func(string) bool { return true }) // the response lists what was not deleted
		for _, id := range idsNamed(ev.Request) {
			if !slices.Contains(refused, id) {
				found = append(found, Endpoint{ID: id, Deleted: ev.Time})
			}
		}
	}
	kept := found[:0]
	for _, e := range found {
		if IsID([]byte(e.ID)) {
			e.Account, e.Region, e.ByTrail = string(ev.Recipient), string(ev.Region), true
			kept = append(kept, e)
		}
	}
	return kept
}

// made returns the endpoint in the response to CreateVpcEndpoint. If it does not parse,
// there is no endpoint, and the record is counted like any other.
func made(ev *event.Event) []Endpoint {
	var resp struct {
		CreateVpcEndpointResponse struct {
			VpcEndpoint described `json:"vpcEndpoint"`
		}
	}
	if err := sonic.Unmarshal(ev.Response, &resp); err != nil {
		return nil
	}
	e, _ := resp.CreateVpcEndpointResponse.VpcEndpoint.endpoint() // fields with wrong values stay unknown
	if e.PrivateDNS.Enabled != event.Absent {
		e.PrivateDNS.At = ev.Time
	}
	if e.Created == 0 {
		e.Created = ev.Time
	}
	e.Seen = ev.Time
	return []Endpoint{e}
}

// privateDNSAsked returns the private DNS setting in a request to modify an endpoint.
func privateDNSAsked(request []byte) event.Bool {
	if !bytes.Contains(request, []byte("rivateDnsEnabled")) { // most requests change something else
		return event.Absent
	}
	var asked struct {
		ModifyVpcEndpointRequest struct {
			PrivateDNSEnabled any `json:"PrivateDnsEnabled"`
		}
	}
	if err := sonic.Unmarshal(request, &asked); err != nil {
		return event.Absent
	}
	enabled, _ := truth(asked.ModifyVpcEndpointRequest.PrivateDNSEnabled)
	return enabled
}

// idsNamed returns the endpoint ids under a key VpcEndpointId anywhere in a request:
// directly, or as {"tag":1,"content":"vpce-…"}, alone or in a list.
func idsNamed(request []byte) []string {
	return texts(request, func(key string) bool { return strings.EqualFold(key, "VpcEndpointId") })
}

// texts returns the strings anywhere in a document under a key for which under is true:
// directly, or below it as "content", alone or in a list. They are copies.
func texts(document []byte, under func(key string) bool) []string {
	var parsed any
	if err := sonic.Unmarshal(document, &parsed); err != nil {
		return nil
	}
	var found []string
	var walk func(v any, wanted bool)
	walk = func(v any, wanted bool) {
		switch v := v.(type) {
		case string:
			if wanted {
				found = append(found, strings.Clone(v))
			}
		case []any:
			for _, item := range v {
				walk(item, wanted)
			}
		case map[string]any:
			for key, item := range v {
				walk(item, under(key) || wanted && key == "content")
			}
		}
	}
	walk(parsed, false)
	return found
}
