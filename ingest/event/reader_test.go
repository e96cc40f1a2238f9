package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"vpcetrail/ingest/event/walk"
)

// documents are texts with the reader's corner cases. The fuzz test starts from them.
var documents = []string{
	`{"Records":[]}`,
	` { "Records" : [ ] } ` + "\n",
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","eventID":"a"},{"eventTime":"2026-11-20T10:11:12.5+01:00"}]}`,
	`{"Records":[null,1.5e3,"x",[],{},{"eventTime":"2026-02-30T00:00:00Z"}],"more":{"a":[1,2,{"b":null}]}}`,
	`{"first":true,"Records":[{"eventTime":"2024-02-29T23:59:59Z","userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/r","accountId":"111122223333"},"ec2RoleDelivery":"2.0"},"onBehalfOf":{"userId":"u"},"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:x","sourceArn":"arn:aws:lambda:eu-west-1:111122223333:function:f"}}}]}`,
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","userAgent":"a \"b\" \\ \/ \u00e9 \ud83d\ude00 \ud800 \udc00x é","vpcEndpointId":"vpce-0a1b2c3d"}]}`,
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","vpcEndpointId":"first","vpcEndpointId":"last","userIdentity":{"arn":"gone"},"userIdentity":{"type":"Root"}}]}`,
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","vpcEndpointId":12,"userIdentity":"text","tlsDetails":[{"clientProvidedHostHeader":"x"}],"readOnly":"true"}]}`,
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","requestParameters":{"vpcEndpointId":"vpce-0a1b2c3d"},"responseElements":null,"additionalEventData":{"bytesTransferredIn":0.0,"bytesTransferredOut":1.2E7,"vpcEndpointId":"vpce-1"}}]}`,
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","additionalEventData":{"bytesTransferredIn":-5,"bytesTransferredOut":9223372036854775807}}]}`,
	`{"Records":[{"eventTime":"2026-11-20T10:11:12Z","additionalEventData":{"bytesTransferredIn":1e400,"bytesTransferredOut":92233720368547758070}}]}`,
	`{"Records":[{"\u0065ventTime":"2026-11-20T10:11:12Z","addendum":{"reason":"UPDATED_DATA","originalEventID":"o"},"eventCategory":"Management"}]}`,
	`{"Records":[{"eventCategory":"Aggregated"},{"eventTime":"2026-11-20T10:11:12Z","eventType":"AwsVpceEvents"}]}`,
	"{\"Records\":[{\"eventTime\":\"2026-11-20T10:11:12Z\",\"userAgent\":\"bad \xff\xc3 utf-8\",\"x\":\"\xff\"}]}",
}

func TestReaderAgreesWithEncodingJSON(t *testing.T) {
	for _, doc := range documents {
		agree(t, []byte(doc))
	}
	for _, tc := range containers {
		agree(t, []byte(tc.doc))
	}
}

// agree compares the Reader with encoding/json, and with itself when it reads one byte at
// a time into a window that must grow with each record.
func agree(t *testing.T, doc []byte) {
	t.Helper()
	got, err := scanAll(bytes.NewReader(doc), doc)
	bytewise, err1 := scanThrough(1, iotest.OneByteReader(bytes.NewReader(doc)), doc)
	if !reflect.DeepEqual(got, bytewise) || fmt.Sprint(err) != fmt.Sprint(err1) {
		t.Fatalf("result depends on the size of reads and window:\n%v %v\n%v %v", got, err, bytewise, err1)
	}
	lent, err2 := scanText(&lender{rest: doc}, doc)
	if !reflect.DeepEqual(got, lent) || fmt.Sprint(err) != fmt.Sprint(err2) {
		t.Fatalf("result depends on where the text lies:\n%v %v\n%v %v", got, err, lent, err2)
	}
	want, refErr := reference(doc)
	if (err == nil) != (refErr == nil) {
		t.Fatalf("%q:\nReader says %v\nthe reference says %v", doc, err, refErr)
	}
	if err != nil {
		return
	}
	behind := int64(0)
	for i, s := range got { // see checked that the record is at its Offset
		if s.Offset < behind {
			t.Fatalf("%q: record %d at byte %d, inside the one before", doc, i, s.Offset)
		}
		behind = s.Offset + int64(len(s.Record))
		got[i].Offset = 0 // the reference has no offset
	}
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("%q:\ngot  %+v\nwant %+v", doc, got, want)
	}
}

