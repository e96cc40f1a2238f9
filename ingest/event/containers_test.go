package event

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/event/walk"
)

// rec returns a record with that eventID.
func rec(id string) string {
	return `{"eventVersion":"1.08","eventTime":"2026-11-20T10:11:12Z","userAgent":"a \"b\" \\ é","eventID":"` + id + `"}`
}

// quote returns text as a JSON string.
func quote(text string) string {
	lit, err := json.Marshal(text)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(lit)
}

func lookedUp(text string) string {
	return `{"EventId":"e","EventTime":"2026-11-20 10:11:12+00:00","Resources":[{"ResourceName":"r"}],"CloudTrailEvent":` + quote(text) + `,"Username":"u"}`
}

func envelope(detail string) string {
	return `{"version":"0","detail-type":"AWS API Call via CloudTrail","time":"2026-11-20T10:11:12Z","detail":` + detail + `,"region":"us-east-1"}`
}

func payload(messages ...string) string {
	events := make([]string, len(messages))
	for i, m := range messages {
		events[i] = fmt.Sprintf(`{"id":"%d","timestamp":1,"message":%s}`, i, quote(m))
	}
	return `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","subscriptionFilters":["f"],"logEvents":[` + strings.Join(events, ",") + `]}`
}

const control = `{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","message":"Checking health"}]}`

