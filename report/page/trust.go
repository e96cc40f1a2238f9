package page

import (
	"encoding/json"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/report"
)

// A trust is what tells whether the numbers can be relied upon.
type trust struct {
	counts report.Kinds // of the days' records, by the manifests
	tables int64        // calls of table services
	// Runs are told apart by what their manifests say of them: days of one run repeat it.
	seen       map[string]bool
	runs       int
	incomplete int  // runs that could not read all
	unbalanced int  // runs
	shards     bool // a run read one shard of the trail alone
	balance    report.Balance
	unread     map[string]int64 // objects by status, over all runs
	filters    []string         // what runs left out by a flag, in words
	versions   []string
	inventory  bool // a run had one
}

// add adds the manifest of a day whose table services has these calls.
func (t *trust) add(m *report.Manifest, calls int64) {
	t.counts.Add(m.Counts)
	t.tables += calls
	run := m.Run
	identity, err := json.Marshal([]any{run, m.Balance, m.Objects})
	if err != nil || t.seen[string(identity)] { // texts and numbers always marshal
		return
	}
	t.seen[string(identity)] = true
	t.runs++
	if !m.Complete() {
		t.incomplete++
	}
	if !balanced(&m.Balance) {
		t.unbalanced++
	}
	t.balance.Records += m.Balance.Records
	t.balance.Kinds.Add(m.Balance.Kinds)
	t.balance.OutsideWindow += m.Balance.OutsideWindow
	t.balance.Invalid += m.Balance.Invalid
	for status, n := range m.Objects {
		if status != ingest.OK && n > 0 {
			t.unread[string(status)] += n
		}
	}
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
	return t.incomplete == 0 && !t.shards && t.unbalanced == 0 && t.agrees()
}

// agrees reports whether the tables hold as many calls as the manifests.
func (t *trust) agrees() bool { return t.tables == t.counts.Calls }

// records returns the days' records.
func (t *trust) records() int64 { return sum(&t.counts) }

func sum(k *report.Kinds) int64 {
	return k.Calls + k.Duplicates + k.SharedCopies + k.NetworkEvents + k.Corrections + k.OtherEvents
}

func balanced(b *report.Balance) bool { return b.Records == sum(&b.Kinds)+b.OutsideWindow+b.Invalid }
