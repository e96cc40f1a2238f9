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

	"vpcetrail/classify/phrase"
)

// A Kind is the type of a column of a Listing, and its format.
type Kind uint8

// The kinds of columns. In CSV, NULL is an empty field.
const (
	Text   Kind = iota // string
	Count              // int64; with commas for people
	Bytes              // int64; in larger units for people
	Ratio              // float64 between 0 and 1; in percent for people
	Money              // float64, US dollars
	Moment             // int64, milliseconds since the epoch; written as 2026-11-20T10:11:12Z, for people without T and Z
)

// A Column is one column of a Listing.
type Column struct {
	Name string        // for programs, as in the report's tables
	Head phrase.Format // for people; "" means that only programs get the column
	Kind Kind

	Spare bool // may be left out on a narrow terminal
	// Ink returns how to highlight a cell on a terminal. nil means no highlighting.
	Ink func(cell string) Ink
}

// A Listing is a table with any number of rows, which come one by one. A row has a value for each
// column, of the type of its Kind, or nil for NULL.
type Listing struct {
	Title   phrase.Phrase
	Columns []Column
	Rows    iter.Seq2[[]any, error] // a row is valid until the next one; an error ends the sequence
	Top     int                     // the number of rows to write; 0 means all
	Total   int                     // the number of all rows; output for people shows how many Top leaves out
}

// OrNull returns a text as a value in a row: nil if it is empty.
func OrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// BytesOrNull returns n as a value in a row: nil if all bytes of the row are 0. Then nobody knows them,
// because data events alone name bytes.
func BytesOrNull(n, all int64) any {
	if all == 0 {
		return nil
	}
	return n
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

// mostRows is the limit of rows in a table of text. Such a table is held in memory to compute its
// widths.
const mostRows = 10_000

// Write writes the listing in a format, one of Formats. CSV and JSON have all columns with their full
// values, and each row is written as it comes. Formats for people have the columns with a Head. The
// style applies only to tables, with one exception: CSV on a terminal is cleaned.
func (l *Listing) Write(w io.Writer, format string, style Style) error {
	out := bufio.NewWriter(w)
	var err error
	switch format {
	case FormatTable:
		err = l.writeText(out, style, (*Grid).Write)
	case FormatMarkdown:
		err = l.writeText(out, Style{Words: style.Words}, (*Grid).WriteMarkdown)
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

// rows returns the rows to write, at most most of them. 0 means all.
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
	g := Grid{Title: style.Words.Text(l.Title), Style: style}
	var shown []int
	for i, c := range l.Columns {
		if c.Head != "" {
			shown = append(shown, i)
			g.Heads, g.Right = append(g.Heads, style.Words.Say(c.Head)), append(g.Right, c.Kind != Text)
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

// neutral returns text as a cell that no spreadsheet treats as a formula. It adds an apostrophe in
// front of characters that may start a formula. It also adds one in front of an apostrophe, so
// removing one always gives the original text.
func neutral(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text != "" && strings.ContainsRune("=+-@'\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// writeJSON writes an array with one object per row, each on a line. The keys are the names of the
// columns, in order.
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

// plain formats a value for programs.
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

// forPeople formats a value for people.
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
