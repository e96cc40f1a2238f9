package replay

import (
	_ "embed"
	"slices"
	"strings"

	"vpcetrail/report/policy"
)

//go:embed owned.txt
var ownedText string

// An owned is a resource of AWS that calls through an endpoint may need.
type owned struct{ service, need, action, resource string }

// ownedResources returns the resources of AWS that calls to a service in a Region may need.
func ownedResources(service, region string) (list []owned) {
	text := strings.NewReplacer("{region}", region, "{compact}", strings.ReplaceAll(region, "-", ""), "arn:aws:", "arn:"+partition(region)+":").Replace(ownedText)
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if len(fields) == 4 && fields[0] == service {
			list = append(list, owned{fields[0], fields[1], fields[2], fields[3]})
		}
	}
	return list
}

// A CutOff is something that needs resources of AWS itself, and that an endpoint policy would stop, whether or
// not a call was seen.
type CutOff struct {
	Need     string   `json:"need"`    // such as packages of Amazon Linux
	Outcome  Outcome  `json:"outcome"` // denied or undecided
	Because  []string `json:"because,omitempty"`
	Accesses []Access `json:"accesses"`
}

// An Access is an action on a resource.
type Access struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// served is a service in a Region that an endpoint is for.
type served struct{ service, region string }

// findCutOff finds what the endpoint policy cuts off.
func (p *Plan) findCutOff() (list []CutOff) {
	for _, s := range p.served() {
		for _, o := range ownedResources(s.service, s.region) {
			d := p.judgeOwned(&o, s.region)
			if d.Outcome == Allowed {
				continue
			}
			i := slices.IndexFunc(list, func(c CutOff) bool { return c.Need == o.need && c.Outcome == d.Outcome })
			if i < 0 {
				i = len(list)
				list = append(list, CutOff{Need: o.need, Outcome: d.Outcome, Because: d.Because})
			}
			list[i].Accesses = append(list[i].Accesses, Access{o.action, o.resource})
		}
	}
	return list
}

// judgeOwned returns what the endpoint policy would do to a call on a resource of AWS. The call may be anonymous.
func (p *Plan) judgeOwned(o *owned, region string) Decision {
	s := set{files: []File{*p.Endpoint}, mustAllow: true}
	c := Call{Source: o.service + ".amazonaws.com", Region: region, Route: "vpce", PrincipalType: "AWSAccount", PrincipalAccount: anonymous}
	r := policy.Request{Action: o.action, Resource: o.resource, PrincipalARN: anonymous, Keys: p.context(&c)}
	r.Keys["aws:sourcevpce"] = present
	if len(p.Endpoints) == 1 {
		r.Keys["aws:sourcevpce"] = is(p.Endpoints[0])
	}
	return s.decide(&r)
}

// ownedStatements returns the statements that allow resources of AWS. They do not check the caller, since some
// of the calls are not signed.
func ownedStatements(list []Access) (statements []policy.StatementDocument) {
	for _, a := range list {
		_, name, _ := strings.Cut(a.Action, ":")
		sid := "AWSOwned" + name
		i := slices.IndexFunc(statements, func(s policy.StatementDocument) bool { return s.Sid == sid })
		if i < 0 {
			i = len(statements)
			statements = append(statements, policy.StatementDocument{Sid: sid, Effect: "Allow", Principal: "*", Action: policy.Texts{a.Action}})
		}
		statements[i].Resource = append(statements[i].Resource, a.Resource)
	}
	return statements
}
