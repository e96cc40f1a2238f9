package network

import (
	"math/rand/v2"
	"strings"
	"testing"

	"vpcetrail/classify/endpoints"
)

func subnet(id, vpc string) Thing { return Thing{Kind: Subnet, ID: id, VPC: vpc} }

// pieces are sweeps and changes of two places on several days.
func pieces(t *testing.T) (all []*Snapshot) {
	t.Helper()
	add := func(account, at string, unread map[string]string, things ...Thing) {
		s := New()
		s.AddSweep(Sweep{Place{account, region}, mustTime(t, at), unread}, things)
		all = append(all, s)
	}
	add(account, "2026-11-20T02:00:00Z", nil, subnet("subnet-1", "vpc-1"), subnet("subnet-2", "vpc-1"))
	add(account, "2026-11-21T02:00:00Z", map[string]string{CallNATGateways: "refused"}, subnet("subnet-1", "vpc-1"))
	add(account, "2026-11-21T02:00:00Z", nil, subnet("subnet-1", "vpc-1"))
	add(account, "2026-11-22T02:00:00Z", nil, subnet("subnet-1", "vpc-1"), subnet("subnet-2", "vpc-2"))
	add(account, "2026-11-23T02:00:00Z", nil, subnet("subnet-1", "vpc-1"), subnet("subnet-2", "vpc-1"))
	add("444455556666", "2026-11-21T03:00:00Z", nil, subnet("subnet-3", "vpc-3"))
	changed := New()
	changed.AddChange(Change{Place{account, region}, mustTime(t, "2026-11-21T10:00:00Z"), "CreateRoute", []string{"rtb-2", "rtb-1", "rtb-2"}})
	changed.Endpoints.Add(endpoints.Endpoint{ID: "vpce-0a1b2c3d", Type: "gateway", Created: mustTime(t, "2026-11-01T00:00:00Z")})
	return append(all, changed, changed)
}

const saved = `{"format":"vpcetrail-network","version":1,"sweeps":[
{"account_id":"111122223333","region":"eu-west-1","at":"2026-11-20T02:00:00Z"},
{"account_id":"111122223333","region":"eu-west-1","at":"2026-11-21T02:00:00Z"},
{"account_id":"111122223333","region":"eu-west-1","at":"2026-11-22T02:00:00Z"},
{"account_id":"111122223333","region":"eu-west-1","at":"2026-11-23T02:00:00Z"},
{"account_id":"444455556666","region":"eu-west-1","at":"2026-11-21T03:00:00Z"}],
"changes":[
{"account_id":"111122223333","region":"eu-west-1","at":"2026-11-21T10:00:00Z","event":"CreateRoute","ids":["rtb-1","rtb-2"]}],
"things":[
{"kind":"subnet","account_id":"111122223333","region":"eu-west-1","id":"subnet-1","vpc_id":"vpc-1","seen":["2026-11-20T02:00:00Z/"]},
{"kind":"subnet","account_id":"111122223333","region":"eu-west-1","id":"subnet-2","vpc_id":"vpc-1","seen":["2026-11-20T02:00:00Z","2026-11-23T02:00:00Z/"]},
{"kind":"subnet","account_id":"111122223333","region":"eu-west-1","id":"subnet-2","vpc_id":"vpc-2","seen":["2026-11-22T02:00:00Z"]},
{"kind":"subnet","account_id":"444455556666","region":"eu-west-1","id":"subnet-3","vpc_id":"vpc-3","seen":["2026-11-21T03:00:00Z/"]}],
"endpoints":{"format":"vpcetrail-endpoints","version":1,"endpoints":[
{"id":"vpce-0a1b2c3d","known_by":"inventory","type":"gateway","created":"2026-11-01T00:00:00Z"}
]}}
`

// Snapshots merge in any order, also in groups and by files, with the same result.
func TestMergeInAnyOrder(t *testing.T) {
	all := pieces(t)
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		groups := []*Snapshot{New(), New(), New()}
		for _, i := range random.Perm(len(all)) {
			group := random.IntN(len(groups))
			text, err := groups[group].Save()
			if err != nil {
				t.Fatal(err)
			}
			if groups[group], err = Parse(text); err != nil {
				t.Fatalf("seed %d: %v in\n%s", seed, err, text)
			}
			groups[group].Merge(all[i])
		}
		groups[2].Merge(groups[0])
		groups[1].Merge(groups[2])
		if text, err := groups[1].Save(); err != nil || string(text) != saved {
			t.Fatalf("seed %d: %v: got\n%s\nwant\n%s", seed, err, text, saved)
		}
	}
}

