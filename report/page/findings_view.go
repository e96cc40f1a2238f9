package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/words"
)

// A findingsView is the section of findings.
type findingsView struct {
	Missing    string // why all days or some days have no findings
	Severities []severityView
	Rows       []findingView
	Costs      bool
	More       more
}

type severityView struct {
	Name  string
	Count int64
}

type findingView struct {
	overview.Finding
	Name     string
	Rank     int
	Cost     string
	CostRank float64
	Repeats  bool               // a row before it has the same Detail
	Folded   []overview.Finding // of one service, most calls first; nil: the row is one finding
}

func (p *Page) findingsView(window string) findingsView {
	v := findingsView{More: more{p.Findings.More(), "finding", "SELECT * FROM findings WHERE " + window + " ORDER BY array_position(ARRAY['" + strings.Join(findings.Severities, "', '") + "'], severity), calls DESC"}}
	switch without := len(p.Days) - p.DaysWithFindings; {
	case p.DaysWithFindings == 0:
		v.Missing = p.Words.Say("This report has no table of findings: an older version of vpcetrail made it. Run analyze again for its days to get one.")
	case without > 0:
		v.Missing = p.Words.Say("No table of findings for %s of %d, from an older version of vpcetrail: run analyze again.", phrase.Count(without, "day"), len(p.Days))
	}
	severities := map[string]int64{}
	for i := range p.Codes {
		severities[p.Codes[i].Severity] += p.Codes[i].Subjects
	}
	names := slices.SortedFunc(maps.Keys(severities), func(a, b string) int {
		return cmp.Or(cmp.Compare(overview.RankOfSeverity(b), overview.RankOfSeverity(a)), cmp.Compare(a, b))
	})
	for _, name := range names {
		v.Severities = append(v.Severities, severityView{name, severities[name]})
	}
	said := map[string]bool{}
	for _, f := range fold(p.Findings.Rows) {
		f.Rank, f.Cost, f.CostRank = overview.RankOfSeverity(f.Severity), "–", -1
		if usd, known := f.Finding.Cost(); known {
			v.Costs, f.Cost, f.CostRank = true, grid.Dollars(usd), usd
		}
		f.Name, f.Detail = f.name(p.Words), f.detail(p.Words)
		f.Repeats, said[f.Detail] = said[f.Detail], f.Detail != ""
		v.Rows = append(v.Rows, f)
	}
	return v
}

// foldedFinding is the finding that most callers have: a row of it is a service.
const foldedFinding = "past_endpoint"

// fold returns the rows of the table: one a finding, but one a service where many callers share it.
func fold(all []overview.Finding) (rows []findingView) {
	at := map[[2]string]int{}
	for _, f := range all {
		of := [2]string{f.Severity, f.Service}
		i, known := at[of]
		switch {
		case f.FindingKey.Finding != foldedFinding:
			rows = append(rows, findingView{Finding: f})
		case known:
			rows[i].add(f)
		default:
			at[of] = len(rows)
			rows = append(rows, findingView{Finding: f})
		}
	}
	slices.SortStableFunc(rows, func(a, b findingView) int {
		return cmp.Or(cmp.Compare(overview.RankOfSeverity(b.Severity), overview.RankOfSeverity(a.Severity)), cmp.Compare(b.Calls, a.Calls))
	})
	return rows
}

// add adds a finding of the same service to a row.
func (f *findingView) add(o overview.Finding) {
	if f.Folded == nil {
		f.Folded = []overview.Finding{f.Finding}
		f.Principal, f.PrincipalAccountID, f.AccountID, f.Region, f.Samples = "", "", "", "", ""
	}
	f.Folded = append(f.Folded, o)
	days := max(f.Days, o.Days)
	detail := f.Detail
	f.FindingSum.Add(&o.FindingSum)
	f.Days, f.Detail, f.Samples = days, detail, ""
}

// name is the finding's code as words.
func (f *findingView) name(words *words.Language) string {
	if code := findings.CodeOf(f.FindingKey.Finding, f.Severity); code != nil {
		return words.Say(code.Title)
	}
	return capital(nil, strings.ReplaceAll(f.FindingKey.Finding, "_", " "))
}

// detail says what was found. The table has it in English.
func (f *findingView) detail(words *words.Language) string {
	if p, ok := findings.Explain(f.FindingKey.Finding, f.Severity, f.Detail); ok && words != nil {
		return words.Text(p)
	}
	return f.Detail
}

// SampleIDs are the finding's eventIDs, five at most.
func (f *findingView) SampleIDs() []string {
	ids := strings.Fields(f.Samples)
	return ids[:min(len(ids), 5)]
}