// containers are the forms in which a trail is stored, with the contents of each:
// eventIDs, or problems after a "!".
var containers = []struct {
	name, doc string
	want      []string
}{
	{"a log", `{"Records":[` + rec("a") + `,{"eventID":"x"},7]}`, []string{"a", "!" + notTime, "!" + notObject}},
	{"a log with Records last", `{"a":{"Records":[1]},"Records":[` + rec("a") + `]}`, []string{"a"}},
	{"logs one after another", `{"Records":[` + rec("a") + `]}{"Records":[]}` + "\n" + `{"Records":[` + rec("b") + `],"more":1}`, []string{"a", "b"}},
	{"a log with an envelope", `{"Records":[` + envelope(rec("a")) + `]}`, []string{"!" + notTime}},
	{"one record", " " + rec("a") + "\n", []string{"a"}},
	{"one record with all keys of containers inside", `{"detail":` + rec("x") + `,"CloudTrailEvent":` + quote(rec("x")) + `,"message":"m","Records":null,"eventTime":"2026-11-20T10:11:12Z","eventID":"a"}`, []string{"a"}},
	{"one record without a time", `{"eventVersion":"1.08","eventID":"a"}`, []string{"!" + notTime}},
	{"one record of another kind", `{"eventVersion":"1.08","eventCategory":"Aggregated","eventID":"a"}`, []string{"a"}},
	{"an array", "[" + rec("a") + " , " + rec("b") + "]", []string{"a", "b"}},
	{"an empty array", "[ ]", nil},
	{"an array with others", `[1,"x",null,[` + rec("x") + `],{"a":1},` + rec("a") + `,{"Records":[` + rec("x") + `]}]`,
		[]string{"!" + notObject, "!" + notJSON, "!" + notObject, "x", "!" + notRecord, "a", "!" + notRecord}},
	{"lines", rec("a") + "\n" + rec("b") + "\r\n\n" + rec("c"), []string{"a", "b", "c"}},
	{"lines with others", `{"a":1}` + "\n" + rec("a") + "\n" + `{"detail":7}`, []string{"!" + notRecord, "a", "!" + notRecord}},
	{"records without lines", rec("a") + rec("b"), []string{"a", "b"}},
	{"lookup-events", `{"Events":[` + lookedUp(rec("a")) + "," + lookedUp(rec("b")) + `],"NextToken":"t"}`, []string{"a", "b"}},
	{"lookup-events without events", `{"Events":[]}`, nil},
	{"looked-up events in an array", "[" + lookedUp(rec("a")) + "]", []string{"a"}},
	{"looked-up events in lines", lookedUp(rec("a")) + "\n" + lookedUp(rec("b")) + "\n", []string{"a", "b"}},
	{"looked-up events with others", `{"Events":[{"CloudTrailEvent":null},` + lookedUp(`{"a":`) + "," + lookedUp(rec("a")+"x") + "," + lookedUp("\x00") + "," + lookedUp("{}") + "," + lookedUp(" "+rec("a")+" ") + `]}`,
		[]string{"!" + notRecord, "!" + notJSON, "!" + notJSON, "!" + notJSON, "!" + notRecord, "a"}},
	{"one envelope", envelope(rec("a")), []string{"a"}},
	{"envelopes in an array", "[" + envelope(rec("a")) + "," + envelope(`{"state":"running"}`) + "]", []string{"a", "!" + notRecord}},
	{"envelopes in lines", envelope(rec("a")) + "\n" + envelope(rec("b")), []string{"a", "b"}},
	{"envelopes and records mixed", envelope(rec("a")) + rec("b") + "[" + lookedUp(rec("c")) + "]", []string{"a", "b", "c"}},
	{"an envelope with two details", `{"detail":` + rec("x") + `,"detail":` + rec("a") + `}`, []string{"a"}},
	{"a subscription", payload(rec("a"), rec("b")), []string{"a", "b"}},
	{"subscriptions one after another", payload(rec("a")) + payload(rec("b")) + control + payload(), []string{"a", "b"}},
	{"a subscription with other messages", payload("START", rec("a"), "7", `{"level":"info"}`), []string{"!" + notJSON, "a", "!" + notJSON, "!" + notRecord}},
	{"a subscription to a group of envelopes", payload(envelope(rec("a"))), []string{"a"}},
	{"a subscription with a record as it is", payload(rec("a")) + `{"logEvents":[` + rec("b") + `,{"message":` + rec("c") + `},0]}`, []string{"a", "!" + notRecord, "!" + notRecord, "!" + notObject}},
	{"a control message", control, nil},
	{"a control message without events", `{"messageType":"CONTROL_MESSAGE"}`, nil},
	{"a control message that says so last", `{"logEvents":[{"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}],"messageType":"CONTROL_MESSAGE"}`, nil},
	{"awslogs", "group stream " + rec("a") + "\ngroup stream " + rec("b") + "\n", []string{"a", "b"}},
	{"awslogs in colours, with times", "\x1b[32mgroup\x1b[0m \x1b[36mstream\x1b[0m 2026-11-20T10:11:12Z\t" + rec("a") + "\n\n  g s " + envelope(rec("b")), []string{"a", "b"}},
	{"a byte order mark", bom + `{"Records":[` + rec("a") + `]}`, []string{"a"}},
	{"byte order marks before each of several logs", bom + `{"Records":[` + rec("a") + `]}` + bom + "\n" + `{"Records":[` + rec("b") + `]}` + "\n" + bom, []string{"a", "b"}},
	{"byte order marks before lines", bom + rec("a") + "\n" + bom + "one two\n" + bom + bom + "g s " + rec("b"), []string{"a", "!" + notLine, "b"}},
	{"strings in an array, as --query prints them", "[\n    " + quote(rec("a")) + ",\n    " + quote(rec("b")) + "\n]\n", []string{"a", "b"}},
	{"strings of several kinds in an array", "[" + quote(rec("a")) + `,"x","{",` + quote(envelope(rec("b"))) + "," + quote("{}") + "]", []string{"a", "!" + notJSON, "!" + notJSON, "b", "!" + notRecord}},
	{"rows of one string", "[[" + quote(rec("a")) + "],[" + quote(rec("b")) + "]]", []string{"a", "b"}},
	{"rows with other columns", `[["id",1,null,` + quote(rec("a")) + `],[` + quote(rec("b")) + `,true]]`, []string{"a", "b"}},
	{"rows without a record", `[["id",1],[],[` + quote(rec("a")) + `,[2]],["{"],[{"a":1},` + rec("b") + `]]`, []string{"!" + notRecord, "a", "!" + notRecord, "!" + notJSON, "!" + notRecord, "b"}},
	{"rows of rows", "[[[" + rec("a") + "]],[[[]],[[" + quote(rec("b")) + "," + lookedUp(rec("c")) + "]]]]", []string{"a", "b", "c"}},
	{"a string alone", quote(rec("a")) + "\n", []string{"a"}},
	{"strings in lines", quote(rec("a")) + "\n" + quote(rec("b")) + "\t" + quote("{}") + "\n", []string{"a", "b", "!" + notRecord}},
	{"strings and rows in lookup-events", `{"Events":[` + quote(rec("a")) + ",[" + quote(rec("b")) + `,"x"]]}`, []string{"a", "b"}},
	{"records after lines of names", "id\t" + rec("a") + "\nid\t" + rec("b") + "\n", []string{"a", "b"}},
	{"filter-log-events", `{"events":[` + filtered(rec("a")) + "," + filtered("START") + "," + filtered(rec("b")) + `],"searchedLogStreams":[]}`, []string{"a", "!" + notJSON, "b"}},
	{"get-log-events", `{"events":[` + filtered(rec("a")) + `],"nextForwardToken":"f/1","nextBackwardToken":"b/1"}`, []string{"a"}},
	{"filter-log-events without events", `{"events":[],"searchedLogStreams":[]}`, nil},
	{"lines with text", rec("a") + "\nERROR something\n" + rec("b") + "\n\nlast line", []string{"a", "!" + notLine, "b", "!" + notLine}},
	{"lines after text", "a header\n" + rec("a"), []string{"!" + notLine, "a"}},
	{"lines with text in brackets", strings.Join([]string{rec("a"), "[INFO] up", "[2026-11-20 10:11:12] up", "[42] up", "{name} up", `"up" it says`, "[true story]", "[ 1", rec("b")}, "\n"),
		[]string{"a", "!" + notLine, "!" + notLine, "!" + notLine, "!" + notLine, "!" + notLine, "!" + notLine, "!" + notLine, "b"}},
	{"lines with text that holds braces", rec("a") + "\n" + `GET {name} of {} and {{x}}` + "\n" + `a "b" ` + rec("x") + "\nlog{x} " + rec("b"), []string{"a", "!" + notLine, "!" + notLine, "b"}},
	{"an array of numbers in a line", rec("a") + "\n[1]\n[ 2 , 3 ]\n[4] " + rec("b"), []string{"a", "!" + notObject, "!" + notObject, "!" + notObject, "!" + notObject, "b"}},
	{"a notification of S3 among records", `{"Records":[` + notification + "," + rec("a") + "," + notification + `]}`, []string{"!" + notRecord, "a", "!" + notRecord}},
	{"a notification of S3 in a line", notification + "\n" + rec("a") + "\n" + quote(notification), []string{"!" + notRecord, "a", "!" + notRecord}},
	{"times of SQL", `{"Records":[` + timed("2026-11-20 10:11:12.000") + "," + timed("2026-11-20 10:11:12.000 UTC") + "," + timed("2026-11-20 10:11:12") + `]}`, []string{"a", "a", "!" + notTime}},
}