// In each place the earliest sweep at or after the end of the day decides.
func TestOn(t *testing.T) {
	all := New()
	for _, s := range pieces(t) {
		all.Merge(s)
	}
	part := all.On(theDay(t)) // 20 November
	if got, want := part.String(), "2 sweeps of 2 accounts and Regions, 2 resources, 0 changes, 1 endpoints"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	part = all.On(theDay(t) + 1)
	if got, want := part.String(), "1 sweeps of 1 accounts and Regions, 2 resources, 1 changes, 1 endpoints"; got != want {
		t.Errorf("the day after: got %s, want %s", got, want)
	}
	if v := all.View(theDay(t)+30, nil); !v.IsEmpty() {
		t.Error("a day after the last sweep has a view")
	}
}

func TestParseRefuses(t *testing.T) {
	replace := func(old, by string) string { return strings.Replace(saved, old, by, 1) }
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                   {"", "line 1: it is empty: " + wantFile},
		"a list":                  {"[]", "line 1: " + wantFile},
		"two snapshots":           {saved + "{}", "line 17: a second value starts: " + wantFile},
		"no version":              {`{"format":"vpcetrail-network"}`, "line 1: version: it is missing: want 1"},
		"an inventory":            {`{"format":"vpcetrail-endpoints","version":1}`, `line 1: format: "vpcetrail-endpoints" is not "vpcetrail-network": ` + wantFile},
		"a later version":         {replace(`"version":1,"sweeps"`, `"version":2,"sweeps"`), "line 1: version: 2 is not a version that this vpcetrail reads: want 1"},
		"no sweeps":               {`{"format":"vpcetrail-network","version":1}`, "line 1: sweeps: it is not a list: " + wantFile},
		"cut":                     {saved[:len(saved)-4], "line 15: not JSON: it ends too early"},
		"a wrong account":         {replace(`"account_id":"444455556666","region":"eu-west-1","at"`, `"account_id":"4444","region":"eu-west-1","at"`), `line 6: sweeps[4].account_id: "4444" is not an account id of 12 digits`},
		"a wrong kind":            {replace(`"kind":"subnet"`, `"kind":"subnets"`), "line 10: things[0].kind: \"subnets\" is not known"},
		"a wrong time":            {replace(`"seen":["2026-11-20T02:00:00Z/"]`, `"seen":["yesterday"]`), `line 10: things[0].seen: "yesterday" is not a time such as 2026-11-20T10:11:12Z`},
		"a sweep that is missing": {replace(`"seen":["2026-11-22T02:00:00Z"]`, `"seen":["2026-11-22T03:00:00Z"]`), `line 12: things[2].seen: "2026-11-22T03:00:00Z" names no sweep of the account and Region`},
		"a wrong type":            {replace(`"vpc_id":"vpc-3"`, `"vpc_id":3`), "line 13: things[3].vpc_id: found a number: want a string"},
		"a wrong type of a sweep": {replace(`{"account_id":"444455556666"`, `{"account_id":4`), "line 6: sweeps[4].account_id: found a number: want a string"},
		"a wrong range":           {replace(`"vpc_id":"vpc-3"`, `"cidrs":["10.0.0.0/33"]`), `line 13: things[3].cidrs: "10.0.0.0/33" is not an address range such as 10.0.0.0/16`},
		"a wrong endpoint":        {replace(`"vpce-0a1b2c3d"`, `"vpce-1"`), `line 15: endpoints.endpoints[0].id: "vpce-1" is not vpce- and 8 or 17 hexadecimal digits`},
	} {
		if _, err := Parse([]byte(tc.text)); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: got  %v\nwant %s", name, err, tc.want)
		}
	}
}

// No text makes Parse panic, and what it reads, Save writes in a form that Parse reads as
// the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(saved))
	f.Add([]byte(`{"format":"vpcetrail-network","version":1,"sweeps":[],"changes":[],"things":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
			return
		}
		first, err := s.Save()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("%v in\n%s", err, first)
		}
		if second, err := again.Save(); err != nil || string(second) != string(first) {
			t.Errorf("%v: got\n%s\nwant\n%s", err, second, first)
		}
		s.View(0, nil)
	})
}
