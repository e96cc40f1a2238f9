// Package verify holds the command verify, which checks a trail by its digests.
package verify

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"vpcetrail/ingest/digest"
	"vpcetrail/report/grid"
)

// A Result is what a check found. The zero value is ready.
type Result struct {
	Sources []string
	Days    string
	Allowed []digest.Status // that do not count against the result

	counts   map[string]map[digest.Status]int64 // by kind of finding
	explains []string                           // why trails did not log
	problems []problem                          // the first of them
	lines    *bufio.Writer                      // one line each; nil: none
}

// maxProblems bounds the problems in memory.
const maxProblems = 10_000

// A problem is a finding that is not fine.
type problem struct {
	Kind    string        `json:"kind"`
	Status  digest.Status `json:"status"`
	Name    string        `json:"name"`
	Problem string        `json:"problem"`
}

func (p *problem) line() string {
	return grid.Clean(p.Name + ": " + string(p.Status) + ": " + p.Problem)
}

// Report makes r write one line for each problem to w, as it is found.
func (r *Result) Report(w io.Writer) { r.lines = bufio.NewWriter(w) }

// Add adds a finding.
func (r *Result) Add(f *digest.Finding) error {
	if r.counts == nil {
		r.counts = map[string]map[digest.Status]int64{digest.KindDigest: {}, digest.KindGap: {}, digest.KindLog: {}}
	}
	r.counts[f.Kind][f.Status]++
	if f.Problem == "" {
		return nil
	}
	p := problem{f.Kind, f.Status, f.Title(), f.Problem}
	if f.Status.Level() == digest.Fine {
		if len(r.explains) < maxProblems {
			r.explains = append(r.explains, p.line())
		}
		return nil
	}
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, p)
	}
	if r.lines == nil {
		return nil
	}
	_, err := r.lines.WriteString(p.line() + "\n")
	return err
}

// Close writes the last lines of the report.
func (r *Result) Close() error {
	if r.lines == nil {
		return nil
	}
	return r.lines.Flush()
}

// count returns the number of findings of a level that count against the result.
func (r *Result) count(level digest.Level) (n int64) {
	for _, statuses := range r.counts {
		for status, of := range statuses {
			if status.Level() == level && !slices.Contains(r.Allowed, status) {
				n += of
			}
		}
	}
	return n
}

// Invalid returns how many findings are evidence of a change. Unchecked returns how many
// digests, hours and logs could not be checked.
func (r *Result) Invalid() int64 { return r.count(digest.Invalid) }

// Unchecked is described with Invalid.
func (r *Result) Unchecked() int64 { return r.count(digest.Unchecked) }

// Valid returns how many logs are proved.
func (r *Result) Valid() int64 {
	logs := r.counts[digest.KindLog]
	return logs[digest.Valid] + logs[digest.ListedTwice]
}

// Logs and Digests return how many were there, or named.
func (r *Result) Logs() int64 { return sum(r.counts[digest.KindLog]) }

// Digests is described with Logs.
func (r *Result) Digests() int64 { return sum(r.counts[digest.KindDigest]) }

func sum(counts map[digest.Status]int64) (n int64) {
	for _, of := range counts {
		n += of
	}
	return n
}

// said is what a valid log does not prove.
const said = "A valid log is as CloudTrail delivered it. That does not prove that the trail logged every call: its event selectors " +
	"choose the events, and StopLogging and gaps leave times out. Calls that CloudTrail does not log are in no trail."

// shown bounds the problems in the text.
const shown = 20

// WriteText writes the result for people.
func (r *Result) WriteText(out io.Writer, style grid.Style) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %s: %s of %s valid, by %s\n", grid.Clean(strings.Join(r.Sources, ", ")), r.Days,
		grid.Number(r.Valid()), grid.Plural(r.Logs(), "log"), grid.Plural(r.Digests(), "digest"))
	table := grid.Grid{Title: "Result", Heads: []string{"", "status", "count"}, Right: []bool{false, false, true}, Style: style}
	for _, kind := range []string{digest.KindDigest, digest.KindGap, digest.KindLog} {
		for _, status := range slices.Sorted(maps.Keys(r.counts[kind])) {
			table.Add(kind, string(status), grid.Number(r.counts[kind][status]))
		}
	}
	table.Write(&text)
	r.list(&text, "Problems", r.worst())
	r.list(&text, "Times that the trail did not log", r.explains)
	text.WriteString("\n")
	grid.Paragraph(&text, "", "", said)
	_, err := io.WriteString(out, text.String())
	return err
}

// worst returns the problems as lines, those first that are evidence of a change. Those of
// one status and text are one line.
func (r *Result) worst() []string {
	type like struct {
		status  digest.Status
		problem string
	}
	var first []problem
	more := map[like]int64{}
	for _, p := range r.problems {
		if l := (like{p.Status, p.Problem}); more[l] == 0 {
			first = append(first, p)
			more[l] = 1
		} else {
			more[l]++
		}
	}
	slices.SortStableFunc(first, func(a, b problem) int { return int(b.Status.Level() - a.Status.Level()) })
	lines := make([]string, len(first))
	for i, p := range first {
		if lines[i] = p.line(); more[like{p.Status, p.Problem}] > 1 {
			lines[i] += fmt.Sprintf(" (and %s more)", grid.Number(more[like{p.Status, p.Problem}]-1))
		}
	}
	return lines
}

func (r *Result) list(text *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(text, "\n%s\n", title)
	for _, line := range lines[:min(shown, len(lines))] {
		fmt.Fprintf(text, "  %s\n", line)
	}
	if more := int64(len(lines) - shown); more > 0 {
		fmt.Fprintf(text, "  … and %s more: --report FILE lists all\n", grid.Number(more))
	}
}

// WriteJSON writes the result for programs.
func (r *Result) WriteJSON(out io.Writer) error {
	doc := struct {
		Sources   []string                           `json:"sources"`
		Days      string                             `json:"days"`
		Counts    map[string]map[digest.Status]int64 `json:"counts"`
		Invalid   int64                              `json:"invalid"`
		Unchecked int64                              `json:"unchecked"`
		Explained []string                           `json:"explained,omitempty"`
		Problems  []problem                          `json:"problems"`
		More      int64                              `json:"more_problems,omitempty"`
		Note      string                             `json:"note"`
	}{r.Sources, r.Days, r.counts, r.Invalid(), r.Unchecked(), r.explains, r.problems, 0, said}
	if doc.More = r.all() - int64(len(r.problems)); doc.Problems == nil {
		doc.Problems = []problem{}
	}
	enc := grid.NewJSON(out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// all returns the number of problems.
func (r *Result) all() (n int64) {
	for _, statuses := range r.counts {
		for status, of := range statuses {
			if status.Level() != digest.Fine {
				n += of
			}
		}
	}
	return n
}
