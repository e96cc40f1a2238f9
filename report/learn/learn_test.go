package learn

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

const (
	ours, others = "111122223333", "444455556666"
	id, second   = "vpce-0a1b2c3d", "vpce-0b1b2c3d"
	monday       = day.Day(20_000)
)

// modified returns an event that shows an endpoint to exist at noon.
func modified(d day.Day, account, id string) *event.Event {
	return &event.Event{
		Source: []byte("ec2.amazonaws.com"), Name: []byte("ModifyVpcEndpoint"), Recipient: []byte(account), Region: []byte("us-east-1"),
		Time: noon(d), HasTime: true, Request: []byte(`{"ModifyVpcEndpointRequest":{"VpcEndpointId":"` + id + `"}}`),
	}
}

func noon(d day.Day) int64 { return d.Time().Add(12 * time.Hour).UnixMilli() }

// call returns an event that shows nothing but its account.
func call(account string) *event.Event {
	return &event.Event{Source: []byte("sqs.amazonaws.com"), Name: []byte("SendMessage"), Recipient: []byte(account)}
}

// read returns the result of an object whose name gives an account, or none.
func read(status ingest.Status, account string) *ingest.Result {
	res := &ingest.Result{Object: store.Object{Key: layout.Key{Account: account}}, Status: status}
	if status != ingest.OK {
		res.Err = errors.New("it is damaged")
	}
	return res
}

func seen(d day.Day, account, id string) endpoints.Endpoint {
	return endpoints.Endpoint{ID: id, Account: account, Region: "us-east-1", Seen: noon(d), ByTrail: true}
}

// An object that cannot be read whole shows nothing, and its rest does not leak into the next one.
func TestOnlyWholeObjectsTeach(t *testing.T) {
	for status, counts := range map[ingest.Status]bool{
		ingest.OK: true, ingest.InvalidRecords: true,
		ingest.Empty: false, ingest.NotCloudTrail: false, ingest.Truncated: false, ingest.Denied: false, ingest.Unreadable: false,
	} {
		var l Learner
		l.Event(modified(monday, ours, id))
		l.Interface(monday, []byte(second))
		l.End(read(status, ""))
		l.Event(call(others))
		l.End(read(ingest.OK, ""))
		want := Learned{Accounts: []string{others}}
		if counts {
			want = Learned{
				map[day.Day]endpoints.Inventory{monday: {id: seen(monday, ours, id)}},
				map[day.Day]map[string]bool{monday: {second: true}},
				[]string{ours, others},
				[]network.Change{{Place: network.Place{Account: ours, Region: "us-east-1"}, At: noon(monday), Event: "ModifyVpcEndpoint", IDs: []string{id}}},
			}
		}
		if got := *l.Learned(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", status, got, want)
		}
	}
}

