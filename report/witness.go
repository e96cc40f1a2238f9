package report

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

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
	// Run is the run that read the source without a trail. It is nil if the run of the day did. Its
	// Inputs are those that the table of the witness depends on.
	Run *Run `json:"run,omitempty"`
}

// read returns how many objects were read completely.
func (w *Witness) read() int64 { return w.Objects[ingest.OK] + w.Objects[ingest.InvalidRecords] }

// Count returns how many objects the source has of the day.
func (w *Witness) Count() (n int64) {
	for _, of := range w.Objects {
		n += of
	}
	return n
}

// Unread returns how many objects could not be read completely.
func (w *Witness) Unread() (n int64) {
	for status, of := range w.Objects {
		if status != ingest.OK {
			n += of
		}
	}
	return n
}

// MayHeal reports whether objects could not be read for a reason that does not lie in their bytes, so
// that another run may read them.
func (w *Witness) MayHeal() bool {
	for status, n := range w.Objects {
		if n > 0 && !status.Lasting() {
			return true
		}
	}
	return false
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
		return fmt.Sprintf("its --%s was compared with the trail, and this run reads no trail: "+
			"run analyze SOURCE --%s for this day, or give --replace-incomplete, which drops the comparison", name, name)
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

// keepWitnesses does so for all witnesses of a day, which run replaces with its trail.
func keepWitnesses(before *Manifest, now map[string]*Witness, run *Run, allow Replacing) string {
	for _, name := range slices.Sorted(maps.Keys(before.Witnesses)) {
		was := before.Witnesses[name]
		if reason := keepWitness(name, was, now[name], allow); reason != "" {
			return reason
		}
		if was.Run == nil || now[name] == nil {
			continue
		}
		if input := was.Run.lackedBy(run, allow); input != "" {
			return lacksInput(input)
		}
	}
	return ""
}

// MayTestify returns a *KeptError if a witness that was read without a trail must not replace what
// the published day has of it, or lacks an optional input that the day was made with. before is the
// manifest of the day, and inputs name the optional inputs that the witness depends on.
func MayTestify(before *Manifest, d day.Day, name string, now *Witness, inputs []string, allow Replacing) error {
	reason, had, was := "", before.Run.Only(inputs), before.Witnesses[name]
	if was != nil {
		reason = keepWitness(name, was, now, allow)
	}
	if was != nil && was.Run != nil {
		had = was.Run
	}
	if input := had.lackedBy(now.Run, allow); input != "" && reason == "" {
		reason = lacksInput(input)
	}
	if reason != "" {
		return &KeptError{Days: 1, First: d, Reason: reason}
	}
	return nil
}

// KeepFindings gives the day the findings that are published of it, if it has none of its own.
func (d *Day) KeepFindings(ctx context.Context, store Store, published *Manifest) {
	if d.Findings == nil && published.Has(table.Findings.Name) {
		d.Findings = ReadTable(ctx, store, &table.Findings, published, d.Day)
	}
}

// DropFindings removes those findings of the day that drop selects.
func (d *Day) DropFindings(drop func(*table.FindingRow) bool) {
	before := d.Findings
	if before == nil {
		return
	}
	d.Findings = func(yield func(*table.FindingRow, error) bool) {
		for row, err := range before {
			if (err != nil || !drop(row)) && !yield(row, err) {
				return
			}
		}
	}
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
