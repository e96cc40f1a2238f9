package classify

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"vpcetrail/ingest/event"
	"vpcetrail/ingest/event/eventtest"
)

// TestMentionFollowsFromItsFields draws events with few different values. Events with the
// same bytes from AppendMention must have the same Mention, whatever else they contain.
func TestMentionFollowsFromItsFields(t *testing.T) {
	texts := []string{
		"", "111122223333", "vpce-0a11b22c33d44e55f", "vpce-1a2b3c4d", "AWS Internal", "s3.amazonaws.com", "ec2.amazonaws.com", "vpce-",
		"b.vpce-1a2b3c4d-x.s3.us-east-1.vpce.amazonaws.com", "vpce-1a2b3c4d-x.s3.eusc-de-east-1.vpce.amazonaws.eu", "vpce-0a11b22c33d44e55f-x.sqs.us-east-1.vpce.amazonaws.com", "b.s3.amazonaws.com",
	}
	random := rand.New(rand.NewPCG(5, 6))
	mentions := map[string]Mention{}
	again := 0
	for range 100_000 {
		var ev event.Event
		eventtest.Fill(random, &ev, 1, texts)
		got := MentionIn(&ev)
		key := string(AppendMention(nil, &ev))
		if want, known := mentions[key]; known {
			again++
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v: got %+v, and of an event with the same fields %+v", ev, got, want)
			}
			continue
		}
		mentions[key] = got.Clone()
	}
	if again < 1000 || len(mentions) < 1000 {
		t.Errorf("%d events with new fields and %d with known ones: too few to compare", len(mentions), again)
	}
}
