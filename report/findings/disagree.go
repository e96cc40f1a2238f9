package findings

import (
	"math"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/table"
)

// The findings about what witnesses say.
var (
	EndpointUnused    = Codes[endpointUnused].Name
	EndpointUnseen    = Codes[endpointUnseen].Name
	EndpointIdle      = Codes[endpointIdle].Name
	WitnessesDisagree = Codes[witnessesDisagree].Name
)

// The details of findings about what witnesses say. The arguments about a request are the record's
// eventID and endpoint, the offset and the name of the log, and the endpoint in the log.
const (
	EndpointIsPublic  phrase.Format = "Of the same request, record %[1]s of the trail names endpoint %[2]s, and the line at byte %[3]s of %[4]s shows a public address."
	EndpointIsAnother phrase.Format = "Of the same request, record %[1]s of the trail names endpoint %[2]s, and the line at byte %[3]s of %[4]s proves endpoint %[5]s."
	PublicIsEndpoint  phrase.Format = "Of the same request, record %[1]s of the trail names no endpoint and a public address, and the line at byte %[3]s of %[4]s proves endpoint %[5]s."
	PublicIsPrivate   phrase.Format = "Of the same request, record %[1]s of the trail names no endpoint and a public address, and the line at byte %[3]s of %[4]s shows a private address."
	PublicIsInside    phrase.Format = "Of the same request, record %[1]s of the trail names no endpoint and a public address, and the line at byte %[3]s of %[4]s shows an address inside a VPC."
	CallsAreUnseen    phrase.Format = "The trail has %s by it, and CloudWatch counted neither a connection nor a byte on that day."
	trafficIsUnseen   phrase.Format = "CloudWatch counted %s and %s at it, and the trail has no call by it: CloudTrail does not record all calls."
)

// Explain returns what a row found as a sentence: its detail, or the meaning of its code if the
// detail is not one of this version. It returns false if this version does not know the code.
func Explain(finding, severity, detail string) (phrase.Phrase, bool) {
	for _, f := range []phrase.Format{EndpointIsPublic, EndpointIsAnother, PublicIsEndpoint, PublicIsPrivate, PublicIsInside, CallsAreUnseen, trafficIsUnseen} {
		if p, ok := f.Match(detail, "call", "new connection", "byte"); ok {
			return p, true
		}
	}
	code := CodeOf(finding, severity)
	if code == nil {
		return phrase.Phrase{}, false
	}
	return phrase.Of(code.Means), true
}

// about returns a row of a finding that counts nothing.
func about(code int, key table.FindingKey) table.FindingRow {
	key.Finding, key.Severity = Codes[code].Name, Codes[code].Severity
	return table.FindingRow{FindingKey: key, EstimatedUSD: math.NaN(), Detail: string(Codes[code].Means), FirstSeen: -1, LastSeen: -1}
}

// Unseen returns the finding about an endpoint that got traffic, and that the trail has no call by.
func Unseen(key table.FindingKey, connections, bytes int64) table.FindingRow {
	row := about(endpointUnseen, key)
	row.Detail = phrase.Of(trafficIsUnseen, phrase.Count(connections, "new connection"), phrase.Count(bytes, "byte")).String()
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
// thing and another source another one. args fill detail. The caller sets what the row counts.
func Disagreement(key table.FindingKey, detail phrase.Format, args ...any) table.FindingRow {
	row := about(witnessesDisagree, key)
	row.Detail = phrase.Of(detail, args...).String()
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
