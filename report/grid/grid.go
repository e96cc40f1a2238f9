// Package grid lays out tables for people and for programs: as columns of text, Markdown, CSV or
// JSON. It formats numbers and names for people.
//
// A Grid is a small table of text that is held in memory. A Listing is a table of any length. Its
// rows come one by one, and it can be written in each format.
package grid

import (
	"fmt"
	"math"
	"strings"
)

// A Grid is a table of text with a title. Each column is as wide as its widest cell. The zero value
// has no columns. Use a Grid from one goroutine.
type Grid struct {
	Title string
	Heads []string
	Right []bool // by column: align right
	Spare []bool // by column: may be left out on a narrow terminal, the last one first; nil means none
	Style Style  // if the table is wider than the terminal, the widest texts are shortened

	// Ink returns how to highlight a cell. nil means no highlighting.
	Ink func(column int, cell string) Ink

	rows [][]string
	more int // rows that are not shown
}

// Add adds a row. It must have as many cells as there are heads. Add keeps the slice: do not change
// it afterwards.
func (g *Grid) Add(cells ...string) { g.rows = append(g.rows, cells) }

// More shows below the table that n rows are not shown. It shows nothing if n is not positive.
func (g *Grid) More(n int) {
	if n > 0 {
		g.more = n
	}
}

// Write appends an empty line and the table to out. A table without rows shows "none". Cells are
// cleaned by Clean.
func (g *Grid) Write(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n", g.Style.Paint(Bold, Clean(g.Title)))
	if len(g.rows) == 0 {
		out.WriteString("  " + g.Style.Words.Say("none") + "\n")
		return
	}
	widths := g.widths()
	g.leaveOut(widths)
	g.elide(widths)
	g.writeRow(out, widths, g.Heads, func(int, string) Ink { return Faint })
	for _, row := range g.rows {
		g.writeRow(out, widths, row, g.Ink)
	}
	if g.more > 0 {
		out.WriteString("  " + g.rest() + "\n")
	}
}

// rest is the line below the table.
func (g *Grid) rest() string { return g.Style.Words.Say("… and %s more", Number(int64(g.more))) }

func (g *Grid) writeRow(out *strings.Builder, widths []int, row []string, ink func(int, string) Ink) {
	var line strings.Builder
	for i, cell := range row {
		if widths[i] == 0 {
			continue
		}
		cell = g.Style.elide(Clean(cell), widths[i])
		fill := strings.Repeat(" ", max(widths[i]-Width(cell), 0))
		if ink != nil {
			cell = g.Style.Paint(ink(i, cell), cell)
		}
		switch {
		case g.Right[i]:
			cell = fill + cell
		case i < len(row)-1: // no spaces at the end of a line
			cell += fill
		}
		line.WriteString("  " + cell)
	}
	out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// widths returns the width of the widest cell of each column.
func (g *Grid) widths() []int {
	widths := make([]int, len(g.Heads))
	for i, head := range g.Heads {
		widths[i] = max(1, Width(Clean(head)))
		for _, row := range g.rows {
			widths[i] = max(widths[i], Width(Clean(row[i])))
		}
	}
	return widths
}

const (
	readable   = 40 // minimum width of a column of text while other columns can be left out
	leastWidth = 12 // minimum width of a column of text
)

// lineWidth returns the width of a row if texts are limited to most columns.
func (g *Grid) lineWidth(widths []int, most int) (total int) {
	for i, w := range widths {
		if !g.Right[i] {
			w = min(w, most)
		}
		if w > 0 {
			total += 2 + w
		}
	}
	return total
}

// leaveOut sets the width of spare columns to 0 until the table fits the terminal.
func (g *Grid) leaveOut(widths []int) {
	for i := len(g.Spare) - 1; i >= 0 && g.Style.Width > 0 && g.lineWidth(widths, readable) > g.Style.Width; i-- {
		if g.Spare[i] {
			widths[i] = 0
		}
	}
}

// elide makes the widest columns of text narrower until the table fits the terminal.
func (g *Grid) elide(widths []int) {
	for over := g.lineWidth(widths, math.MaxInt) - g.Style.Width; g.Style.Width > 0 && over > 0; over-- {
		widest := -1
		for i, w := range widths {
			if !g.Right[i] && w > leastWidth && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return // no column can be narrower
		}
		widths[widest]--
	}
}

// WriteMarkdown appends an empty line and the table as Markdown to out.
func (g *Grid) WriteMarkdown(out *strings.Builder) {
	fmt.Fprintf(out, "\n### %s\n\n", markdown(g.Title))
	if len(g.rows) == 0 {
		out.WriteString(g.Style.Words.Say("none") + "\n")
		return
	}
	markdownHead(out, g.Heads, g.Right)
	for _, row := range g.rows {
		markdownRow(out, row)
	}
	if g.more > 0 {
		out.WriteString("\n" + g.rest() + "\n")
	}
}

func markdownHead(out *strings.Builder, heads []string, right []bool) {
	markdownRow(out, heads)
	for _, r := range right {
		if r {
			out.WriteString("|---:")
		} else {
			out.WriteString("|---")
		}
	}
	out.WriteString("|\n")
}

func markdownRow(out *strings.Builder, row []string) {
	for _, cell := range row {
		out.WriteString("| " + markdown(cell) + " ")
	}
	out.WriteString("|\n")
}

// markdown escapes text for Markdown, because text from logs is not markup. It removes the spaces
// that indent a cell.
func markdown(text string) string {
	var out strings.Builder
	for _, r := range Clean(strings.TrimSpace(text)) {
		if strings.ContainsRune("\\`*_|<>[]&~", r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
