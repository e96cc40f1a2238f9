package classify

import (
	"slices"
	"testing"

	"vpcetrail/ingest/event"
)

const (
	ourEndpoint   = "vpce-0a1b2c3d4e5f60718"
	otherEndpoint = "vpce-0f1e2d3c4b5a69788"
	ourAccount    = "111122223333"
	otherAccount  = "444455556666"
)

// explainFor explains a call through our endpoint, as change makes it.
func explainFor(owners *Owners, change func(*event.Event)) Explanation {
	ev := event.Event{
		Source: []byte("sqs.amazonaws.com"), SourceIP: []byte("10.0.1.4"),
		EndpointID: []byte(ourEndpoint), EndpointAccount: []byte(ourAccount),
	}
	change(&ev)
	return Explain(&ev, Examine(&ev, EmbeddedRanges()), owners, EmbeddedRanges())
}

func TestConflicts(t *testing.T) {
	ours := map[string]bool{ourAccount: true}
	for name, tc := range map[string]struct {
		owners Owners
		change func(*event.Event)
		want   []string
	}{
		"nothing": {Owners{Accounts: ours}, func(*event.Event) {}, nil},
		"a bucket's name at the endpoint": {Owners{Accounts: ours}, func(ev *event.Event) {
			ev.HostHeader = []byte("bucket.vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-east-1.vpce.amazonaws.com")
		}, nil},
		"the name of another endpoint": {Owners{Accounts: ours}, func(ev *event.Event) {
			ev.HostHeader = []byte(otherEndpoint + "-abcd1234.sqs.us-east-1.vpce.amazonaws.com")
		}, []string{"The host header is the DNS name of endpoint " + otherEndpoint + ", but the record names " + ourEndpoint + "."}},
		"the name of an endpoint alone": {Owners{Accounts: ours}, func(ev *event.Event) {
			ev.EndpointID, ev.EndpointAccount = nil, nil
			ev.HostHeader = []byte(otherEndpoint + ".sqs.us-east-1.vpce.amazonaws.com")
		}, []string{"The host header is the DNS name of endpoint " + otherEndpoint + ", but the record names no endpoint."}},
		"two owners, by the inventory": {Owners{Inventory: map[string]Endpoint{ourEndpoint: {Account: otherAccount}}}, func(*event.Event) {},
			[]string{"The record says that the endpoint belongs to account 111122223333, the inventory says 444455556666."}},
		"two owners, by the trail": {Owners{Trail: map[string]Endpoint{ourEndpoint: {Account: otherAccount}}}, func(*event.Event) {},
			[]string{"The record says that the endpoint belongs to account 111122223333, the trail's endpoint events say 444455556666."}},
		"a service on behalf, through ours": {Owners{Accounts: ours}, func(ev *event.Event) { ev.Identity.InvokedBy = []byte("athena.amazonaws.com") },
			[]string{"The endpoint is ours, but a service made the call on the caller's behalf."}},
		"a service by itself, through ours": {Owners{Accounts: ours}, func(ev *event.Event) { ev.Identity.Type = []byte("AWSService") },
			[]string{"The endpoint is ours, but the call is a service's own, which comes first."}},
		"a console through ours": {Owners{Accounts: ours}, func(ev *event.Event) { ev.UserAgent = []byte("AWSCloudTrail, aws-internal/3") },
			[]string{"The endpoint is ours, but the user agent is a console's back end."}},
	} {
		if got := explainFor(&tc.owners, tc.change).Conflicts; !slices.Equal(got, tc.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tc.want)
		}
	}
}

// TestChanges holds that what could be given would do what is said: the rules are asked again with it.
func TestChanges(t *testing.T) {
	foreign := func(ev *event.Event) { ev.EndpointAccount = []byte(otherAccount) }
	x := explainFor(&Owners{Inventory: map[string]Endpoint{otherEndpoint: {}}}, foreign)
	var given []string
	for _, c := range x.Changes {
		given = append(given, c.Given+": "+c.Verdict.Evidence.String())
	}
	want := []string{
		"--own-accounts 444455556666: endpoint_account",
		"--endpoints with more accounts and Regions: endpoint_inventory",
		"all records of that day: endpoint_trail",
	}
	if !slices.Equal(given, want) {
		t.Errorf("got %q, want %q", given, want)
	}
	known := Owners{Accounts: map[string]bool{otherAccount: true}}
	if x := explainFor(&known, foreign); x.Verdict.Evidence != EndpointAccount || len(x.Changes) > 0 {
		t.Errorf("with the account given: %s, and %v", x.Verdict.Evidence, x.Changes)
	}
}

// TestEveryEvidenceHasAReason holds that nothing is explained by silence.
func TestEveryEvidenceHasAReason(t *testing.T) {
	for e := ServiceEvent; e < evidenceEnd; e++ {
		if r := reasons[e]; r.rule < 1 || r.rule > 6 || r.because == "" || len(r.decides) == 0 {
			t.Errorf("%s: %+v", e, r)
		}
	}
	for _, net := range append(privateNets, specialNets...) {
		if nets[net.String()] == "" {
			t.Errorf("%s has no name", net)
		}
	}
}
