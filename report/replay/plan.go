package replay

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/report/actions"
	"vpcetrail/report/policy"
)

// A File is a policy and the name of its file.
type File struct {
	Name   string
	Policy *policy.Policy
}

// A Plan says which policies are replayed, and what is known besides the calls.
type Plan struct {
	Endpoint        *File    // a policy for Endpoints; may be nil
	Endpoints       []string // ids
	ServiceControl  []File
	ResourceControl []File
	Resource        *File  // a policy for ResourceARN; may be nil
	ResourceARN     string // of a container, such as a bucket
	OrgID           string // of our organization; may be empty
	ManagementID    string // its management account, which no service control policy limits; may be empty
	// Assume are values of keys, in lower case, that the user gives for calls where they are not known.
	Assume map[string]policy.Value
	// Suggest asks for a least policy in place of a replay: SuggestEndpoint, for Endpoints, or
	// SuggestResource, for ResourceARN. Networks are named ranges that it may exempt; may be nil.
	Suggest  string
	Networks *network.Networks

	own              map[string]bool      // accounts
	seen             map[served]bool      // of calls through Endpoints
	described        []endpoints.Endpoint // of Endpoints, those that are known
	keys             []string             // that the policies use, in lower case
	serviceAllowList bool                 // a service control policy has an Allow statement
}

// variable matches the key of a policy variable.
var variable = regexp.MustCompile(`\$\{([^},]+)`)

// prepare sets which accounts are ours, and finds the keys that the policies use. Call it once. It fails if
// the endpoint policy is not one for the type of the endpoints.
func (p *Plan) prepare(own ...[]string) error {
	p.own = map[string]bool{}
	for _, account := range slices.Concat(own...) {
		p.own[account] = true
	}
	p.seen = map[served]bool{}
	p.keys = p.usedKeys()
	p.serviceAllowList = hasAllow(p.ServiceControl)
	return p.CheckEndpointPolicy()
}

// An EndpointPolicyError says why the endpoint policy is not one for the endpoints.
type EndpointPolicyError struct{ error }

func (e *EndpointPolicyError) Unwrap() error { return e.error }

// CheckEndpointPolicy returns an *EndpointPolicyError if the endpoint policy, where there is one, is not
// one for the type of the endpoints, as far as that is known.
func (p *Plan) CheckEndpointPolicy() error {
	if p.Endpoint == nil {
		return nil
	}
	if err := p.Endpoint.Check(p.EndpointKind(), 0); err != nil {
		return &EndpointPolicyError{err}
	}
	return nil
}

// usedKeys returns the keys that the policies use, in lower case.
func (p *Plan) usedKeys() (keys []string) {
	for _, f := range p.files() {
		for i := range f.Policy.Statements {
			s := &f.Policy.Statements[i]
			texts := slices.Clone(s.Resources.List)
			for _, c := range s.Conditions {
				keys = append(keys, strings.ToLower(c.Key))
				texts = append(texts, c.Values...)
			}
			for _, found := range variable.FindAllStringSubmatch(strings.Join(texts, " "), -1) {
				keys = append(keys, strings.ToLower(strings.TrimSpace(found[1])))
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// AssumeKey takes KEY=VALUE, or KEY= for a key that is absent.
func (p *Plan) AssumeKey(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || !strings.Contains(key, ":") {
		return fmt.Errorf("%q: want a key and its value, such as aws:PrincipalTag/team=sales, or no value for a key that no call has", text)
	}
	if p.Assume == nil {
		p.Assume = map[string]policy.Value{}
	}
	p.Assume[strings.ToLower(key)] = isOr(value, policy.Absent)
	return nil
}

// Describe adds what is known of endpoints. Those that are not in Endpoints are passed over.
func (p *Plan) Describe(list ...endpoints.Endpoint) {
	for _, e := range list {
		if slices.Contains(p.Endpoints, e.ID) {
			p.described = append(p.described, e)
		}
	}
}

// EndpointKind returns the kind of the endpoint policy, as far as Endpoints are known.
func (p *Plan) EndpointKind() policy.Kind {
	if slices.ContainsFunc(p.described, func(e endpoints.Endpoint) bool { return e.Type == "gateway" }) {
		return policy.Gateway
	}
	return policy.Interface
}

// served returns the services that the endpoints are for: by their descriptions, else by the calls.
func (p *Plan) served() []served {
	all := maps.Clone(p.seen)
	for _, e := range p.described {
		s := endpoints.ServiceOf(e.Service)
		for _, source := range s.Sources {
			all[served{actions.ServiceOf(source), s.Region}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b served) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.region, b.region))
	})
}

// Check returns an error that names the file if AWS does not accept the policy. most is the largest size in
// characters, or 0 for that of the kind.
func (f *File) Check(kind policy.Kind, most int) error {
	if err := f.Policy.Check(kind, most); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return nil
}

func (p *Plan) files() []File {
	files := slices.Concat(p.ServiceControl, p.ResourceControl)
	for _, one := range []*File{p.Endpoint, p.Resource} {
		if one != nil {
			files = append(files, *one)
		}
	}
	return files
}

func hasAllow(files []File) bool {
	return slices.ContainsFunc(files, func(f File) bool {
		return slices.ContainsFunc(f.Policy.Statements, func(s policy.Statement) bool { return !s.Deny })
	})
}
