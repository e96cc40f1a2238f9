package classify

import (
	"testing"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// If a record names no owner of its endpoint, the owner stays unknown, whichever accounts
// the trail's records were delivered to. Some records name no account.
func TestNobodyIsNotOurs(t *testing.T) {
	unowned := Verdict{Evidence: EndpointPrivateSource}
	owners := endpoints.Owners{
		Accounts: map[string]bool{"": true, "111122223333": true},
		Trail:    map[string]endpoints.Endpoint{"vpce-0a1b2c3d": {ID: "vpce-0a1b2c3d", Type: "gateway"}},
	}
	if got := unowned.Resolve(&owners, "vpce-0a1b2c3d", ""); got != unowned {
		t.Errorf("the endpoint is ours by %s", got.Evidence)
	}
	if got := owners.Endpoint("vpce-0a1b2c3d"); got != (endpoints.Endpoint{}) {
		t.Errorf("it is known as %+v", got)
	}
}

// A call is resolved by what existed on its day. The evidence says where that was known
// from.
func TestInventoryOverTime(t *testing.T) {
	unowned := Verdict{Evidence: EndpointPrivateSource}
	inventory := endpoints.Inventory{
		"vpce-0a000000": {ID: "vpce-0a000000", VPC: "vpc-1", Created: noon(t, "2026-11-18"), Deleted: noon(t, "2026-11-20")},
		"vpce-0b000000": {ID: "vpce-0b000000", VPC: "vpc-2", Deleted: noon(t, "2026-11-20"), ByTrail: true},
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
		owners := endpoints.Owners{Day: dayOf(t, tc.day), Inventory: inventory}
		if got := unowned.Resolve(&owners, tc.id, "").Evidence; got != tc.want {
			t.Errorf("%s on %s: %s, want %s", tc.id, tc.day, got, tc.want)
		}
		if got := owners.Endpoint(tc.id).VPC; got != tc.vpc {
			t.Errorf("%s on %s lies in %q, want %q", tc.id, tc.day, got, tc.vpc)
		}
	}
}

func dayOf(t *testing.T, text string) day.Day {
	t.Helper()
	d, err := day.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// noon returns the middle of a day.
func noon(t *testing.T, text string) int64 {
	t.Helper()
	return dayOf(t, text).Time().Add(12 * time.Hour).UnixMilli()
}
