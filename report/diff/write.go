package diff

import (
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
)

// Names are the names of the two sides for people, such as two days.
type Names struct{ Before, After string }

var columns = []grid.Column{
	{Name: "change"},
	{Name: "account_id", Head: "account", Spare: true},
	{Name: "principal", Head: "principal"},
	{Name: "service", Head: "service"},
	{Name: "internet_before", Head: "internet before", Kind: grid.Count},
	{Name: "internet_after", Head: "after", Kind: grid.Count},
	{Name: "vpce_before", Head: "vpce before", Kind: grid.Count, Spare: true},
	{Name: "vpce_after", Head: "after", Kind: grid.Count, Spare: true},
	{Name: "vpce_share_before", Head: "share before", Kind: grid.Ratio},
	{Name: "vpce_share_after", Head: "after", Kind: grid.Ratio},
	{Name: "calls_before", Kind: grid.Count},
	{Name: "calls_after", Kind: grid.Count},
}

// Write writes the diff in one of grid's formats. People get one table per change, and programs get
// one table for all changes. There are at most top rows of each change. A top of 0 means all.
func (d *Diff) Write(w io.Writer, format string, style grid.Style, names Names, top int) error {
	if format == grid.FormatCSV || format == grid.FormatJSON {
		l := grid.Listing{Columns: columns, Rows: d.rows(func(Change) bool { return true }, top, func(arn string) string { return arn })}
		return l.Write(w, format, style)
	}
	_, err := fmt.Fprintf(w, "%s to %s: calls past the endpoint %s to %s, share by endpoint %s to %s\n", grid.Clean(names.Before), grid.Clean(names.After),
		grid.Number(d.Before.Internet), grid.Number(d.After.Internet), grid.Share(d.Before.Share()), grid.Share(d.After.Share()))
	if err != nil {
		return err
	}
	for c, title := range [...]string{
		Started: "Newly past the endpoint",
		Stopped: "No longer past the endpoint",
		Shifted: fmt.Sprintf("Share by endpoint changed by %s points or more", strconv.FormatFloat(d.Points, 'g', -1, 64)),
	} {
		l := grid.Listing{
			Title: phrase.Of("%s", title), Columns: columns, Total: d.Callers[c], Top: top,
			Rows: d.rows(func(change Change) bool { return change == Change(c) }, 0, nameOf),
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
		if err := l.Write(w, format, style); err != nil {
			return err
		}
	}
	return nil
}

// nameOf names a principal for people.
func nameOf(arn string) string {
	name, _ := grid.Principal(arn)
	return name
}

// rows returns the callers of the wanted changes, at most top of each change. name names principals.
func (d *Diff) rows(wanted func(Change) bool, top int, name func(arn string) string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		var n [changes]int
		for c, err := range d.All() {
			if err != nil {
				yield(nil, err)
				return
			}
			if n[c.Change]++; !wanted(c.Change) || top > 0 && n[c.Change] > top {
				continue
			}
			if !yield(c.row(name(c.Principal)), nil) {
				return
			}
		}
	}
}

func (c *Caller) row(principal string) []any {
	return []any{
		c.Change.String(), grid.OrNull(c.Account), grid.OrNull(principal), grid.OrNull(c.Service),
		c.Before.Internet, c.After.Internet, c.Before.VPCE, c.After.VPCE,
		ratioOrNull(c.Before.Share()), ratioOrNull(c.After.Share()), c.Before.Calls, c.After.Calls,
	}
}

func ratioOrNull(share float64) any {
	if math.IsNaN(share) {
		return nil
	}
	return share
}
