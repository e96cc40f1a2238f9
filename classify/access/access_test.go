package access

import (
	"os"
	"strings"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/accesslog"
	"vpcetrail/ingest/day"
)

// line returns the ordinary line of testdata/cases.txt with other fields.
func line(fields map[string]string) string {
	or := func(name, other string) string {
		if v, ok := fields[name]; ok {
			return v
		}
		return other
	}
	host, tls, region := or("host", "logged.s3.us-east-1.amazonaws.com"), or("tls", "TLSv1.2"), or("region", "-")
	tail := " - HOSTID= SigV4 C AuthHeader " + host + " " + tls + " - - " + region
	agent := `"aws-cli/2"`
	if fields["agent"] == "forged" {
		agent = `"x"` + strings.Replace(tail, host, "logged.bucket.vpce-0a1b2c3d.s3.us-east-1.vpce.amazonaws.com", 1) + ` "`
	}
	return "0123abcd logged [20/Nov/2026:10:11:12 +0000] " + or("ip", "10.0.1.9") + " " + or("requester", "arn:aws:sts::111122223333:assumed-role/app/x") +
		" R1 " + or("op", "REST.GET.OBJECT") + ` a.csv "GET /a.csv HTTP/1.1" 200 - 5 5 1 1 "-" ` + agent + tail + "\n"
}

func read(t *testing.T, text string) *accesslog.Line {
	t.Helper()
	var r accesslog.Reader
	if err := r.Reset(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	l, err := r.Next()
	if err != nil || l.Problem == accesslog.Invalid {
		t.Fatal(text, err)
	}
	return l
}

// known is the day of the cases with network=1.
func known(t *testing.T) *network.View {
	t.Helper()
	const at = `"account_id":"111122223333","region":"us-east-1"`
	snapshot, err := network.Parse([]byte(`{"format":"vpcetrail-network","version":1,
"sweeps":[{` + at + `,"at":"2026-11-21T02:00:00Z"}],"changes":[],
"things":[
{"kind":"vpc",` + at + `,"id":"vpc-0a1b2c3d4e5f60718","cidrs":["10.0.0.0/16","25.1.0.0/16","3.5.0.0/16","203.0.113.0/24","2001:db8:77::/56"],"seen":["2026-11-21T02:00:00Z/"]},
{"kind":"nat_gateway",` + at + `,"id":"nat-0a1b2c3d4e5f60718","vpc_id":"vpc-0a1b2c3d4e5f60718","state":"available","addresses":["203.0.113.77"],"seen":["2026-11-21T02:00:00Z/"]}
]}`))
	if err != nil {
		t.Fatal(err)
	}
	networks, err := network.ParseNetworks([]byte("office: [192.0.2.0/24]"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	return network.NewDays(snapshot, networks).View(d)
}

func TestCases(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	ranges, view := classify.EmbeddedRanges(), known(t)
	fields, cases := map[string]string{}, 0
	for at := range strings.SplitSeq(string(text), "\n") {
		want, isWant := strings.CutPrefix(at, "  -> ")
		switch {
		case isWant:
			of := view
			if fields["network"] == "" {
				of = nil
			}
			v := Decide(read(t, line(fields)), ranges, of)
			got := strings.Join([]string{v.Evidence.Route().String(), v.Evidence.String(), v.Endpoint, v.Egress}, " ")
			if want = strings.ReplaceAll(want, " - ", "  "); strings.TrimSpace(got) != want {
				t.Errorf("%v: %q, want %q", fields, got, want)
			}
			fields = map[string]string{}
			cases++
		case strings.HasPrefix(at, "  "):
			for field := range strings.FieldsSeq(at) {
				name, value, _ := strings.Cut(field, "=")
				fields[name] = value
			}
		}
	}
	if cases < 30 {
		t.Errorf("%d cases", cases)
	}
}

func TestRequesterOfASessionIsItsRole(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:sts::111122223333:assumed-role/app/i-0a1b2c3d": "arn:aws:iam::111122223333:role/app",
		"arn:aws-cn:sts::111122223333:assumed-role/app/x":       "arn:aws-cn:iam::111122223333:role/app",
		"arn:aws:iam::111122223333:user/ana":                    "arn:aws:iam::111122223333:user/ana",
		"79a59df900b949e5":                                      "79a59df900b949e5",
		"":                                                      "",
	} {
		var buf []byte
		if got := string(Requester([]byte(text), &buf)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
