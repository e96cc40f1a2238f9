package analyze

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
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

// An UnprovedError says that a report was not published, because VerifyRequire was asked for
// and digests show problems.
type UnprovedError struct {
	store    string
	Problems int64
}

func (e *UnprovedError) Error() string {
	return fmt.Sprintf("%s: nothing is published: --verify=require, and digests show %s: see above, or give --verify=report",
		e.store, grid.Plural(e.Problems, "problem"))
}

// A verifier verifies one report.
type verifier struct {
	*Verification
	job     *Job
	check   *digest.Check
	absent  *spill.Sorter // missing logs, by the days of which they might hold records
	said    int64
	problem func(string)
}

// maxSaid bounds the problems that are reported one by one.
const maxSaid = 100

// verify reads the digests for the days of rep, gives its objects their digest status, and
// makes its table digests. problem is called with each problem.
func (p *Publication) verify(ctx context.Context, rep *report.Report, job *Job, problem func(string)) (*verifier, error) {
	sel := p.Selection
	sel.Window = job.Window
	keys := digest.KnownKeys(p.Verification.Keys)
	if p.Verification.Keys == nil {
		keys = digest.ListKeys(job.Window)
	}
	check, err := digest.Open(ctx, digest.Options{
		Sources: p.Sources, Selection: sel, Reading: p.Reading, Keys: keys, Moved: p.Verification.Moved, Daily: true,
		Workers: job.Workers, Disk: job.Disk, Memory: job.Memory.Report / 2,
	})
	if err == nil {
		err = check.Explain(ctx)
	}
	if err != nil {
		return nil, err
	}
	v := newVerifier(p.Verification, job, check, problem)
	refused, err := v.run(rep)
	if err != nil {
		return nil, err
	}
	if refused > 0 && v.Mode == VerifyRequire {
		return nil, &UnprovedError{p.Store.String(), refused}
	}
	return v, nil
}

func newVerifier(how *Verification, job *Job, check *digest.Check, problem func(string)) *verifier {
	return &verifier{Verification: how, job: job, check: check, absent: spill.NewSorter(job.Disk, job.Memory.Report/8), problem: problem}
}

// VerifyMerged does so for a report that was merged, with the joined checks of its parts. The
// parts themselves were held to what VerifyRequire demands.
func VerifyMerged(rep *report.Report, check *digest.Check, how *Verification, job *Job, problem func(string)) error {
	_, err := newVerifier(how, job, check, problem).run(rep)
	return err
}

// run judges the days of a report. It returns how many findings do not let them be published
// under VerifyRequire.
func (v *verifier) run(rep *report.Report) (refused int64, err error) {
	if err := v.findAbsent(rep); err != nil {
		return 0, err
	}
	objects, digests, published := rep.ObjectTables(), v.digests(), v.digests()
	for _, d := range rep.Days {
		n, err := v.day(d, objects(d.Day), digests(d.Day))
		if err != nil {
			return 0, err
		}
		refused += n
		d.Digests = published(d.Day)
	}
	if v.said > maxSaid {
		v.problem(fmt.Sprintf("… and %s more problems of logs and digests: tables objects and digests have them all", grid.Number(v.said-maxSaid)))
	}
	return refused, nil
}

// findAbsent finds the logs that digests name and that were not listed.
func (v *verifier) findAbsent(rep *report.Report) error {
	names := spill.NewSorter(v.job.Disk, v.job.Memory.Report/8)
	if err := rep.ObjectRows(func(row *table.ObjectRow) { names.Add([]byte(row.Key), nil) }); err != nil {
		return err
	}
	claims := v.check.Logs(func(f *digest.Finding) {
		v.say(f.Name, f.Status, f.Problem)
		for d := f.Key.Day - day.Day(v.job.Lateness); d <= f.Key.Day; d++ {
			v.absent.Add(spill.AppendFields(d.AppendKey(nil), f.Account, f.Region, f.Name), spill.AppendFields(nil, string(f.Status), f.Problem))
		}
	})
	for c := names.Cursor(); c.Next(); {
		claims.Pass(string(c.Key))
	}
	v.absent.Sort()
	return errors.Join(claims.End(), names.Err(), v.absent.Err())
}

