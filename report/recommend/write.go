package recommend

import (
	"fmt"
	"io"
	"strings"

	"vpcetrail/report/grid"
	"vpcetrail/report/prices"
)

// Write writes the recommendations in a format, one of grid.Formats. Output for people has
// at most top of them.
func (a *Advice) Write(w io.Writer, format string, style grid.Style, top int) error {
	shown := a.Rows
	if top > 0 {
		shown = shown[:min(len(shown), top)]
	}
	var out strings.Builder
	switch format {
	case grid.FormatTable:
		out.WriteString(a.head(style))
		a.table(shown, style).Write(&out)
		a.details(&out, shown, style)
		a.foot(&out, shown, style)
	case grid.FormatMarkdown:
		out.WriteString(a.head(grid.Style{}))
		a.table(shown, grid.Style{}).WriteMarkdown(&out)
		a.reasons(shown).WriteMarkdown(&out)
		out.WriteString("\n")
		a.foot(&out, shown, grid.Style{})
	default:
		return a.listing(shown).Write(w, format, style)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (a *Advice) head(style grid.Style) string {
	text := fmt.Sprintf("%s: %s\n", a.Span, grid.Plural(int64(len(a.Rows)), "recommendation"))
	if a.incomplete() {
		text += style.Paint(grid.Alarm, "INCOMPLETE: the report lacks days or objects, so the calls are a floor") + "\n"
	}
	return text
}

// table is the overview.
func (a *Advice) table(rows []Recommendation, style grid.Style) *grid.Grid {
	g := &grid.Grid{
		Title: "What to do, and what it saves", Style: style,
		Heads: []string{"", "do", "service", "VPC or endpoint", "calls", a.Prices.Currency + "/month"},
		Right: []bool{true, false, false, false, true, true},
		Ink: func(column int, cell string) grid.Ink {
			if column == 1 && (cell == CannotTell || cell == Keep) {
				return grid.Faint
			}
			return grid.Plain
		},
	}
	for i := range rows {
		r := &rows[i]
		where := r.Endpoint
		if r.Do == Create || where == "" {
			where = r.VPC
		}
		g.Add(fmt.Sprint(i+1), r.Do, r.short(), where, grid.Number(r.Past+r.Through), r.Saves.cell())
	}
	g.More(len(a.Rows) - len(rows))
	return g
}

// cell is the saving in a table: a floor has a sign, and what is not known is a dash.
func (s *Saving) cell() string {
	switch {
	case !s.Known:
		return "-"
	case s.Floor:
		return "≥ " + prices.Amount(s.Mean).Round()
	}
	return prices.Amount(s.Mean).Round()
}

// short is the name of the service without its prefix and Region.
func (r *Recommendation) short() string {
	if _, own, ok := strings.Cut(r.Service, "."+r.Region+"."); ok {
		return own
	}
	return strings.TrimSuffix(r.Service, ".amazonaws.com")
}

// headline says in one sentence what to do.
func (r *Recommendation) headline() string {
	what := r.Type + " endpoint for " + r.Service
	in := " in " + r.VPC
	if r.Account != "" {
		in += fmt.Sprintf(" (%s, %s)", r.Account, r.Region)
	}
	switch r.Do {
	case Create:
		if r.Type == "gateway" {
			in += " for " + strings.Join(r.Tables, ", ")
		}
		return "create a new " + what + in
	case Associate:
		return "associate " + strings.Join(r.Tables, ", ") + " with " + r.Endpoint + ", the " + what + in
	case Replace:
		return "replace " + r.Endpoint + ", the " + what + in + ", by a gateway endpoint"
	case Remove:
		return "remove " + r.Endpoint + ", the " + what + in
	case FewerZones:
		return "take zones from " + r.Endpoint + ", the " + what + in
	case Keep:
		return "keep " + r.Endpoint + ", the " + what + in
	}
	if r.Endpoint == "" {
		return "cannot tell about calls to " + r.Service + in
	}
	return "cannot tell about " + r.Endpoint + ", the " + what + in
}

// widest is the length of lines where no terminal is narrower.
const widest = 100

func widthOf(style grid.Style) int {
	if style.Width > 0 {
		return min(widest, style.Width)
	}
	return widest
}

// details has the arithmetic of each row.
func (a *Advice) details(out *strings.Builder, rows []Recommendation, style grid.Style) {
	width := widthOf(style)
	for i := range rows {
		r := &rows[i]
		number := fmt.Sprintf("%4d  ", i+1)
		out.WriteString("\n")
		paragraph(out, width, number, r.headline())
		const indent = "      "
		paragraph(out, width, indent, r.Because+".")
		paragraph(out, width, indent, r.Sum)
		for _, text := range r.Watch {
			paragraph(out, width, indent+"! ", text+".")
		}
		if r.Check != "" {
			out.WriteString(indent + grid.Clean(r.Check) + "\n")
		}
	}
}

func paragraph(out *strings.Builder, width int, first, text string) {
	if text == "" {
		return
	}
	room := width - len(first)
	for i, line := range grid.Wrap(grid.Clean(text), room, room) {
		if i > 0 {
			first = strings.Repeat(" ", len(first))
		}
		out.WriteString(first + line + "\n")
	}
}

// reasons are the details in Markdown.
func (a *Advice) reasons(rows []Recommendation) *grid.Grid {
	g := &grid.Grid{Title: "Why, and how much", Heads: []string{"", "do", "because", "arithmetic", "watch"}, Right: []bool{true, false, false, false, false}}
	for i := range rows {
		r := &rows[i]
		g.Add(fmt.Sprint(i+1), r.headline(), r.Because, r.Sum, strings.Join(append(r.Watch[:len(r.Watch):len(r.Watch)], nonEmpty(r.Check)...), "; "))
	}
	return g
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// foot says what holds for several rows, and by which prices and days the sums are.
func (a *Advice) foot(out *strings.Builder, rows []Recommendation, style grid.Style) {
	width, said := widthOf(style), map[string]bool{"": true}
	for i := range rows {
		if text := rows[i].before(); !said[text] {
			said[text] = true
			out.WriteString("\n")
			paragraph(out, width, "", text)
		}
	}
	p := a.Prices
	text := fmt.Sprintf("Prices: %s of %s, in %s", strings.Join(p.Regions(), ", "), p.Date, p.Currency)
	if p.Factor != "" {
		text += ", times " + p.Factor
	}
	out.WriteString("\n")
	paragraph(out, width, "", fmt.Sprintf("%s. A GB of a price list is a GiB, 2^30 bytes. A month is %d hours, scaled from %s of the report.",
		text, prices.HoursPerMonth, grid.Plural(int64(a.days()), "day")))
	paragraph(out, width, "", "No sum includes the hours of a NAT gateway: they are saved only if nothing at all needs it, which a trail cannot show.")
	var others []string
	for _, cause := range sorted(a.Others) {
		others = append(others, cause+" "+grid.Number(a.Others[cause]))
	}
	if len(others) > 0 {
		paragraph(out, width, "", "Calls past the endpoints that no endpoint of a known VPC would carry: "+strings.Join(others, ", ")+" (vpcetrail why).")
	}
}

// listing is the recommendations for programs. Names of sums hold the currency.
func (a *Advice) listing(rows []Recommendation) *grid.Listing {
	unit := "_" + strings.ToLower(a.Prices.Currency) + "_per_month"
	texts := []string{"do", "account_id", "region", "vpc_id", "service_name", "endpoint_type", "vpc_endpoint_id", "route_table_ids", "together_with"}
	counts := []string{"days", "calls_past", "calls_past_by_nat", "principals_past", "calls_by_endpoint", "bytes_past_by_nat", "zones", "break_even_bytes_per_month"}
	sums := []string{"cost" + unit, "saves" + unit, "saves_least" + unit, "saves_most" + unit}
	last := []string{"saves_is_floor", "price_date", "price_region", "because", "arithmetic", "watch", "check"}
	l := &grid.Listing{}
	add := func(kind grid.Kind, names []string) {
		for _, name := range names {
			l.Columns = append(l.Columns, grid.Column{Name: name, Kind: kind})
		}
	}
	add(grid.Text, texts)
	add(grid.Count, counts)
	add(grid.Money, sums)
	add(grid.Text, last)
	l.Rows = func(yield func([]any, error) bool) {
		for i := range rows {
			if !yield(a.values(&rows[i]), nil) {
				return
			}
		}
	}
	return l
}

// values are the values of a row for programs, in the order of listing.
func (a *Advice) values(r *Recommendation) []any {
	null := func(known bool, v any) any {
		if !known {
			return nil
		}
		return v
	}
	money := func(n int64) float64 { return prices.Amount(n).Float() }
	priced, floor := "", "false"
	if region := a.Prices.In(r.Region); region != nil {
		priced = region.Name
	}
	if r.Saves.Floor {
		floor = "true"
	}
	return []any{
		r.Do, r.Account, r.Region, r.VPC, r.Service, grid.OrNull(r.Type), grid.OrNull(r.Endpoint), grid.OrNull(strings.Join(r.Tables, " ")), grid.OrNull(strings.Join(r.With, " ")),
		int64(a.days()), r.Past, r.PastByNAT, r.Principals, r.Through, r.NATBytes, null(r.Zones > 0, int64(r.Zones)), null(r.BreakEven > 0, r.BreakEven),
		null(r.Priced, r.Cost.Float()), null(r.Saves.Known, money(r.Saves.Mean)), null(r.Saves.Known, money(r.Saves.Least)), null(r.Saves.Known, money(r.Saves.Most)),
		null(r.Saves.Known, floor), a.Prices.Date, grid.OrNull(priced), r.Because, grid.OrNull(r.Sum), grid.OrNull(strings.Join(append(nonEmpty(r.before()), r.Watch...), "; ")), grid.OrNull(r.Check),
	}
}
