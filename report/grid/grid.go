// Package grid lays out tables for people and for programs: as columns of text, Markdown, CSV or JSON. It
// writes numbers and names as people read them.
//
// A Grid is a small table of text, held whole. A Listing is a table of any length whose rows come one by
// one; it writes itself in each format.
package grid

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A Grid is a table of text in columns as wide as their widest cell, below a title. Its zero value has no
// columns. It is for one goroutine.
type Grid struct {
	Title string
	Heads []string
	Right []bool // by column: flush right
	Spare []bool // by column: left out, the last first, where a terminal has no room; nil: none is
	Style Style  // a table wider than its terminal has its widest texts elided

	// Ink chooses how a cell is set off; nil: none is.
	Ink func(column int, cell string) Ink

	rows [][]string
	rest string // a line below
}

// Add adds a row of as many cells as there are heads. It keeps the slice, which must not be changed any more.
func (g *Grid) Add(cells ...string) { g.rows = append(g.rows, cells) }

// More says below the table how many rows are not shown; nothing where n is not positive.
func (g *Grid) More(n int) {
	if n > 0 {
		g.rest = fmt.Sprintf("… and %s more", Number(int64(n)))
	}
}

// Write appends the table to out, behind an empty line. A table without rows says "none". Cells are shown
// as Clean leaves them.
func (g *Grid) Write(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n", g.Style.Paint(Bold, Clean(g.Title)))
	if len(g.rows) == 0 {
		out.WriteString("  none\n")
		return
	}
	widths := g.widths()
	g.leaveOut(widths)
	g.elide(widths)
	g.writeRow(out, widths, g.Heads, func(int, string) Ink { return Faint })
	for _, row := range g.rows {
		g.writeRow(out, widths, row, g.Ink)
	}
	if g.rest != "" {
		out.WriteString("  " + g.rest + "\n")
	}
}

func (g *Grid) writeRow(out *strings.Builder, widths []int, row []string, ink func(int, string) Ink) {
	var line strings.Builder
	for i, cell := range row {
		if widths[i] == 0 {
			continue
		}
		cell = Elide(Clean(cell), widths[i])
		fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if ink != nil {
			cell = g.Style.Paint(ink(i, cell), cell)
		}
		switch {
		case g.Right[i]:
			cell = fill + cell
		case i < len(row)-1: // no spaces at a line's end
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
		widths[i] = max(1, utf8.RuneCountInString(Clean(head)))
		for _, row := range g.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(Clean(row[i])))
		}
	}
	return widths
}

const (
	readable   = 40 // what a column of text has at least, as long as there are columns to leave out
	leastWidth = 20 // what it has always
)

// lineWidth returns how wide a row is, where no text has more than most columns.
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

// leaveOut sets the width of columns to 0 that can be spared, as far as the terminal asks for it.
func (g *Grid) leaveOut(widths []int) {
	for i := len(g.Spare) - 1; i >= 0 && g.Style.Width > 0 && g.lineWidth(widths, readable) > g.Style.Width; i-- {
		if g.Spare[i] {
			widths[i] = 0
		}
	}
}

// elide takes from the widest columns of text what the terminal has no room for.
func (g *Grid) elide(widths []int) {
	for over := g.lineWidth(widths, math.MaxInt) - g.Style.Width; g.Style.Width > 0 && over > 0; over-- {
		widest := -1
		for i, w := range widths {
			if !g.Right[i] && w > leastWidth && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return // nothing is left to elide
		}
		widths[widest]--
	}
}

// WriteMarkdown appends the table to out as Markdown, behind an empty line.
func (g *Grid) WriteMarkdown(out *strings.Builder) {
	fmt.Fprintf(out, "\n### %s\n\n", markdown(g.Title))
	if len(g.rows) == 0 {
		out.WriteString("none\n")
		return
	}
	markdownHead(out, g.Heads, g.Right)
	for _, row := range g.rows {
		markdownRow(out, row)
	}
	if g.rest != "" {
		out.WriteString("\n" + g.rest + "\n")
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

// markdown returns text as Markdown shows it as it is: what comes from logs is no markup. Spaces that set a cell
// in go.
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
