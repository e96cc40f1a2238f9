package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"vpcetrail/ingest"
	"vpcetrail/ingest/source"
)

const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
)

// A progress shows how far a run has come: on a terminal as one line that is updated,
// elsewhere as a message at intervals.
type progress struct {
	messages  *messages
	terminal  *os.File // nil: messages
	barEvery  time.Duration
	lineEvery time.Duration
}

func newProgress(m *messages) *progress {
	p := &progress{messages: m, barEvery: barEvery, lineEvery: lineEvery}
	f, ok := m.out.(*os.File)
	if ok && m.json == nil && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.terminal = f
	}
	return p
}

// show shows the snapshots that now returns, until stop is called.
func (p *progress) show(now func() snapshot) (stop func()) {
	every := p.lineEvery
	if p.terminal != nil {
		every = p.barEvery
	}
	quit, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				if p.terminal != nil {
					fmt.Fprint(p.terminal, clearLine)
				}
				return
			case <-ticker.C:
				p.draw(now())
			}
		}
	}()
	return func() {
		close(quit)
		<-stopped
	}
}

const (
	clearLine = "\r\x1b[K" // to the line's start, and clear it
	anyWidth  = 80         // for a terminal of unknown width
)

func (p *progress) draw(s snapshot) {
	if p.terminal == nil {
		p.messages.progress(s)
		return
	}
	width, _, err := term.GetSize(int(p.terminal.Fd()))
	if err != nil || width <= 0 {
		width = anyWidth
	}
	fmt.Fprint(p.terminal, clearLine, s.bar(width))
}

// watch returns a function that reports how far a run has come. The run starts now.
func watch(trail *source.Trail, done *ingest.Progress) func() snapshot {
	start := time.Now()
	return func() snapshot {
		found, stored, listed := trail.Found()
		return snapshot{
			objects: done.Objects.Load(), found: int64(found), listed: listed,
			read: trail.Read(), stored: stored,
			events: done.Records.Load(), problems: done.Unread.Load(),
			elapsed: time.Since(start),
		}
	}
}
