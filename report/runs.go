package report

import (
	"encoding/json"
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest"
	"vpcetrail/report/grid"
)

// Runs sums the input of the runs that made some days. The zero value is ready to use.
type Runs struct {
	Count      int
	Incomplete int // runs that could not read all of their input
	Balance    Balance
	Objects    map[ingest.Status]int64 // by how reading them ended
	Versions   []string                // of the program, in the order of the manifests

	seen map[string]bool
}

// Add adds the run of a manifest. It reports false if it has added that run already: all
// manifests of one run describe the same input.
func (r *Runs) Add(m *Manifest) bool {
	identity, err := json.Marshal([]any{m.Run, m.Balance, m.Objects})
	if err != nil || r.seen[string(identity)] { // err is nil: strings and numbers always marshal
		return false
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[string(identity)] = true
	if !slices.Contains(r.Versions, m.Run.Version) {
		r.Versions = append(r.Versions, m.Run.Version)
	}
	r.add(m.Complete(), &m.Balance, m.Objects)
	return true
}

// AddReport adds the run that made a report.
func (r *Runs) AddReport(rep *Report) {
	r.add(rep.Unread()+rep.PassedOver() == 0, &rep.Balance, rep.Statuses)
}

func (r *Runs) add(complete bool, b *Balance, objects map[ingest.Status]int64) {
	r.Count++
	if !complete {
		r.Incomplete++
	}
	r.Balance.Records += b.Records
	r.Balance.Kinds.Add(b.Kinds)
	r.Balance.OutsideWindow += b.OutsideWindow
	r.Balance.Invalid += b.Invalid
	if r.Objects == nil {
		r.Objects = map[ingest.Status]int64{}
	}
	for status, n := range objects {
		r.Objects[status] += n
	}
}

// Lacks says how much could not be counted: "16 of 19 objects could not be read whole, and 3 of
// 4 records are invalid, in 1 of 2 runs". It says nothing if everything was counted. An object
// that two runs read counts in both.
func (r *Runs) Lacks() phrase.Phrase {
	var lacks []phrase.Phrase
	var all int64
	for status, n := range r.Objects {
		if status != ingest.PassedOver { // the run did not read these
			all += n
		}
	}
	if unread := r.unread(); unread > 0 {
		lacks = append(lacks, phrase.Of("%s of %s could not be read whole", grid.Number(unread), phrase.Count(all, "object")))
	}
	if n := r.Objects[ingest.PassedOver]; n > 0 {
		lacks = append(lacks, NamePassedOver(n))
	}
	if n := r.Balance.Invalid; n > 0 {
		invalid := phrase.Format("%s of %s are invalid")
		if n == 1 {
			invalid = "%s of %s is invalid"
		}
		lacks = append(lacks, phrase.Of(invalid, grid.Number(n), phrase.Count(r.Balance.Records, "record")))
	}
	switch {
	case len(lacks) == 0:
		return phrase.Phrase{}
	case r.Count > 1:
		return phrase.Of("%s, in %d of %d runs", phrase.Join(", and ", lacks), r.Incomplete, r.Count)
	}
	return phrase.Of("%s", phrase.Join(", and ", lacks))
}

// Named says where to find the names of the objects that Lacks counts.
func (r *Runs) Named() phrase.Format {
	passed := r.Objects[ingest.PassedOver]
	switch {
	case passed == 0:
		return "table objects names each object"
	case r.Balance.Invalid > 0 || r.unread() > 0:
		return "table objects names each object, and analyze those passed over"
	}
	return "analyze names each object"
}

// unread returns the number of objects that could not be read completely.
func (r *Runs) unread() (n int64) {
	for status, of := range r.Objects {
		if status != ingest.PassedOver && !status.Counted() {
			n += of
		}
	}
	return n
}

// NamePassedOver says that n objects were not read although they may hold calls.
func NamePassedOver(n int64) phrase.Phrase {
	passed := phrase.Format("%s that may hold calls were passed over")
	if n == 1 {
		passed = "%s that may hold calls was passed over"
	}
	return phrase.Of(passed, phrase.Count(n, "object"))
}
