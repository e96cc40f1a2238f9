package recommend

import (
	"reflect"
	"strings"
	"testing"
)

const metricsFile = `from: 2026-10-20
to: 2026-11-20
endpoints:
  vpce-0a0000000000000a1: {new_connections: 0}
  vpce-0a0000000000000b2: {new_connections: 7, bytes_processed: 512, bytes_by_subnet: {subnet-1: 512, subnet-2: 0}}
`

func TestParseMetrics(t *testing.T) {
	got, err := ParseMetrics([]byte(metricsFile))
	want := map[string]Metric{
		"vpce-0a0000000000000a1": {32, "2026-10-20T00:00:00Z", 20777, 0, -1, map[string]int64{}},
		"vpce-0a0000000000000b2": {32, "2026-10-20T00:00:00Z", 20777, 7, 512, map[string]int64{"subnet-1": 512, "subnet-2": 0}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func TestExampleMetrics(t *testing.T) {
	metrics, err := ParseMetrics([]byte(ExampleMetrics()))
	if err != nil || len(metrics) != 2 || metrics["vpce-0a1b2c3d4e5f60718"].Days != leastDays {
		t.Errorf("%+v, %v", metrics, err)
	}
}

func TestParseMetricsSaysWhatIsWrong(t *testing.T) {
	with := func(old, text string) string { return strings.Replace(metricsFile, old, text, 1) }
	for _, tc := range []struct{ text, want string }{
		{"", "line 1: is empty: want metrics of endpoints"},
		{"to: 2026-11-20", "line 1: from: is missing: want a day, such as 2026-11-20"},
		{"from: 2026-11-20", "line 1: to: is missing: want a day, such as 2026-11-20"},
		{with("10-20", "12-20"), "line 1: to: is before from"},
		{with("2026-10-20", "yesterday"), `line 1: from: is "yesterday": want a day, such as 2026-11-20`},
		{with("endpoints", "endpoint"), "line 3: endpoint: is not known here: want endpoints, from, to"},
		{with("vpce-0a0000000000000a1", "vpc-1"), "line 4: endpoints.vpc-1: is no endpoint id such as vpce-0a1b2c3d4e5f60718"},
		{with("{new_connections: 0}", "{}"), "line 4: endpoints.vpce-0a0000000000000a1.new_connections: is missing: want a whole number, 0 or more"},
		{with("{new_connections: 0}", "0"), `line 4: endpoints.vpce-0a0000000000000a1: is "0": want a mapping of bytes_by_subnet, bytes_processed, new_connections`},
		{with("connections: 7", "connections: 7.5"), `line 5: endpoints.vpce-0a0000000000000b2.new_connections: is "7.5": want a whole number, 0 or more`},
		{with("subnet-1: 512", "subnet-1: -1"), `line 5: endpoints.vpce-0a0000000000000b2.bytes_by_subnet.subnet-1: is "-1": want a whole number, 0 or more`},
	} {
		if m, err := ParseMetrics([]byte(tc.text)); err == nil || err.Error() != tc.want {
			t.Errorf("%s\ngot  %+v, %v\nwant %s", tc.text, m, err, tc.want)
		}
	}
}

// FuzzParseMetrics holds that what is read has days and no number below 0, and that what is refused
// names a line or says that it is no YAML.
func FuzzParseMetrics(f *testing.F) {
	f.Add(metricsFile)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		metrics, err := ParseMetrics([]byte(text))
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "line ") && !strings.HasPrefix(text, "want ") {
				t.Fatal(err)
			}
			return
		}
		for id, m := range metrics {
			if m.Days < 1 || m.Connections < 0 || m.Bytes < -1 {
				t.Fatalf("%s: %+v", id, m)
			}
		}
	})
}
