package overview

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/prices"
	"vpcetrail/report/table"
)

// A Finding is one finding over all days.
type Finding struct {
	table.FindingKey
	FindingSum
}

// A Code sums the findings of one code and severity.
type Code struct {
	Severity, Finding string
	Subjects          int64 // distinct
	FindingSum
}

// DetourCost is the finding that estimates the cost of calls past the endpoint.
const DetourCost = "detour_cost"

// Detour returns the estimated cost of calls past the endpoint in US dollars, or 0 if there is no
// estimate.
func (o *Overview) Detour() float64 {
	var all FindingSum
	for i := range o.Codes {
		if c := &o.Codes[i]; c.Finding == DetourCost {
			all.Add(&c.FindingSum)
		}
	}
	usd, _ := all.Cost()
	return usd
}

// rankFindings ranks the findings, and sums them by code.
func (r *reader) rankFindings(found *spill.TotalsCursor[FindingSum, *FindingSum]) error {
	codes := map[[2]string]*Code{}
	for found.Next() {
		f := Finding{FindingSum: found.Value}
		cutKey(string(found.Key), &f.FindingKey)
		r.Findings.Add(f)
		of := [2]string{f.Severity, f.FindingKey.Finding}
		if codes[of] == nil {
			codes[of] = &Code{Severity: f.Severity, Finding: f.FindingKey.Finding}
		}
		codes[of].Subjects++
		codes[of].Add(&f.FindingSum)
	}
	r.Findings.Cut()
	for code := range maps.Values(codes) {
		r.Codes = append(r.Codes, *code)
	}
	slices.SortFunc(r.Codes, func(a, b Code) int {
		return cmp.Or(cmp.Compare(RankOfSeverity(b.Severity), RankOfSeverity(a.Severity)), cmp.Compare(b.Calls, a.Calls),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Finding, b.Finding))
	})
	return found.Err()
}

// RankOfSeverity returns a higher number for a higher severity, and 0 for an unknown one.
func RankOfSeverity(severity string) int {
	if i := slices.Index(findings.Severities, severity); i >= 0 {
		return len(findings.Severities) - i
	}
	return 0
}

// InkOfSeverity returns the ink of a severity.
func InkOfSeverity(severity string) grid.Ink {
	switch severity {
	case "critical", "high":
		return grid.Alarm
	case "medium":
		return grid.Warning
	}
	return grid.Plain
}

func bySeverity(a, b *Finding) int {
	if c := cmp.Or(cmp.Compare(RankOfSeverity(b.Severity), RankOfSeverity(a.Severity)), cmp.Compare(b.Calls, a.Calls)); c != 0 {
		return c
	}
	return a.FindingKey.Compare(&b.FindingKey)
}

func appendKey(dst []byte, k *table.FindingKey) []byte {
	return spill.AppendFields(dst, k.Texts()...)
}

func cutKey(key string, k *table.FindingKey) {
	spill.CutFields(key, &k.Finding, &k.Severity, &k.AccountID, &k.Region, &k.Principal, &k.PrincipalAccountID, &k.Service, &k.Resource, &k.EndpointID)
}

// A FindingSum sums findings.
type FindingSum struct {
	Days, Calls, Bytes int64  // a finding has one row a day
	prices.Estimate           // in US dollars
	First, Last        int64  // milliseconds since the epoch, -1 if nothing was seen
	LastDay            int64  // days since the epoch
	Samples, Detail    string // from the last day
}

// Count adds a row of day d.
func (f *FindingSum) Count(r *table.FindingRow, d day.Day) {
	one := FindingSum{
		Days: 1, LastDay: int64(d), Calls: r.Calls, Bytes: r.Bytes, First: r.FirstSeen, Last: r.LastSeen,
		Samples: strings.Clone(r.SampleEventIDs), Detail: strings.Clone(r.Detail),
	}
	if !math.IsNaN(r.EstimatedUSD) {
		one.Estimate.Count(r.EstimatedUSD)
	}
	f.Add(&one)
}

// Add adds o.
func (f *FindingSum) Add(o *FindingSum) {
	switch {
	case o.Days == 0:
		return
	case f.Days == 0:
		*f = *o
		return
	}
	f.Days += o.Days
	f.Calls += o.Calls
	f.Bytes += o.Bytes
	f.Estimate.Add(o.Estimate)
	if f.First < 0 || o.First >= 0 && o.First < f.First {
		f.First = o.First
	}
	f.Last = max(f.Last, o.Last)
	if o.LastDay > f.LastDay {
		f.LastDay, f.Samples, f.Detail = o.LastDay, o.Samples, o.Detail
	}
}

func (f *FindingSum) numbers() []*int64 {
	known, sum := f.Estimate.Numbers()
	return []*int64{&f.Days, &f.Calls, &f.Bytes, known, sum, &f.First, &f.Last, &f.LastDay}
}

// Append appends the sum in the form that Parse reads.
func (f *FindingSum) Append(dst []byte) []byte {
	return spill.AppendFields(appendNumbers(dst, f.numbers()), f.Samples, f.Detail)
}

// Parse sets the sum to what Append wrote.
func (f *FindingSum) Parse(text []byte) {
	spill.CutFields(string(cutNumbers(text, f.numbers())), &f.Samples, &f.Detail)
}

func appendNumbers(dst []byte, numbers []*int64) []byte {
	for _, n := range numbers {
		dst = binary.AppendVarint(dst, *n)
	}
	return dst
}

func cutNumbers(text []byte, numbers []*int64) []byte {
	for _, number := range numbers {
		n, size := binary.Varint(text)
		*number, text = n, text[size:]
	}
	return text
}
