package report

import (
	"encoding/json"
	"maps"
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// Runs sums the input of the runs that made some days. The zero value is ready to use.
type Runs struct {
	Count      int
	Incomplete int // runs that could not read all of the trail
	Balance    Balance
	Objects    map[ingest.Status]int64 // by how reading them ended
	Versions   []string                // of the program, in the order of the manifests

	seen map[string]bool
	// unread are the days of which a source beside the trail could not be read completely, by its flag.
	unread map[string][]string
}

// Add adds the run of a manifest. It reports false if it has added that run already: all
// manifests of one run describe the same input.
func (r *Runs) Add(m *Manifest) bool {
	r.addWitnesses(m.Day, m.Witnesses)
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
	for _, d := range rep.Days {
		r.addWitnesses(d.Day.String(), d.Witnesses)
	}
	r.add(rep.Unread()+rep.PassedOver() == 0, &rep.Balance, rep.Statuses)
}

func (r *Runs) addWitnesses(day string, all map[string]*Witness) {
	for flag, w := range all {
		if w.Unread() > 0 {
			if r.unread == nil {
				r.unread = map[string][]string{}
			}
			r.unread[flag] = append(r.unread[flag], day)
		}
	}
}

// Complete reports whether the runs could read all of their input, of the trail and of the sources
// beside it.
func (r *Runs) Complete() bool { return r.Incomplete == 0 && len(r.unread) == 0 }

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
// 4 records are invalid, in 1 of 2 runs; not all objects of --access-logs for 2026-11-20 could be
// read whole". It says nothing if everything was counted. An object that two runs read counts in both.
func (r *Runs) Lacks() phrase.Phrase {
	var lacks []phrase.Phrase
	if trail := r.lacksOfTrail(); trail.Is() {
		lacks = append(lacks, trail)
	}
	for _, flag := range slices.Sorted(maps.Keys(r.unread)) {
		lacks = append(lacks, phrase.Of("not all objects of --%s for %s could be read whole", flag, phrase.Few(r.unread[flag])))
	}
	if len(lacks) == 0 {
		return phrase.Phrase{}
	}
	return phrase.Of("%s", phrase.Join("; ", lacks))
}

func (r *Runs) lacksOfTrail() phrase.Phrase {
	var lacks []phrase.Phrase
	var all int64
	for status, n := range r.Objects {
		if status != ingest.PassedOver { // the run did not read these
			all += n
		}
	}
	if unread := r.unreadObjects(); unread > 0 {
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
	switch {
	case r.Balance.Invalid == 0 && r.unreadObjects() == 0:
		return "analyze names each object"
	case len(r.unread) > 0:
		return "table objects names each object of the trail, and analyze the others"
	case r.Objects[ingest.PassedOver] > 0:
		return "table objects names each object, and analyze those passed over"
	}
	return "table objects names each object"
}

// unreadObjects returns the number of objects of the trail that could not be read completely.
func (r *Runs) unreadObjects() (n int64) {
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

// LacksOf says what the runs of some days could not count of that which a table holds: of the trail,
// or of the source beside it that makes the table. Table findings holds both.
func LacksOf(name string, days []*Manifest) phrase.Phrase {
	var r Runs
	for _, m := range days {
		of := *m
		switch name {
		case table.Findings.Name:
		case table.S3Access.Name, table.DNS.Name, table.EndpointMetrics.Name:
			of = Manifest{Day: m.Day}
			if w := m.Witnesses[flagOf(name)]; w != nil {
				of.Witnesses = map[string]*Witness{flagOf(name): w}
			}
		default:
			of.Witnesses = nil
		}
		r.Add(&of)
	}
	return r.Lacks()
}
