package network_test

import (
	"flag"
	"net/netip"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/fixtures/organization"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

var organizationCalls = flag.Int("organization-calls", 100_000, "calls of the generated organization whose causes are compared")

// The cause of each call of a generated organization is the one that its generator knows.
func TestCausesOfAnOrganization(t *testing.T) {
	cfg := organization.Default()
	cfg.Calls = *organizationCalls
	o, err := organization.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := network.Parse(o.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	ranges := classify.EmbeddedRanges()
	changes := 0
	eachRecord(t, o, func(_ *organization.Call, ev *event.Event) {
		if c, ok := network.FromEvent(ev); ok {
			s.AddChange(c)
			changes++
		}
	})
	networks, err := network.ParseNetworks([]byte("office: [198.51.100.0/24]\n"))
	if err != nil {
		t.Fatal(err)
	}
	v := s.View(day.Of(cfg.Day), networks)
	counts, wrong := map[string]int{}, 0
	eachRecord(t, o, func(c *organization.Call, ev *event.Event) {
		verdict := classify.Examine(ev, ranges).Unowned
		var got organization.Answer
		if verdict.Route() == classify.Internet {
			address, _ := classify.ParseSource(ev.SourceIP)
			path := v.PathOf(ev, address, verdict.Origin == classify.FromAWS)
			callee := network.Callee{Account: string(ev.Recipient), Region: string(ev.Region), Source: string(ev.Source)}
			a := v.Cause(callee, path)
			got = organization.Answer{Cause: string(a.Cause), Reason: string(a.Reason), Workload: path.Workload, VPC: a.VPC, Endpoint: a.Endpoint,
				HostClass: string(network.ClassOf(path.Host, callee.Region)), Egress: network.Egress(path.Place)}
		}
		if got != c.Answer && wrong < 10 {
			wrong++
			t.Errorf("call %d, %s to %s of %s from %s:\ngot  %+v\nwant %+v", c.Number, ev.Name, ev.HostHeader, ev.Identity.ARN, ev.SourceIP, got, c.Answer)
		}
		counts[got.Cause]++
	})
	for _, cause := range network.Causes {
		if counts[string(cause)] == 0 {
			t.Errorf("no call has cause %s", cause)
		}
	}
	t.Logf("%d calls, %d changes: %v", cfg.Calls, changes, counts)
}

// eachRecord calls fn with each call of an organization and its record.
func eachRecord(t *testing.T, o *organization.Organization, fn func(*organization.Call, *event.Event)) {
	t.Helper()
	const together = 1000
	var reader event.Reader
	var text []byte
	for first := 0; first < o.Calls(); first += together {
		text = append(text[:0], `{"Records":[`...)
		for n := first; n < min(first+together, o.Calls()); n++ {
			if n > first {
				text = append(text, ',')
			}
			c := o.Call(n)
			text = c.AppendRecord(text)
		}
		reader.ResetBytes(append(text, "]}"...))
		for n := first; n < min(first+together, o.Calls()); n++ {
			ev, err := reader.Next()
			if err != nil || ev.Problem != "" || organization.NumberOf(string(ev.ID)) != n {
				t.Fatalf("call %d: %v", n, err)
			}
			c := o.Call(n)
			fn(&c, ev)
		}
	}
}

// BenchmarkSnapshot parses the snapshot of an organization, and makes the view of a day.
func BenchmarkSnapshot(b *testing.B) {
	o, err := organization.New(organization.Default())
	if err != nil {
		b.Fatal(err)
	}
	text, d := o.Snapshot(), day.Of(organization.Default().Day)
	b.Run("Parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := network.Parse(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, err := network.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("View", func(b *testing.B) {
		for b.Loop() {
			s.View(d, nil)
		}
	})
	v := s.View(d, nil)
	b.Run("Cause", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v.Cause(network.Callee{Account: "111122223333", Region: "us-east-1", Source: "sqs.amazonaws.com"}, network.Path{Place: v.PlaceOf(netip.MustParseAddr("34.240.0.1"), true), Host: "sqs.us-east-1.amazonaws.com"})
		}
	})
}