func TestReaderGivesExactPlaces(t *testing.T) {
	const first, second = `{"eventTime":"2026-11-20T10:11:12Z","pad":"` + "é" + `"}`, `{"eventTime":"2026-11-20T10:11:13Z"}`
	doc := `{"Records" : [ ` + first + " ,\n\t" + second + `]}`
	all, err := scanAll(strings.NewReader(doc), []byte(doc))
	if err != nil || len(all) != 2 || all[0].Record != first || all[1].Record != second {
		t.Fatalf("records %+v, %v", all, err)
	}
}

func TestReaderRefuses(t *testing.T) {
	const rec = `{"eventTime":"2026-11-20T10:11:12Z"}`
	none := ErrNotCloudTrail.Error()
	twice := errTwice.Error()
	for _, tc := range []struct {
		name, doc string
		want      string
		offset    int64
	}{
		{"no text", "", "empty object", 0},
		{"white space alone", " \n ", "empty object", 0},
		{"plain text", "hello", `invalid JSON: unexpected byte 'h'`, 0},
		{"another object", `{"configurationItems":[]}`, none, 25},
		{"a digest", `{"awsAccountId":"111122223333","digestStartTime":"2026-11-20T10:11:12Z","logFiles":[{"oldestEventTime":"2026-11-20T10:11:12Z"}]}`, none, 128},
		{"a configuration snapshot", `{"fileVersion":"1.0","configurationItems":[{"relatedEvents":[],"configuration":` + rec + `}]}`, none, 118},
		{"Records is no array", `{"Records":{}}`, none, 14},
		{"an array of other objects", `[{"eventName":"a"},{"time":"2026-11-20T10:11:12Z"},` + "[[" + strings.Repeat(" ", len(rec)-2) + "]]]", none, 90},
		{"lines of other objects", `{"level":"info"}` + "\n" + `{"eventTime":null,"eventVersion":1}` + "\n", none, 52},
		{"a finding by EventBridge", `{"detail-type":"GuardDuty Finding","time":"2026-11-20T10:11:12Z","detail":{"schemaVersion":"2.0"}}`, none, 98},
		{"another log group", `{"messageType":"DATA_MESSAGE","logEvents":[{"message":"START RequestId"},{"message":"{\"level\":1}"}]}`, none, 102},
		{"Events without a record", `{"Events":[` + rec[:len(rec)-1] + `}x`, `invalid JSON: unexpected byte 'x'`, 47},
		{"lines of text", "one two\n", `invalid JSON: unexpected byte 'o'`, 0},
		{"a line of text after a log", `{"Records":[` + rec + "]}\none two\n", `invalid JSON: unexpected byte 'o'`, 51},
		{"a line of text before a log", "\none two\n" + `{"Records":[` + rec + `]}`, `invalid JSON: unexpected byte 'o'`, 1},
		{"a line that is not text after records", rec + "\none\x01two\n", `invalid JSON: unexpected byte 'o'`, 37},
		{"text in braces", " {HELLO}\n", `invalid JSON: unexpected byte 'H'`, 2},
		{"text in brackets", "[ INFO] up", `invalid JSON: unexpected byte 'I'`, 2},
		{"a date in brackets", "[2026-11-20] up", `invalid JSON: unexpected byte '-'`, 5},
		{"text after a number in brackets", "[42] up", `invalid JSON: unexpected byte 'u'`, 5},
		{"lines of text and another object", "one two\n" + `{"level":"info"}`, none, 24},
		{"a line of text that is cut in its object", rec + "\n" + "g s " + rec[:20], "unexpected EOF", 41},
		{"notifications of S3", `{"Records":[` + notification + "," + notification + `]}`, none, int64(2*len(notification) + 15)},
		{"a notification of S3 in a line", notification, none, int64(len(notification))},
		{"notifications of S3 in strings", "[" + quote(notification) + "]", none, int64(len(quote(notification)) + 2)},
		{"rows without a record", `[["id"],[]]`, none, 11},
		{"a row that is not closed", `[["id",` + rec + `]`, "unexpected EOF", 44},
		{"a string that holds a record and ends too early", quote(rec)[:20], "unexpected EOF", 0},
		{"a byte order mark alone", bom, "empty object", 3},
		{"half a byte order mark", bom[:2], `invalid JSON: unexpected byte 'ï'`, 0},
		{"a byte order mark inside a log", `{"Records":[` + bom + rec + `]}`, `invalid JSON: unexpected byte 'ï'`, 12},
		{"UTF-16, little end first", "\xff\xfe{\x00\"\x00", ErrUTF16.Error(), 0},
		{"UTF-16, big end first", "\xfe\xff\x00{\x00\"", ErrUTF16.Error(), 0},
		{"UTF-16 without a mark", "{\x00\"\x00", ErrUTF16.Error(), 0},
		{"UTF-16 without a mark, big end first", "\x00[\x00{", ErrUTF16.Error(), 0},
		{"one byte of UTF-16", "\xff", `invalid JSON: unexpected byte 'ÿ'`, 0},
		{"events beside Events", `{"events":[],"Events":null}`, twice, 13},
		{"text after a record in its line", rec + " stream " + rec, `invalid JSON: unexpected byte 's'`, 37},
		{"a quote in the text before a record", `a "b" ` + rec, `invalid JSON: unexpected byte 'a'`, 0},
		{"text before an object without a space", `a` + rec, `invalid JSON: unexpected byte 'a'`, 0},
		{"too much text before a record", strings.Repeat("x", maxPrefix) + " " + rec, `invalid JSON: unexpected byte 'x'`, 0},
		{"a number alone", "12", `invalid JSON: unexpected byte '1'`, 0},
		{"a number after a log", `{"Records":[]}` + "\n12", `invalid JSON: unexpected byte '1'`, 15},
		{"a comma between lines", rec + "," + rec, `invalid JSON: unexpected byte ','`, 36},
		{"ends in a line", rec + "\n" + rec[:20], "unexpected EOF", 36},
		{"ends in an array", "[" + rec, "unexpected EOF", 37},
		{"ends in a record", `{"Records":[` + rec + `,{"eventTi`, "unexpected EOF", 13 + int64(len(rec))},
		{"ends before the closing brace", `{"Records":[` + rec + `]`, "unexpected EOF", 13 + int64(len(rec))},
		{"Records twice", `{"Records":[],"Record\u0073":[]}`, twice, 14},
		{"Events beside Records", `{"Records":[],"Events":[]}`, twice, 14},
		{"logEvents beside Events", `{"Events":[],"logEvents":null}`, twice, 13},
		{"a comma too many", `{"Records":[` + rec + `,]}`, `invalid JSON: unexpected byte ']'`, 13 + int64(len(rec))},
		{"a key comma too many", `{"Records":[],}`, `invalid JSON: unexpected byte '}'`, 14},
		{"text after the end", `{"Records":[]}x`, `invalid JSON: unexpected byte 'x'`, 14},
		{"a NUL byte", "{\"Records\":[\x00]}", `invalid JSON: unexpected byte '\x00'`, 12},
		{"a control character in a skipped string", "{\"Records\":[{\"x\":\"a\nb\"}]}", `invalid JSON: unexpected byte '\n'`, 19},
		{"a bad escape in a skipped string", `{"Records":[{"x":"a\qb"}]}`, `invalid JSON: unexpected byte 'q'`, 20},
		{"a bad number in a skipped value", `{"Records":[{"x":[01]}]}`, `invalid JSON: unexpected byte '1'`, 19},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var r Reader
			r.Reset(iotest.OneByteReader(strings.NewReader(tc.doc)))
			var err error
			for err == nil {
				_, err = r.Next()
			}
			if err.Error() != tc.want || r.Offset() != tc.offset {
				t.Errorf("%q at byte %d; want %q at byte %d", err, r.Offset(), tc.want, tc.offset)
			}
		})
	}
}

