package findings

import (
	"fmt"
	"math"

	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// The findings about what witnesses say.
var (
	EndpointUnused    = Codes[endpointUnused].Name
	EndpointUnseen    = Codes[endpointUnseen].Name
	EndpointIdle      = Codes[endpointIdle].Name
	WitnessesDisagree = Codes[witnessesDisagree].Name
)

// about returns a row of a finding that counts nothing.
func about(code int, key table.FindingKey) table.FindingRow {
	key.Finding, key.Severity = Codes[code].Name, Codes[code].Severity
	return table.FindingRow{FindingKey: key, EstimatedUSD: math.NaN(), Detail: string(Codes[code].Means), FirstSeen: -1, LastSeen: -1}
}

// Unseen returns the finding about an endpoint that got traffic, and that the trail has no call by.
func Unseen(key table.FindingKey, connections, bytes int64) table.FindingRow {
	row := about(endpointUnseen, key)
	row.Detail = fmt.Sprintf("CloudWatch counted %s and %s at it, and the trail has no call by it: CloudTrail does not record all calls.",
		grid.Plural(connections, "new connection"), grid.Plural(bytes, "byte"))
	return row
}

// Idle returns the finding about an endpoint that got no traffic. usd is its price of the day, or
// NaN.
func Idle(key table.FindingKey, usd float64) table.FindingRow {
	row := about(endpointIdle, key)
	row.EstimatedUSD = usd
	return row
}

// Disagreement returns the finding witnesses_disagree about what key names: the trail says one
// thing and another source another one. detail is one sentence that names both sides. The caller
// sets what the row counts.
func Disagreement(key table.FindingKey, detail string) table.FindingRow {
	row := about(witnessesDisagree, key)
	row.Detail = detail
	return row
}

// SourceOf returns the flag of the source beside the trail that a finding comes from, or "" for those
// of the trail alone.
func SourceOf(k *table.FindingKey) string {
	switch {
	case k.Finding == WitnessesDisagree && k.Resource != "":
		return table.S3Access.Flag
	case k.Finding == WitnessesDisagree, k.Finding == EndpointUnseen, k.Finding == EndpointIdle:
		return table.EndpointMetrics.Flag
	}
	return ""
}
