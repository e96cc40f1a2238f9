package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// hostile moves a terminal's cursor in two ways, changes the text direction, and
// forges a line of a log.
const hostile = "a\x1b[2J\u009b2J\u202e\u2028\nvpcetrail: all is well\r\u2066"

// Every stream of every command prints names of files, objects and principals as plain
// text: no control character reaches a terminal, and no name makes a line of its own.
func TestHostileNames(t *testing.T) {
	t.Chdir(t.TempDir())
	record := map[string]any{
		"eventVersion": "1.11", "eventTime": "2026-11-20T10:00:00Z", "eventID": "e" + hostile, "eventSource": "s3.amazonaws.com", "eventName": "GetObject" + hostile,
		"awsRegion": "us-east-1" + hostile, "recipientAccountId": "111122223333", "sourceIPAddress": "203.0.113.9", "userAgent": hostile, "requestID": hostile,
		"requestParameters": map[string]any{"bucketName": "bucket"}, "resources": []any{map[string]any{"ARN": "arn:aws:s3:::bucket" + hostile, "type": "AWS::S3::Bucket"}},
		"userIdentity": map[string]any{"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/" + hostile},
		"errorCode":    "AccessDenied" + hostile, "errorMessage": hostile, "vpcEndpointId": "vpce-0a1b2c3d" + hostile, "vpcEndpointAccountId": "111122223333",
	}
	text, err := json.Marshal(map[string]any{"Records": []any{record, 17}})
	if err != nil {
		t.Fatal(err)
	}
	// No file system accepts a file name that is longer than 255 bytes or has a slash.
	for name, text := range map[string]string{"trail/" + hostile + ".json": string(text), "trail/b" + hostile + ".json": "{Hello!", hostile + ".yaml": hostile} {
		if err := os.MkdirAll("trail", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.FromSlash(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	rules := mustRun(t, 0, "audit", "--example", "sensitive-resources").out
	if err := os.WriteFile("rules.yaml", []byte(rules), 0o666); err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:s3:::bucket"
	lines := [][]string{
		{"analyze", "trail", "--out", "out" + hostile}, {"analyze", "trail", "--out", "out" + hostile, "--log-format", "json"},
		{"analyze", "trail", "--out", "out", "--date", "2026-11-21", "--restate", "1d"},
		{"analyze", "none" + hostile, "--out", "out"}, {"analyze", "none" + hostile, "--out", "out", "--log-format", "json"},
		{"analyze", "trail", "--out", "trail/out" + hostile}, {"analyze", "trail", "--out", "gs://" + hostile}, {hostile}, {"summary", "--" + hostile},
		{"analyze", "trail", "--out", "out", "--date", hostile}, {"analyze", "trail", "--out", "out", "--own-accounts", hostile},
		{"summary", "out" + hostile}, {"summary", "out", "--format", "json"}, {"summary", "out", "--format", "markdown"}, {"summary", "none" + hostile},
		{"summary", "out", "--by", "principal"}, {"summary", "out", "--by", "resource", "--format", "json"}, {"summary", "out", "--by", hostile},
		{"summary", "out", "--by", "region", "--format", "markdown"}, {"summary", "out", "--by", "finding", "--format", "json"}, {"summary", "out", "--by", "endpoint"},
		{"diff", "out" + hostile, "out"}, {"diff", "out", "none" + hostile}, {"diff", "out", "out" + hostile, "--format", "json"},
		{"html", "out" + hostile, "-o", "-"}, {"html", "out", "-o", "none" + hostile + "/x"},
		{"audit", "out" + hostile, "--policy", "rules.yaml"}, {"audit", "out", "--policy", "rules.yaml", "--format", "json"},
		{"audit", "out", "--policy", "rules.yaml", "--format", "junit"}, {"audit", "out", "--policy", hostile + ".yaml"},
		{"readiness", "out" + hostile, "--resource", arn}, {"readiness", "out", "--resource", arn, "--format", "json"},
		{"replay", "out" + hostile, "--scp", hostile + ".yaml"}, {"replay", "out", "--suggest", "resource", "--resource", arn}, {"replay", "out", "--assume", hostile, "--scp", hostile + ".yaml"},
		{"readiness", "out", "--resource", arn, "--policy", hostile + ".yaml"}, {"readiness", "out", "--resource", arn + hostile},
		{"athena", "out" + hostile, "--engine", "duckdb"}, {"athena", "out", "--location", "s3://b/" + hostile}, {"athena", "out", "--location", "s3://b/x\nDROP TABLE t; --"},
		{"explain", "trail"}, {"explain", "trail", "--format", "json"}, {"explain", "trail", "--event-id", hostile}, {"explain", "trail", "--endpoints", hostile},
		{"endpoints", "trail"}, {"endpoints", "trail", "-o", "inventory" + hostile}, {"merge", "out", "out" + hostile, "--out", "m"}, {"man", "none" + hostile},
	}
	for _, args := range lines {
		if slices.Contains([]string{"summary", "explain", "why", "readiness", "replay", "html"}, args[0]) {
			lines = append(lines, append(slices.Clone(args), "--lang", "ja"))
		}
	}
	for _, args := range lines {
		f := vpcetrail(t.Context(), args...)
		for stream, text := range map[string]string{"output": f.out, "error": f.errOut} {
			at := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
			if at >= 0 {
				t.Errorf("%q: standard %s holds what cannot be seen: %q", args, stream, text[max(0, at-100):at+10])
			}
		}
		for line := range strings.Lines(f.errOut) {
			if json.Valid([]byte(line)) == strings.HasPrefix(line, "vpcetrail: ") || strings.HasPrefix(line, "vpcetrail: all is well") {
				t.Errorf("%q: a line of standard error is none of its own: %q", args, line)
			}
		}
		if strings.Contains(f.out, "\nDROP TABLE") || strings.Contains(f.out, "\nvpcetrail: all is well") && args[0] != "html" {
			t.Errorf("%q: a name has a line of its own:\n%s", args, f.out)
		}
	}
}
