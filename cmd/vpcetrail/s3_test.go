package main

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest/aws"
	"vpcetrail/report"
)

// A trail gives the same tables, wherever the trail and the tables are stored.
func TestS3GivesTheTablesOfTheDirectory(t *testing.T) {
	eachServer(t, func(t *testing.T, s *s3Server) {
		setAWS(t, s)
		local := generate(t, 1, 2)
		s.put(t, local, "prefix/")
		out := t.TempDir()
		analyze := func(src, dst string, flags ...string) {
			t.Helper()
			mustRun(t, 0, append([]string{"analyze", src, "--out", dst, "--quiet"}, flags...)...)
		}
		const remote, reports = "s3://" + trailBucket + "/prefix", "s3://" + reportBucket

		analyze(local, filepath.Join(out, "want"))
		want := tree(t, filepath.Join(out, "want"))
		if len(want) < 12 {
			t.Fatalf("only %d files", len(want))
		}
		analyze(remote, filepath.Join(out, "from-s3"), "--date", "all")
		fromS3 := tree(t, filepath.Join(out, "from-s3"))
		sameFiles(t, "S3 to a directory", tables(fromS3), tables(want))
		sameObjects(t, filepath.Join(out, "from-s3"), remote, filepath.Join(out, "want"), local)
		analyze(remote, reports+"/all", "--date", "all", "--workers", "8")
		sameFiles(t, "S3 to S3", s.report(t, "all/"), fromS3)
		analyze(local, reports+"/local/")
		sameFiles(t, "a directory to S3", s.report(t, "local/"), want)

		summary := mustRun(t, 0, "summary", filepath.Join(out, "want"))
		if got := mustRun(t, 0, "summary", reports+"/all"); got != summary {
			t.Errorf("summary from S3\n%s\nwant\n%s", got.out, summary.out)
		}
		days := mustRun(t, 0, "summary", filepath.Join(out, "want"), "--by", "day", "--format", "csv")
		if got := mustRun(t, 0, "summary", reports+"/all", "--by", "day", "--format", "csv"); got != days {
			t.Errorf("summary by day from S3\n%s\nwant\n%s", got.out, days.out)
		}

		analyze(local, filepath.Join(out, "day"), "--date", "2026-11-20")
		analyze(remote, reports+"/day", "--date", "2026-11-20")
		day := tree(t, filepath.Join(out, "day"))
		sameFiles(t, "one day", tables(s.report(t, "day/")), tables(day))
		for name := range day {
			if !strings.Contains(name, "/dt=2026-11-20/") {
				t.Errorf("one day: %s is of another", name)
			}
		}
		if n := s.uploads(t); n > 0 {
			t.Errorf("%d uploads are left", n)
		}
	})
}

// sameObjects checks that two reports name the same objects, each below its own
// source. Only S3 has ETags.
func sameObjects(t *testing.T, got, gotSource, want, wantSource string) {
	t.Helper()
	text := func(report, source string) string {
		text, err := tableText(report, "objects", "key", "size", "records", "day_records", "status", "error")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, source+"/") {
			t.Errorf("%s: table objects does not name %s", report, source)
		}
		return strings.ReplaceAll(text, source+"/", "")
	}
	if got, want := text(got, gotSource), text(want, wantSource); got != want {
		t.Errorf("table objects holds\n%swant\n%s", got, want)
	}
}

