package page

import (
	"slices"
	"strings"

	"vpcetrail/report"
)

// A trust is what tells whether the numbers can be relied upon.
type trust struct {
	counts     report.Kinds // of the days' records, by the manifests
	tables     int64        // calls of table services
	runs       report.Runs
	unbalanced int      // runs
	shards     bool     // a run read one shard of the trail alone
	filters    []string // what runs left out by a flag, in words
	versions   []string
	inventory  bool // a run had one
}

// add adds the manifest of a day whose table services has these calls.
func (t *trust) add(m *report.Manifest, calls int64) {
	t.counts.Add(m.Counts)
	t.tables += calls
	if !t.runs.Add(m) {
		return
	}
	if !balanced(&m.Balance) {
		t.unbalanced++
	}
	run := m.Run
	t.note(run.Accounts, "only the accounts ")
	t.note(run.Regions, "only the Regions ")
	t.note(run.ExcludeAccounts, "not the accounts ")
	if part := m.Part(); part != "" {
		t.shards = true
		t.note([]string{part}, "only the shard ")
	}
	if !slices.Contains(t.versions, run.Version) {
		t.versions = append(t.versions, run.Version)
	}
	t.inventory = t.inventory || run.Endpoints > 0
}

// note adds what a run left out, where it did.
func (t *trust) note(list []string, words string) {
	if len(list) == 0 {
		return
	}
	if words += strings.Join(list, ", "); !slices.Contains(t.filters, words) {
		t.filters = append(t.filters, words)
	}
}

// complete reports whether all input was read and every record is accounted for.
func (t *trust) complete() bool {
	return t.runs.Incomplete == 0 && !t.shards && t.unbalanced == 0 && t.agrees()
}

// agrees reports whether the tables hold as many calls as the manifests.
func (t *trust) agrees() bool { return t.tables == t.counts.Calls }

// records returns the days' records.
func (t *trust) records() int64 { return sum(&t.counts) }

func sum(k *report.Kinds) int64 {
	return k.Calls + k.Duplicates + k.SharedCopies + k.NetworkEvents + k.Corrections + k.OtherEvents
}

func balanced(b *report.Balance) bool { return b.Records == sum(&b.Kinds)+b.OutsideWindow+b.Invalid }
