package audit

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestExamplesParse(t *testing.T) {
	if len(Examples()) != 4 {
		t.Errorf("examples: %v", Examples())
	}
	for _, name := range Examples() {
		text, err := Example(name)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := Parse([]byte(text))
		if err != nil || len(rules.List) != 3 || !rules.RequireComplete {
			t.Errorf("%s: %+v, %v", name, rules, err)
		}
	}
	if _, err := Example("none"); err == nil || err.Error() != `"none" is no example: want known-detours, no-strangers, private-workloads, sensitive-resources` {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join("examples", "none.yaml")); err == nil {
		t.Error("there is such an example")
	}
}

func TestParse(t *testing.T) {
	rules, err := Parse([]byte(`
require_complete: false
rules:
  - name: first
    description: All of it.
    severity: high
    scope: {accounts: 012345678901, resources: ["arn:aws:s3:::a", "arn:aws:s3:::b*"], actions: s3:Get*}
    require: {endpoints: vpce-1, owners: [own, unknown]}
    except:
      - reason: Because.
        principals: &ours [arn:aws:iam::*:role/ours]
      - {reason: Twice., regions: eu-west-1, principals: *ours}
    denied: count
    unknown: violate
    aws_service: violate
    allow: {calls: 3, share: 2.5%}
  - name: second
    require: {origins: aws}
`))
	want := &Rules{List: []Rule{
		{
			Name: "first", Description: "All of it.", Severity: "high",
			Scope:   Selector{Accounts: []string{"012345678901"}, Resources: []string{"arn:aws:s3:::a", "arn:aws:s3:::b*"}, Actions: []string{"s3:Get*"}},
			Require: Requirement{Routes: []string{"vpce"}, Endpoints: []string{"vpce-1"}, Owners: []string{"own", "unknown"}},
			Except: []Exception{
				{"Because.", Selector{Principals: []string{"arn:aws:iam::*:role/ours"}}},
				{"Twice.", Selector{Regions: []string{"eu-west-1"}, Principals: []string{"arn:aws:iam::*:role/ours"}}},
			},
			Allow: Threshold{Calls: 3, Share: 0.025}, CountDenied: true, UnknownViolates: true, ServicesViolate: true,
		},
		{Name: "second", Severity: "medium", Require: Requirement{Routes: []string{"internet"}, Origins: []string{"aws"}}, Allow: Threshold{Calls: 0, Share: -1}},
	}}
	if err != nil || !reflect.DeepEqual(rules, want) {
		t.Errorf("%+v, %v\nwant %+v", rules, err, want)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	const start = "rules:\n  - name: a\n    require: {route: vpce}\n"
	const selector = "accounts, actions, causes, egress, endpoints, evidence, origins, principal_accounts, principal_types, principals, regions, resources, services, sessions"
	for _, tc := range []struct{ text, want string }{
		{"", "line 1: is empty: want rules"},
		{"a: [", "want YAML: line 1: did not find expected node content"},
		{"rules: []\n---\na: b", "want one YAML document, but more follows it"},
		{"- a", "line 1: is a list: want a mapping of require_complete, require_verified, rules"},
		{"require_complete: yes\nrules: []", `line 1: require_complete: is "yes": want false or true`},
		{"require_complete: true", "line 1: rules: is missing: want a list of rules, one at least"},
		{"rules:", "line 1: rules: is nothing: want a list of rules, one at least"},
		{"rules: []", "line 1: rules: is an empty list: want a list of rules, one at least"},
		{"rules: {}", "line 1: rules: is a mapping: want a list of rules, one at least"},
		{start + "    sevrity: high", "line 4: rules[0].sevrity: is not known here: want allow, aws_service, denied, description, except, name, require, scope, severity, unknown"},
		{start + "    severity: grave", `line 4: rules[0].severity: is "grave": want critical, high, medium, low or info`},
		{start + "    name: b", "line 4: rules[0].name: is there twice"},
		{"rules:\n  - require: {route: vpce}", "line 2: rules[0].name: is missing: want a name"},
		{"rules:\n  - name: a", "line 2: rules[0].require: is missing: want route, endpoints, owners or origins"},
		{"rules:\n  - name: a\n    require: {route: nat}", `line 3: rules[0].require.route: is "nat": want vpce, internet, aws_service or none`},
		{"rules:\n  - name: a\n    require: {route: [none, vpce]}", "line 3: rules[0].require: allows none and other routes: want one of the two"},
		{"rules:\n  - name: a\n    require: {route: internet, owners: own}", "line 3: rules[0].require: says how calls must come by a route that it does not allow: endpoints and owners need route vpce, origins need internet"},
		{start + "    scope:\n      resource: x", "line 5: rules[0].scope.resource: is not known here: want " + selector},
		{start + "    scope:\n      services:\n        - a: b", "line 6: rules[0].scope.services[0]: is a mapping: want a text"},
		{start + "    scope: {services: []}", "line 4: rules[0].scope.services: is an empty list: want a list of texts, one at least"},
		{start + "    scope: {services: ''}", `line 4: rules[0].scope.services: is "": want a text`},
		{start + "    scope: {sessions: i-*, actions: '*'}", "line 2: rules[0]: asks for sessions and for resources or actions: no table has both"},
		{start + "    scope: {causes: ipv7}", `line 4: rules[0].scope.causes: is "ipv7": want no_endpoint, route_missing, private_dns_off, name_not_covered, other_region, ipv6, not_in_vpc, keys_elsewhere or unexplained`},
		{start + "    scope: {causes: ipv6, sessions: i-*}", "line 2: rules[0]: asks for causes and for sessions, principal_types, evidence or origins: no table has both"},
		{start + "    scope: {causes: ipv6, actions: '*'}", "line 2: rules[0]: asks for causes or egress and for resources or actions: no table has both"},
		{start + "    scope: {egress: office, resources: '*'}", "line 2: rules[0]: asks for causes or egress and for resources or actions: no table has both"},
		{"rules:\n  - name: a\n    scope: {causes: ipv6}\n    require: {origins: aws}", "line 2: rules[0]: asks for causes and for sessions, principal_types, evidence or origins: no table has both"},
		{start + "    except:\n      - principals: x", "line 5: rules[0].except[0]: is not whole: want a reason, and the calls that it is about"},
		{start + "    except:\n      - reason: x", "line 5: rules[0].except[0]: is not whole: want a reason, and the calls that it is about"},
		{start + "    allow: {calls: -1}", `line 4: rules[0].allow.calls: is "-1": want a number of calls, 0 or more`},
		{start + "    allow: {share: 2}", `line 4: rules[0].allow.share: is "2": want a share from 0 to 1, or in %`},
		{start + "    allow: {share: [1]}", `line 4: rules[0].allow.share: is a list: want a share from 0 to 1, or in %`},
		{start + "  - name: a\n    require: {route: vpce}", `line 4: rules[1].name: "a" is another rule's name too: want one of its own`},
		{"rules: &r\n  - *r", "line 1: rules[0]: is a list: want a mapping of allow, aws_service, denied, description, except, name, require, scope, severity, unknown"},
	} {
		if rules, err := Parse([]byte(tc.text)); err == nil || err.Error() != tc.want {
			t.Errorf("%s\ngot  %+v, %v\nwant %s", tc.text, rules, err, tc.want)
		}
	}
}

// FuzzParse holds that what is read has names, routes and thresholds, which judging relies on, and that what is
// refused names a line or says that it is no YAML.
func FuzzParse(f *testing.F) {
	for _, name := range Examples() {
		text, _ := Example(name)
		f.Add(text)
	}
	f.Add("rules:\n  - &a {name: x, require: {route: vpce}, allow: {share: 1%}}\n  - *a")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		rules, err := Parse([]byte(text))
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "line ") && !strings.HasPrefix(text, "want ") {
				t.Fatal(err)
			}
			return
		}
		for i := range rules.List {
			r := &rules.List[i]
			if r.Name == "" || len(r.Require.Routes) == 0 || r.Allow.Calls < 0 && !(r.Allow.Share >= 0 && r.Allow.Share <= 1) {
				t.Fatalf("%+v", r)
			}
			r.judge(&Call{CallKey: CallKey{Route: "vpce", EndpointOwner: "unknown"}})
		}
	})
}