// Accounts come from objects whose names give none: of the others the trail has a folder.
func TestLooseAccounts(t *testing.T) {
	var l Learner
	for _, account := range []string{others, ours, "", others, ours, ours} {
		l.Event(call(account))
	}
	l.End(read(ingest.OK, ""))
	l.Event(call("777788889999"))
	l.End(read(ingest.OK, "777788889999"))
	l.Event(call(ours)) // the account of the event before, in another object
	l.End(read(ingest.Truncated, ""))
	if got, want := l.Learned().Accounts, []string{ours, others}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// An endpoint is known on the day of the event that describes it, and by an event without a time on no day
// of a report.
func TestEndpointsByDay(t *testing.T) {
	undated := modified(0, ours, id)
	undated.Time, undated.HasTime = 0, false
	var l Learner
	for _, ev := range []*event.Event{modified(monday, ours, id), modified(monday+1, ours, id), modified(monday, ours, second), undated} {
		l.Event(ev)
	}
	l.End(read(ingest.OK, ours))
	atNoTime := seen(0, ours, id)
	atNoTime.Seen = 0
	want := map[day.Day]endpoints.Inventory{
		monday:         {id: seen(monday, ours, id), second: seen(monday, ours, second)},
		monday + 1:     {id: seen(monday+1, ours, id)},
		ingest.Undated: {id: atNoTime},
	}
	if got := l.Learned().Endpoints; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What several workers learned is the same in whatever order it is merged, and a shard's index gives it back.
func TestMerge(t *testing.T) {
	workers := make([]Learner, 3)
	for i, account := range []string{others, ours, others} {
		workers[i].Event(modified(monday, account, id))
		workers[i].Event(modified(monday+day.Day(i), account, second))
		workers[i].Interface(monday, []byte(id))
		workers[i].End(read(ingest.OK, ""))
	}
	merged := func(order ...int) (all Learned) {
		for _, i := range order {
			all.Merge(workers[i].Learned())
			all.Merge(workers[i].Learned())
		}
		return all
	}
	want := merged(0, 1, 2)
	if got := merged(2, 0, 1); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var again Learned
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("got  %+v, %v\nwant %+v", again, err, want)
	}
}

// Nearly every event shows nothing but an account that is known. Such events take no memory.
func TestEventsTakeNoMemory(t *testing.T) {
	var l Learner
	a, b := call(ours), call(others)
	l.Event(a)
	l.Event(b)
	if n := testing.AllocsPerRun(100, func() { l.Event(a); l.Event(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// An endpoint is ours by the account that its events name, wherever the workers found them.
func TestGather(t *testing.T) {
	collectors := []*Collector{{}, {}}
	take := func(c *Collector, res *ingest.Result, name string, events ...*event.Event) {
		c.Begin(0)
		for _, ev := range events {
			c.Event(ev)
		}
		res.Object.Name = name
		if res.Err != nil {
			res.Err = errors.New(name + " is damaged")
		}
		if err := c.End(res); err != nil {
			t.Fatal(err)
		}
	}
	insight := modified(monday, ours, "vpce-0c1b2c3d")
	insight.Category = []byte("Insight")
	take(collectors[0], read(ingest.OK, ours), "1", modified(monday, ours, id), insight)
	take(collectors[1], read(ingest.OK, ours), "2", modified(monday+3, ours, id))
	take(collectors[1], read(ingest.OK, others), "3", modified(monday, others, second), modified(monday, "", "vpce-0d1b2c3d"))
	take(collectors[0], read(ingest.Truncated, ours), "5", modified(monday, ours, "vpce-0e1b2c3d"))
	take(collectors[1], read(ingest.Truncated, ours), "4")
	for _, tc := range []struct {
		trail, own []string
		want       endpoints.Inventory
	}{
		{[]string{ours, ""}, nil, endpoints.Inventory{id: seen(monday+3, ours, id)}},
		{nil, []string{others}, endpoints.Inventory{second: seen(monday, others, second)}},
	} {
		want := &Trail{Endpoints: tc.want, Problems: []string{"4 is damaged", "5 is damaged"}, Objects: 5}
		got := Gather(collectors, tc.trail, tc.own)
		for _, c := range got.Changes {
			if e, known := tc.want[c.IDs[0]]; !known || e.Account != c.Account {
				t.Errorf("change %+v of an account that is not ours, or of an object that is not whole", c)
			}
		}
		if len(got.Changes) == 0 {
			t.Error("no changes")
		}
		if got.Changes = nil; !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// Names that are too long for an account fill no memory.
func TestLongAccountsAreNotKept(t *testing.T) {
	var l Learner
	for _, account := range []string{strings.Repeat("x", maxAccount+1), strings.Repeat("y", maxAccount), ours} {
		l.Event(call(account))
	}
	l.End(read(ingest.OK, ""))
	if want := []string{ours, strings.Repeat("y", maxAccount)}; !slices.Equal(l.Learned().Accounts, want) {
		t.Errorf("%q", l.Learned().Accounts)
	}
}
