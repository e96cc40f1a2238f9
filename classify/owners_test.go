package classify

import "testing"

// A record without an owner of its endpoint stays without one, whatever the accounts that the trail's
// records were delivered to: some name none.
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
