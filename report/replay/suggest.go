package replay

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/actions"
	"vpcetrail/report/policy"
	"vpcetrail/report/readiness"
)

// What a policy can be suggested for.
const (
	SuggestEndpoint = "endpoint"
	SuggestResource = "resource"
)

// A Suggestion collects the calls that a least policy must let through.
type Suggestion struct {
	plan      *Plan
	grants    map[grant]bool
	endpoints map[string]bool // ids
	ranges    map[string]bool // of named networks
	exempt    map[string]bool // ARNs of principals that come by neither
	unknown   map[string]bool // events whose action or resource is not known
	orphans   int64           // calls by nobody with an ARN that take none of these ways
}

// A grant is an access that a caller needs.
type grant struct {
	caller string // an account, "service:" and the name of a service, "arn:…" of a caller of another account, or ""
	Access
}

func newSuggestion(p *Plan) *Suggestion {
	return &Suggestion{
		plan: p, grants: map[grant]bool{}, endpoints: map[string]bool{}, ranges: map[string]bool{}, exempt: map[string]bool{}, unknown: map[string]bool{},
	}
}

// add adds a call that is allowed today.
func (s *Suggestion) add(c *Call) {
	if c.Denied || c.Evidence == "service_event" {
		return
	}
	if s.plan.Suggest == SuggestEndpoint {
		if slices.Contains(s.plan.Endpoints, c.EndpointID) && c.Route == "vpce" {
			s.plan.seen[served{actions.ServiceOf(c.Source), c.Region}] = true
			s.addNeed(c, c.PrincipalAccount)
		}
		return
	}
	if !slices.ContainsFunc(c.Resources, s.plan.isResource) {
		return
	}
	s.addWay(c)
	switch {
	case c.isService():
		s.addNeed(c, "service:"+c.Principal)
	case !s.plan.resourceMustAllow(c):
	case c.isAnonymous():
		s.addNeed(c, "")
	case strings.HasPrefix(c.Principal, "arn:"):
		s.addNeed(c, c.Principal)
	default:
		s.addNeed(c, c.PrincipalAccount)
	}
}

// addNeed adds what a call needs. Objects become those of their bucket.
func (s *Suggestion) addNeed(c *Call, caller string) {
	n := needOf(c)
	all := n.flat()
	if !actions.Of(c.Source, c.EventName).Known {
		s.unknown[c.Source+" "+c.EventName] = true
	}
	for _, a := range all {
		a.resource = widened(a.resource)
		if s.plan.Suggest == SuggestResource && !s.plan.isResource(strings.TrimSuffix(a.resource, "*")) && !s.plan.isResource(a.resource) {
			continue
		}
		s.grants[grant{caller, Access{a.action, a.resource}}] = true
	}
}

// flat returns all accesses of a need.
func (n *need) flat() (list []access) {
	if len(n.of) == 0 && n.action != "" {
		return []access{n.access}
	}
	for i := range n.of {
		list = append(list, n.of[i].flat()...)
	}
	return list
}

// widened returns the pattern for all objects of the bucket of an object, * for a resource that is not known,
// and other resources as they are.
func widened(arn string) string {
	if arn == policy.NoResource || strings.Count(arn, ":") == 3 {
		return "*"
	}
	if bucket, _, isObject := strings.Cut(arn, "/"); isObject && strings.Contains(arn, ":s3:::") {
		return bucket + "/*"
	}
	return arn
}

// addWay adds the way on which a call reaches a resource.
func (s *Suggestion) addWay(c *Call) {
	switch {
	case c.isService(), c.isServiceLinked(), viaService(c) == policy.Yes:
		return // exempt in the statement
	case c.Route == "vpce" && c.EndpointOwner == "own":
		s.endpoints[c.EndpointID] = true
		return
	case c.Route == "internet" && c.EndpointID == "":
		if from, err := netip.ParseAddr(c.IP); err == nil && s.plan.Networks.Name(from) != "" {
			for _, r := range s.plan.Networks.CIDRs(s.plan.Networks.Name(from)) {
				s.ranges[r] = true
			}
			return
		}
	}
	if strings.HasPrefix(c.Principal, "arn:") {
		s.exempt[c.Principal] = true
		return
	}
	s.orphans += c.Calls
}

// Policy returns the least policy.
func (s *Suggestion) Policy() *policy.Document {
	doc := &policy.Document{Version: "2012-10-17"}
	if s.plan.Suggest == SuggestEndpoint {
		doc.Statement = s.endpointStatements()
		return doc
	}
	doc.Statement = append(s.callerStatements(), s.wayStatement())
	return doc
}

// endpointStatements allow what calls used, to the accounts that used it, and what AWS itself owns.
func (s *Suggestion) endpointStatements() []policy.StatementDocument {
	statements := s.allow(func(callers []string) (principal any, condition map[string]map[string]policy.Texts) {
		ours := !slices.ContainsFunc(callers, func(account string) bool { return !s.plan.own[account] })
		switch {
		case ours && s.plan.OrgID != "":
			return "*", map[string]map[string]policy.Texts{"StringEquals": {"aws:PrincipalOrgID": {s.plan.OrgID}}}
		case slices.Contains(callers, "") || slices.Contains(callers, anonymous):
			return "*", nil // nobody signs these calls
		}
		return "*", map[string]map[string]policy.Texts{"StringEquals": {"aws:PrincipalAccount": callers}}
	})
	var owned []Access
	for _, o := range s.plan.served() {
		for _, r := range ownedResources(o.service, o.region) {
			owned = append(owned, Access{r.action, r.resource})
		}
	}
	services := policy.StatementDocument{
		Sid: "AWSServices", Effect: "Allow", Principal: "*", Action: policy.Texts{"*"}, Resource: policy.Texts{"*"},
		Condition: map[string]map[string]policy.Texts{"Bool": {"aws:PrincipalIsAWSService": {"true"}}},
	}
	return slices.Concat(statements, []policy.StatementDocument{services}, ownedStatements(owned))
}

