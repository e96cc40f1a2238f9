package network

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/day"
)

// A causeCase is a file of testdata/cases: a call, what differs from base.json, and the
// expected answer.
type causeCase struct {
	Title   string            `json:"title"`
	Source  string            `json:"source"`
	Things  []Thing           `json:"things"` // replace or add
	Remove  []string          `json:"remove"` // beginnings of ids
	Unread  map[string]string `json:"unread"`
	Changes []struct {
		Event, At string
		IDs       []string `json:"ids"`
	} `json:"changes"`
	Taken   string `json:"taken"`   // the time of the sweep
	Account string `json:"account"` // that was asked, if it is not the one of the call
	Call    struct {
		Source, Region, Address, Host, Workload string
		AWS                                     bool
	} `json:"call"`
	Want struct {
		Cause                  Cause
		Reason                 Reason
		VPC, Endpoint, Service string
		Subnets, Tables        []string
		Detail                 *string
	} `json:"want"`
}

const account, region = "111122223333", "eu-west-1"

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// snapshot returns the network of a case.
func (c *causeCase) snapshot(t *testing.T) *Snapshot {
	t.Helper()
	var things []Thing
	readJSON(t, "testdata/base.json", &things)
	things = slices.DeleteFunc(things, func(b Thing) bool {
		return slices.ContainsFunc(c.Things, func(o Thing) bool { return o.ID == b.ID }) ||
			slices.ContainsFunc(c.Remove, func(start string) bool { return strings.HasPrefix(b.ID, start) })
	})
	taken := c.Taken
	if taken == "" {
		taken = "2026-11-21T02:00:00Z"
	}
	s := New()
	s.AddSweep(Sweep{Place{cmp.Or(c.Account, account), region}, mustTime(t, taken), c.Unread}, append(things, c.Things...))
	for _, change := range c.Changes {
		s.AddChange(Change{Place{account, region}, mustTime(t, change.At), change.Event, change.IDs})
	}
	return s
}

func mustTime(t *testing.T, text string) int64 {
	t.Helper()
	ms, err := parseStamp("at", text)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func theDay(t *testing.T) day.Day {
	t.Helper()
	d, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func eachCase(t *testing.T, fn func(t *testing.T, c *causeCase)) {
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var c causeCase
			readJSON(t, file, &c)
			fn(t, &c)
		})
	}
}

// answer returns the answer of a snapshot to the call of a case.
func (c *causeCase) answer(t *testing.T, s *Snapshot) Answer {
	t.Helper()
	networks, err := ParseNetworks([]byte("office: 192.0.2.0/24\n"))
	if err != nil {
		t.Fatal(err)
	}
	v := s.View(theDay(t), networks)
	address := netip.MustParseAddr(c.Call.Address)
	path := Path{v.PlaceOf(address, c.Call.AWS), ShapeOf([]byte(c.Call.Host)), address.Is6(), c.Call.Workload}
	return v.Cause(Callee{account, c.Call.Region, c.Call.Source}, path)
}

// Every cause, and every call that looks like one and is not, has its answer.
func TestCause(t *testing.T) {
	eachCase(t, func(t *testing.T, c *causeCase) {
		got := c.answer(t, c.snapshot(t))
		w := &c.Want
		if got.Cause != w.Cause || got.Reason != w.Reason || got.VPC != w.VPC || got.Endpoint != w.Endpoint || got.Service != w.Service ||
			!reflect.DeepEqual(got.Subnets, w.Subnets) || !reflect.DeepEqual(got.Tables, w.Tables) || w.Detail != nil && got.Detail != *w.Detail {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.Title, got, *w)
		}
		if text := got.String(); text == "" || strings.Contains(text, "%!") || strings.Contains(text, "the VPC by") {
			t.Errorf("in words: %q", text)
		}
	})
}

// The answer is the same after the snapshot was written, cut to the day, and read again.
func TestCauseOfASavedSnapshot(t *testing.T) {
	eachCase(t, func(t *testing.T, c *causeCase) {
		s := c.snapshot(t)
		text, err := s.On(theDay(t)).Save()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got, want := c.answer(t, again), c.answer(t, s); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// A call that was refused leaves its things unknown: the cause is the same without them,
// or unexplained. It never is another one.
func TestCauseWhereACallWasRefused(t *testing.T) {
	refused := map[string]func(*Thing) bool{ // reports what the call would have returned
		CallVPCs:             func(b *Thing) bool { return b.Kind == VPC },
		CallSubnets:          func(b *Thing) bool { return b.Kind == Subnet },
		CallRouteTables:      func(b *Thing) bool { return b.Kind == RouteTable },
		CallEndpoints:        func(b *Thing) bool { return b.Kind == Endpoint },
		CallEndpointServices: func(b *Thing) bool { return b.Kind == EndpointService },
		CallNATGateways:      func(b *Thing) bool { return b.Kind == NATGateway },
		CallInterfaces:       func(b *Thing) bool { return b.Kind == Interface },
		CallInstances:        func(b *Thing) bool { return b.Kind == Instance },
		CallFunctions:        func(b *Thing) bool { return b.Kind == Function },
		CallVPCAttribute:     func(b *Thing) bool { b.DNSSupport, b.DNSHostnames = nil, nil; return false },
		CallDHCPOptions:      func(b *Thing) bool { b.OwnDNSServers = nil; return false },
	}
	eachCase(t, func(t *testing.T, c *causeCase) {
		for call, is := range refused {
			s := New()
			s.Merge(c.snapshot(t))
			part := New()
			for _, sweep := range s.Sweeps() {
				unread := maps.Clone(sweep.Unread)
				if unread == nil {
					unread = map[string]string{}
				}
				unread[call] = "UnauthorizedOperation"
				var things []Thing
				for _, known := range s.things {
					if b := known.Thing; !is(&b) {
						things = append(things, b)
					}
				}
				part.AddSweep(Sweep{sweep.Place, sweep.At, unread}, things)
			}
			for _, change := range s.changes {
				part.AddChange(change)
			}
			if got := c.answer(t, part); got.Cause != Unexplained && got.Cause != c.Want.Cause {
				t.Errorf("without %s it is %s, %s: want %s or unexplained", call, got.Cause, got.Reason, c.Want.Cause)
			}
		}
	})
}
