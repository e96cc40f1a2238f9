package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures/signed"
)

// TestRestateCompletesTheCheck publishes a day whose last digests have not come yet, and lets a
// later run complete it. That run must not read a log of the day again.
func TestRestateCompletesTheCheck(t *testing.T) {
	whole, partial := signed.Cases()[0].Make(), signed.NewStore()
	bucket, _ := whole.Object("digest 22")
	late := map[string]bool{}
	for _, h := range []string{"22", "23", "24", "25", "26"} {
		_, key := whole.Object("digest " + h)
		late[key] = true
	}
	for _, o := range whole.Store.Objects() {
		if !late[o.Key] {
			partial.Put(o)
		}
	}
	s := newS3(t)
	if err := partial.Upload(t.Context(), s.client); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", serve(t, &signed.API{Keys: whole.Keys, Trail: &whole.Chain}))
	var reads atomic.Int32 // of logs of the day
	s.do(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/CloudTrail/") && strings.Contains(r.URL.Path, signed.Day.Format("/2006/01/02/")) {
			reads.Add(1)
		}
		return false
	})
	out := filepath.Join(t.TempDir(), "out")
	analyze := func(out string, days int, more ...string) finished {
		t.Helper()
		date := signed.Day.AddDate(0, 0, days).Format(time.DateOnly)
		return mustRun(t, 0, append([]string{"analyze", "s3://" + bucket, "--out", out, "--date", date, "--verify=report"}, more...)...)
	}
	const pending = "31 of 36 logs proved by digests, 5 logs pending, 1 gap pending"
	if got := analyze(out, 0); !strings.Contains(got.out, pending) {
		t.Fatalf("the summary says\n%s", got.out)
	}
	if reads.Load() < 36 {
		t.Fatalf("%d logs are read", reads.Load())
	}
	reads.Store(0)
	if got := analyze(out, 1, "--restate", "2d"); strings.Contains(got.out, "Restated") {
		t.Errorf("restated, though no digest came:\n%s", got.out)
	}
	checked := reads.Swap(0) // those around the end of the chain, for events that explain it
	for _, o := range whole.Store.Objects() {
		if !late[o.Key] {
			continue
		}
		in := &s3.PutObjectInput{Bucket: &o.Bucket, Key: &o.Key, Body: bytes.NewReader(o.Body), Metadata: o.Metadata}
		if _, err := s.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	got := analyze(out, 1, "--restate", "2d")
	const restated = "Restated 2026-11-20, revision 2: the same calls by route; objects 36 -> 36; 36 of 36 logs proved by digests\n"
	if !strings.Contains(got.out, restated) || reads.Load() != 0 {
		t.Errorf("%d logs are read again (%d before); it says\n%s", reads.Load(), checked, got.out)
	}
	if again := analyze(out, 1, "--restate", "2d"); strings.Contains(again.out, "Restated") {
		t.Errorf("restated again:\n%s", again.out)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	analyze(fresh, 0, "--quiet")
	day := signed.Day.Format("/dt=2006-01-02/")
	sameFiles(t, "restated", of(day, withoutRuns(tree(t, out))), of(day, withoutRuns(tree(t, fresh))))
	if got, want := manifests(t, out)[0].Verified.String(), manifests(t, fresh)[0].Verified.String(); got != want {
		t.Errorf("run.json says %s, want %s", got, want)
	}
	mustRun(t, exit.Failed, "analyze", "s3://"+bucket, "--out", out, "--date", signed.Day.Format(time.DateOnly), "--quiet") // --verify is missing
}
