package classify

import (
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

const (
	ourEndpoint   = "vpce-0a1b2c3d4e5f60718"
	otherEndpoint = "vpce-0f1e2d3c4b5a69788"
	ourAccount    = "111122223333"
	otherAccount  = "444455556666"
)

// explainFor explains a call through our endpoint after change has modified it.
func explainFor(owners *endpoints.Owners, change func(*event.Event)) Explanation {
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
		owners endpoints.Owners
		change func(*event.Event)
		want   []string
	}{
		"nothing": {endpoints.Owners{Accounts: ours}, func(*event.Event) {}, nil},
		"a bucket's name at the endpoint": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) {
			ev.HostHeader = []byte("bucket.vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-east-1.vpce.amazonaws.com")
		}, nil},
		"the name of another endpoint": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) {
			ev.HostHeader = []byte(otherEndpoint + "-abcd1234.sqs.us-east-1.vpce.amazonaws.com")
		}, []string{"The host header is the DNS name of endpoint " + otherEndpoint + ", but the record names " + ourEndpoint + "."}},
		"the name of an endpoint alone": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) {
			ev.EndpointID, ev.EndpointAccount = nil, nil
			ev.HostHeader = []byte(otherEndpoint + ".sqs.us-east-1.vpce.amazonaws.com")
		}, []string{"The host header is the DNS name of endpoint " + otherEndpoint + ", but the record names no endpoint."}},
		"two owners, by the inventory": {endpoints.Owners{Inventory: map[string]endpoints.Endpoint{ourEndpoint: {Account: otherAccount}}}, func(*event.Event) {},
			[]string{"The record says that the endpoint belongs to account 111122223333, the inventory says 444455556666."}},
		"two owners, by the trail": {endpoints.Owners{Trail: map[string]endpoints.Endpoint{ourEndpoint: {Account: otherAccount}}}, func(*event.Event) {},
			[]string{"The record says that the endpoint belongs to account 111122223333, the trail's endpoint events say 444455556666."}},
		"a service on behalf, through ours": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) { ev.Identity.InvokedBy = []byte("athena.amazonaws.com") },
			[]string{"The endpoint is ours, but a service made the call on the caller's behalf."}},
		"a person in the console, through ours": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) { ev.Identity.InvokedBy = []byte("signin.amazonaws.com") }, nil},
		"the name of another endpoint, in the European Sovereign Cloud": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) {
			ev.HostHeader = []byte(otherEndpoint + "-abcd1234.sqs.eusc-de-east-1.vpce.amazonaws.eu")
		}, []string{"The host header is the DNS name of endpoint " + otherEndpoint + ", but the record names " + ourEndpoint + "."}},
		"a service by itself, through ours": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) { ev.Identity.Type = []byte("AWSService") },
			[]string{"The endpoint is ours, but the call is a service's own, which comes first."}},
		"a console through ours": {endpoints.Owners{Accounts: ours}, func(ev *event.Event) { ev.UserAgent = []byte("AWSCloudTrail, aws-internal/3") },
			[]string{"The endpoint is ours, but the user agent is a console's back end."}},
	} {
		var got []string
		for _, c := range explainFor(&tc.owners, tc.change).Conflicts {
			got = append(got, c.String())
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tc.want)
		}
	}
}

// TestChanges checks that each suggested input would have the stated effect. It asks the
// rules again with the input.
func TestChanges(t *testing.T) {
	foreign := func(ev *event.Event) { ev.EndpointAccount = []byte(otherAccount) }
	x := explainFor(&endpoints.Owners{Inventory: map[string]endpoints.Endpoint{otherEndpoint: {}}}, foreign)
	var given []string
	for _, c := range x.Changes {
		given = append(given, c.Given.String()+": "+c.Verdict.Evidence.String())
	}
	want := []string{
		"--own-accounts 444455556666: endpoint_account",
		"--endpoints with more accounts and Regions: endpoint_inventory",
		"all records of that day: endpoint_trail",
	}
	if !slices.Equal(given, want) {
		t.Errorf("got %q, want %q", given, want)
	}
	known := endpoints.Owners{Accounts: map[string]bool{otherAccount: true}}
	if x := explainFor(&known, foreign); x.Verdict.Evidence != EndpointAccount || len(x.Changes) > 0 {
		t.Errorf("with the account given: %s, and %v", x.Verdict.Evidence, x.Changes)
	}
}