// A large file is uploaded in parts, with checksums, or without for servers that do
// not support them.
func TestS3TakesFilesOfSeveralParts(t *testing.T) {
	large := bytes.Repeat([]byte("vpcetrail"), 33<<20/9)
	eachServer(t, func(t *testing.T, s *s3Server) {
		setAWS(t, s)
		for _, checksums := range []string{"when_supported", "when_required"} {
			t.Setenv("AWS_REQUEST_CHECKSUM_CALCULATION", checksums)
			store, err := dest.Open(t.Context(), reports+checksums, aws.NewS3, dest.S3Options{})
			if err != nil {
				t.Fatal(err)
			}
			w, err := store.Begin(t.Context(), func(text string) { t.Error(text) })
			if err != nil {
				t.Fatal(err)
			}
			pub, err := w.Lock(t.Context(), "dt=2026-11-20")
			if err != nil {
				t.Fatal(err)
			}
			for name, data := range map[string][]byte{"large": large, "small": []byte("v")} {
				if _, err := report.StageFile(t.Context(), pub, name, data); err != nil {
					t.Fatal(err)
				}
			}
			if err := pub.Commit(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			w.Close()
			sameFiles(t, checksums, s.report(t, checksums+"/"), map[string]string{"large": string(large), "small": "v"})
		}
	})
}

// Two runs for one day exclude each other in S3 too. A run for another day continues
// meanwhile.
func TestS3TwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	eachServerAtOnce(t, func(t *testing.T, s *s3Server) {
		local, out := generate(t, 1, 2), reports+"out"
		first := s.command(t, 3, "analyze", "-", "--date", "2026-11-20", "--out", out, "--quiet")
		feed, err := first.StdinPipe()
		if err == nil {
			err = first.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 600 {
			if s.report(t, "out/.staging/")["dt=2026-11-20.json"] != "" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		got := s.run(t, 3, "analyze", local, "--date", "2026-11-20..2026-11-21", "--out", out, "--quiet")
		want := "vpcetrail: " + out + ": another run is writing 2026-11-20: wait for it, or choose another --out\n"
		if got != (finished{exit.Failed, "", want}) {
			t.Errorf("exit code %d, and it says\n%s%swant\n%s", got.code, got.out, got.errOut, want)
		}
		if got := s.run(t, 3, "analyze", local, "--date", "2026-11-21", "--out", out, "--quiet"); got != (finished{}) {
			t.Errorf("the other day: exit code %d, and it says\n%s%s", got.code, got.out, got.errOut)
		}
		_, err = io.WriteString(feed, `{"Records": [{"eventTime": "2026-11-20T10:00:00Z", "eventSource": "s3.amazonaws.com", "sourceIPAddress": "203.0.113.9"}]}`)
		if err = errors.Join(err, feed.Close(), first.Wait()); err != nil {
			t.Errorf("the first run: %v", err)
		}
		days := map[string]bool{}
		for name := range s.report(t, "out/") {
			if strings.HasPrefix(name, ".staging") {
				t.Errorf("%s is left", name)
			}
			if day, ok := strings.CutPrefix(name, "_runs/dt="); ok {
				days[day] = true
			}
		}
		if len(days) != 2 {
			t.Errorf("days %v, want two", days)
		}
	})
}

// Many objects are fetched ahead at once: 30 ms to each first byte must not add up.
func TestS3IsFetchedAhead(t *testing.T) {
	const latency, objects = 30 * time.Millisecond, 200
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Days, cfg.Objects, cfg.Records, cfg.Network = 1, objects/4, 20, 0
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	f := newS3(t)
	f.put(t, filepath.Join(dir, "trail"), "")
	var mu sync.Mutex
	gets, now, most := 0, 0, 0
	var first, last time.Time
	f.do(func(_ http.ResponseWriter, r *http.Request) bool {
		if !isTrailGet(r) {
			return false
		}
		mu.Lock()
		if gets == 0 {
			first = time.Now()
		}
		gets, now = gets+1, now+1
		most = max(most, now)
		mu.Unlock()
		time.Sleep(latency)
		mu.Lock()
		now, last = now-1, time.Now()
		mu.Unlock()
		return false
	})
	mustRun(t, 0, "analyze", "s3://"+trailBucket, "--date", "all", "--out", "s3://"+reportBucket, "--quiet", "--workers", "1")
	if gets != objects {
		t.Errorf("%d objects are read, want %d", gets, objects)
	}
	if most < 8 {
		t.Errorf("at most %d objects are fetched at once, want 8 or more", most)
	}
	elapsed, one := last.Sub(first), objects*latency
	if elapsed > one/2 {
		t.Errorf("reading takes %v; the objects one by one would take %v", elapsed, one)
	}
	t.Logf("%d objects in %v, up to %d at once", gets, elapsed, most)
}

// An object that is replaced between LIST and GET is in table objects as it was read.
func TestS3ObjectReplacedWhileItIsListed(t *testing.T) {
	eachServer(t, func(t *testing.T, s *s3Server) {
		record := `{"eventVersion":"1.08","eventTime":"2026-11-20T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","eventID":"%d","eventType":"AwsApiCall","recipientAccountId":"111122223333"}`
		before := fmt.Sprintf(record, 1)
		after := before + "\n" + fmt.Sprintf(record, 2)
		put := func(text string) {
			in := &s3.PutObjectInput{Bucket: sdk.String(trailBucket), Key: sdk.String("a.json"), Body: strings.NewReader(text)}
			if _, err := s.client.PutObject(t.Context(), in); err != nil {
				t.Error(err)
			}
		}
		put(before)
		var once sync.Once
		p := newProxy(t, s, 0, func(r *http.Request) *fault {
			if isTrailGet(r) {
				once.Do(func() { put(after) })
			}
			return nil
		})
		got := p.run(t, 1, "analyze", wholeTrail, "--date", "all", "--out", reports+"p", "--quiet")
		if got != (finished{}) {
			t.Errorf("exit code %d, and it says\n%s%s", got.code, got.out, got.errOut)
		}
		text, err := tableText(download(t, s.report(t, "p/")), "objects", "key", "size", "etag", "records", "status")
		want := fmt.Sprintf("dt,key,size,etag,records,status\n2026-11-20,%s/a.json,%d,%x,2,ok\n", wholeTrail, len(after), md5.Sum([]byte(after)))
		if err != nil || text != want {
			t.Errorf("table objects holds\n%swant\n%s%v", text, want, err)
		}
	})
}
