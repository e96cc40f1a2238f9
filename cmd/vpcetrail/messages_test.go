package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/terminal"
)

// withoutTime checks that JSON lines have the time, and removes it.
func withoutTime(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, `{"time":`); ok {
			at, rest, _ := strings.Cut(rest, ",")
			if _, err := time.Parse(`"`+time.RFC3339Nano+`"`, at); err != nil {
				t.Error(err)
			}
			line = "{" + rest
		}
		out.WriteString(line)
	}
	return out.String()
}

// With --log-format json, everything that a run writes to standard error is JSON.
func TestMessagesInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	const record = `{"Records": [{"eventTime": "2026-11-20T10:00:00Z", "eventID": "a", "eventSource": "s3.amazonaws.com"}]}`
	for name, text := range map[string]string{"good/a.json": record, "mixed/a.json": record, "mixed/b.json": "{Hello!"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const broken = `"mixed/b.json: decode: at byte 1: invalid JSON: unexpected byte 'H'"`
	const incomplete = `"the report is published, but incomplete: 1 of 2 objects could not be read whole"`
	for _, tc := range []struct {
		line string
		code int
		want string
	}{
		{"good --out report", 0, `{"level":"INFO","msg":"done","days":1,"objects":1,"events":1}` + "\n"},
		{"good --out report --quiet", 0, ""},
		{"mixed --out report", exit.Incomplete, `{"level":"WARN","msg":"problem","error":` + broken + "}\n" +
			`{"level":"ERROR","msg":"failed","error":` + incomplete + `,"exit_status":3}` + "\n"},
		{"missing --out report", exit.Failed, `{"level":"ERROR","msg":"failed","error":"missing: no such file or directory: ` +
			`name s3://bucket/prefix, lookup-events://REGION, a directory, a file or -","exit_status":1}` + "\n"},
		{"--frob good --out report", exit.Usage, `{"level":"ERROR","msg":"failed","error":"unknown flag: --frob: see vpcetrail analyze --help","exit_status":2}` + "\n"},
	} {
		for _, flag := range []string{"--log-format=json", "--log-format json"} {
			args := append([]string{"analyze"}, strings.Fields(tc.line+" "+flag)...)
			f := vpcetrail(t.Context(), args...)
			if got := withoutTime(t, f.errOut); f.code != tc.code || got != tc.want {
				t.Errorf("%v: exit code %d\n got %swant %s", args, f.code, got, tc.want)
			}
			for line := range strings.Lines(f.errOut) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%v: no JSON: %s", args, line)
				}
			}
		}
	}
}

func TestWantsJSON(t *testing.T) {
	for line, want := range map[string]bool{
		"analyze x --log-format json": true, "--log-format=json": true, "--log-format=json --log-format=text": false,
		"analyze x": false, "analyze -- --log-format=json": false, "--log-format": false, "--log-format text": false,
	} {
		if got := terminal.WantsJSON(strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
