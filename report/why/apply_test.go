package why

import (
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify/network"
	"vpcetrail/report/causes"
)

// apply carries out the printed commands that change existing resources, on the things of a snapshot.
// EC2 adds the route to a gateway endpoint to each table that is associated with it.
func apply(t *testing.T, things []network.Thing, commands string) {
	t.Helper()
	find := func(id string) *network.Thing {
		i := slices.IndexFunc(things, func(t network.Thing) bool { return t.ID == id })
		if i < 0 {
			t.Fatalf("%q is not in the snapshot:\n%s", id, commands)
		}
		return &things[i]
	}
	yes := true
	for line := range strings.Lines(commands) {
		words := strings.Fields(line)
		after := func(flag string) []string {
			i := slices.Index(words, flag)
			if i < 0 {
				return nil
			}
			rest := words[i+1:]
			if end := slices.IndexFunc(rest, func(w string) bool { return strings.HasPrefix(w, "--") }); end >= 0 {
				rest = rest[:end]
			}
			return rest
		}
		switch {
		case strings.HasPrefix(line, "aws ec2 modify-vpc-endpoint "):
			e := find(after("--vpc-endpoint-id")[0])
			for _, id := range after("--add-route-table-ids") {
				table := find(id)
				e.Tables = append(slices.Clone(e.Tables), id)
				table.Routes = append(slices.Clone(table.Routes), network.Route{To: "pl-6da54004", Via: e.ID})
			}
			if slices.Contains(words, "--private-dns-enabled") {
				e.PrivateDNS = &yes
			}
			if types := after("--ip-address-type"); len(types) == 1 {
				e.IPType = types[0]
			}
		case strings.HasPrefix(line, "aws ec2 modify-vpc-attribute "):
			vpc := find(after("--vpc-id")[0])
			if slices.Contains(words, "--enable-dns-support") {
				vpc.DNSSupport = &yes
			}
			if slices.Contains(words, "--enable-dns-hostnames") {
				vpc.DNSHostnames = &yes
			}
		case strings.HasPrefix(line, "aws "):
			t.Fatalf("not known: %s", line)
		}
	}
}

// What the printed commands change in the snapshot leads the same calls to the endpoint.
func TestPrintedChangesWork(t *testing.T) {
	calls := load[[]call](t, "calls.json")
	off := false
	for name, tc := range map[string]struct {
		cause network.Cause
		spoil func([]network.Thing) // so that the cause is there
	}{
		"route tables": {network.RouteMissing, nil},
		"private DNS":  {network.PrivateDNSOff, nil},
		"IPv6":         {network.IPv6, nil},
		"attributes of VPC": {network.PrivateDNSOff, func(things []network.Thing) {
			for i := range things {
				switch {
				case things[i].Kind == network.VPC:
					things[i].DNSHostnames = &off
				case things[i].PrivateDNS != nil:
					on := true
					things[i].PrivateDNS = &on
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			things := load[[]network.Thing](t, "things.json")
			if tc.spoil != nil {
				tc.spoil(things)
			}
			before := snapshotOf(things, testDay).View(testDay, nil)
			n := 0
			for i := range calls {
				c := &calls[i]
				was, _ := c.answer(t, before)
				if was.Cause != tc.cause {
					continue
				}
				n++
				fix := causes.Of(before.Plan(was), "cli")
				apply(t, things, fix.Code)
				after := snapshotOf(things, testDay).View(testDay, nil)
				if a, _ := c.answer(t, after); a.Reason != network.ShouldCarry {
					t.Errorf("%s is not led to the endpoint: %s\n%s", c.Source, a.String(), fix.Code)
				}
			}
			if n == 0 {
				t.Fatal("no call has the cause")
			}
		})
	}
}
