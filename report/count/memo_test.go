package count

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/event/eventtest"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/count/cells"
)

// pathTexts are what a field of an event may hold that has a say in its cell, whatever the field.
var pathTexts = []string{
	"", "x", "111122223333", "444455556666", "vpce-0a11b22c33d44e55f", "vpce-1a2b3c4d", "AWS Internal", "aws.internal", "s3.amazonaws.com", "ec2.amazonaws.com",
	"10.0.0.1", "198.51.100.7", "3.5.140.2", "aws-internal/3", "AwsServiceEvent", "AWSService", "AssumedRole", "signin.amazonaws.com",
	"AwsVpceEvent", "Data", "UPDATED_DATA", "us-east-1", "arn:aws:sts::444455556666:assumed-role/r/i-0123456789abcdef0",
	"b.vpce-1a2b3c4d-x.s3.us-east-1.vpce.amazonaws.com", "AccessDenied", "VpceAccessDenied", "200", "with an explicit deny in a resource-based policy",
	"2600:1f18::7", "logs.s3.us-east-1.amazonaws.com", "S3.Us-East-1.Amazonaws.com:443", "exec-env/CloudShell", "AWS::EC2::Instance", "AWS::Lambda::Function",
	"arn:aws:lambda:us-east-1:111122223333:function:f:live",
}

