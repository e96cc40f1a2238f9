package page

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
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
	Count int
}

type findingView struct {
	finding
	Rank     int
	Cost     string
	CostRank float64
}

func (p *Page) findingsView(window string) findingsView {
	v := findingsView{More: more{p.findings.more(), "finding", "SELECT * FROM findings WHERE " + window + " ORDER BY array_position(ARRAY['" + strings.Join(findings.Severities, "', '") + "'], severity), calls DESC"}}
	switch without := len(p.days) - p.daysWithFindings; {
	case p.daysWithFindings == 0:
		v.Missing = "This report has no table of findings: an older version of vpcetrail made it. Run analyze again for its days to get one."
	case without > 0:
		v.Missing = fmt.Sprintf("%s of %d have no table of findings: an older version of vpcetrail made them. Run analyze again for those days.", grid.Plural(int64(without), "day"), len(p.days))
	}
	names := slices.Collect(maps.Keys(p.severities))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(severityRank(a), severityRank(b)), cmp.Compare(a, b)) })
	for _, name := range names {
		v.Severities = append(v.Severities, severityView{name, p.severities[name]})
	}
	for i := range p.findings.rows {
		f := findingView{finding: p.findings.rows[i], Cost: "–", CostRank: -1}
		f.Rank = len(findings.Severities) - severityRank(f.Severity)
		if !math.IsNaN(f.USD) {
			v.Costs, f.Cost, f.CostRank = true, grid.Dollars(f.USD), f.USD
		}
		v.Rows = append(v.Rows, f)
	}
	return v
}

// Name is the finding's code as words.
func (f *findingView) Name() string {
	words := strings.ReplaceAll(f.Finding, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

// SampleIDs are the finding's eventIDs, five at most.
func (f *findingView) SampleIDs() []string {
	ids := strings.Fields(f.Samples)
	return ids[:min(len(ids), 5)]
}
