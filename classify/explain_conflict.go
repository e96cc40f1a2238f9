package classify

import (
	"bytes"
	"fmt"

	"vpcetrail/classify/endpoints"
)

// conflicts adds the pieces of evidence that contradict each other.
func (x *explainer) conflicts() {
	ev := x.ev
	if x.facts.signs&TwoEndpoints != 0 {
		x.conflict("The record names two endpoints: %s counts, %s in additionalEventData does not.", x.id, ev.Additional.EndpointID)
	}
	if swapped(ev) {
		x.conflict("vpcEndpointId and vpcEndpointAccountId are swapped.")
	}
	if named := endpointInName(ev.HostHeader); named != "" && x.id == "" {
		x.conflict("The host header is the DNS name of endpoint %s, but the record names no endpoint.", named)
	} else if named != "" && named != x.id {
		x.conflict("The host header is the DNS name of endpoint %s, but the record names %s.", named, x.id)
	}
	if _, rest, several := bytes.Cut(ev.SourceIP, []byte(",")); several && x.Source.Kind != FromService {
		if _, kind := ParseSource(rest); kind != x.Source.Kind {
			x.conflict("sourceIPAddress holds several entries of different kinds: the first is %s, the next %s.", x.Source.Kind, kind)
		}
	}
	x.ownerConflicts()
	x.ownConflicts()
}

// ownerConflicts adds places that name different owners.
func (x *explainer) ownerConflicts() {
	if x.account == "" {
		return
	}
	if e, _ := x.owners.listed(x.id); e.Account != "" && e.Account != x.account {
		x.conflict("The record says that the endpoint belongs to account %s, the inventory says %s.", x.account, e.Account)
	}
	if a := x.owners.Trail[x.id].Account; a != "" && a != x.account {
		x.conflict("The record says that the endpoint belongs to account %s, the trail's endpoint events say %s.", x.account, a)
	}
}

// ownConflicts adds what does not fit an endpoint of ours.
func (x *explainer) ownConflicts() {
	ours := x.id != "" && x.owners.Resolve(Verdict{Evidence: EndpointPrivateSource}, x.id, x.account).Owner() == Own
	switch {
	case !ours:
	case x.Verdict.Route() != VPCE:
		x.conflict("The endpoint is ours, but the call is a service's own, which comes first.")
	default:
		if x.Source.Kind == Public {
			x.conflict("The endpoint is ours, but the source is a public address: a VPC with a public range, or something new.")
		}
		if invokedByService(x.ev.Identity.InvokedBy) {
			x.conflict("The endpoint is ours, but a service made the call on the caller's behalf.")
		}
		if isConsole(x.ev.UserAgent) {
			x.conflict("The endpoint is ours, but the user agent is a console's back end.")
		}
	}
}

func (x *explainer) conflict(format string, args ...any) {
	x.Conflicts = append(x.Conflicts, fmt.Sprintf(format, args...))
}

// endpointInName returns the id at the start of an endpoint's DNS name. In S3's names it
// follows bucket. or accesspoint. The result is empty for any other name.
func endpointInName(host []byte) string {
	if !endpoints.IsHost(host) {
		return ""
	}
	for label := range bytes.SplitSeq(host, []byte(".")) {
		for _, digits := range []int{17, 8} {
			if n := len("vpce-") + digits; len(label) >= n && IsEndpointID(label[:n]) {
				return string(label[:n])
			}
		}
	}
	return ""
}