// digests returns a function that returns the rows of table digests of a day. Days must be
// asked for in order.
func (v *verifier) digests() func(day.Day) report.Rows[table.DigestRow] {
	findings, absent := v.check.Days(), v.absent.Cursor()
	more := absent.Next()
	return func(d day.Day) report.Rows[table.DigestRow] {
		return func(yield func(*table.DigestRow, error) bool) {
			for f, err := range findings(d) {
				if row := digestRow(f); !yield(row, err) || err != nil {
					return
				}
			}
			for ; more; more = absent.Next() {
				at, name := day.CutKey(absent.Key)
				if at > d {
					break
				}
				if row := absentRow(name, absent.Value); at == d && !yield(row, nil) {
					return
				}
			}
			if err := absent.Err(); err != nil {
				yield(nil, err)
			}
		}
	}
}

// digestRow returns the row of a digest or gap, or nil for nil.
func digestRow(f *digest.Finding) *table.DigestRow {
	if f == nil {
		return nil
	}
	row := &table.DigestRow{
		Kind: f.Kind, AccountID: f.Account, Region: f.Region, Trail: f.Trail, Home: f.Home, Series: f.Series(),
		Start: -1, End: f.End.UnixMilli(), Key: f.Name, Status: string(f.Status), Problem: f.Problem, Logs: -1, SHA256: f.SHA256,
	}
	if !f.Start.IsZero() {
		row.Start = f.Start.UnixMilli()
	}
	if f.SHA256 != "" { // else it could not be read
		row.Logs = int64(f.Logs)
	}
	return row
}

// absentRow returns the row of a missing log.
func absentRow(name, value []byte) *table.DigestRow {
	row := &table.DigestRow{Kind: digest.KindLog, Start: -1, End: -1, Logs: -1}
	spill.CutFields(string(name), &row.AccountID, &row.Region, &row.Key)
	spill.CutFields(string(value), &row.Status, &row.Problem)
	return row
}

// day fills in what the digests say about a day. It returns how many findings do not let
// the day be published under VerifyRequire.
func (v *verifier) day(d *report.Day, objects report.Rows[table.ObjectRow], digests report.Rows[table.DigestRow]) (refused int64, err error) {
	sum := report.NewVerified(v.Mode)
	add := func(counts map[string]int64, text string) digest.Status {
		status := digest.Status(text)
		counts[text]++
		switch status.Level() {
		case digest.Invalid:
			sum.Invalid++
		case digest.Unchecked:
			sum.Unchecked++
		}
		return status
	}
	for row, err := range v.judged(objects, true) {
		if err != nil {
			return 0, err
		}
		if status := add(sum.Logs, row.DigestStatus); row.DayRecords > 0 && v.refuses(status) {
			refused++
		}
	}
	counts := map[string]map[string]int64{digest.KindLog: sum.Logs, digest.KindDigest: sum.Digests, digest.KindGap: sum.Gaps}
	for row, err := range digests {
		if err != nil {
			return 0, err
		}
		status := add(counts[row.Kind], row.Status)
		switch {
		case row.Kind != digest.KindLog:
			if status.Level() != digest.Fine {
				v.say(titleOf(row), status, row.Problem)
			}
		case v.refuses(status):
			refused++
		}
	}
	d.Verified, d.Objects = sum, v.judged(d.Objects, false)
	return refused, nil
}

// titleOf names a digest, or the chain and time of a gap.
func titleOf(row *table.DigestRow) string {
	f := digest.Finding{Kind: row.Kind, Name: row.Key, Start: time.UnixMilli(row.Start)}
	f.Trail, f.Account, f.Region, f.End = row.Trail, row.AccountID, row.Region, time.UnixMilli(row.End)
	return f.Title()
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

// judge returns the digest status of an object. The row has the status that the object has
// without any digest, or the one that it was published with.
func (v *verifier) judge(row *table.ObjectRow, claims *digest.Claims) (digest.Status, string) {
	p := digest.Proof{SHA256: row.SHA256, Members: 1, Problem: row.Error}
	switch status := digest.Status(row.DigestStatus); status {
	case digest.TrailingData:
		p.Trailing = true
	case digest.Malformed:
		if p.SHA256 = ""; p.Problem == "" {
			p.Members = 0
		}
	case digest.Missing, digest.Denied, digest.Unreadable:
		p.Unread = status
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
		v.problem(fmt.Sprintf("%s: %s: %s", name, status, problem))
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