// TestPastEndpoints checks which endpoints of ours an explanation names as bypassed.
func TestPastEndpoints(t *testing.T) {
	ours := map[string]bool{ourAccount: true}
	email := endpoints.Endpoint{ID: ourEndpoint, Account: ourAccount, Service: "com.amazonaws.us-east-1.email"}
	mail := endpoints.Endpoint{ID: otherEndpoint, Account: ourAccount, Service: "com.amazonaws.us-east-1.mail-manager"}
	past := "Our endpoint vpce-0a1b2c3d4e5f60718 for com.amazonaws.us-east-1.email carries calls to ses.amazonaws.com"
	with := func(e endpoints.Endpoint, change func(*endpoints.Endpoint)) endpoints.Endpoint {
		change(&e)
		return e
	}
	for name, tc := range map[string]struct {
		inventory, trail []endpoints.Endpoint
		change           func(*event.Event)
		want             string
	}{
		"of the inventory":    {inventory: []endpoints.Endpoint{email}, want: past + ". This call went past it."},
		"by the trail":        {trail: []endpoints.Endpoint{email}, want: past + ". This call went past it."},
		"known by both":       {inventory: []endpoints.Endpoint{email}, trail: []endpoints.Endpoint{email}, want: past + ". This call went past it."},
		"two":                 {inventory: []endpoints.Endpoint{mail, email}, want: past + ", as do 1 more of ours. This call went past it."},
		"without an account":  {inventory: []endpoints.Endpoint{with(email, func(e *endpoints.Endpoint) { e.Account = "" })}, want: past + ". This call went past it."},
		"of another account":  {inventory: []endpoints.Endpoint{with(email, func(e *endpoints.Endpoint) { e.Account = otherAccount })}},
		"by a foreign trail":  {trail: []endpoints.Endpoint{with(email, func(e *endpoints.Endpoint) { e.Account = otherAccount })}},
		"made later":          {inventory: []endpoints.Endpoint{with(email, func(e *endpoints.Endpoint) { e.Created = 1 << 40 })}},
		"of another Region":   {inventory: []endpoints.Endpoint{email}, change: func(ev *event.Event) { ev.Region = []byte("eu-west-1") }},
		"of another service":  {inventory: []endpoints.Endpoint{email}, change: func(ev *event.Event) { ev.Source = []byte("email.amazonaws.com") }},
		"from inside":         {inventory: []endpoints.Endpoint{email}, change: func(ev *event.Event) { ev.SourceIP = []byte("10.0.0.1") }},
		"through an endpoint": {inventory: []endpoints.Endpoint{email}, change: func(ev *event.Event) { ev.EndpointID = []byte(ourEndpoint) }},
	} {
		owners := endpoints.Owners{Accounts: ours, Inventory: endpoints.Inventory{}, Trail: map[string]endpoints.Endpoint{}}
		for _, e := range tc.inventory {
			owners.Inventory[e.ID] = e
		}
		for _, e := range tc.trail {
			owners.Trail[e.ID] = e
		}
		x := explainFor(&owners, func(ev *event.Event) {
			ev.EndpointID, ev.EndpointAccount, ev.SourceIP = nil, nil, []byte("203.0.113.9")
			ev.Source, ev.Region, ev.Recipient = []byte("ses.amazonaws.com"), []byte("us-east-1"), []byte(ourAccount)
			if tc.change != nil {
				tc.change(ev)
			}
		})
		got := ""
		for _, advice := range x.Advice {
			if strings.HasPrefix(advice.String(), "Our endpoint ") {
				got += advice.String()
			}
		}
		if got != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tc.want)
		}
	}
}

// TestServiceInWords checks that an endpoint's description has the names that records
// use, if its own name hides them.
func TestServiceInWords(t *testing.T) {
	for service, want := range map[string]string{
		"com.amazonaws.us-east-1.sqs":         "",
		"com.amazonaws.us-east-1.rds-data":    " (recorded as rdsdata.amazonaws.com or rdsdataapi.amazonaws.com)",
		"com.amazonaws.us-east-1.ecr.api":     " (recorded as ecr.amazonaws.com)",
		"com.amazonaws.us-east-1.execute-api": "",
		"":                                    "",
	} {
		want = "for " + service + want
		if got := servicePhrase(service).String(); got != want {
			t.Errorf("%s: got %q, want %q", service, got, want)
		}
	}
}

// TestEveryEvidenceHasAReason checks that every kind of evidence has an explanation.
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
