package report

import (
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/event/eventtest"
	"vpcetrail/ingest/spill"
)

// pathTexts are what a field of an event may hold that has a say in its group, whatever the field.
var pathTexts = []string{
	"", "x", "111122223333", "444455556666", "vpce-0a11b22c33d44e55f", "vpce-1a2b3c4d", "AWS Internal", "aws.internal", "signin.amazonaws.com", "200", "s3.amazonaws.com", "ec2.amazonaws.com",
	"10.0.0.1", "198.51.100.7", "3.5.140.2", "aws-internal/3", "AwsServiceEvent", "AWSService", "AssumedRole",
	"AwsVpceEvent", "Data", "UPDATED_DATA", "us-east-1", "arn:aws:sts::444455556666:assumed-role/r/i-0123456789abcdef0",
	"b.vpce-1a2b3c4d-x.s3.us-east-1.vpce.amazonaws.com", "vpce-1a2b3c4d-x.s3.eusc-de-east-1.vpce.amazonaws.eu",
}

// drawEvent returns an event of which most texts are empty, and the others among pathTexts: many differ in little.
func drawEvent(random *rand.Rand) *event.Event {
	ev := &event.Event{Time: time.Date(2026, 11, 20+random.IntN(2), 0, 0, 0, 0, time.UTC).UnixMilli(), HasTime: true}
	eventtest.Fill(random, ev, 8, pathTexts)
	ev.Request, ev.Response, ev.Resources = nil, nil, nil
	if random.IntN(4) == 0 { // an endpoint's own account of a call that two accounts see
		ev.Type, ev.SharedID, ev.Identity.AccountID = []byte("AwsVpceEvent"), []byte("x"), []byte(pathTexts[random.IntN(len(pathTexts))])
	}
	return ev
}

// TestGroupsAreThoseOfEachEvent counts events on many pages, each met again later, with one field changed, or by a caller who has
// a number: the group that its row names is the one made of that event alone.
func TestGroupsAreThoseOfEachEvent(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	ranges := classify.EmbeddedRanges()
	c := NewCounter(ranges, CounterOptions{Disk: spill.NewDisk(t.TempDir()), Memory: 512 << 10})
	var wants []string
	var met []*event.Event
	c.Begin(0)
	for range 20_000 {
		ev := drawEvent(random)
		if len(met) > 0 && random.IntN(4) > 0 { // another event's fields, but one
			old := *met[random.IntN(len(met))]
			field := random.IntN(reflect.TypeFor[event.Event]().NumField())
			reflect.ValueOf(&old).Elem().Field(field).Set(reflect.ValueOf(ev).Elem().Field(field))
			ev = &old
		}
		ev.Identity.Number = 0
		if random.IntN(2) == 0 {
			ev.Identity.Number = numberOf(&ev.Identity)
		}
		met = append(met, ev)
		wants = append(wants, string(groupOf(ev, ranges)))
		c.Event(ev)
	}
	if err := c.End(&ingest.Result{Status: ingest.OK}); err != nil {
		t.Fatal(err)
	}
	if c.cells.turns < 3 {
		t.Errorf("%d pages: too few to tell", c.cells.turns)
	}
	pages, rows := c.cells.read(), c.rows.read()
	page, err := pages.next()
	for i := 0; i < len(wants); {
		var r row
		entry, rowErr := rows.next(&r)
		if err != nil || rowErr != nil {
			t.Fatal(err, rowErr)
		}
		switch entry {
		case entryPage:
			page, err = pages.next()
			continue
		case entryObject:
			continue
		}
		if got := page.groups[page.cells[r.cell].group]; string(got) != wants[i] {
			t.Fatalf("event %d, %+v:\ngot  %q\nwant %q", i, met[i], got, wants[i])
		}
		i++
	}
	if _, err := rows.next(new(row)); err != io.EOF {
		t.Errorf("more rows than events: %v", err)
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

// groupOf returns the group of ev by its own fields.
func groupOf(ev *event.Event, ranges *classify.Ranges) []byte {
	d, kind := day.OfMillis(ev.Time), ev.Kind()
	if kind == event.Other {
		return appendBareGroup(nil, d, kind)
	}
	facts := classify.Examine(ev, ranges)
	var who classify.Principal
	if kind != event.Network {
		who = classify.Caller(ev, new([]byte))
	}
	return appendGroup(nil, d, kind, ev, &facts, &who)
}
