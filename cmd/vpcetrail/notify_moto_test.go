package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// countCalls counts the calls to AWS from here on. The result returns how many asked for something.
func countCalls(t *testing.T) func(what string) int {
	t.Helper()
	to, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	calls := map[string]int{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		mu.Lock()
		calls[op+strings.TrimPrefix(r.URL.Path, "/")]++
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	return func(what string) int {
		mu.Lock()
		defer mu.Unlock()
		return calls[what]
	}
}

// askMoto makes a call to moto, which checks no signature. target is the header with the operation, or "".
func askMoto(t *testing.T, service, target, path, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, os.Getenv("AWS_ENDPOINT_URL")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	shown := map[string]any{}
	if err := json.NewDecoder(answer.Body).Decode(&shown); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: status %d, %v %v", target, path, answer.StatusCode, err, shown)
	}
	return shown
}

// Both nights of the demo are sent to EventBridge and Security Hub, as moto plays them. Sent again,
// nothing new arrives.
func TestNotifyMoto(t *testing.T) {
	startMoto(t, "nowhere")
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, 0, "analyze", filepath.Join(root, "fixtures/demo"), "--endpoints", filepath.Join(root, "fixtures/demo/endpoints.json"), "--out", out, "--quiet")
	bus := askMoto(t, "events", "AWSEvents.CreateEventBus", "/", `{"Name": "audit"}`)["EventBusArn"].(string)
	askMoto(t, "events", "AWSEvents.CreateArchive", "/", `{"ArchiveName": "all", "EventSourceArn": "`+bus+`"}`)
	archived := func() float64 {
		return askMoto(t, "events", "AWSEvents.DescribeArchive", "/", `{"ArchiveName": "all"}`)["EventCount"].(float64)
	}
	calls := countCalls(t)

	mustRun(t, 1, "notify", out, "--to", "eventbridge", "--bus", "wrong", "--date", "2026-11-20")
	if calls("PutEvents") > 0 {
		t.Error("events are sent to an unknown bus")
	}
	printed := mustRun(t, 0, "notify", out, "--to", "eventbridge", "--bus", bus, "--date", "2026-11-20", "--dry-run").out
	mustRun(t, 0, "notify", out, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-20")
	first, puts := archived(), calls("PutEvents")
	if n := strings.Count(printed, "\n"); float64(n) != first || puts != (n+9)/10 {
		t.Errorf("%v events in %d calls; --dry-run prints %d", first, puts, n)
	}
	mustRun(t, 0, "notify", out, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-20")
	if archived() != first || calls("PutEvents") != puts {
		t.Error("the same is sent again")
	}
	mustRun(t, 0, "notify", out, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-21")
	if archived() < first+10 {
		t.Errorf("%v events after the second night", archived())
	}

	hub := func() (active, gone int) {
		for _, f := range askMoto(t, "securityhub", "", "/findings", "{}")["Findings"].([]any) {
			if f.(map[string]any)["RecordState"] == "ACTIVE" {
				active++
			} else {
				gone++
			}
		}
		return active, gone
	}
	findings := mustRun(t, 0, "notify", out, "--to", "securityhub", "--date", "2026-11-20", "--dry-run").out
	mustRun(t, 0, "notify", out, "--to", "securityhub", "--date", "2026-11-20")
	if active, gone := hub(); active != strings.Count(findings, "\n") || gone > 0 {
		t.Errorf("%d active and %d archived findings", active, gone)
	}
	mustRun(t, 0, "notify", out, "--to", "securityhub", "--date", "2026-11-21")
	imports := calls("findings/import")
	active, gone := hub()
	if mustRun(t, 0, "notify", out, "--to", "securityhub", "--date", "2026-11-21"); gone == 0 || calls("findings/import") != imports || imports != 2 {
		t.Errorf("%d active and %d archived findings, in %d calls and then %d", active, gone, imports, calls("findings/import"))
	}
	acceptedByCLI(t, printed, findings)
}

// acceptedByCLI passes printed events and findings through the AWS CLI, which knows the shapes of
// both APIs and refuses others.
func acceptedByCLI(t *testing.T, events, findings string) {
	t.Helper()
	aws, err := exec.LookPath("aws")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("aws is not on PATH")
	case err != nil:
		t.Log("aws, the AWS CLI, is not on PATH: .ci/run installs it, from PyPI")
		return
	}
	for _, call := range [][]string{
		{"events", "put-events", "--entries", list(events, 10), "--query", "FailedEntryCount"},
		{"securityhub", "batch-import-findings", "--findings", list(findings, 100), "--query", "FailedCount"},
	} {
		cmd := exec.Command(aws, call...)
		// AWS CLI 1 takes an empty AWS_PROFILE for a name, and knows no AWS_REGION.
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return v == "AWS_PROFILE=" || v == "AWS_SESSION_TOKEN=" }),
			"AWS_PAGER=", "AWS_DEFAULT_REGION=us-east-1")
		if failed, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(failed)) != "0" {
			t.Errorf("aws %s %s: %v: %s", call[0], call[1], err, failed)
		}
	}
}

// list returns the first lines, at most most, as a list in JSON.
func list(lines string, most int) string {
	all := strings.Split(strings.TrimSpace(lines), "\n")
	return "[" + strings.Join(all[:min(len(all), most)], ",") + "]"
}
