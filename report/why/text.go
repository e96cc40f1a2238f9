package why

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/causes"
	"vpcetrail/report/grid"
)

var columns = []grid.Column{
	{Name: "cause", Head: "cause"},
	{Name: "reason"},
	{Name: "change", Head: "change"},
	{Name: "proof", Head: "proof"},
	{Name: "calls", Head: "calls", Kind: grid.Count},
	{Name: "bytes", Head: "bytes", Kind: grid.Bytes},
	{Name: "estimated_usd", Head: "cost", Kind: grid.Money},
	{Name: "first_seen", Head: "first seen", Kind: grid.Moment},
	{Name: "last_seen", Head: "last seen", Kind: grid.Moment},
	{Name: "vpc_id"}, {Name: "vpc_region"}, {Name: "vpc_account_id"}, {Name: "subnet_ids"}, {Name: "route_table_ids"},
	{Name: "vpc_endpoint_id"}, {Name: "service_name"}, {Name: "reason_detail"},
	{Name: "account_ids"}, {Name: "services"}, {Name: "regions"}, {Name: "callers"},
	{Name: "more_callers", Kind: grid.Count},
	{Name: "done", Kind: grid.Text},
	{Name: "dns"},
}

// Write writes the groups in one of grid's formats, at most top of them. A top of 0 means all.
func (y *Why) Write(w io.Writer, format string, style grid.Style, top int) error {
	if format == grid.FormatTable {
		return y.writeText(w, style, top)
	}
	l := grid.Listing{Title: y.Headline(), Columns: columns, Top: top, Total: len(y.Groups), Rows: func(yield func([]any, error) bool) {
		for i := range y.Groups {
			if !yield(y.Groups[i].row(), nil) {
				return
			}
		}
	}}
	return l.Write(w, format, style)
}

func (g *Group) row() []any {
	var cost, done any
	if usd, known := g.Cost(); known {
		cost = usd
	}
	if g.Done {
		done = "true"
	}
	var callers []string
	for i := range g.Callers {
		callers = append(callers, g.Callers[i].Principal)
	}
	list := func(values []string) any { return grid.OrNull(strings.Join(values, " ")) }
	return []any{
		string(g.Cause), string(g.Reason), causes.Title(&g.Plan).String(), g.String(), g.Calls, grid.BytesOrNull(g.Bytes, g.Bytes), cost, g.First, g.Last,
		grid.OrNull(g.VPC), grid.OrNull(g.Region), grid.OrNull(g.Owner), list(g.Subnets), list(g.Tables),
		grid.OrNull(g.Endpoint), grid.OrNull(g.Service), grid.OrNull(g.Detail),
		list(g.Accounts), list(g.Services), list(g.Regions), list(slices.Compact(callers)), int64(g.Others), done, grid.OrNull(g.DNS.String()),
	}
}

// Headline says in a sentence how many calls there are, and how many of them can be moved.
func (y *Why) Headline() phrase.Phrase {
	days, calls := report.NameDays(y.Days), phrase.Count(y.Calls, "call")
	switch {
	case y.Calls == 0 && y.All > 0:
		return phrase.Of("%s: no call past the endpoints matches the filter; %s without it.", days, phrase.Count(y.All, "call"))
	case y.Calls == 0:
		return phrase.Of("%s: no call went past the endpoints.", days)
	case y.Changes == 0:
		return phrase.Of("%s: %s past the endpoints. No change that is proven would move them.", days, calls)
	}
	return phrase.Of("%s: %s past the endpoints. %s would move %s of them (%s).",
		days, calls, phrase.Count(y.Changes, "change"), grid.Number(y.Movable), grid.Percent(y.Movable, y.Calls))
}

// The width of text for people: of a terminal, within these bounds.
const (
	leastWidth   = 50
	defaultWidth = 80
	mostWidth    = 100
)

// indent is the column where the text of a group starts.
const indent = "     "