func TestReaderPassesOnTheSourcesError(t *testing.T) {
	broken := errors.New("checksum does not match")
	var r Reader
	for _, doc := range []string{`{"Records":[`, `{"Records":[]}`, ``} {
		r.Reset(io.MultiReader(strings.NewReader(doc), iotest.ErrReader(broken)))
		if _, err := r.Next(); err != broken {
			t.Errorf("after %q: %v", doc, err)
		}
	}
	r.ResetText(&lender{rest: []byte(`{"Records":[]}`), err: broken})
	if _, err := r.Next(); err != broken {
		t.Errorf("in place: %v", err)
	}
	r.Reset(strings.NewReader(documents[2])) // usable again after the failure
	if _, err := r.Next(); err != nil {
		t.Error(err)
	}
}

func TestReaderTakesRecordsLongerThanItsWindow(t *testing.T) {
	long := `{"eventTime":"2026-11-20T10:11:12Z","requestParameters":"` + strings.Repeat("x", 3*windowSize) + `","eventID":"long"}`
	doc := []byte(`{"Records":[` + strings.Repeat(long+",", 3) + long + `]}`)
	all, err := scanAll(bytes.NewReader(doc), doc)
	if err != nil || len(all) != 4 || all[3].Text["eventID"] != "long" || all[3].Record != long {
		t.Fatalf("%d records, %v", len(all), err)
	}
}

