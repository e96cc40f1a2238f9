package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/source/store"
)

// A gauge counts and remembers its highest count.
type gauge struct {
	mu       sync.Mutex
	now, top int64
}

func (g *gauge) add(n int64) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.top = max(g.top, g.now)
	return g.now
}

func isGet(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Query().Get("list-type") == ""
}

func TestFetchStaysWithinConcurrency(t *testing.T) {
	server := newS3(t)
	for i := range 60 {
		server.put(t, fmt.Sprintf("p/%02d.json", i))
	}
	var inFlight gauge
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		if !isGet(r) {
			return false
		}
		inFlight.add(1)
		time.Sleep(3 * time.Millisecond)
		inFlight.add(-1)
		return false
	}
	names(t, []string{"s3://logs/p"}, allDays, Options{S3: server.open, Concurrency: 5})
	if inFlight.top > 5 || inFlight.top < 3 {
		t.Errorf("%d objects were fetched at once, want up to 5", inFlight.top)
	}
}

func TestFetchStaysWithinBudget(t *testing.T) {
	const maxBytes, largest = 10_000, 15_000
	server := newS3(t)
	sizes := map[string]int64{}
	for i := range 60 {
		key := fmt.Sprintf("p/%02d.json", i)
		sizes["/logs/"+key] = int64(i * 613 % 4000)
		if i == 30 {
			sizes["/logs/"+key] = largest
		}
		server.putBody(t, key, strings.Repeat("x", int(sizes["/logs/"+key])))
	}
	var held gauge // from the request to Close
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		if isGet(r) {
			held.add(sizes[r.URL.Path])
		}
		return false
	}
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, Options{S3: server.open, MaxBytes: maxBytes})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	for f := range fetches(t, trail) {
		if _, err := f.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
		held.add(-f.Object.Size)
		f.Close()
		f.Close() // the second Close returns nothing
	}
	if held.top > maxBytes+largest || held.top < maxBytes/2 {
		t.Errorf("%d bytes were held, want up to %d and one object", held.top, maxBytes)
	}
}

