package terminal

import (
	"fmt"
	"io"
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

// A Progress shows how far a run has come: on a terminal as one line that is updated,
// elsewhere as a message at intervals.
type Progress struct {
	messages  *Messages
	terminal  *os.File // nil: messages
	barEvery  time.Duration
	lineEvery time.Duration
}

// NewProgress returns a progress that is shown on the output of m.
func NewProgress(m *Messages) *Progress {
	p := &Progress{messages: m, barEvery: barEvery, lineEvery: lineEvery}
	f, ok := m.out.(*os.File)
	if ok && m.JSON == nil && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.terminal = f
	}
	return p
}

// Show shows the snapshots that now returns, until stop is called.
func (p *Progress) Show(now func() Snapshot) (stop func()) {
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

func (p *Progress) draw(s Snapshot) {
	if p.terminal == nil {
		p.messages.progress(s)
		return
	}
	fmt.Fprint(p.terminal, clearLine, s.bar(Width(p.terminal)))
}

// Watch returns a function that reports how far a run has come. The run starts now.
func Watch(trail *source.Trail, done *ingest.Progress) func() Snapshot {
	start := time.Now()
	return func() Snapshot {
		found, stored, listed := trail.Found()
		return Snapshot{
			Objects: done.Objects.Load(), Found: int64(found), Listed: listed,
			Read: trail.Read(), Stored: stored,
			Events: done.Records.Load(), Problems: done.Unread.Load(),
			Elapsed: time.Since(start),
		}
	}
}

// Width returns the number of columns if out is a terminal, else 0.
func Width(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return anyWidth
	}
	return width
}
