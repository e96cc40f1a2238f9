package metrics

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"vpcetrail/ingest/day"
)

const saved = `{"format":"vpcetrail-metrics","version":1,"endpoints":[
{"vpc_endpoint_id":"vpce-0a0000000000000a1","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-0a0000000000000a1","service_name":"com.amazonaws.us-east-1.kms","from":"2026-11-19","to":"2026-11-20","days":[]},
{"vpc_endpoint_id":"vpce-0a0000000000000b2","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-0a0000000000000a1","service_name":"com.amazonaws.us-east-1.sqs","from":"2026-11-17","to":"2026-11-17","subnets":["subnet-1"],"days":[
{"day":"2026-11-17","new_connections":9,"active_connections":1,"bytes_processed":100,"packets_dropped":2,"bytes_by_subnet":{"subnet-1":100}}]},
{"vpc_endpoint_id":"vpce-0a0000000000000b2","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-0a0000000000000a1","service_name":"com.amazonaws.us-east-1.sqs","from":"2026-11-19","to":"2026-11-20","subnets":["subnet-1","subnet-2"],"days":[
{"day":"2026-11-19","new_connections":0,"active_connections":3,"bytes_processed":0,"packets_dropped":0},
{"day":"2026-11-20","new_connections":7,"active_connections":0,"bytes_processed":512,"packets_dropped":0,"bytes_by_subnet":{"subnet-1":512}}]}
]}
`

