package dest

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

// shortLease is as short as the times of S3 allow: they are whole seconds.
const shortLease = 3 * time.Second

// openLeased opens a store with a short lease.
func openLeased(t *testing.T, f *fakeS3) *s3Store {
	t.Helper()
	return newS3Store(f.client, bucket, "p", S3Options{Lease: shortLease}, nil)
}

// eachStore runs a test on a directory and on a fake of S3. open opens the same store
// again, like another process.
func eachStore(t *testing.T, test func(t *testing.T, open func() report.Store)) {
	t.Run("directory", func(t *testing.T) {
		t.Parallel()
		root := filepath.Join(t.TempDir(), "report")
		test(t, func() report.Store { return openDir(t, root) })
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		f := newFakeS3(t)
		test(t, func() report.Store { return openLeased(t, f) })
	})
}

const otherUnit = "dt=2026-11-21"

// Two runs for one day exclude each other. Runs for other days continue meanwhile.
func TestLockIsPerDay(t *testing.T) {
	eachStore(t, func(t *testing.T, open func() report.Store) {
		first := begin(t, open())
		stage(t, first, "", day1)
		refused(t, open(), open().String()+": another run is writing 2026-11-20: wait for it, or choose another --out")
		other, err := tryBegin(t.Context(), open(), otherUnit)
		if err != nil {
			t.Fatal(err)
		}
		stage(t, other, "", day2)
		commit(t, other)
		holds(t, open(), "traffic/", "", day2)
		commit(t, first)
		holds(t, open(), "traffic/", "", day1, day2)
		second := begin(t, open())
		stage(t, second, " of a later run", day1)
		commit(t, second)
		holds(t, open(), "traffic/dt=2026-11-20/", " of a later run", day1)
	})
}

