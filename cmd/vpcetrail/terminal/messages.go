// Package terminal is how a command talks to whoever started it: messages and progress on standard
// error, and what an interruption says.
package terminal

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/report/grid"
)

// Messages are what a command writes to standard error: lines for people or, with
// --log-format json, one JSON object a line. They contain names of objects and files,
// which anybody may choose. So all text goes through grid.Clean, and no name can move
// a terminal's cursor or look like a line of its own.
type Messages struct {
	out  io.Writer
	JSON *slog.Logger // nil: lines for people
}

// NewMessages returns the messages of a command.
func NewMessages(out io.Writer, asJSON bool) *Messages {
	m := &Messages{out: out}
	if asJSON {
		m.JSON = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: cleanAttr}))
	}
	return m
}

// cleanAttr cleans the text of an attribute. Libraries' logs go through it too.
func cleanAttr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(grid.Clean(v))
	case error:
		a.Value = slog.StringValue(grid.Clean(v.Error()))
	}
	return a
}

// Line writes a line for people.
func (m *Messages) Line(text string) { fmt.Fprintln(m.out, "vpcetrail:", grid.Clean(text)) }

// Problem reports something that went wrong while the run continued.
func (m *Messages) Problem(text string) {
	if m.JSON != nil {
		m.JSON.Warn("problem", "error", text)
		return
	}
	m.Line(text)
}

// Note reports what a reader of a scheduler's log needs to know, and which is no problem.
func (m *Messages) Note(text string) {
	if m.JSON != nil {
		m.JSON.Info("note", "text", text)
		return
	}
	m.Line(text)
}

// Failed reports the error that ends the program.
func (m *Messages) Failed(err error) {
	if m.JSON != nil {
		m.JSON.Error("failed", "error", err.Error(), "exit_status", exit.Code(err))
		return
	}
	m.Line(err.Error())
}

// progress reports how far the run has come.
func (m *Messages) progress(s Snapshot) {
	if m.JSON == nil {
		m.Line(s.text())
		return
	}
	attrs := []any{
		"objects", s.Objects, "objects_found", s.Found, "listing_complete", s.Listed,
		"bytes", s.Read, "events", s.Events, "events_per_second", int64(s.rate()), "problems", s.Problems,
	}
	if left, ok := s.left(); ok {
		attrs = append(attrs, "seconds_left", int64(left.Seconds()))
	}
	m.JSON.Info("progress", attrs...)
}

// Done reports the end of a successful run, for programs that read the messages.
func (m *Messages) Done(days int, objects, events int64) {
	if m.JSON != nil {
		m.JSON.Info("done", "days", days, "objects", objects, "events", events)
	}
}

// WantsJSON reports whether a command line asks for messages in JSON, even if it
// cannot be parsed.
func WantsJSON(args []string) (wanted bool) {
	const flag = "--log-format"
	for i, arg := range args {
		switch value, given := strings.CutPrefix(arg, flag+"="); {
		case arg == "--":
			return wanted
		case given:
			wanted = value == "json"
		case arg == flag && i+1 < len(args):
			wanted = args[i+1] == "json"
		}
	}
	return wanted
}
