package page

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// severityRank returns the rank of a severity. The most severe is first. Unknown severities are last.
func severityRank(severity string) int {
	if i := slices.Index(findings.Severities, severity); i >= 0 {
		return i
	}
	return len(findings.Severities)
}

// A finding is one finding over all days.
type finding struct {
	table.FindingKey
	findingSum
}

func bySeverity(a, b *finding) int {
	if c := cmp.Or(cmp.Compare(severityRank(a.Severity), severityRank(b.Severity)), cmp.Compare(b.Calls, a.Calls)); c != 0 {
		return c
	}
	return slices.Compare(keyTexts(&a.FindingKey), keyTexts(&b.FindingKey))
}

func keyTexts(k *table.FindingKey) []string {
	return []string{k.Finding, k.Severity, k.AccountID, k.Region, k.Principal, k.PrincipalAccountID, k.Service, k.Resource, k.EndpointID}
}

func appendKey(dst []byte, k *table.FindingKey) []byte {
	return spill.AppendFields(dst, keyTexts(k)...)
}

func cutKey(key string, k *table.FindingKey) {
	spill.CutFields(key, &k.Finding, &k.Severity, &k.AccountID, &k.Region, &k.Principal, &k.PrincipalAccountID, &k.Service, &k.Resource, &k.EndpointID)
}

// A findingSum sums the rows of one finding, a row a day.
type findingSum struct {
	Days, Calls, Bytes int64
	USD                float64 // NaN if no day has an estimate
	First, Last        int64   // -1 if nothing was seen
	LastDay            int64   // days since the epoch
	Samples, Detail    string  // from the last day
}

func sumOf(r *table.FindingRow, d day.Day) findingSum {
	return findingSum{
		Days: 1, LastDay: int64(d), Calls: r.Calls, Bytes: r.Bytes, USD: r.EstimatedUSD, First: r.FirstSeen, Last: r.LastSeen,
		Samples: strings.Clone(r.SampleEventIDs), Detail: strings.Clone(r.Detail),
	}
}

// Add adds o, of other days.
func (f *findingSum) Add(o *findingSum) {
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
	if math.IsNaN(f.USD) {
		f.USD = o.USD
	} else if !math.IsNaN(o.USD) {
		f.USD += o.USD
	}
	if f.First < 0 || o.First >= 0 && o.First < f.First {
		f.First = o.First
	}
	f.Last = max(f.Last, o.Last)
	if o.LastDay > f.LastDay {
		f.LastDay, f.Samples, f.Detail = o.LastDay, o.Samples, o.Detail
	}
}

// Append appends the sum in the form that Parse reads.
func (f *findingSum) Append(dst []byte) []byte {
	for _, n := range []int64{f.Days, f.Calls, f.Bytes, int64(math.Float64bits(f.USD)), f.First, f.Last, f.LastDay} {
		dst = binary.AppendVarint(dst, n)
	}
	return spill.AppendFields(dst, f.Samples, f.Detail)
}

// Parse sets the sum to what Append wrote.
func (f *findingSum) Parse(text []byte) {
	var usd int64
	for _, field := range []*int64{&f.Days, &f.Calls, &f.Bytes, &usd, &f.First, &f.Last, &f.LastDay} {
		v, n := binary.Varint(text)
		*field, text = v, text[n:]
	}
	f.USD = math.Float64frombits(uint64(usd))
	spill.CutFields(string(text), &f.Samples, &f.Detail)
}