func TestFetchUnopenedGivesItsBudgetBack(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a.json", "b.json", "c.json", "d.json")
	trail, err := Open(t.Context(), []string{dir}, allDays, Options{MaxBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	n := 0
	for f := range fetches(t, trail) {
		f.Close()
		n++
	}
	if n != 4 {
		t.Errorf("%d objects, want 4", n)
	}
}

func TestFetchStreamsLargeObjects(t *testing.T) {
	dir := t.TempDir()
	large := strings.Repeat("0123456789abcdef", maxWhole/16) + "!"
	for name, body := range map[string]string{"exact.json": large[1:], "large.json": large, "empty.json": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := os.WriteFile(pipe, []byte("piped"), 0); err != nil {
			t.Error(err)
		}
	}()
	server := newS3(t)
	server.putBody(t, "large.json", large)

	args := []string{dir, pipe, "s3://logs/large.json", "-"}
	trail, err := Open(t.Context(), args, allDays, Options{S3: server.open, Stdin: strings.NewReader("stdin")})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	want := map[string]struct {
		size  int64
		whole bool
		body  string
	}{
		"-": {-1, false, "stdin"}, dir + "/empty.json": {0, true, ""}, dir + "/exact.json": {maxWhole, true, large[1:]},
		dir + "/large.json": {maxWhole + 1, false, large}, pipe: {-1, false, "piped"}, "s3://logs/large.json": {maxWhole + 1, false, large},
	}
	for f := range fetches(t, trail) {
		w := want[f.Object.Name]
		delete(want, f.Object.Name)
		r, err := f.Open(t.Context())
		if err != nil {
			t.Error(err)
			continue
		}
		if whole := f.Bytes() != nil; whole != w.whole || f.Object.Size != w.size || whole && string(f.Bytes()) != w.body {
			t.Errorf("%s: %d bytes, whole %v; want %d, %v", f.Object.Name, f.Object.Size, whole, w.size, w.whole)
		}
		if body, err := io.ReadAll(r); err != nil || string(body) != w.body {
			t.Errorf("%s: read %d bytes, %v; want %d", f.Object.Name, len(body), err, len(w.body))
		}
		f.Close()
	}
	if len(want) > 0 {
		t.Errorf("not handed out: %v", want)
	}
}

// wantError checks an object's error: its text, status and cause.
func wantError(t *testing.T, err error, text, status string, is error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("got %T %v, want *Error %s", err, err, text)
		return
	}
	if e.Error() != text || e.Status != status || is != nil && !errors.Is(err, is) {
		t.Errorf("got  %s (%s)\nwant %s (%s)", e, e.Status, text, status)
	}
}

func TestFetchReportsFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeTree(t, dir, "gone.json")
	link := func(to, name string) {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	link("nowhere", "link.json")
	link("loop.json", "loop.json")
	trail, err := Open(t.Context(), []string{"."}, allDays, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	for f := range fetches(t, trail) {
		_, err := readFetch(t.Context(), f)
		switch f.Object.Name {
		case "link.json":
			wantError(t, err, "link.json: open: no such file or directory", "missing", fs.ErrNotExist)
		case "loop.json":
			wantError(t, err, "loop.json: open: too many levels of symbolic links", "unreadable", syscall.ELOOP)
		}
	}
	err = newError(store.Object{Name: "a.json"}, "open", &fs.PathError{Op: "open", Path: "a.json", Err: syscall.EACCES})
	wantError(t, err, "a.json: open: permission denied", "denied", fs.ErrPermission) // root may open everything
}

func TestFetchReportsS3Objects(t *testing.T) {
	server := newS3(t)
	server.put(t, "p/archived.json", "p/denied.json", "p/gone.json", "p/good.json", "p/short.json", "p/slow.json")
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case !isGet(r):
			return false
		case strings.HasSuffix(r.URL.Path, "archived.json"):
			return refuse(w, 403, "InvalidObjectState", "The object is archived")
		case strings.HasSuffix(r.URL.Path, "denied.json"):
			return refuse(w, 403, "AccessDenied", "Access\nDenied")
		case strings.HasSuffix(r.URL.Path, "gone.json"):
			return refuse(w, 404, "NoSuchKey", "The specified key does not exist.")
		case strings.HasSuffix(r.URL.Path, "short.json"):
			w.Header().Set("Content-Length", "12")
			_, err := w.Write([]byte("short"))
			return err == nil
		case strings.HasSuffix(r.URL.Path, "slow.json"):
			return refuse(w, 503, "SlowDown", "Reduce your request rate")
		}
		return false
	}
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, Options{S3: server.open})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	want := map[string][2]string{
		"archived": {"open: InvalidObjectState: The object is archived", "unreadable"},
		"denied":   {"open: AccessDenied: Access Denied", "denied"},
		"gone":     {"open: NoSuchKey: The specified key does not exist.", "missing"},
		"short":    {"read: unexpected EOF", "unreadable"},
		"slow":     {"open: SlowDown: Reduce your request rate", "unreadable"},
	}
	for f := range fetches(t, trail) {
		_, err := readFetch(t.Context(), f)
		short, _ := strings.CutPrefix(strings.TrimSuffix(f.Object.Name, ".json"), "s3://logs/p/")
		if short == "good" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		wantError(t, err, f.Object.Name+": "+want[short][0], want[short][1], nil)
		if short == "short" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v is no unexpected EOF", err)
		}
	}
}

func TestFetchObjectDeletedAfterTheListing(t *testing.T) {
	server := newS3(t)
	server.put(t, "p/a.json", "p/b.json")
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, Options{S3: server.open, MaxBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	a, err := trail.Next(t.Context()) // its unclosed bytes keep b from being fetched
	if err != nil {
		t.Fatal(err)
	}
	for _, _, done := trail.Found(); !done; _, _, done = trail.Found() {
		time.Sleep(time.Millisecond)
	}
	if _, err := server.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("p/b.json")}); err != nil {
		t.Fatal(err)
	}
	if _, err := readFetch(t.Context(), a); err != nil {
		t.Error(err)
	}
	b, err := trail.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = readFetch(t.Context(), b)
	wantError(t, err, "s3://logs/p/b.json: open: NoSuchKey", "missing", nil)
}

