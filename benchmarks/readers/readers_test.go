package readers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// tables are the tables that are read: of one row group, and of several.
var tables = []string{"traffic", "resources", "services"}

// prints identify the rows of the tables.
type prints map[string]string

// A reader is a process that reads the day again and again.
type reader struct {
	name    string
	cmd     *exec.Cmd
	stop    io.Closer
	done    chan struct{}
	seen    []answer
	answers atomic.Int64
}

// An answer is what one query gave.
type answer struct{ Table, Print, Error string }

// startReader starts a reader of a report. endpoint is that of S3.
func startReader(t *testing.T, sessions, folder, endpoint string) *reader {
	t.Helper()
	python := filepath.Join(os.Getenv("DUCKDB"), "bin", "python")
	found, err := filepath.Glob(filepath.Join(os.Getenv("DUCKDB"), "lib", "*", "site-packages", "duckdb_ext", "extensions", "*", "*", "httpfs.duckdb_extension"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the extension httpfs: %q %v", found, err)
	}
	r := &reader{name: sessions, done: make(chan struct{})}
	r.cmd = exec.Command(python, append([]string{"read.py", found[0], sessions, folder}, tables...)...)
	r.cmd.Env = append(os.Environ(), "ENDPOINT="+strings.TrimPrefix(endpoint, "http://"))
	r.cmd.Stderr = os.Stderr
	in, err := r.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.stop = in
	go func() {
		defer close(r.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var a answer
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				a.Error = "not JSON: " + lines.Text()
			}
			r.seen = append(r.seen, a)
			r.answers.Add(1)
		}
	}()
	return r
}