func TestReaderRefusesDepth(t *testing.T) {
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, tc := range []struct {
		around string // %s is the nested value
		levels int    // in around
	}{
		{`{"Records":[{"x":%s}]}`, 3}, {`{"Records":[{"eventTime":"["},{"x":%s}]}`, 3}, {`{"Records":[%s]}`, 2}, {`{"Records":[],"x":%s}`, 1}, {`{"x":%s,"Records":[]}`, 1},
		{`[{"eventTime":"\"[","x":%s}]`, 2}, {`[{"eventTime":""},%s]`, 1}, {`[{"eventTime":""},[[%s]]]`, 3}, {`{"Events":[%s]}`, 2}, {`{"detail":{"x":%s}}`, 2}, {`{"eventTime":"","x":%s}`, 1}, {"%s", 0},
	} {
		for _, over := range []int{-1, 0, 1} {
			doc := fmt.Appendf(nil, tc.around, nest(walk.MaxDepth+over-tc.levels))
			if strings.Contains(tc.around, `"x":`) { // the reference is slow on rows
				agree(t, doc)
			}
			_, err := scanAll(bytes.NewReader(doc), doc)
			_, bytewise := scanThrough(1, iotest.OneByteReader(bytes.NewReader(doc)), doc)
			if over > 0 != (err == errDepth) || over > 0 != (bytewise == errDepth) {
				t.Errorf("%s with %d levels: %v", tc.around, walk.MaxDepth+over, err)
			}
		}
	}
	const misplaced = `{"Records":[{"x":1[`
	if _, err := scanAll(strings.NewReader(misplaced), []byte(misplaced)); err == nil || err.Error() != `invalid JSON: unexpected byte '['` {
		t.Errorf("a misplaced bracket: %v", err)
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	doc := []byte(`{"Records":[` + strings.Repeat(`{"eventTime":"2026-11-20T10:11:12Z","userAgent":"a \u0026 b","additionalEventData":{"bytesTransferredIn":12}},`, 2000) + `{}]}`)
	var r Reader
	src := bytes.NewReader(doc)
	allocs := testing.AllocsPerRun(20, func() {
		src.Reset(doc)
		r.Reset(src)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations to read 2,001 records", allocs)
	}
}

func FuzzReader(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	for _, tc := range containers {
		f.Add([]byte(tc.doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		agree(t, doc)
	})
}