func (y *Why) writeText(w io.Writer, style grid.Style, top int) error {
	width := defaultWidth
	if style.Width > 0 {
		width = min(max(style.Width, leastWidth), mostWidth)
	}
	var out strings.Builder
	say := style.Words.Text
	paragraph(&out, "", style, grid.Bold, width, say(y.Headline()))
	for _, warning := range y.Warnings() {
		paragraph(&out, "", style, grid.Alarm, width, say(warning))
	}
	shown := y.Groups
	if top > 0 {
		shown = shown[:min(top, len(shown))]
	}
	if len(shown) > 0 {
		y.writeGroups(&out, shown, style, width)
	}
	if more := len(y.Groups) - len(shown); more > 0 {
		out.WriteString(indent + style.Words.Say("… and %s more", grid.Number(int64(more))) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Warnings says what to know before the groups are read.
func (y *Why) Warnings() (all []phrase.Phrase) {
	if len(y.Incomplete) > 0 {
		all = append(all, phrase.Of("INCOMPLETE: not all objects of %s could be read.", dayNames(y.Incomplete)))
	}
	if len(y.Shards) > 0 {
		all = append(all, phrase.Of("INCOMPLETE: one shard of the trail alone was read for %s: merge the shards.", dayNames(y.Shards)))
	}
	for _, lacks := range y.Unread {
		all = append(all, phrase.Of("INCOMPLETE: %s.", lacks))
	}
	var calls int64
	for i := range y.Groups {
		if y.Groups[i].IsUrgent() {
			calls += y.Groups[i].Calls
		}
	}
	if calls > 0 {
		all = append(all, phrase.Of("LOOK AT THIS FIRST: %s with credentials of an instance from another place. See cause keys_elsewhere.", phrase.Count(calls, "call")))
	}
	if y.Logged > 0 {
		all = append(all, phrase.Of("S3 access logs show %s past the endpoints to %s that no data event of the trail shows. They have no cause here, and these logs are best effort. See table s3_access.",
			phrase.Count(y.Logged, "request"), phrase.Count(y.Buckets, "bucket")))
	}
	if y.Uncompared > 0 {
		all = append(all, phrase.Of("S3 access logs show %s past the endpoints to %s that were not compared with the trail: it may lack them. Give analyze SOURCE and --access-logs in one run. See table s3_access.",
			phrase.Count(y.Uncompared, "request"), phrase.Count(y.UncomparedBuckets, "bucket")))
	}
	return all
}

func dayNames(days []day.Day) phrase.Phrase {
	var names []string
	for _, d := range days {
		names = append(names, d.String())
	}
	return phrase.Few(names)
}

// writeGroups writes for each group a line of numbers with the change, and the proof below.
func (y *Why) writeGroups(out *strings.Builder, shown []Group, style grid.Style, width int) {
	words := style.Words
	head := []string{words.Say("calls"), words.Say("bytes"), words.Say("cost")}
	rows := make([][]string, len(shown))
	widths := make([]int, len(head))
	for i := range shown {
		g := &shown[i]
		rows[i] = []string{grid.Number(g.Calls), "-", "-"}
		if g.Bytes > 0 {
			rows[i][1] = grid.Size(g.Bytes)
		}
		if usd, known := g.Cost(); known {
			rows[i][2] = grid.Dollars(usd)
		}
	}
	for _, row := range append(rows, head) {
		for k, cell := range row {
			widths[k] = max(widths[k], grid.Width(cell))
		}
	}
	line := func(number string, cells []string) string {
		text := fmt.Sprintf("%3s", number)
		for k, cell := range cells {
			text += "  " + strings.Repeat(" ", widths[k]-grid.Width(cell)) + cell
		}
		return text + "  "
	}
	out.WriteString("\n" + style.Paint(grid.Faint, line("", head)+words.Say("change")) + "\n")
	for i := range shown {
		g := &shown[i]
		numbers, room := line(fmt.Sprint(i+1), rows[i]), math.MaxInt
		if style.Width > 0 {
			room = width - grid.Width(numbers)
		}
		for _, title := range grid.Wrap(grid.Clean(words.Text(causes.Title(&g.Plan))), room, room) {
			out.WriteString(numbers + style.Paint(grid.Bold, title) + "\n")
			numbers = strings.Repeat(" ", grid.Width(numbers))
		}
		paragraph(out, indent, style, grid.Plain, width, words.Say("%s: %s. %s", string(g.Cause), g.Proof(), g.From(len(y.Days) == 1)))
		if g.DNS.Is() {
			paragraph(out, indent, style, grid.Plain, width, words.Say("DNS: %s.", g.DNS))
		}
	}
}

// From says who made the calls, and when. On one day it leaves out the day.
func (g *Group) From(oneDay bool) phrase.Phrase {
	var names []phrase.Phrase
	for i := range g.Callers {
		name := g.Callers[i].Name()
		if !slices.ContainsFunc(names, func(p phrase.Phrase) bool { return p.String() == name.String() }) {
			names = append(names, name)
		}
	}
	who := phrase.Of("%s", phrase.Join(phrase.Comma, names))
	if g.Others > 0 {
		who = phrase.Of("%s and %s more", who, grid.Number(int64(g.Others)))
	}
	from := phrase.Of("By %s, %s.", who, seen(g.First, g.Last, oneDay))
	if g.Done {
		return phrase.Of("%s The newest snapshot shows this change already.", from)
	}
	return from
}

// Name names the caller for people: by its workload if that is known.
func (c *Caller) Name() phrase.Phrase {
	if _, function, ok := strings.Cut(c.Workload, ":function:"); ok {
		return phrase.Of("function %s", function)
	}
	if strings.HasPrefix(c.Workload, "i-") {
		return phrase.Of("%s", c.Workload)
	}
	name, _ := grid.Principal(c.Principal)
	if c.Workload != "" {
		return phrase.Of("%s in %s", name, c.Workload)
	}
	return phrase.Of("%s", name)
}

func seen(first, last int64, oneDay bool) phrase.Phrase {
	const date, minute = "2006-01-02 ", "15:04"
	from, to := time.UnixMilli(first).UTC().Format(date+minute), time.UnixMilli(last).UTC().Format(date+minute)
	if from[:len(date)] == to[:len(date)] {
		to = to[len(date):]
		if oneDay {
			from = from[len(date):]
		}
	}
	if strings.HasSuffix(from, to) {
		return phrase.Of("%s", from)
	}
	return phrase.Of("%s to %s", from, to)
}

// paragraph appends text, broken into lines that each start with before.
func paragraph(out *strings.Builder, before string, style grid.Style, ink grid.Ink, width int, text string) {
	for _, line := range grid.Wrap(grid.Clean(text), width-len(before), width-len(before)) {
		out.WriteString(before + style.Paint(ink, line) + "\n")
	}
}
