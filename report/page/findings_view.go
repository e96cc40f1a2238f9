package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
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
	Rank     int
	Cost     string
	CostRank float64
}

func (p *Page) findingsView(window string) findingsView {
	v := findingsView{More: more{p.Findings.More(), "finding", "SELECT * FROM findings WHERE " + window + " ORDER BY array_position(ARRAY['" + strings.Join(findings.Severities, "', '") + "'], severity), calls DESC"}}
	switch without := len(p.Days) - p.DaysWithFindings; {
	case p.DaysWithFindings == 0:
		v.Missing = "This report has no table of findings: an older version of vpcetrail made it. Run analyze again for its days to get one."
	case without > 0:
		v.Missing = fmt.Sprintf("%s of %d have no table of findings: an older version of vpcetrail made them. Run analyze again for those days.", grid.Plural(int64(without), "day"), len(p.Days))
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
	for i := range p.Findings.Rows {
		f := findingView{Finding: p.Findings.Rows[i], Cost: "–", CostRank: -1}
		f.Rank = overview.RankOfSeverity(f.Severity)
		if usd, known := f.Finding.Cost(); known {
			v.Costs, f.Cost, f.CostRank = true, grid.Dollars(usd), usd
		}
		v.Rows = append(v.Rows, f)
	}
	return v
}

// Name is the finding's code as words.
func (f *findingView) Name() string {
	words := strings.ReplaceAll(f.FindingKey.Finding, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

// SampleIDs are the finding's eventIDs, five at most.
func (f *findingView) SampleIDs() []string {
	ids := strings.Fields(f.Samples)
	return ids[:min(len(ids), 5)]
}
