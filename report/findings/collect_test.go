package findings

import (
	"fmt"
	"strings"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

const (
	ours, theirs = "111122223333", "999988887777"
	bucket       = "arn:aws:s3:::photos"
)

// call returns calls of a role of ours to S3, changed by how.
func call(id string, how func(*Calls)) *Calls {
	c := &Calls{
		TrafficKey: table.TrafficKey{
			AccountID: ours, Region: "us-east-1", Principal: "role", PrincipalType: "AssumedRole", PrincipalAccountID: ours, Service: "s3.amazonaws.com",
			Route: "internet", Origin: "aws", Evidence: "public_source",
		},
		Resources: []string{bucket}, Signs: classify.ObjectCall,
		Measures: &table.Measures{Calls: 2, BytesOut: 1 << 30, FirstSeen: 10, LastSeen: 20},
		Samples:  &Samples{},
	}
	c.Samples.Add(id, true)
	how(c)
	return c
}

func viaEndpoint(owner string) func(*Calls) {
	return func(c *Calls) {
		c.Route, c.Origin, c.Evidence, c.EndpointID, c.EndpointOwner = "vpce", "", "endpoint_account", "vpce-1", owner
	}
}

// external makes calls be signed by keys of a user outside AWS.
func external(user string) func(*Calls) {
	return func(c *Calls) { c.Principal, c.PrincipalType, c.Origin = user, "IAMUser", "external" }
}

// serving returns an inventory of one endpoint, for a service.
func serving(service string) map[string]endpoints.Endpoint {
	return map[string]endpoints.Endpoint{"vpce-1": {ID: "vpce-1", Service: service, Account: ours}}
}

// toService makes calls go to a service, of no resource.
func toService(name string) func(*Calls) {
	return func(c *Calls) { c.Service, c.Resources, c.Signs = name+".amazonaws.com", nil, 0 }
}

func TestFindings(t *testing.T) {
	inventory := map[string]endpoints.Endpoint{"vpce-1": {ID: "vpce-1", Service: "com.amazonaws.us-east-1.s3", Account: ours}}
	for _, tc := range []struct {
		name       string
		inventory  map[string]endpoints.Endpoint
		restricted bool
		calls      []*Calls
		want       []string // finding, severity, principal, resource, endpoint, calls, samples
	}{
		{name: "past an endpoint of the inventory", inventory: inventory,
			calls: []*Calls{call("a", func(c *Calls) { c.Resources = nil })},
			want:  []string{"endpoint_unused low - - vpce-1 0 ", "past_endpoint medium role - - 2 a"}},
		{name: "past an endpoint that was used",
			calls: []*Calls{call("a", func(c *Calls) { c.Resources = nil }), call("b", viaEndpoint("own"))},
			want:  []string{"past_endpoint medium role - - 2 a"}},
		{name: "no endpoint in that Region", inventory: map[string]endpoints.Endpoint{"vpce-1": {ID: "vpce-1", Service: "com.amazonaws.eu-west-1.s3", Account: ours}},
			calls: []*Calls{call("a", func(c *Calls) { c.Resources = nil })}},
		{name: "past an endpoint whose name is not the service's", inventory: serving("com.amazonaws.us-east-1.email"),
			calls: []*Calls{call("a", toService("ses"))},
			want:  []string{"endpoint_unused low - - vpce-1 0 ", "past_endpoint medium role - - 2 a"}},
		{name: "past an endpoint of two sources", inventory: serving("com.amazonaws.us-east-1.rds-data"),
			calls: []*Calls{call("a", toService("rdsdataapi"))},
			want:  []string{"endpoint_unused low - - vpce-1 0 ", "past_endpoint medium role - - 2 a"}},
		{name: "past an endpoint without a Region", inventory: serving("com.amazonaws.iam"),
			calls: []*Calls{call("a", toService("iam"))},
			want:  []string{"endpoint_unused low - - vpce-1 0 ", "past_endpoint medium role - - 2 a"}},
		{name: "past an endpoint for multi-Region access points alone", inventory: serving("com.amazonaws.s3-global.accesspoint"),
			calls: []*Calls{call("a", toService("s3"))},
			want:  []string{"endpoint_unused low - - vpce-1 0 "}},
		{name: "an endpoint whose use nothing records", inventory: serving("com.amazonaws.us-east-1.execute-api"),
			calls: []*Calls{call("a", toService("execute-api"))}},
		{name: "an endpoint for somebody's own service", inventory: serving("com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718"),
			calls: []*Calls{call("a", toService("sqs"))}},
		{name: "an endpoint whose source no list names", inventory: serving("com.amazonaws.us-east-1.iot.data"),
			calls: []*Calls{call("a", toService("iot"))},
			want:  []string{"endpoint_unused low - - vpce-1 0 "}},
		{name: "no endpoint of that service", calls: []*Calls{call("a", func(c *Calls) { c.Service, c.Resources, c.Signs = "sqs.amazonaws.com", nil, 0 }), call("b", viaEndpoint("own"))}},
		{name: "the endpoint of the inventory was used", inventory: inventory, calls: []*Calls{call("b", viaEndpoint("own"))}},
		{name: "a foreign endpoint", calls: []*Calls{call("a", viaEndpoint("foreign"))}, want: []string{"foreign_endpoint high role - vpce-1 2 a"}},
		{name: "a foreign principal's own endpoint", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("foreign")(c); c.PrincipalAccountID = theirs })}},
		{name: "a foreign principal", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("own")(c); c.PrincipalAccountID = theirs })},
			want: []string{"foreign_principal high role - vpce-1 2 a"}},
		{name: "a principal of no account", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("own")(c); c.PrincipalAccountID = "" })}},
		{name: "denied by the endpoint's policy", calls: []*Calls{call("a", func(c *Calls) {
			viaEndpoint("own")(c)
			c.Signs |= classify.DeniedCall | classify.DeniedByEndpoint
		})}, want: []string{"endpoint_policy_denied medium role - vpce-1 2 a"}},
		{name: "a restricted resource", restricted: true, calls: []*Calls{
			call("a", func(c *Calls) { c.Origin = "external"; c.Signs |= classify.DeniedCall | classify.DeniedByResource }),
			call("b", func(c *Calls) { c.Origin = "external" }),
			call("c", func(c *Calls) { c.Origin = "external"; c.Signs |= classify.DeniedCall }),
			call("d", func(c *Calls) { viaEndpoint("unknown")(c) }),
		}, want: []string{"denied_without_endpoint info role " + bucket + " - 2 a", "restricted_resource_from_internet high role " + bucket + " - 2 b"}},
		{name: "a restricted resource that no endpoint leads to", restricted: true, calls: []*Calls{
			call("a", func(c *Calls) { c.Origin = "external"; c.Signs |= classify.DeniedCall | classify.DeniedByResource }),
			call("d", func(c *Calls) { viaEndpoint("unknown")(c); c.Signs |= classify.DeniedCall }),
		}},
		{name: "keys of a user", calls: []*Calls{call("a", external("role"))},
			want: []string{"long_term_credentials_external high role - - 2 a"}},
		{name: "keys of users by turns", calls: []*Calls{call("a", external("role")), call("b", external("other")), call("c", external("role"))},
			want: []string{"long_term_credentials_external high other - - 2 b", "long_term_credentials_external high role - - 4 a c"}},
		{name: "root", calls: []*Calls{call("a", func(c *Calls) { c.PrincipalType, c.Origin = "Root", "external" })},
			want: []string{"long_term_credentials_external critical role - - 2 a"}},
		{name: "signing in is no key", calls: []*Calls{call("a", func(c *Calls) { c.PrincipalType, c.Origin, c.Service = "Root", "external", "signin.amazonaws.com" })}},
		{name: "the console's endpoint", calls: []*Calls{call("a", func(c *Calls) {
			c.Origin, c.Evidence, c.EndpointID = "external", "console_public_source", "vpce-f40dc59d"
		})},
			want: []string{"aws_owned_endpoint info - - vpce-f40dc59d 2 a"}},
		{name: "two endpoints", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("own")(c); c.Signs |= classify.TwoEndpoints })},
			want: []string{"evidence_conflict medium role - vpce-1 2 a"}},
		{name: "a public source through an endpoint of ours", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("own")(c); c.Signs |= classify.PublicEndpoint })},
			want: []string{"evidence_conflict medium role - vpce-1 2 a"}},
		{name: "a public source through an unknown endpoint", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("unknown")(c); c.Signs |= classify.PublicEndpoint })}},
		{name: "a detour", calls: []*Calls{call("a", func(*Calls) {})}, want: []string{"detour_cost low role " + bucket + " - 2 a $0.0450"}},
		{name: "a detour by an access point counts once", calls: []*Calls{call("a", func(c *Calls) {
			c.Resources = []string{"arn:aws:s3:us-east-1:111122223333:accesspoint/a", bucket}
		})}, want: []string{"detour_cost low role " + bucket + " - 2 a $0.0450"}},
		{name: "bytes of no object", calls: []*Calls{call("a", func(c *Calls) { c.Signs = 0 })}},
		{name: "no bytes", calls: []*Calls{call("a", func(c *Calls) { c.Measures.BytesOut = 0 })}},
		{name: "nothing that counts", calls: []*Calls{call("a", func(c *Calls) { viaEndpoint("foreign")(c); *c.Measures = table.Measures{} })}},
	} {
		want := strings.Join(tc.want, "\n")
		for in, share := range map[string]int{"in memory": 1 << 20, "on disk": 0} {
			t.Run(tc.name+", "+in, func(t *testing.T) {
				c := newCollector(t, share, tc.inventory, tc.restricted)
				for _, calls := range tc.calls {
					take(c, calls)
				}
				if got := found(t, c); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// testDay is the day of all calls.
const testDay = day.Day(20_000)

func newCollector(t *testing.T, share int, inventory map[string]endpoints.Endpoint, restricted bool) *Collector {
	t.Helper()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { _ = disk.Close() })
	c := New(disk, share)
	c.Own(testDay, &endpoints.Owners{Accounts: map[string]bool{ours: true}, Inventory: inventory})
	if restricted {
		c.Restrict(testDay, bucket)
	}
	return c
}

func take(c *Collector, calls *Calls) {
	if calls.Measures.Calls > 0 {
		c.Saw(testDay, &calls.TrafficKey)
	}
	c.Add(testDay, calls)
}

// found returns the findings of c, a line each.
func found(t *testing.T, c *Collector) string {
	t.Helper()
	var lines []string
	for r, err := range c.Days([]day.Day{testDay}, Options{NATPrice: 0.045}).Of(testDay) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line(r))
	}
	return strings.Join(lines, "\n")
}

func line(r *table.FindingRow) string {
	or := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	s := fmt.Sprintf("%s %s %s %s %s %d %s", r.Finding, r.Severity, or(r.Principal), or(r.Resource), or(r.EndpointID), r.Calls, r.SampleEventIDs)
	if r.EstimatedUSD == r.EstimatedUSD {
		s += fmt.Sprintf(" $%.4f", r.EstimatedUSD)
	}
	return s
}
