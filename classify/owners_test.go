package classify

import "testing"

// If a record names no owner of its endpoint, the owner stays unknown, whichever accounts
// the trail's records were delivered to. Some records name no account.
func TestNobodyIsNotOurs(t *testing.T) {
	unowned := Verdict{Evidence: EndpointPrivateSource}
	owners := Owners{
		Accounts: map[string]bool{"": true, "111122223333": true},
		Trail:    map[string]Endpoint{"vpce-0a1b2c3d": {ID: "vpce-0a1b2c3d", Type: "gateway"}},
	}
	if got := owners.Resolve(unowned, "vpce-0a1b2c3d", ""); got != unowned {
		t.Errorf("the endpoint is ours by %s", got.Evidence)
	}
	if got := owners.Endpoint("vpce-0a1b2c3d"); got != (Endpoint{}) {
		t.Errorf("it is known as %+v", got)
	}
}

// A call is resolved by what existed on its day. The evidence says where that was known
// from.
func TestInventoryOverTime(t *testing.T) {
	unowned := Verdict{Evidence: EndpointPrivateSource}
	inventory := Inventory{
		"vpce-0a000000": {ID: "vpce-0a000000", VPC: "vpc-1", Created: at(t, "2026-11-18 12:00:00"), Deleted: at(t, "2026-11-20 12:00:00")},
		"vpce-0b000000": {ID: "vpce-0b000000", VPC: "vpc-2", Deleted: at(t, "2026-11-20 12:00:00"), ByTrail: true},
	}
	for _, tc := range []struct {
		day, id string
		want    Evidence
		vpc     string
	}{
		{"2026-11-17", "vpce-0a000000", EndpointPrivateSource, ""},
		{"2026-11-18", "vpce-0a000000", EndpointInventory, "vpc-1"},
		{"2026-11-20", "vpce-0a000000", EndpointInventory, "vpc-1"},
		{"2026-11-21", "vpce-0a000000", EndpointPrivateSource, ""},
		{"2026-01-01", "vpce-0b000000", EndpointTrail, "vpc-2"},
		{"2026-11-21", "vpce-0b000000", EndpointPrivateSource, ""},
	} {
		owners := Owners{Day: dayOf(t, tc.day), Inventory: inventory}
		if got := owners.Resolve(unowned, tc.id, "").Evidence; got != tc.want {
			t.Errorf("%s on %s: %s, want %s", tc.id, tc.day, got, tc.want)
		}
		if got := owners.Endpoint(tc.id).VPC; got != tc.vpc {
			t.Errorf("%s on %s lies in %q, want %q", tc.id, tc.day, got, tc.vpc)
		}
	}
}
