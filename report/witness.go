package report

import (
	"fmt"
	"maps"
	"slices"

	"vpcetrail/ingest"

	"vpcetrail/report/table"
)

// A Witness is what a run read about a day from a source beside the trail. Its table never
// changes those of calls.
type Witness struct {
	Sources []string `json:"sources"`
	// SHA256 identifies what the source held for the day: of a file, its own hash; else the hash of
	// the list of objects (package dated).
	SHA256 string `json:"sha256"`
	// Objects are the objects that were read for the day, by how reading them ended.
	Objects map[ingest.Status]int64 `json:"objects,omitempty"`
	// Lines are the lines of the day, by what became of them.
	Lines map[string]int64 `json:"lines,omitempty"`
	// Matched means that the trail was read too, and both were compared.
	Matched bool `json:"matched,omitempty"`
}

// read returns how many objects were read completely.
func (w *Witness) read() int64 { return w.Objects[ingest.OK] + w.Objects[ingest.InvalidRecords] }

// Unread returns how many objects could not be read completely.
func (w *Witness) Unread() (n int64) {
	for status, of := range w.Objects {
		if status != ingest.OK {
			n += of
		}
	}
	return n
}

// keepWitness decides whether a run may replace what the witness called name says of a day. It
// returns why the day must stay, or "". now is nil if the run has no such witness.
func keepWitness(name string, was, now *Witness, allow Replacing) string {
	switch {
	case now == nil && slices.Contains(allow.Without, name):
	case now == nil:
		return fmt.Sprintf("it was made with --%s, and this run has none: give analyze both in one run, "+
			"or give --without %s, and then run analyze --%s without SOURCE", name, name, name)
	case allow.Incomplete:
	case was.Matched && !now.Matched:
		return fmt.Sprintf("its --%s was compared with the trail, and this run reads no trail: give SOURCE too, or give --replace-incomplete", name)
	case now.read() < was.read():
		return fmt.Sprintf("%d of the %d objects of --%s that it counts would be missing: "+
			"run again once they can be read, or give --replace-incomplete", was.read()-now.read(), was.read(), name)
	}
	return ""
}

// lacksInput says that a run has no input that a day was made with.
func lacksInput(name string) string {
	return fmt.Sprintf("it was made with --%s, and this run has none: give --%s again, or drop it with --without %s", name, name, name)
}

// keepWitnesses does so for all witnesses of a day.
func keepWitnesses(before *Manifest, now map[string]*Witness, allow Replacing) string {
	for _, name := range slices.Sorted(maps.Keys(before.Witnesses)) {
		if reason := keepWitness(name, before.Witnesses[name], now[name], allow); reason != "" {
			return reason
		}
	}
	return ""
}

// MayTestify returns a *KeptError if the witnesses of d must not replace those of the published
// day, of which before is the manifest.
func MayTestify(before *Manifest, d *Day, allow Replacing) error {
	for name, now := range d.Witnesses {
		if was := before.Witnesses[name]; was != nil {
			if reason := keepWitness(name, was, now, allow); reason != "" {
				return &KeptError{Days: 1, First: d.Day, Reason: reason}
			}
		}
	}
	return nil
}

// AddFindings adds findings of witnesses to those of the day. A day without table findings has no
// place for them.
func (d *Day) AddFindings(more []table.FindingRow) {
	before := d.Findings
	if before == nil || len(more) == 0 {
		return
	}
	more = slices.Clone(more)
	table.Findings.Sort(more)
	d.Findings = func(yield func(*table.FindingRow, error) bool) {
		rest := more
		for row, err := range before {
			for err == nil && len(rest) > 0 && table.Findings.Compare(&rest[0], row) < 0 {
				if !yield(&rest[0], nil) {
					return
				}
				rest = rest[1:]
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		for i := range rest {
			if !yield(&rest[i], nil) {
				return
			}
		}
	}
}
