package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"vpcetrail/report/grid"
)

// messages are what a command writes to standard error: lines for people or, with
// --log-format json, one JSON object a line. They contain names of objects and files,
// which anybody may choose. So all text goes through grid.Clean, and no name can move
// a terminal's cursor or look like a line of its own.
type messages struct {
	out  io.Writer
	json *slog.Logger // nil: lines for people
}

func newMessages(out io.Writer, asJSON bool) *messages {
	m := &messages{out: out}
	if asJSON {
		m.json = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: cleanAttr}))
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

// line writes a line for people.
func (m *messages) line(text string) { fmt.Fprintln(m.out, "vpcetrail:", grid.Clean(text)) }

// problem reports something that went wrong while the run continued.
func (m *messages) problem(text string) {
	if m.json != nil {
		m.json.Warn("problem", "error", text)
		return
	}
	m.line(text)
}

// failed reports the error that ends the program.
func (m *messages) failed(err error) {
	if m.json != nil {
		m.json.Error("failed", "error", err.Error(), "exit_status", exitCode(err))
		return
	}
	m.line(err.Error())
}

// progress reports how far the run has come.
func (m *messages) progress(s snapshot) {
	if m.json == nil {
		m.line(s.text())
		return
	}
	attrs := []any{
		"objects", s.objects, "objects_found", s.found, "listing_complete", s.listed,
		"bytes", s.read, "events", s.events, "events_per_second", int64(s.rate()), "problems", s.problems,
	}
	if left, ok := s.left(); ok {
		attrs = append(attrs, "seconds_left", int64(left.Seconds()))
	}
	m.json.Info("progress", attrs...)
}

// done reports the end of a successful run, for programs that read the messages.
func (m *messages) done(days int, objects, events int64) {
	if m.json != nil {
		m.json.Info("done", "days", days, "objects", objects, "events", events)
	}
}

// wantsJSON reports whether a command line asks for messages in JSON, even if it
// cannot be parsed.
func wantsJSON(args []string) (wanted bool) {
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