// callerStatements allow what callers of other accounts and services used.
func (s *Suggestion) callerStatements() []policy.StatementDocument {
	return s.allow(func(callers []string) (any, map[string]map[string]policy.Texts) {
		principals := map[string]policy.Texts{}
		for _, caller := range callers {
			switch name, isService := strings.CutPrefix(caller, "service:"); {
			case caller == "":
				return "*", nil
			case isService:
				principals["Service"] = append(principals["Service"], name)
			default:
				principals["AWS"] = append(principals["AWS"], caller)
			}
		}
		return principals, nil
	})
}

// allow returns statements that allow the grants. Resources with the same actions and callers share one.
func (s *Suggestion) allow(who func(callers []string) (any, map[string]map[string]policy.Texts)) (statements []policy.StatementDocument) {
	callers := map[Access][]string{}
	for g := range s.grants {
		callers[g.Access] = append(callers[g.Access], g.caller)
	}
	type use struct{ resource, callers string }
	used := map[use][]string{} // actions
	for a, list := range callers {
		slices.Sort(list)
		u := use{a.Resource, strings.Join(list, ",")}
		used[u] = append(used[u], a.Action)
	}
	type sharing struct{ actions, callers string }
	shared := map[sharing][]string{} // resources
	for u, list := range used {
		slices.Sort(list)
		k := sharing{strings.Join(list, ","), u.callers}
		shared[k] = append(shared[k], u.resource)
	}
	for _, k := range slices.SortedFunc(maps.Keys(shared), func(a, b sharing) int {
		return cmp.Or(cmp.Compare(a.callers, b.callers), cmp.Compare(a.actions, b.actions))
	}) {
		slices.Sort(shared[k])
		principal, condition := who(strings.Split(k.callers, ","))
		statements = append(statements, policy.StatementDocument{
			Sid: fmt.Sprintf("Used%d", len(statements)+1), Effect: "Allow", Principal: principal,
			Action: strings.Split(k.actions, ","), Resource: shared[k], Condition: condition,
		})
	}
	return statements
}

// wayStatement denies what takes none of the ways that calls took.
func (s *Suggestion) wayStatement() policy.StatementDocument {
	names, resources, exempt := readiness.Scope(s.plan.ResourceARN)
	conditions := map[string]map[string]policy.Texts{
		"BoolIfExists":       {"aws:ViaAWSService": {"false"}, "aws:PrincipalIsAWSService": {"false"}},
		"ArnNotLikeIfExists": {"aws:PrincipalArn": append(exempt, slices.Sorted(maps.Keys(s.exempt))...)},
	}
	if ids := slices.Sorted(maps.Keys(s.endpoints)); len(ids) > 0 {
		conditions["StringNotEquals"] = map[string]policy.Texts{"aws:SourceVpce": ids}
	} else {
		conditions["Null"] = map[string]policy.Texts{"aws:SourceVpce": {"true"}}
	}
	if ranges := slices.Sorted(maps.Keys(s.ranges)); len(ranges) > 0 {
		conditions["NotIpAddress"] = map[string]policy.Texts{"aws:SourceIp": ranges}
	}
	return policy.StatementDocument{Sid: "OnlyByTheWaysInUse", Effect: "Deny", Principal: "*", Action: names, Resource: resources, Condition: conditions}
}

// Notes says what the policy cannot know.
func (s *Suggestion) Notes(a *Answer) (notes []phrase.Phrase) {
	add := func(f phrase.Format, args ...any) { notes = append(notes, phrase.Of(f, args...)) }
	if len(s.grants)+len(s.endpoints)+len(s.exempt)+len(s.ranges) == 0 {
		add("No call of %s went through the endpoint, or names the resource: the policy knows of none.", a.Days)
	}
	from := phrase.Format("It passes the calls of %s, read from the records. What happens less often is not in it: take enough days.")
	if a.Read == Tables {
		from = "It passes the calls of %s, read from the tables. What happens less often is not in it: take enough days."
	}
	add(from, a.Days)
	if a.Read == Tables {
		add("The tables do not have the actions of calls that name no resource: these calls are allowed as all actions of their service. The records have them: vpcetrail replay SOURCE --suggest %s.", s.plan.Suggest)
	}
	if len(s.unknown) > 0 {
		add("Events whose IAM action is not known are allowed as all actions of their service: %s.", phrase.Join(phrase.Comma, slices.Sorted(maps.Keys(s.unknown))))
	}
	if s.orphans > 0 {
		add("%d calls take none of the ways of the statement, and their callers have no ARN: they would be denied.", s.orphans)
	}
	if strings.Contains(s.plan.ResourceARN, ":kms:") {
		add("It has no statement for those who administer the key: add one before you attach it, or nobody can change the policy again.")
	}
	if s.plan.Suggest == SuggestEndpoint {
		add("Resources of AWS itself are those of March 2026. Remove what you do not use, and fill in what is in < >.")
	}
	if size := len([]rune(s.Policy().String())); s.plan.Suggest == SuggestEndpoint && size > 20480 {
		add("It has %d characters: an endpoint policy has at most 20480. Remove statements, or name resources by patterns.", size)
	}
	return notes
}
