package page

import (
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/report"
)

// A trust holds the facts that show whether the numbers are reliable.
type trust struct {
	counts     report.Kinds // records of the days, from the manifests
	tables     int64        // calls in table services
	runs       *report.Runs
	unbalanced int             // runs with a balance that does not hold
	shards     bool            // a run read only one shard of the trail
	filters    []phrase.Phrase // what runs left out because of a flag, in words
	inventory  bool            // a run had an inventory of endpoints
}

// add adds the first manifest of a run.
func (t *trust) add(m *report.Manifest) {
	if !balanced(&m.Balance) {
		t.unbalanced++
	}
	run := m.Run
	t.note(run.Accounts, "only the accounts %s")
	t.note(run.Regions, "only the Regions %s")
	t.note(run.ExcludeAccounts, "not the accounts %s")
	if part := m.Part(); part != "" {
		t.shards = true
		t.note([]string{part}, "only the shard %s")
	}
	t.inventory = t.inventory || run.Endpoints > 0
}

// note adds words if the run's list of filters is not empty.
func (t *trust) note(list []string, words phrase.Format) {
	text := phrase.Of(words, phrase.Join(phrase.Comma, list))
	same := func(p phrase.Phrase) bool { return p.String() == text.String() }
	if len(list) > 0 && !slices.ContainsFunc(t.filters, same) {
		t.filters = append(t.filters, text)
	}
}

// complete reports whether all input was read and every record is accounted for.
func (t *trust) complete() bool {
	return t.runs.Complete() && !t.shards && t.unbalanced == 0 && t.agrees()
}

// agrees reports whether the tables and the manifests have the same number of calls.
func (t *trust) agrees() bool { return t.tables == t.counts.Calls }

// records returns the number of records of the days.
func (t *trust) records() int64 { return sum(&t.counts) }

func sum(k *report.Kinds) int64 {
	return k.Calls + k.Duplicates + k.SharedCopies + k.NetworkEvents + k.Corrections + k.OtherEvents
}

func balanced(b *report.Balance) bool { return b.Records == sum(&b.Kinds)+b.OutsideWindow+b.Invalid }
