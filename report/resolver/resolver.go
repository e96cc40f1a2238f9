// Package resolver makes table dns: the names of AWS services that the VPCs asked Route 53
// Resolver for, and whether the answers were private.
//
// Only names of AWS are kept, and names with an answer that names an endpoint. What callers
// choose in a name, such as a bucket, becomes an asterisk. All other queries are counted, and
// nothing of them is kept.
package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dnslog"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/table"
)

// Flag is the flag of analyze that names the logs.
const Flag = "resolver-logs"

// Logs are query logs of Route 53 Resolver. They are an analyze.Witness.
type Logs struct {
	Sources []string
	Reading source.Options
}

// Flag returns the flag of analyze that names the source.
func (*Logs) Flag() string { return Flag }

// SHA256 identifies the objects of a day.
func (l *Logs) SHA256(ctx context.Context, job *analyze.Job, d day.Day) (string, error) {
	window := day.Window{From: d, To: d}
	listed, err := l.list(ctx, job, window)
	if err != nil {
		return "", err
	}
	days := newDailies(job, window)
	for o, err := range objects(listed) {
		if err != nil {
			return "", err
		}
		days.list(&o)
	}
	return days.sum(d), nil
}

// Read reads the logs for the days of the job.
func (l *Logs) Read(ctx context.Context, job *analyze.Job) (*analyze.Testimony, error) {
	listed, err := l.list(ctx, job, job.Window)
	if err != nil {
		return nil, err
	}
	r := &reading{job: job, views: network.NewDays(job.Network, nil), days: newDailies(job, job.Window), seen: map[day.Day]bool{}, problems: spill.NewSorter(job.Disk, share(job)/64),
		totals: spill.NewTotals[sum](job.Disk, share(job)/4)}
	for o, err := range objects(listed) {
		if err != nil {
			return nil, err
		}
		r.days.list(&o)
	}
	trail, err := source.OpenObjects(ctx, objects(listed), l.Reading)
	if err != nil {
		return nil, err
	}
	defer trail.Close()
	group, ctx := errgroup.WithContext(ctx)
	workers := max(job.Workers, 1)
	for range workers {
		w := &worker{reading: r, share: share(job) / 4 / workers}
		group.Go(func() error { return w.work(ctx, trail) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r.testimony(l.Sources), nil
}

// A reading reads the logs for the days of one job.
type reading struct {
	job   *analyze.Job
	views *network.Days // nil: no snapshot is given

	mu       sync.Mutex               // guards what follows
	totals   *spill.Totals[sum, *sum] // by day and the key of the table
	days     *dailies
	seen     map[day.Day]bool
	problems *spill.Sorter // by name
}

// A sum is what the queries with one key have in common. An answer may be neither private nor
// public, and a query may have both.
type sum struct{ queries, private, public, first, last int64 }

func (s *sum) numbers() []*int64 {
	return []*int64{&s.queries, &s.private, &s.public, &s.first, &s.last}
}

// Add adds o.
func (s *sum) Add(o *sum) {
	if o.queries == 0 {
		return
	}
	if s.queries == 0 {
		s.first = o.first
	}
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	s.queries += o.queries
	s.private += o.private
	s.public += o.public
}

// Append appends the sum in the form that Parse reads.
func (s *sum) Append(dst []byte) []byte {
	for _, n := range s.numbers() {
		dst = binary.AppendVarint(dst, *n)
	}
	return dst
}

// Parse sets the sum to what Append wrote.
func (s *sum) Parse(text []byte) {
	for _, number := range s.numbers() {
		n, size := binary.Varint(text)
		*number, text = n, text[size:]
	}
}

// A worker reads objects, one after another.
type worker struct {
	*reading
	share  int // of memory, for the queries of an object
	reader dnslog.Reader
	key    []byte // scratch
}

func (w *worker) work(ctx context.Context, trail *source.Trail) error {
	for {
		f, err := trail.Next(ctx)
		if err == io.EOF {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		err = w.object(ctx, f)
		f.Close()
		if err != nil {
			return err
		}
	}
}

// object reads an object. If it cannot be read to its end, none of its queries counts.
func (w *worker) object(ctx context.Context, f *source.Fetch) error {
	o := f.Object
	found := spill.NewTotals[sum](w.job.Disk, w.share)
	lines := map[day.Day]map[string]int64{}
	err := w.read(ctx, f, found, lines)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var unread *source.Error
	if errors.As(err, &unread) && unread.EndsRun() {
		return err
	}
	status, problem := ingest.OK, ""
	switch bad := w.reader.Invalid(); {
	case err != nil:
		status, problem = statusOf(err), describe(o.Name, err)
	case bad > 0:
		status, problem = ingest.InvalidRecords, fmt.Sprintf("%s: %d lines are no query of the Resolver", o.Name, bad)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if status.Counted() {
		c := found.Cursor()
		for c.Next() {
			w.totals.At(c.Key).Add(&c.Value)
		}
		if err := c.Err(); err != nil {
			return err
		}
	}
	w.days.each(&o, func(d *daily) { d.objects[status]++ })
	if status.Counted() {
		for d, kinds := range lines {
			for kind, n := range kinds {
				w.days.at(d).lines[kind] += n
			}
			w.seen[d] = true
		}
	}
	if problem != "" {
		w.problems.Add([]byte(o.Name), []byte(problem))
	}
	return w.problems.Err()
}

// read adds the queries of an object to found, and counts its lines by day.
func (w *worker) read(ctx context.Context, f *source.Fetch, found *spill.Totals[sum, *sum], lines map[day.Day]map[string]int64) error {
	body, err := f.Open(ctx)
	if err == nil {
		err = w.reader.Reset(body)
	}
	if err != nil {
		return err
	}
	for {
		q, err := w.reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		d := day.OfMillis(q.Time)
		if !w.job.Window.Contains(d) {
			continue
		}
		if lines[d] == nil {
			lines[d] = map[string]int64{}
		}
		kind := "other_names"
		if w.count(d, q, found) {
			kind = "queries"
		}
		lines[d][kind]++
	}
}

// count adds a query to found. It reports false for one that is not about AWS.
func (w *worker) count(d day.Day, q *dnslog.Query, found *spill.Totals[sum, *sum]) bool {
	name, source := q.Name, network.SourceOf(q.Name)
	endpoint := endpoints.IDInHost([]byte(q.Name))
	one := sum{queries: 1, first: q.Time, last: q.Time}
	for _, a := range q.Answers {
		if id := endpoints.IDInHost([]byte(a.Name)); id != "" && endpoint == "" {
			if endpoint = id; source == "" {
				source = network.SourceOf(a.Name)
			}
		}
		switch {
		case !a.Address.IsValid():
		case w.isPrivate(d, q.VPC, a.Address):
			one.private = 1
		case classify.KindOf(a.Address) == classify.Public:
			one.public = 1
		}
	}
	if source == "" && endpoint == "" {
		return false
	}
	if source != "" {
		name = network.ShapeOf([]byte(q.Name))
	}
	client := q.Instance
	if client == "" {
		client = q.Source
	}
	w.key = spill.AppendFields(d.AppendKey(w.key[:0]), clip(q.Account), clip(q.Region), clip(q.VPC), clip(client), clip(name), source, endpoint)
	found.At(w.key).Add(&one)
	return true
}

// clip returns text as UTF-8 of a bounded length, without a zero byte, which ends a field.
func clip(text string) string {
	const most = 255
	return strings.ReplaceAll(strings.ToValidUTF8(text[:min(len(text), most)], "\ufffd"), "\x00", "\ufffd")
}

// isPrivate reports whether an address is one of a network without way to the internet, or of
// the VPC itself, which may use others.
func (w *worker) isPrivate(d day.Day, vpc string, a netip.Addr) bool {
	if classify.KindOf(a) == classify.Private {
		return true
	}
	if w.views == nil {
		return false
	}
	t := w.views.View(d).Thing(vpc)
	return t != nil && slices.ContainsFunc(t.CIDRs, func(text string) bool {
		block, err := netip.ParsePrefix(text)
		return err == nil && block.Contains(a)
	})
}

// testimony returns what was read.
func (r *reading) testimony(sources []string) *analyze.Testimony {
	said := &analyze.Testimony{Problems: func(problem func(string)) error {
		c := r.problems.Cursor()
		for c.Next() {
			problem(string(c.Value))
		}
		return c.Err()
	}}
	for d := range r.seen {
		said.Days = append(said.Days, d)
	}
	slices.Sort(said.Days)
	totals := r.totals.Cursor()
	more := totals.Next()
	rows := func(d day.Day) report.Rows[table.DNSRow] {
		return func(yield func(*table.DNSRow, error) bool) {
			for ; more; more = totals.Next() {
				at, key := day.CutKey(totals.Key)
				if at > d {
					return
				}
				if row := rowOf(string(key), &totals.Value); at == d && !yield(&row, nil) {
					return
				}
			}
			if err := totals.Err(); err != nil {
				yield(nil, err)
			}
		}
	}
	said.Add = func(d *report.Day) {
		if d.Witnesses == nil {
			d.Witnesses = map[string]*report.Witness{}
		}
		d.Witnesses[Flag] = r.days.witness(d.Day, sources)
		d.DNS = rows(d.Day)
	}
	return said
}

func rowOf(key string, s *sum) (row table.DNSRow) {
	spill.CutFields(key, &row.AccountID, &row.Region, &row.VPCID, &row.Client, &row.Name, &row.Service, &row.EndpointID)
	row.Queries, row.FirstSeen, row.LastSeen = s.queries, s.first, s.last
	switch {
	case s.private > 0 && s.public > 0:
		row.Answered = table.AnsweredBoth
	case s.private > 0:
		row.Answered = table.AnsweredPrivate
	case s.public > 0:
		row.Answered = table.AnsweredPublic
	}
	return row
}
