package findings

import (
	"math"

	"vpcetrail/report/table"
)

// Disagreement returns the finding witnesses_disagree about what key names: the trail says one
// thing and another source another one. detail is one sentence that names both sides. The caller
// sets what the row counts.
func Disagreement(key table.FindingKey, detail string) table.FindingRow {
	code := &Codes[witnessesDisagree]
	key.Finding, key.Severity = code.Name, code.Severity
	return table.FindingRow{FindingKey: key, EstimatedUSD: math.NaN(), Detail: detail, FirstSeen: -1, LastSeen: -1}
}