func parse(t *testing.T, text string) Endpoints {
	t.Helper()
	all, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSavedIsParsed(t *testing.T) {
	all := parse(t, saved)
	again, err := all.Save()
	if err != nil || string(again) != saved {
		t.Errorf("got\n%s%v\nwant\n%s", again, err, saved)
	}
	const d = day.Day(20777) // 2026-11-20
	idle, used := all["vpce-0a0000000000000a1"], all["vpce-0a0000000000000b2"]
	if p, measured := idle.Days[d]; !measured || p.IsUsed() {
		t.Errorf("a day without a point: %+v, measured %v; want measured, and no traffic", p, measured)
	}
	if p := used.Days[d-1]; !p.IsUsed() {
		t.Errorf("%+v: an open connection is use", p)
	}
	if _, measured := used.Days[d-2]; measured {
		t.Error("the day between two spans counts as measured")
	}
}

func TestLastSpan(t *testing.T) {
	all := parse(t, saved)
	got, ok := all["vpce-0a0000000000000b2"].Last()
	want := Span{20776, 20777, 7, true, 512, map[string]int64{"subnet-1": 512, "subnet-2": 0}}
	if !ok || !reflect.DeepEqual(got, want) || got.Days() != 2 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, ok := new(Endpoint).Last(); ok {
		t.Error("an endpoint without days has a span")
	}
	// A subnet counts only if it was measured on all days.
	all = parse(t, strings.ReplaceAll(saved, "11-17", "11-18"))
	if got, _ := all["vpce-0a0000000000000b2"].Last(); got.Days() != 3 || !maps.Equal(got.SubnetBytes, map[string]int64{"subnet-1": 612}) {
		t.Errorf("got %+v", got)
	}
}

func TestMerge(t *testing.T) {
	all, o := parse(t, saved), parse(t, saved)
	if err := all.Merge(o); err != nil {
		t.Errorf("the same again: %v", err)
	}
	o = parse(t, strings.Replace(saved, `"new_connections":7`, `"new_connections":8`, 1))
	const differs = "vpce-0a0000000000000b2: 2026-11-20 is there twice, with different numbers: was one measured before the day was over?"
	if err := all.Merge(o); err == nil || err.Error() != differs {
		t.Errorf("got %v, want %s", err, differs)
	}
	o = parse(t, strings.ReplaceAll(saved, "111122223333", "444455556666"))
	const elsewhere = "vpce-0a0000000000000a1: account, Region, VPC or service differ from one place to another"
	if err := all.Merge(o); err == nil || err.Error() != elsewhere {
		t.Errorf("got %v, want %s", err, elsewhere)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	with := func(old, text string) string {
		if !strings.Contains(saved, old) {
			t.Fatalf("the file does not have %s", old)
		}
		return strings.Replace(saved, old, text, 1)
	}
	for _, tc := range []struct{ text, want string }{
		{"", "line 1: not JSON: unexpected end of JSON input: want a file that vpcetrail metrics wrote"},
		{"[]", "line 1: want a file that vpcetrail metrics wrote"},
		{"from: 2026-11-20\n", "line 1: not JSON: invalid character 'r' in literal false (expecting 'a'): want a file that vpcetrail metrics wrote"},
		{with(format, "vpcetrail-network"), `line 1: format: "vpcetrail-network" is not "vpcetrail-metrics": want a file that vpcetrail metrics wrote`},
		{with(`"version":1`, `"version":2`), "line 1: version: 2 is not a version that this vpcetrail reads: want 1"},
		{`{"format":"vpcetrail-metrics","version":1}`, "line 1: endpoints: is not a list: want a file that vpcetrail metrics wrote"},
		{`{"format":"vpcetrail-metrics","version":1,"endpoints":{}}`, "line 1: endpoints: is not a list: want a file that vpcetrail metrics wrote"},
		{with("vpce-0a0000000000000a1", "vpce-1"), `line 2: endpoints[0]: vpc_endpoint_id: "vpce-1" is no endpoint id such as vpce-0a1b2c3d4e5f60718`},
		{with("111122223333", "1"), `line 2: endpoints[0]: account_id: "1" is no account id of 12 digits`},
		{with("us-east-1", ""), "line 2: endpoints[0]: region: is missing"},
		{with("2026-11-17", "yesterday"), `line 3: endpoints[1]: from: "yesterday" is no day such as 2026-11-20`},
		{with(`"to":"2026-11-20"`, `"to":"2026-11-18"`), "line 2: endpoints[0]: to: 2026-11-18 does not end a span of 1 to 455 days from 2026-11-19"},
		{with(`"to":"2026-11-20"`, `"to":"2126-11-18"`), "line 2: endpoints[0]: to: 2126-11-18 does not end a span of 1 to 455 days from 2026-11-19"},
		{with(`"day":"2026-11-20"`, `"day":"2026-11-21"`), `line 5: endpoints[2]: days[1].day: "2026-11-21" is no day from from to to`},
		{with(`"day":"2026-11-20"`, `"day":"2026-11-19"`), "line 5: endpoints[2]: days[1].day: 2026-11-19 is there twice"},
		{with(`"new_connections":7`, `"new_connections":-7`), "line 5: endpoints[2]: days[1].new_connections: -7 is no number from 0 to 2^50"},
		{with(`"bytes_processed":512`, `"bytes_processed":9000000000000000000`), "line 5: endpoints[2]: days[1].bytes_processed: 9000000000000000000 is no number from 0 to 2^50"},
		{with(`"new_connections":7`, `"new_connections":7.5`), "line 5: endpoints[2]: days.new_connections: is number 7.5: want what vpcetrail metrics writes"},
		{with(`{"subnet-1":512}`, `{"subnet-3":512}`), `line 5: endpoints[2]: days[1].bytes_by_subnet: "subnet-3": 512: want a subnet that subnets lists, and a number from 0 to 2^50`},
		{with(`"from":"2026-11-17","to":"2026-11-17"`, `"from":"2026-11-17","to":"2026-11-20"`), "line 5: endpoints[2]: vpce-0a0000000000000b2: 2026-11-19 is there twice, with different numbers: was one measured before the day was over?"},
	} {
		if all, err := Parse([]byte(tc.text)); err == nil || err.Error() != tc.want {
			t.Errorf("%s\ngot  %v, %v\nwant %s", tc.text, all, err, tc.want)
		}
	}
}

// FuzzParse holds that what is read has no number below 0 and can be saved and read again,
// and that what is refused names a line.
func FuzzParse(f *testing.F) {
	f.Add(saved)
	f.Add(`{"format":"vpcetrail-metrics","version":1,"endpoints":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Parse([]byte(text))
		if err != nil {
			if s := err.Error(); !strings.HasPrefix(s, "line ") || strings.Contains(s, "\n") {
				t.Fatal(err)
			}
			return
		}
		for _, e := range all {
			for _, p := range e.Days {
				if p.NewConnections < 0 || p.ActiveConnections < 0 || p.Bytes < 0 || p.PacketsDropped < 0 {
					t.Fatalf("%s: %+v", e.ID, p)
				}
			}
			if s, ok := e.Last(); ok && (s.Bytes < 0 || s.Connections < 0 || s.Days() < 1) {
				t.Fatalf("%s: %+v", e.ID, s)
			}
		}
		again, err := all.Save()
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := Parse(again)
		if err != nil {
			t.Fatalf("%v\n%s", err, again)
		}
		if twice, _ := parsed.Save(); string(twice) != string(again) {
			t.Fatalf("saved\n%s\nand again\n%s", again, twice)
		}
	})
}
