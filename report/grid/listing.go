package grid

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Kind says what a column of a Listing holds, and how it is written.
type Kind uint8

// The kinds of columns. In CSV, NULL is an empty field.
const (
	Text   Kind = iota // string
	Count              // int64; with commas for people
	Bytes              // int64; in larger units for people
	Ratio              // float64 between 0 and 1; in per cent for people
	Money              // float64, US dollars
	Moment             // int64, milliseconds since the epoch; written as 2026-11-20T10:11:12Z, for people without T and Z
)

// A Column is one column of a Listing.
type Column struct {
	Name string // for programs, as in the report's tables
	Head string // for people; "" leaves the column to programs
	Kind Kind

	Spare bool // it is left out where a terminal has no room
	// Ink chooses how a cell is set off on a terminal; nil: none is.
	Ink func(cell string) Ink
}

// A Listing is a table whose rows come one by one, so that it may have any number of them. A row has a value for
// each column, of its Kind's type, or nil for NULL.
type Listing struct {
	Title   string
	Columns []Column
	Rows    iter.Seq2[[]any, error] // a row is valid until the next one; an error is the last
	Top     int                     // how many rows are written; 0: all
	Total   int                     // how many rows there are; people are told what Top leaves out
}

// OrNull returns a text as a row has it: nil where it is empty.
func OrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// The formats of a Listing.
const (
	FormatTable    = "table"
	FormatCSV      = "csv"
	FormatJSON     = "json"
	FormatMarkdown = "markdown"
)

// Formats returns the names of all formats.
func Formats() []string { return []string{FormatTable, FormatCSV, FormatJSON, FormatMarkdown} }

// mostRows bounds a table of text, which is held whole to know its widths.
const mostRows = 10_000

// Write writes the listing in a format, one of Formats. CSV and JSON hold every column whole, and their rows are
// written as they come; for people there are the columns with a Head. The style is the table's alone, but for one
// thing: CSV on a terminal is cleaned.
func (l *Listing) Write(w io.Writer, format string, style Style) error {
	out := bufio.NewWriter(w)
	var err error
	switch format {
	case FormatTable:
		err = l.writeText(out, style, (*Grid).Write)
	case FormatMarkdown:
		err = l.writeText(out, Style{}, (*Grid).WriteMarkdown)
	case FormatCSV:
		err = l.writeCSV(out, style)
	case FormatJSON:
		err = l.writeJSON(out)
	default:
		err = fmt.Errorf("format %q: want %s", format, strings.Join(Formats(), ", "))
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// rows returns the rows to write, most at most; 0 means all.
func (l *Listing) rows(most int) iter.Seq2[[]any, error] {
	if l.Top > 0 && (most == 0 || l.Top < most) {
		most = l.Top
	}
	return func(yield func([]any, error) bool) {
		n := 0
		for row, err := range l.Rows {
			if err == nil && most > 0 && n == most {
				return
			}
			n++
			if !yield(row, err) {
				return
			}
		}
	}
}

func (l *Listing) writeText(w io.Writer, style Style, write func(*Grid, *strings.Builder)) error {
	g := Grid{Title: l.Title, Style: style}
	var shown []int
	for i, c := range l.Columns {
		if c.Head != "" {
			shown = append(shown, i)
			g.Heads, g.Right = append(g.Heads, c.Head), append(g.Right, c.Kind != Text)
			g.Spare = append(g.Spare, c.Spare)
		}
	}
	g.Ink = func(column int, cell string) Ink {
		if ink := l.Columns[shown[column]].Ink; ink != nil {
			return ink(cell)
		}
		return Plain
	}
	n := 0
	for row, err := range l.rows(mostRows) {
		if err != nil {
			return err
		}
		n++
		cells := make([]string, len(shown))
		for k, i := range shown {
			cells[k] = l.Columns[i].Kind.forPeople(row[i])
		}
		g.Add(cells...)
	}
	g.More(l.Total - n)
	var text strings.Builder
	write(&g, &text)
	_, err := io.WriteString(w, strings.TrimPrefix(text.String(), "\n"))
	return err
}

func (l *Listing) writeCSV(w io.Writer, style Style) error {
	out := csv.NewWriter(w)
	cells := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		cells[i] = c.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for row, err := range l.rows(0) {
		if err != nil {
			return err
		}
		for i, c := range l.Columns {
			cells[i] = c.Kind.plain(row[i])
			if c.Kind == Text && !style.Raw {
				cells[i] = neutral(cells[i])
			}
			if style.Width > 0 {
				cells[i] = Clean(cells[i])
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// neutral returns text as a cell that no spreadsheet takes for a formula: with an apostrophe before what may
// start one. An apostrophe gets one too, so that taking one off gives the text back.
func neutral(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text != "" && strings.ContainsRune("=+-@'\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// writeJSON writes an array of one object a row and line, with the columns' names in their order.
func (l *Listing) writeJSON(w *bufio.Writer) error {
	before := "["
	for row, err := range l.rows(0) {
		if err != nil {
			return err
		}
		fmt.Fprint(w, before+"\n  {")
		before = ","
		for i, c := range l.Columns {
			value := row[i]
			if c.Kind == Moment && value != nil {
				value = c.Kind.plain(value)
			}
			text, err := json.Marshal(value)
			if err != nil {
				return err
			}
			if i > 0 {
				fmt.Fprint(w, ", ")
			}
			fmt.Fprintf(w, "%q: %s", c.Name, JSONText(text))
		}
		fmt.Fprint(w, "}")
	}
	if before == "[" {
		before = "[]\n"
	} else {
		before = "\n]\n"
	}
	_, err := w.WriteString(before)
	return err
}

// plain writes a value for programs.
func (k Kind) plain(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case int64:
		if k == Moment {
			return time.UnixMilli(v).UTC().Format("2006-01-02T15:04:05.999Z07:00")
		}
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// forPeople writes a value for people.
func (k Kind) forPeople(value any) string {
	switch v := value.(type) {
	case string:
		return OrDash(v)
	case float64:
		if k == Money {
			return Dollars(v)
		}
		return Share(v)
	case int64:
		switch k {
		case Moment:
			return time.UnixMilli(v).UTC().Format(time.DateTime)
		case Bytes:
			return Size(v)
		}
		return Number(v)
	}
	return "-"
}
