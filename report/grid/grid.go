// Package grid lays out tables of text for people, and writes numbers and names as people read them.
package grid

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Grid is a table of text in columns as wide as their widest cell, below a title. Its zero value has no
// columns. It is for one goroutine.
type Grid struct {
	Title string
	Heads []string
	Right []bool // by column: flush right
	rows  [][]string
	rest  string // a line below
}

// Add adds a row of as many cells as there are heads. It keeps the slice, which must not be changed any more.
func (g *Grid) Add(cells ...string) { g.rows = append(g.rows, cells) }

// More says below the table how many rows are not shown; nothing where n is not positive.
func (g *Grid) More(n int) {
	if n > 0 {
		g.rest = fmt.Sprintf("  … and %s more", Number(int64(n)))
	}
}

// Write appends the table to out, behind an empty line. A table without rows says "none". Cells are shown
// as Clean leaves them.
func (g *Grid) Write(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n", g.Title)
	if len(g.rows) == 0 {
		out.WriteString("  none\n")
		return
	}
	width := make([]int, len(g.Heads))
	for _, row := range append([][]string{g.Heads}, g.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(Clean(cell)))
		}
	}
	for _, row := range append([][]string{g.Heads}, g.rows...) {
		var line strings.Builder
		for i, cell := range row {
			cell = Clean(cell)
			fill := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if g.Right[i] {
				cell, fill = fill, cell
			}
			line.WriteString("  " + cell + fill)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if g.rest != "" {
		out.WriteString(g.rest + "\n")
	}
}
