package analyze

import (
	"context"
	"fmt"
	"path"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// The modes of a Verification.
const (
	VerifyReport  = "report"  // publish, and say what is not valid
	VerifyRequire = "require" // publish only what is valid
)

// A Verification checks the objects of a report against the digests of their trail.
type Verification struct {
	Mode  string
	Allow []digest.Status // what may remain unchecked under VerifyRequire
	Keys  []digest.Key    // nil: CloudTrail is asked
	Moved []digest.Move
}

// A TamperedError says that a report was published although a log or digest is invalid.
type TamperedError struct{ Invalid int64 }

func (e *TamperedError) Error() string {
	return "the report is published, but the trail is not as CloudTrail delivered it: " + grid.Plural(e.Invalid, "problem")
}

// A verifier verifies one report.
type verifier struct {
	*Verification
	job    *Job
	check  *digest.Check
	absent map[day.Day][]string // missing logs, by the days of which they might hold records
	said   int64
	tell   func(string)
}

// maxSaid bounds the problems that are reported one by one.
const maxSaid = 100

// verify reads the digests for the days of rep, and gives its objects their digest status.
func (p *Publication) verify(ctx context.Context, rep *report.Report, job *Job) error {
	v := &verifier{Verification: p.Verification, job: job, absent: map[day.Day][]string{}, tell: p.Problem}
	sel := p.Selection
	sel.Window = job.Window
	keys := digest.KnownKeys(v.Keys)
	if v.Keys == nil {
		keys = digest.ListKeys(job.Window)
	}
	var err error
	v.check, err = digest.Open(ctx, digest.Options{
		Sources: p.Sources, Selection: sel, Reading: p.Reading, Keys: keys, Moved: v.Moved,
		Workers: job.Workers, Disk: job.Disk, Memory: job.Memory.Report / 2,
	})
	if err == nil {
		err = v.check.Explain(ctx)
	}
	if err == nil {
		err = v.findAbsent(rep, sel)
	}
	if err != nil {
		return err
	}
	objects := rep.ObjectTables()
	refused := int64(0)
	for _, d := range rep.Days {
		n, err := v.day(d, objects(d.Day))
		if err != nil {
			return err
		}
		refused += n
	}
	if v.said > maxSaid {
		v.tell(fmt.Sprintf("… and %s more problems of digests: table objects has the status of each object", grid.Number(v.said-maxSaid)))
	}
	if refused > 0 && v.Mode == VerifyRequire {
		return fmt.Errorf("%s: nothing is published: --verify=require, and %s not valid: see the problems above, or give --verify=report",
			p.Store, grid.Plural(refused, "log or digest is"))
	}
	return nil
}

// findAbsent finds the logs that digests name and that were not listed.
func (v *verifier) findAbsent(rep *report.Report, sel list.Selection) error {
	names := spill.NewSorter(v.job.Disk, v.job.Memory.Report/8)
	if err := rep.ObjectRows(func(row *table.ObjectRow) { names.Add([]byte(row.Key), nil) }); err != nil {
		return err
	}
	claims := v.check.Logs(func(f *digest.Finding) {
		v.say(f.Name, f.Status, f.Problem)
		for d := f.Key.Day - day.Day(v.job.Lateness); d <= f.Key.Day; d++ {
			v.absent[d] = append(v.absent[d], string(f.Status))
		}
	})
	for c := names.Cursor(); c.Next(); {
		claims.Pass(string(c.Key))
	}
	return claims.End()
}

// day fills in what the digests say about a day. It returns how many findings do not let
// the day be published under VerifyRequire.
func (v *verifier) day(d *report.Day, objects report.Rows[table.ObjectRow]) (refused int64, err error) {
	sum := report.NewVerified(v.Mode)
	add := func(counts map[string]int64, status digest.Status) {
		counts[string(status)]++
		switch level := status.Level(); {
		case level == digest.Invalid:
			sum.Invalid++
		case level == digest.Unchecked:
			sum.Unchecked++
		}
	}
	for row, err := range v.judged(objects, true) {
		if err != nil {
			return 0, err
		}
		status := digest.Status(row.DigestStatus)
		if add(sum.Logs, status); row.DayRecords > 0 && v.refuses(status) {
			refused++
		}
	}
	for _, status := range v.absent[d.Day] {
		if add(sum.Logs, digest.Status(status)); v.refuses(digest.Status(status)) {
			refused++
		}
	}
	from, to := d.Day.Time(), (d.Day + 1).Time()
	for f, err := range v.check.Findings() {
		if err != nil {
			return 0, err
		}
		if !f.Start.Before(to) || !f.End.After(from) {
			continue
		}
		counts := sum.Digests
		if f.Kind == digest.KindGap {
			counts = sum.Gaps
		}
		if add(counts, f.Status); f.Status.Level() != digest.Fine {
			v.say(f.Title(), f.Status, f.Problem)
		}
	}
	d.Verified = sum
	unjudged := d.Objects
	d.Objects = v.judged(unjudged, false)
	return refused, nil
}

// refuses reports whether an object with this status stops a publication that requires valid
// objects.
func (v *verifier) refuses(s digest.Status) bool {
	return s.Level() != digest.Fine && !slices.Contains(v.Allow, s)
}

// judged returns rows with their digest status.
func (v *verifier) judged(rows report.Rows[table.ObjectRow], say bool) report.Rows[table.ObjectRow] {
	return func(yield func(*table.ObjectRow, error) bool) {
		claims := v.check.Logs(func(*digest.Finding) {})
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			status, problem := v.judge(row, claims)
			if row.DigestStatus = string(status); say && status.Level() != digest.Fine {
				v.say(row.Key, status, problem)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (v *verifier) judge(row *table.ObjectRow, claims *digest.Claims) (digest.Status, string) {
	p := digest.Proof{SHA256: row.SHA256, Members: 1, Problem: row.Error}
	switch row.DigestStatus {
	case "":
	case count.NotGzip:
		p.Members = 0
	case string(digest.TrailingData):
		p.Trailing = true
	case string(digest.Malformed):
	default:
		p.Unread = digest.Status(row.DigestStatus)
	}
	return v.check.Judge(row.Key, keyOf(row.Key), &p, claims)
}

// keyOf returns what the name of an object says.
func keyOf(name string) layout.Key {
	if !list.IsS3(name) {
		name = path.Clean(name)
	}
	return layout.ParseKey(name)
}

// say reports a problem, unless there were too many.
func (v *verifier) say(name string, status digest.Status, problem string) {
	if v.said++; v.said <= maxSaid {
		v.tell(fmt.Sprintf("%s: %s: %s", name, status, problem))
	}
}

// Tampered returns the TamperedError of the report once it is published.
func (c *Counted) Tampered() error {
	e := &TamperedError{}
	for _, d := range c.Days {
		if d.Verified != nil {
			e.Invalid += d.Verified.Invalid
		}
	}
	if e.Invalid == 0 {
		return nil
	}
	return e
}