// pathDays are a snapshot in which some of the addresses of pathTexts have an owner, on one of two days.
func pathDays(t *testing.T) *network.Days {
	t.Helper()
	s := network.New()
	place := network.Place{Account: "111122223333", Region: "us-east-1"}
	at := time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC).UnixMilli()
	s.AddSweep(network.Sweep{Place: place, At: at}, []network.Thing{
		{Kind: network.VPC, ID: "vpc-1", CIDRs: []string{"2600:1f18::/56"}},
		{Kind: network.NATGateway, ID: "nat-1", VPC: "vpc-1", State: "available", Addresses: []string{"3.5.140.2"}},
	})
	networks, err := network.ParseNetworks([]byte("office: 198.51.100.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	return network.NewDays(s, networks)
}

// drawEvent returns an event of which most texts are empty, and the others among pathTexts: many differ in little.
func drawEvent(random *rand.Rand) *event.Event {
	ev := &event.Event{Time: time.Date(2026, 11, 20+random.IntN(2), 0, 0, random.IntN(86400), 0, time.UTC).UnixMilli(), HasTime: true}
	eventtest.Fill(random, ev, 8, pathTexts)
	ev.Request, ev.Response, ev.Resources = nil, nil, nil
	switch random.IntN(6) {
	case 0: // an endpoint's own record of a call that two accounts see
		ev.Type, ev.SharedID, ev.Identity.AccountID = []byte("AwsVpceEvent"), []byte("x"), []byte(pathTexts[random.IntN(len(pathTexts))])
	case 1:
		ev.Resources = []byte(`[{"ARN":"arn:aws:s3:::b/key"},{"ARN":"arn:aws:s3:::` + pathTexts[random.IntN(8)] + `"}]`)
	case 2:
		ev.Source, ev.Request = []byte("s3.amazonaws.com"), []byte(`{"bucketName":"photos"}`)
	case 3:
		ev.Region = bytes.Repeat([]byte("ü"), 2000+random.IntN(2)) // is cut
	}
	return ev
}

// TestCellsAreThoseOfEachEvent counts events on many pages, each met again later, with one field changed, or by
// a caller who has a number: what is counted of each is what package classify says of that event alone.
func TestCellsAreThoseOfEachEvent(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	ranges := classify.EmbeddedRanges()
	days := pathDays(t)
	c := NewCounter(ranges, Options{Disk: spill.NewDisk(t.TempDir()), Memory: 1 << 20, Network: days})
	var met []*event.Event
	c.Begin(0)
	for i := range 20_000 {
		ev := drawEvent(random)
		if len(met) > 0 && random.IntN(4) > 0 { // another event's fields, but one
			old := *met[random.IntN(len(met))]
			field := random.IntN(reflect.TypeFor[event.Event]().NumField())
			reflect.ValueOf(&old).Elem().Field(field).Set(reflect.ValueOf(ev).Elem().Field(field))
			ev = &old
		}
		ev.ID = binary.BigEndian.AppendUint64([]byte("an id "), uint64(i))
		ev.Named = event.Named{}
		ev.Identity.Number = 0
		if random.IntN(2) == 0 {
			ev.Identity.Number = numberOf(&ev.Identity)
		}
		met = append(met, ev)
		c.Event(ev)
	}
	if err := c.End(&ingest.Result{Status: ingest.OK}); err != nil {
		t.Fatal(err)
	}
	if err := c.finish(); err != nil {
		t.Fatal(err)
	}
	if len(c.away.pages) < 3 {
		t.Errorf("%d pages: too few to tell", len(c.away.pages)+1)
	}
	got := make([]string, len(met))
	records := make([]dedupe.Record, len(met))
	for number := range len(c.away.pages) + 1 {
		d, base := c.dict, c.base
		if number < len(c.away.pages) {
			var err error
			if d, err = c.away.read(number); err != nil {
				t.Fatal(err)
			}
			base = c.away.bases[number]
		}
		for part := range dedupe.Parts {
			if err := c.log.Each(part, func(r *dedupe.Record, _ []byte, original *dedupe.ID) {
				if at := int(r.Value) - int(base); original == nil && at >= 0 && at < len(d.Cells.Keys) {
					got[r.At().Index()], records[r.At().Index()] = string(d.AppendCell(nil, uint32(at))), *r
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, ev := range met {
		want, flags := cellOf(ev, ranges, days)
		if got[i] != string(want) || records[i].Flags>>1&15 != flags {
			t.Fatalf("event %d, %+v:\ngot  %q, flags %b\nwant %q, flags %b", i, ev, got[i], records[i].Flags>>1&15, want, flags)
		}
		if ms := int64(records[i].Flags >> timeShift); ms != ev.Time%msPerDay {
			t.Fatalf("event %d: time of day %d, want %d", i, ms, ev.Time%msPerDay)
		}
	}
}

// numberOf numbers identities as a Reader does: two that differ never have the same.
func numberOf(id *event.Identity) uint64 {
	number := uint64(0)
	v := reflect.ValueOf(id).Elem()
	for i := range v.NumField() {
		if v.Field(i).Type() != reflect.TypeFor[[]byte]() {
			continue
		}
		for k, text := range pathTexts {
			if string(v.Field(i).Bytes()) == text {
				number = number*uint64(len(pathTexts)) + uint64(k)
			}
		}
	}
	return number + 1
}

// cellOf returns the cell of ev and its flags by its own fields, the slow way.
func cellOf(ev *event.Event, ranges *classify.Ranges, days *network.Days) (cell []byte, flags uint32) {
	d := cells.New()
	of, kind := day.OfMillis(ev.Time), ev.Kind()
	g, t := cells.Group{}, cells.Target{}
	if kind == event.Other {
		g.Callee = d.BareCallee(of, kind)
	} else {
		facts := classify.Examine(ev, ranges)
		g.Callee = d.Callee(ev, &facts.Mention, of, kind)
		who := classify.Principal{Account: classify.SharedBy(ev)}
		public := false
		if !classify.IsServiceEvent(ev.Type) && classify.ServedBy(&ev.Identity) == classify.NoEvidence {
			_, public = facts.Decide(classify.SourceOf(ev.SourceIP, ranges), ev.UserAgent)
		}
		signs := facts.SignsOf(ev, public)
		if kind != event.Network {
			who = classify.Caller(ev, new([]byte))
			if v := facts.Unowned; v.Route() == classify.Internet {
				address, _ := classify.ParseSource(ev.SourceIP)
				way := days.View(of).PathOf(ev, address, v.Origin == classify.FromAWS)
				text := func(s string) uint32 { return d.Text([]byte(s)) }
				g.Path = d.Path(cells.Path{Place: text(way.Place), Host: text(way.Host), Workload: text(way.Workload), IPv6: way.IPv6})
			}
			var named classify.Resources
			named.Read(ev)
			var numbers []uint32
			for _, arn := range named.ARNs {
				numbers = append(numbers, d.Text(arn))
			}
			slices.Sort(numbers)
			if set := d.Set(slices.Compact(numbers)); set != 0 || signs&classify.Notable != 0 {
				t = cells.Target{Resources: set, Name: d.Text(ev.Name), Signs: signs}
			}
		}
		g.Principal, g.Bits = d.Principal(&who), cells.BitsOf(facts.Unowned, classify.SharedBy(ev) != nil)
		if ev.Failed() {
			flags |= flagFailed
			if classify.Denied(ev) {
				flags |= flagDenied
			}
		}
		switch ev.ReadOnly {
		case event.True:
			flags |= flagReads
		case event.False:
			flags |= flagWrites
		}
	}
	groupNumber, _ := d.Groups.Number(g.Hash(), g)
	targetNumber, _ := d.Targets.Number(t.Hash(), t)
	key := cells.Cell{Group: groupNumber, Target: targetNumber}
	number, _ := d.Cells.Number(key.Hash(), key)
	return d.AppendCell(nil, number), flags >> 1
}
