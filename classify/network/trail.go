package network

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"github.com/bytedance/sonic"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// changing are the events of EC2 that change which way calls take.
var changing = map[string]bool{
	"CreateRoute": true, "ReplaceRoute": true, "DeleteRoute": true,
	"AssociateRouteTable": true, "ReplaceRouteTableAssociation": true, "DisassociateRouteTable": true, "CreateRouteTable": true, "DeleteRouteTable": true,
	"CreateVpcEndpoint": true, "ModifyVpcEndpoint": true, "DeleteVpcEndpoints": true,
	"CreateNatGateway": true, "DeleteNatGateway": true, "AssociateNatGatewayAddress": true, "DisassociateNatGatewayAddress": true,
	"ModifyVpcAttribute": true, "AssociateDhcpOptions": true, "AttachInternetGateway": true, "DetachInternetGateway": true,
	"AttachVpnGateway": true, "DetachVpnGateway": true, "EnableVgwRoutePropagation": true, "DisableVgwRoutePropagation": true,
	"CreateTransitGatewayVpcAttachment": true, "DeleteTransitGatewayVpcAttachment": true,
	"CreateVpc": true, "DeleteVpc": true, "CreateSubnet": true, "DeleteSubnet": true,
	"AssociateAddress": true, "DisassociateAddress": true, "ReleaseAddress": true, "AllocateAddress": true,
}

// changesOneAddress reports whether an event changes who has an address, or one function,
// and no VPC.
func changesOneAddress(name string) bool {
	return strings.HasSuffix(name, "Address") && !strings.Contains(name, "NatGateway") || strings.HasPrefix(name, "UpdateFunctionConfiguration")
}

// FromEvent returns the change that an event shows, if it is one that succeeded. Any other
// event costs one or two comparisons.
func FromEvent(ev *event.Event) (Change, bool) {
	switch string(ev.Source) {
	case "ec2.amazonaws.com":
		if !changing[string(ev.Name)] || ev.Failed() {
			return Change{}, false
		}
	case "lambda.amazonaws.com":
		if !bytes.HasPrefix(ev.Name, []byte("UpdateFunctionConfiguration")) || ev.Failed() {
			return Change{}, false
		}
	default:
		return Change{}, false
	}
	if !endpoints.IsAccount(ev.Recipient) || len(ev.Region) == 0 {
		return Change{}, false
	}
	c := Change{Place: Place{string(ev.Recipient), string(ev.Region)}, At: ev.Time, Event: string(ev.Name), IDs: []string{}}
	for _, document := range [][]byte{ev.Request, ev.Response} {
		var parsed any
		if sonic.Unmarshal(document, &parsed) == nil {
			c.IDs = appendIDs(c.IDs, parsed)
		}
	}
	slices.Sort(c.IDs)
	c.IDs = slices.Compact(c.IDs)
	return c, true
}

// idPrefixes start the ids of resources that decide paths.
var idPrefixes = []string{"vpc-", "subnet-", "rtb-", "vpce-", "nat-", "eni-", "i-", "eipalloc-"}

// appendIDs appends the ids, ARNs of functions and public addresses in a value.
func appendIDs(dst []string, v any) []string {
	switch v := v.(type) {
	case string:
		if isChangedID(v) {
			dst = append(dst, strings.Clone(v))
		}
	case []any:
		for _, item := range v {
			dst = appendIDs(dst, item)
		}
	case map[string]any:
		for _, item := range v {
			dst = appendIDs(dst, item)
		}
	}
	return dst
}

func isChangedID(s string) bool {
	if strings.HasPrefix(s, "arn:") {
		return strings.Contains(s, ":function:")
	}
	for _, prefix := range idPrefixes {
		if digits, ok := strings.CutPrefix(s, prefix); ok {
			return endpoints.IsHexID([]byte(digits))
		}
	}
	address, err := netip.ParseAddr(s)
	return err == nil && !address.IsPrivate()
}