// awaitRound waits until the reader has begun and ended a round over the tables.
func (r *reader) awaitRound(t *testing.T) {
	t.Helper()
	from, ends := r.answers.Load(), time.Now().Add(time.Minute)
	for r.answers.Load() <= from+int64(len(tables)) {
		if time.Now().After(ends) {
			t.Fatalf("%s: no round ends within a minute", r.name)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// end ends a reader after its current round, and returns what it has seen.
func (r *reader) end(t *testing.T) []answer {
	t.Helper()
	_ = r.stop.Close()
	<-r.done
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("the reader ends with %v", err)
	}
	return r.seen
}

// printsOf returns the prints of the tables of a report in a directory.
func printsOf(t *testing.T, dir string) prints {
	t.Helper()
	r := startReader(t, "keep", dir, "")
	p := prints{}
	for _, a := range r.end(t) {
		if a.Error != "" {
			t.Fatal(a.Error)
		}
		p[a.Table] = a.Print
	}
	return p
}

// Readers see a table as it was, or as it is, or DuckDB says that the file has changed. They never
// see rows of both, while a day is replaced again and again and every third run is killed.
func TestReadersOfADayThatIsReplaced(t *testing.T) {
	w := newWorld(t)
	times := 50
	if testing.Short() {
		times = 4
	}
	var known [2]prints
	for i, trail := range w.trails {
		dir := filepath.Join(t.TempDir(), "report")
		w.mustAnalyze(t, trail, dir)
		known[i] = printsOf(t, dir)
	}
	for _, table := range tables {
		if known[0][table] == known[1][table] {
			t.Fatalf("%s is the same in both trails: this test shows nothing", table)
		}
	}
	w.mustAnalyze(t, w.trails[0], w.report)
	slow := w.slow(t, 20*time.Millisecond) // so that a query spans a replacement more often
	readers := []*reader{startReader(t, "keep", w.report, slow), startReader(t, "new", w.report, slow)}
	killed := 0
	for i := range times {
		for _, r := range readers {
			r.awaitRound(t)
		}
		trail := w.trails[(i+1)%2]
		if i%3 == 1 && i < times-1 {
			killed += w.killed(t, trail)
			continue
		}
		w.mustAnalyze(t, trail, w.report)
	}
	for _, r := range readers {
		counts := map[string]int{}
		for _, a := range r.end(t) {
			switch {
			case a.Print != "" && a.Print == known[0][a.Table]:
				counts["old"]++
			case a.Print != "" && a.Print == known[1][a.Table]:
				counts["new"]++
			case strings.Contains(a.Error, "has changed"):
				counts["changed"]++
			default:
				t.Errorf("a query of %s gives %q %s", a.Table, a.Print, a.Error)
			}
		}
		if counts["old"] == 0 || counts["new"] == 0 {
			t.Errorf("%s: %v: the reader did not see both", r.name, counts)
		}
		t.Logf("sessions %s: %d queries saw one trail's rows, %d the other's, %d that the file has changed", r.name, counts["old"], counts["new"], counts["changed"])
	}
	t.Logf("%d replacements, %d of them killed while they published", times, killed)
}

// Of two runs for one day that start at once, one wins, and the other says why it does not. If one
// begins after the other has ended, both win, one after the other. The day is always that of one run.
// In three of four tries the first run that makes the day visible waits there for the other one to end.
func TestTwoRunsForOneDay(t *testing.T) {
	w := newWorld(t)
	tries := 50
	if testing.Short() {
		tries = 4
	}
	var known [2]map[string]string
	for i, trail := range w.trails {
		place := fmt.Sprint(w.report, "-alone", i)
		w.mustAnalyze(t, trail, place)
		known[i] = w.tables(t, place)
	}
	outcomes := map[string]int{}
	for try := range tries {
		server, ended := w.server, make(chan struct{})
		if try%4 > 0 {
			server = w.heldUntil(t, ended)
		}
		var end sync.Once
		var runs sync.WaitGroup
		var said [2]string
		var won [2]bool
		for i, trail := range w.trails {
			runs.Go(func() {
				var errOut bytes.Buffer
				cmd := w.analyze(server, trail, w.report)
				cmd.Stderr = &errOut
				err := cmd.Run()
				end.Do(func() { close(ended) })
				said[i], won[i] = errOut.String(), err == nil
			})
		}
		runs.Wait()
		got := w.tables(t, w.report)
		want := "vpcetrail: " + w.report + ": another run is writing 2026-11-20: wait for it, or choose another --out\n"
		switch {
		case won[0] && won[1] && said[0]+said[1] == "":
			outcomes["one after the other"]++
		case won[0] && !won[1] && said[1] == want && same(got, known[0]), won[1] && !won[0] && said[0] == want && same(got, known[1]):
			outcomes["one wins, the other says why"]++
		default:
			t.Errorf("won %v, and they say %q", won, said)
		}
		if !same(got, known[0]) && !same(got, known[1]) {
			t.Error("the day is that of neither run")
		}
	}
	t.Logf("%d tries: %v", tries, outcomes)
	if outcomes["one wins, the other says why"] == 0 {
		t.Error("no two runs met")
	}
}

// heldUntil returns a server at which a step that makes a day visible waits for ended, at most 10 s.
func (w *world) heldUntil(t *testing.T, ended <-chan struct{}) string {
	held := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") {
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
			}
		}
		w.proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(held.Close)
	return held.URL
}

// killed runs analyze and kills it at one of the steps that make the day visible. It returns how
// many runs it has killed: 0 if the run made no such step.
func (w *world) killed(t *testing.T, trail string) int {
	t.Helper()
	var process atomic.Pointer[os.Process]
	var steps atomic.Int32
	last, done := int32(1+rand.IntN(8)), rand.IntN(2) == 0
	gate := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !r.URL.Query().Has("uploadId") || steps.Add(1) != last {
			w.proxy.ServeHTTP(rw, r)
			return
		}
		if done {
			w.proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		_ = process.Load().Kill() // it waits for the answer
		panic(http.ErrAbortHandler)
	}))
	defer gate.Close()
	cmd := w.analyze(gate.URL, trail, w.report)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	process.Store(cmd.Process)
	_ = cmd.Wait() // it was killed
	if steps.Load() < last {
		return 0
	}
	return 1
}