// Many runs want one day at once: one at a time gets it.
func TestManyRunsForOneDay(t *testing.T) {
	eachStore(t, func(t *testing.T, open func() report.Store) {
		var runs sync.WaitGroup
		var mu sync.Mutex
		now, published := 0, 0
		for range 6 {
			runs.Go(func() {
				pub, err := tryBegin(t.Context(), open(), unit)
				if err != nil {
					if !strings.Contains(err.Error(), "another run is writing 2026-11-20") {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				now++
				if now > 1 {
					t.Error("two runs have the day")
				}
				mu.Unlock()
				time.Sleep(50 * time.Millisecond)
				mu.Lock()
				now--
				published++
				mu.Unlock()
				stage(t, pub, "", day1, run1)
				commit(t, pub)
			})
		}
		runs.Wait()
		if published == 0 {
			t.Error("no run had the day")
		}
		holds(t, open(), "", "", run1, day1)
	})
}

// A run over all days locks its days when it publishes. From the start it excludes
// other runs over all days. A run for some days locks all of them or none.
func TestBeginLocksWindows(t *testing.T) {
	eachStore(t, func(t *testing.T, open func() report.Store) {
		note := func(text string) { t.Error(text) }
		w, err := report.Begin(t.Context(), open(), note, new(report.Run), day.All())
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		_, err = tryBegin(t.Context(), open(), report.UnitOfAll)
		if want := open().String() + ": another run is writing to it: wait for it, or choose another --out"; err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
		pub := begin(t, open())
		today := day.Of(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
		window := day.Window{From: today - 40, To: today}
		_, err = report.Begin(t.Context(), open(), note, new(report.Run), window)
		if want := open().String() + ": another run is writing 2026-11-20: wait for it, or choose another --out"; err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
		pub.Abort()
		some, err := report.Begin(t.Context(), open(), note, new(report.Run), window)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tryBegin(t.Context(), open(), report.UnitOf(today-20)); err == nil {
			t.Error("two runs have a day of the window")
		}
		some.Close()
	})
}

// die ends a Writer as kill -9 does: it gives no further sign of life, and releases
// nothing.
func (p *publication) die() {
	switch w := p.w.(type) {
	case *s3Writer:
		w.stop()
	case *dirWriter:
		for _, p := range w.units {
			_ = p.file.Close() // as the kernel does
		}
	}
}

// The days of a killed run are free again after a lease, and none of its staged files
// is visible.
func TestLockOfADeadRun(t *testing.T) {
	eachStore(t, func(t *testing.T, open func() report.Store) {
		dead := begin(t, open())
		stage(t, dead, "", day1, run1)
		dead.die()
		next := begin(t, open()) // it waits
		stage(t, next, " of the next run", day1, run1)
		commit(t, next)
		holds(t, open(), "", " of the next run", run1, day1)
		if _, s3 := dead.w.(*s3Writer); s3 { // it was only suspended
			err := dead.Commit(t.Context(), nil)
			if err == nil || !errors.Is(err, errTaken) {
				t.Errorf("a run whose lock is lost ends with %v", err)
			}
			dead.w.Close()
			holds(t, open(), "", " of the next run", run1, day1)
		}
	})
}

// A server ignores conditions or refuses them, or a role may not use them: the run
// says so and continues.
func TestS3WithoutConditionalWrites(t *testing.T) {
	strip := func(http.ResponseWriter, *http.Request) bool { return false }
	const lax = ": two runs for one day at the same time are not kept apart"
	for _, tc := range []struct {
		name, want string
		before     func(http.ResponseWriter, *http.Request) bool
	}{
		{"ignored", "the server does not know them", func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("If-Match")
			r.Header.Del("If-None-Match")
			return false
		}},
		{"not implemented", "the server does not know them", func(w http.ResponseWriter, r *http.Request) bool {
			return (r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != "") && r.Method == http.MethodPut &&
				refuse(w, http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented")
		}},
		{"not allowed", "AccessDenied: Access Denied", func(w http.ResponseWriter, r *http.Request) bool {
			return r.Header.Get("If-Match") != "" && r.Method == http.MethodPut && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeS3(t)
			f.before = tc.before
			store := openLeased(t, f)
			pub, err := tryBegin(t.Context(), store, unit)
			if err != nil {
				t.Fatal(err)
			}
			if want := "s3://reports/p: conditional writes: " + tc.want + lax; len(pub.notes) != 1 || pub.notes[0] != want {
				t.Errorf("it says %q, want %s", pub.notes, want)
			}
			stage(t, pub, "", day1, run1)
			refusedOnce := openLeased(t, f)
			if _, err := tryBegin(t.Context(), refusedOnce, unit); err == nil || !strings.Contains(err.Error(), "another run is writing 2026-11-20") {
				t.Errorf("a run that comes later: %v", err)
			}
			commit(t, pub)
			holds(t, store, "", "", run1, day1)
			f.before = strip
			nothingLeft(t, f)
		})
	}
}

// The clocks of the machines that run vpcetrail do not matter: only S3's clock decides
// how old a run's sign of life is.
func TestS3ClockFarAway(t *testing.T) {
	f := newFakeS3(t)
	f.backend = gofakes3.New(s3mem.New(), gofakes3.WithTimeSkewLimit(0), gofakes3.WithAutoBucket(true)).Server() // the SDK signs by the server's clock
	const off = -7 * time.Hour
	moved := func(text string) string {
		at, err := http.ParseTime(text)
		if err != nil {
			return text
		}
		return at.Add(off).UTC().Format(http.TimeFormat)
	}
	backend := f.backend
	f.backend = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		backend.ServeHTTP(&rewritten{w, func(h http.Header) {
			h.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			if h.Get("Last-Modified") != "" {
				h.Set("Last-Modified", moved(h.Get("Last-Modified")))
			}
		}}, r)
	})
	pub := begin(t, openLeased(t, f))
	stage(t, pub, "", day1)
	refused(t, openLeased(t, f), "s3://reports/p: another run is writing 2026-11-20: wait for it, or choose another --out")
	pub.die()
	begin(t, openLeased(t, f)).Abort()
}

// rewritten is an answer with a header that is changed before it is sent.
type rewritten struct {
	http.ResponseWriter
	change func(http.Header)
}

func (w *rewritten) WriteHeader(status int) {
	w.change(w.Header())
	w.ResponseWriter.WriteHeader(status)
}

func (w *rewritten) Write(p []byte) (int, error) {
	w.change(w.Header())
	return w.ResponseWriter.Write(p)
}
