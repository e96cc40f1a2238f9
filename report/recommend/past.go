package recommend

import (
	"fmt"
	"slices"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/report/grid"
)

// before says what to know before an endpoint of a type is created or associated.
var before = map[string]string{
	"gateway":   "Before a gateway endpoint carries calls: S3 and DynamoDB then see private addresses, so allow rules with aws:SourceIp no longer match, and open connections are reset.",
	"interface": "Before an interface endpoint carries calls: private DNS moves every client of the VPC at once. First the security group with port 443, then the endpoint without private DNS and a call by its own name, and private DNS last (vpcetrail why --fix).",
}

// before returns what to know before the recommendation is followed.
func (r *Recommendation) before() string {
	switch r.Do {
	case Create, Associate:
		return before[r.Type]
	case Replace:
		return before["gateway"]
	}
	return ""
}

func calls(n int64) string { return grid.Plural(n, "call") }

// wanted recommends for calls with a proven cause. ok is false if the network at the end of
// the last day has the change already.
func (a *Advice) wanted(key wantKey, w *want) (r Recommendation, ok bool) {
	r = a.about(key, w)
	if !a.view.Knows(key.vpc) {
		r.Because += ", but the snapshot of the last day lacks the VPC, or a call that it needs was refused"
		return r, true
	}
	if key.cause == network.RouteMissing {
		return a.associate(r, key, w)
	}
	if e := a.view.EndpointFor(key.vpc, key.service); e != nil {
		a.since[e.ID] += w.calls
		return r, false
	}
	r.Do, r.With = Create, a.missing(key)
	r.Watch = needs(&r)
	if a.view.Offers(key.region, key.service, "gateway") {
		r.Type, r.Tables, r.Priced = "gateway", sorted(w.tables), true
		r.Saves, r.Sum = a.terms(key.account, key.region).free(w, a.days())
		r.Sum = "A gateway endpoint costs nothing. " + r.Sum
		return r, true
	}
	r.Type = "interface"
	r.Zones = len(a.view.Plan(network.Answer{VPC: key.vpc, Region: key.region, Service: key.service}).ZoneSubnets)
	a.price(&r)
	r.Saves, r.BreakEven, r.Sum = a.terms(key.account, key.region).byInterface(w, r.Zones, a.days())
	return r, true
}

// about returns what wants have in common.
func (a *Advice) about(key wantKey, w *want) Recommendation {
	return Recommendation{
		Do: CannotTell, Account: key.account, Region: key.region, VPC: key.vpc, Service: key.service, Endpoint: key.endpoint,
		Past: w.calls, PastByNAT: w.natCalls, Principals: int64(len(w.principals)), NATBytes: sum(w.natBytes),
		Because: fmt.Sprintf("%s of %s: %s", calls(w.calls), grid.Plural(int64(len(w.principals)), "principal"), w.main().text),
	}
}

// price sets what an interface endpoint costs.
func (a *Advice) price(r *Recommendation) {
	if region := a.Prices.In(r.Region); region != nil && r.Zones > 0 {
		r.Cost, r.Priced = region.Zones(r.Zones), true
	}
}

func (a *Advice) associate(r Recommendation, key wantKey, w *want) (Recommendation, bool) {
	e := a.view.Thing(key.endpoint)
	if e == nil {
		r.Because += ", but the snapshot of the last day does not have the endpoint"
		return r, true
	}
	r.Do, r.Type, r.Priced = Associate, e.Type, true
	r.Tables = slices.DeleteFunc(sorted(w.tables), func(id string) bool { return slices.Contains(e.Tables, id) })
	if len(r.Tables) == 0 {
		a.since[e.ID] += w.calls
		return r, false
	}
	r.Saves, r.Sum = a.terms(key.account, key.region).free(w, a.days())
	r.Sum = "The gateway endpoint costs nothing. " + r.Sum
	return r, true
}

// unproven says what would decide about calls without a proven cause.
func (a *Advice) unproven(key wantKey, w *want) Recommendation {
	r := a.about(key, w)
	if p := w.main(); p.reason == network.SpokeOfHub {
		r.Sum = a.hub(key, p.detail)
	}
	return r
}

// hub compares endpoints of their own with one in a hub, for VPCs that lead to the same
// other network.
func (a *Advice) hub(key wantKey, via string) string {
	vpcs := map[string]bool{}
	zones := 0
	for other, w := range a.sums.wants {
		if p := w.main(); other.cause == network.Unexplained && other.service == key.service && other.region == key.region && p.reason == network.SpokeOfHub && p.detail == via {
			vpcs[other.vpc] = true
			zones = max(zones, len(a.view.Plan(network.Answer{VPC: other.vpc, Region: key.region, Service: key.service}).ZoneSubnets))
		}
	}
	const enough = 3 // VPCs for which a hub is worth a thought
	t := a.terms(key.account, key.region)
	if len(vpcs) < enough || zones == 0 || t.region == nil || a.view.Offers(key.region, key.service, "gateway") {
		return ""
	}
	text := fmt.Sprintf("%s lead to %s and call it. If no VPC there has the endpoint: one in a hub costs %s", grid.Plural(int64(len(vpcs)), "VPC"), via, t.zones(zones))
	if t.region.TransitGB > 0 {
		text += fmt.Sprintf(", and %s for each GiB through the transit gateway", t.price(t.region.TransitGB))
	}
	return text + fmt.Sprintf("; one in each costs %d times as much.", len(vpcs))
}

// together are endpoint services that are needed together: without one of them the others
// do not help once NAT is gone.
var together = map[string][]string{
	"ssm": {"ssmmessages"}, "ssmmessages": {"ssm"},
	"ecr.api": {"ecr.dkr", "s3"}, "ecr.dkr": {"ecr.api", "s3"},
}

// missing returns the services that are needed together with one and offered in the
// Region, and for which the VPC has no endpoint.
func (a *Advice) missing(key wantKey) (names []string) {
	_, own, _ := strings.Cut(key.service, "."+key.region+".")
	for _, other := range together[own] {
		if name := a.view.ServiceCalled(key.region, other); name != "" && a.view.EndpointFor(key.vpc, name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// needs says why other endpoints are needed together with one.
func needs(r *Recommendation) []string {
	if len(r.With) == 0 {
		return nil
	}
	text := "it is needed together with " + strings.Join(r.With, " and ") + ": what runs there breaks without them once NAT is gone"
	switch {
	case strings.Contains(r.Service, ".ecr."):
		text += "; on Fargate also logs, and secretsmanager or ssm where tasks use them"
	case strings.HasSuffix(r.Service, ".ssm"):
		text += "; old agents also need ec2messages"
	}
	return []string{text}
}
