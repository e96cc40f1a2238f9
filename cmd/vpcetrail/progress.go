package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"vpcetrail/ingest"
	"vpcetrail/ingest/source"
)

// showProgress reports the run's progress on errOut until the function that it returns is called: on
// a terminal as one line that is kept up to date, elsewhere as a line every ten seconds.
func showProgress(errOut io.Writer, trail *source.Trail, done *ingest.Progress) (stop func()) {
	every, before, after := 10*time.Second, "", "\n"
	if f, ok := errOut.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every, before, after = 200*time.Millisecond, "\r\x1b[K", "" // back to the line's start, and clear it
	}
	start := time.Now()
	quit, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				fmt.Fprint(errOut, before)
				return
			case <-ticker.C:
				fmt.Fprint(errOut, before, progressLine(trail, done, time.Since(start)), after)
			}
		}
	}()
	return func() {
		close(quit)
		<-stopped
	}
}

func progressLine(trail *source.Trail, done *ingest.Progress, elapsed time.Duration) string {
	found, _, whole := trail.Found()
	of := fmt.Sprint(found)
	if !whole {
		of += "+"
	}
	seconds := elapsed.Seconds()
	line := fmt.Sprintf("%d of %s objects, %.0f MB of JSON, %.0f records/s",
		done.Objects.Load(), of, float64(done.Bytes.Load())/1e6, float64(done.Records.Load())/seconds)
	if n := done.Unread.Load(); n > 0 {
		line += fmt.Sprintf(", %d not read", n)
	}
	return line
}