func TestFetchStreamsAFileThatGrewAfterTheListing(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a.json", "b.json")
	trail, err := Open(t.Context(), []string{dir}, allDays, Options{MaxBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	n := 0
	for f := range fetches(t, trail) { // a's unclosed bytes keep b from being fetched
		if n++; n == 1 {
			for _, _, done := trail.Found(); !done; _, _, done = trail.Found() {
				time.Sleep(time.Millisecond)
			}
			if err := os.Truncate(filepath.Join(dir, "b.json"), maxWhole+1); err != nil {
				t.Fatal(err)
			}
		} else if body, err := readFetch(t.Context(), f); err != nil || len(body) != maxWhole+1 {
			t.Errorf("read %d bytes, %v; want %d", len(body), err, maxWhole+1)
		}
		f.Close()
	}
	if n != 2 {
		t.Errorf("%d objects, want 2", n)
	}
}

func TestCloseStopsEverything(t *testing.T) {
	for _, how := range []string{"close", "cancel"} {
		t.Run(how, func(t *testing.T) {
			server := newS3(t)
			for i := range 100 {
				server.put(t, fmt.Sprintf("p/%d/%d.json", i%10, i))
			}
			server.before = func(w http.ResponseWriter, r *http.Request) bool {
				if !isGet(r) {
					return false
				}
				<-r.Context().Done()
				return true
			}
			server.Client().CloseIdleConnections()
			time.Sleep(50 * time.Millisecond) // closing them takes a moment
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			trail, err := Open(ctx, []string{"s3://logs/p"}, allDays, Options{S3: server.open})
			if err != nil {
				t.Fatal(err)
			}
			f, err := trail.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if how == "cancel" {
				cancel()
				if _, err := f.Open(t.Context()); !errors.Is(err, context.Canceled) {
					t.Errorf("Open after cancel: %v", err)
				}
			}
			start := time.Now()
			trail.Close()
			if _, err := f.Open(t.Context()); !errors.Is(err, context.Canceled) {
				t.Errorf("Open after Close: %v", err)
			}
			f.Close()
			if _, err := trail.Next(t.Context()); !errors.Is(err, context.Canceled) {
				t.Errorf("Next after Close: %v", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("Close took %v", took)
			}
			server.Client().CloseIdleConnections()
			if after := goroutines(t, before); after > before {
				t.Errorf("%d goroutines, %d before", after, before)
			}
		})
	}
}

// goroutines returns their number once it has dropped to want, or after a second.
func goroutines(t *testing.T, want int) int {
	t.Helper()
	n := runtime.NumGoroutine()
	for range 100 {
		if n = runtime.NumGoroutine(); n <= want {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return n
}

func TestNextWaitsNoLongerThanItsContext(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a.json", "b.json")
	trail, err := Open(t.Context(), []string{dir}, allDays, Options{MaxBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	f, err := trail.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := trail.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next while the budget is held: %v", err)
	}
	f.Close()
	if f, err = trail.Next(t.Context()); err != nil || f.Seq != 1 {
		t.Errorf("Next after the wait: %v, %v", f, err)
	}
	f.Close()
}

// Many callers of Next get every object exactly once, numbered without a gap.
func TestNextTakesManyCallers(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		writeTree(t, dir, fmt.Sprintf("%03d.json", i))
	}
	trail, err := Open(t.Context(), []string{dir}, allDays, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	got := make([]string, 500)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for {
				f, err := trail.Next(t.Context())
				if err != nil {
					return
				}
				got[f.Seq] += f.Object.Name
				f.Close()
			}
		})
	}
	callers.Wait()
	for i, name := range got {
		if want := fmt.Sprintf("%s/%03d.json", dir, i); name != want {
			t.Fatalf("number %d is %q, want %q", i, name, want)
		}
	}
}