const (
	bom          = "\ufeff"
	notification = `{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-11-20T10:11:12.000Z","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"}}}`
)

func timed(text string) string { return `{"eventTime":"` + text + `","eventID":"a"}` }

func filtered(message string) string {
	return `{"logStreamName":"s","timestamp":1,"message":` + quote(message) + `,"ingestionTime":2,"eventId":"3"}`
}

func TestReaderTakesEveryContainer(t *testing.T) {
	for _, tc := range containers {
		t.Run(tc.name, func(t *testing.T) {
			all, err := scanAll(strings.NewReader(tc.doc), []byte(tc.doc))
			if err != nil {
				t.Fatal(err)
			}
			if got := idsOf(all); !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestReaderGivesThePlaceInTheContainer checks that offsets refer to the text that a
// person would look at.
func TestReaderGivesThePlaceInTheContainer(t *testing.T) {
	for _, tc := range []struct{ name, doc, place string }{
		{"an envelope's detail", "\n" + envelope(rec("a")), rec("a")},
		{"a looked-up event's string", "\n" + lookedUp(rec("a")), quote(rec("a"))},
		{"a message", payload("START", rec("a")), quote(rec("a"))},
		{"an envelope in a message", payload(envelope(rec("a"))), quote(envelope(rec("a")))},
		{"a record after text", "g s " + rec("a"), rec("a")},
	} {
		all, err := scanAll(strings.NewReader(tc.doc), []byte(tc.doc))
		if err != nil || all[len(all)-1].Record != tc.place {
			t.Errorf("%s: %v, %+v", tc.name, err, all)
		}
	}
}

func TestReaderGivesTheTextOfRecords(t *testing.T) {
	all := []string{rec("a"), rec("b")}
	docs := wrapped(all)
	docs["envelopes in messages"] = payload(envelope(all[0]), " "+envelope(all[1]))
	docs["long records between"] = `{"Records":[` + all[0] + `,{"eventTime":"` + strings.Repeat("x", 2*windowSize) + `"}, ` + all[1] + `]}`
	for name, doc := range docs {
		var r Reader
		r.Reset(strings.NewReader(doc))
		var got []string
		for ev, err := r.Next(); err == nil; ev, err = r.Next() {
			if ev.Problem == "" {
				got = append(got, string(r.Text()))
			}
		}
		if !slices.Equal(got, all) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, all)
		}
	}
}

// wrapped returns all in each container, by the container's name.
func wrapped(all []string) map[string]string {
	var lines, looked, envelopes, text strings.Builder
	for i, rec := range all {
		lines.WriteString(rec + "\n")
		envelopes.WriteString(envelope(rec))
		text.WriteString("CloudTrail/logs 111122223333_CloudTrail_us-east-1 " + rec + "\n")
		if i > 0 {
			looked.WriteString(",")
		}
		looked.WriteString(lookedUp(rec))
	}
	return map[string]string{
		"records":       `{"Records":[` + strings.Join(all, ",") + `]}`,
		"array":         "[" + strings.Join(all, ",") + "]",
		"lines":         lines.String(),
		"lookup-events": `{"Events":[` + looked.String() + `]}`,
		"envelopes":     envelopes.String(),
		"subscription":  payload(all...),
		"awslogs":       text.String(),
	}
}

func TestContainersAreStreamedWithoutAllocating(t *testing.T) {
	all := slices.Repeat([]string{rec("a"), strings.TrimSuffix(rec("b"), "}") + `,"requestParameters":"` + strings.Repeat("x", 20000) + `"}`}, 60)
	for name, text := range wrapped(all) {
		t.Run(name, func(t *testing.T) {
			if len(text) < 2*windowSize {
				t.Fatalf("%d bytes fit in two windows", len(text))
			}
			var r Reader
			src := strings.NewReader(text)
			count := 0
			allocs := testing.AllocsPerRun(5, func() {
				src.Reset(text)
				r.Reset(src)
				for count = 0; ; count++ {
					ev, err := r.Next()
					if err == io.EOF {
						break
					}
					if err != nil || ev.Problem != "" {
						t.Fatal(err, ev)
					}
				}
			})
			if allocs > 0 || count != len(all) || len(r.buf) != windowSize+walk.Pad {
				t.Errorf("%v allocations, %d records, a window of %d bytes", allocs, count, len(r.buf))
			}
		})
	}
}

func TestContainersTakeRecordsLongerThanTheWindow(t *testing.T) {
	long := strings.TrimSuffix(rec("long"), "}") + `,"requestParameters":"` + strings.Repeat(`\"`, 2*windowSize) + `"}`
	for name, text := range wrapped([]string{long, rec("a"), long}) {
		all, err := scanAll(strings.NewReader(text), []byte(text))
		if err != nil || len(all) != 3 || all[0].Text["eventID"] != "long" || all[1].Text["eventID"] != "a" || all[2].Text["eventID"] != "long" {
			t.Errorf("%s: %d records, %v", name, len(all), err)
		}
	}
}

func TestContainersRefuseDepth(t *testing.T) {
	for _, around := range []string{"%s", "[%s]", `{"Events":[%s]}`, `{"detail":%s}`, `[{"detail":%s}]`} {
		for inner := walk.MaxDepth - 5; inner <= walk.MaxDepth+1; inner++ {
			nested := `{"eventTime":"2026-11-20T10:11:12Z","x":` + strings.Repeat("[", inner) + strings.Repeat("]", inner) + `}`
			agree(t, fmt.Appendf(nil, around, nested))
			agree(t, fmt.Appendf(nil, around, lookedUp(nested)))
		}
	}
}

// TestAnEndlessObjectIsNotHeld reads an object of another kind that never ends.
func TestAnEndlessObjectIsNotHeld(t *testing.T) {
	var r Reader
	r.Reset(io.MultiReader(strings.NewReader(`{"configurationItems":"`), endless{}))
	if _, err := r.Next(); err != ErrNotCloudTrail || len(r.buf) > 2*MaxRecord+walk.Pad {
		t.Errorf("%v, with a window of %d bytes", err, len(r.buf))
	}
}

// endless is an infinite sequence of the letter x.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
