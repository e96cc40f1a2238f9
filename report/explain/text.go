package explain

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"vpcetrail/classify"
)

// counted describes a record that does not count.
var counted = map[string]string{
	CountedDuplicate:  "a duplicate: the same event was delivered before, and is counted there",
	CountedSharedCopy: "a copy: the caller's account is in the trail too, and is counted there",
	CountedNetwork:    "a NetworkActivity event: the endpoint's own account of a call, never counted as a call",
	CountedCorrection: "a correction, or corrected: the other record of the event is counted",
	CountedOther:      "not an API call: it takes no route",
}

// WriteText writes r for a person, in lines of at most 100 columns. Only longer names exceed
// them.
func (r *Record) WriteText(w io.Writer) error {
	var p page
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
	about := []string{cmp.Or(r.Name, "(no eventName)"), r.Service, r.Region}
	if r.Account != "" {
		about = append(about, "account "+r.Account)
	}
	p.paragraph("", "  ", joined(about, ", "))
	when := []string{cmp.Or(r.when(), "no time")}
	if r.ID != "" {
		when = append(when, "event "+r.ID)
	}
	p.paragraph("  at   ", "       ", joined(when, ", "))
	if r.Principal != "" {
		who := []string{r.Principal}
		if r.Session != "" {
			who = append(who, "session "+r.Session)
		}
		p.paragraph("  by   ", "       ", joined(who, ", "))
	}
	p.paragraph("  in   ", "       ", fmt.Sprintf("%s, at byte %d", r.object(), r.Offset))
	if r.Error != "" {
		p.paragraph("  got  ", "       ", short(r.Error))
	}
	if text := counted[r.Counted]; text != "" {
		p.paragraph("  is   ", "       ", text)
	}
}

func (r *Record) object() string {
	if r.Object == "-" {
		return "standard input"
	}
	return r.Object
}

func (r *Record) when() string {
	if r.Time.IsZero() {
		return ""
	}
	return r.Time.Format("2006-01-02 15:04:05 UTC")
}

func (p *page) verdict(x *classify.Explanation) {
	v := x.Verdict
	p.WriteString("\n")
	p.paragraph("  Route     ", "            ", codes(v)+": "+x.Route)
	p.paragraph("  Because   ", "            ", fmt.Sprintf("rule %d, %s. %s", v.Evidence.Rule(), v.Evidence, x.Because))
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
			first := fmt.Sprintf("  %-7s  ", side)
			switch {
			case f.Side != side:
			case side != classify.Neutral:
				p.paragraph(first, indent+"    ", f.Field+": "+cmp.Or(short(f.Value), "absent"))
				p.paragraph(indent+"  ", indent+"  ", f.Means)
			case f.Value == "":
				absent = append(absent, f.Field)
			case f.Means == "":
				p.paragraph(first, indent+"  ", f.Field+": "+short(f.Value))
			default:
				p.paragraph(first, indent+"  ", fmt.Sprintf("%s: %s (%s)", f.Field, short(f.Value), f.Means))
			}
		}
	}
	if len(absent) > 0 {
		p.paragraph("  absent   ", indent+"  ", strings.Join(absent, ", "))
	}
}

func (p *page) openQuestions(x *classify.Explanation) {
	p.WriteString("\n")
	for _, text := range x.Conflicts {
		p.paragraph("  Conflict: ", "    ", text)
	}
	if len(x.Changes) == 0 {
		p.paragraph("  ", "    ", "Final: nothing that could be given to vpcetrail would change this route.")
	} else {
		p.paragraph("  ", "    ", "More input could change this:")
	}
	for _, c := range x.Changes {
		p.paragraph("  - ", "    ", fmt.Sprintf("%s, if %s: %s, %s", c.Given, c.If, codes(c.Verdict), c.Verdict.Evidence))
	}
	for _, text := range x.Advice {
		p.paragraph("  ", "    ", text)
	}
}

// joined joins the texts that are not empty.
func joined(texts []string, with string) string {
	var there []string
	for _, t := range texts {
		if t != "" {
			there = append(there, t)
		}
	}
	return strings.Join(there, with)
}
