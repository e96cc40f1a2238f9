package explain

import (
	"cmp"
	"io"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
)

// counted describes a record that does not count.
var counted = map[string]phrase.Format{
	CountedDuplicate:  "a duplicate: the same event was delivered before, and is counted there",
	CountedSharedCopy: "a copy: the caller's account is in the trail too, and is counted there",
	CountedNetwork:    "a NetworkActivity event: the endpoint's own account of a call, never counted as a call",
	CountedCorrection: "a correction, or corrected: the other record of the event is counted",
	CountedOther:      "not an API call: it takes no route",
}

// WriteText writes r for a person, in lines of at most 100 columns. Only longer names exceed
// them.
func (r *Record) WriteText(w io.Writer, style grid.Style) error {
	p := page{grid.Prose{Style: style}}
	p.head(r)
	if x := r.Explanation; x != nil {
		p.verdict(x)
		p.cause(r.Cause)
		p.evidence(x)
		p.openQuestions(x)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *page) head(r *Record) {
	const columns = 7
	about := []string{cmp.Or(r.Name, p.Say("(no eventName)")), r.Service, r.Region}
	if r.Account != "" {
		about = append(about, p.Say("account %s", r.Account))
	}
	p.paragraph("", "  ", p.joined(about))
	when := []string{cmp.Or(r.when(), p.Say("no time"))}
	if r.ID != "" {
		when = append(when, p.Say("event %s", r.ID))
	}
	p.labelled("  at", columns, p.joined(when))
	if r.Principal != "" {
		who := []string{r.Principal}
		if r.Session != "" {
			who = append(who, p.Say("session %s", r.Session))
		}
		p.labelled("  by", columns, p.joined(who))
	}
	p.labelled("  in", columns, p.Say("%s, at byte %d", r.object(), r.Offset))
	if r.Error != "" {
		p.labelled("  got", columns, short(r.Error))
	}
	p.labelled("  is", columns, p.Say(counted[r.Counted]))
}

func (r *Record) object() any {
	if r.Object == "-" {
		return phrase.Format("standard input")
	}
	return r.Object
}

func (r *Record) when() string {
	if r.Time.IsZero() {
		return ""
	}
	return r.Time.Format("2006-01-02 15:04:05 UTC")
}

// wideLabel is the width of a label of what is known of the call.
const wideLabel = 12

func (p *page) verdict(x *classify.Explanation) {
	v := x.Verdict
	p.WriteString("\n")
	p.labelled("  Route", wideLabel, p.Say("%s: %s", codes(v), x.Route))
	p.labelled("  Because", wideLabel, p.Say("rule %d, %s. %s", v.Evidence.Rule(), v.Evidence.String(), x.Because))
}

// codes returns a verdict in the words of a report: route, and owner or origin.
func codes(v classify.Verdict) string {
	about := cmp.Or(v.Owner().String(), v.Origin.String())
	if about == "" {
		return v.Route().String()
	}
	return v.Route().String() + " (" + about + ")"
}

// evidence writes the findings. Those that decide come first. One line lists what the record
// does not have.
func (p *page) evidence(x *classify.Explanation) {
	const indent = "           "
	p.WriteString("\n")
	var absent []string
	for _, side := range []classify.Side{classify.Decides, classify.For, classify.Against, classify.Neutral} {
		for _, f := range x.Findings {
			first := grid.Pad("  "+p.Say(side.Word()), len(indent))
			field, value := p.field(f.Field), p.value(&f)
			switch {
			case f.Side != side:
			case side != classify.Neutral:
				p.paragraph(first, indent+"    ", p.Say("%s: %s", field, value))
				p.paragraph(indent+"  ", indent+"  ", p.text(f.Means))
			case f.Value == "":
				absent = append(absent, field)
			case !f.Means.Is():
				p.paragraph(first, indent+"  ", p.Say("%s: %s", field, value))
			default:
				p.paragraph(first, indent+"  ", p.Say("%s: %s (%s)", field, value, f.Means))
			}
		}
	}
	if len(absent) > 0 {
		p.paragraph(grid.Pad("  "+p.Say("absent"), len(indent)), indent+"  ", p.joined(absent))
	}
}

// fieldNames are the names of what is not a field of the record.
var fieldNames = map[string]phrase.Format{
	classify.FieldInventory: classify.FieldInventory, classify.FieldTrail: classify.FieldTrail,
	"account": "account", "principal": "principal", "session": "session", "error": "error", "route": "route", "evidence": "evidence",
}

// field names what a finding is about.
func (p *page) field(name string) string {
	if f, ok := fieldNames[name]; ok {
		return p.Say(f)
	}
	return name
}

// value says the value of a finding.
func (p *page) value(f *classify.Finding) string {
	switch {
	case f.Says != "":
		return p.Say(f.Says)
	case f.Value == "":
		return p.Say("absent")
	}
	return short(f.Value)
}

func (p *page) openQuestions(x *classify.Explanation) {
	p.WriteString("\n")
	for _, text := range x.Conflicts {
		p.paragraph("  "+p.Say("Conflict: "), "    ", p.text(text))
	}
	if len(x.Changes) == 0 {
		p.paragraph("  ", "    ", p.Say("Final: nothing that could be given to vpcetrail would change this route."))
	} else {
		p.paragraph("  ", "    ", p.Say("More input could change this:"))
	}
	for _, c := range x.Changes {
		p.paragraph("  - ", "    ", p.Say("%s, if %s: %s, %s", c.Given, c.If, codes(c.Verdict), c.Verdict.Evidence.String()))
	}
	for _, text := range x.Advice {
		p.paragraph("  ", "    ", p.text(text))
	}
}

// joined joins the texts that are not empty.
func (p *page) joined(texts []string) string {
	there := slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return t == "" })
	return p.Say("%s", phrase.Join(phrase.Comma, there))
}
