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
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dnslog"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
	"vpcetrail/report/table"
)

// Flag is the flag of analyze that names the logs.
const Flag = "resolver-logs"

// Logs are query logs of Route 53 Resolver. They are an analyze.Witness.
type Logs struct{ dated.Logs }

// Flag returns the flag of analyze that names the logs.
func (*Logs) Flag() string { return Flag }

// Inputs returns the names of the optional inputs that the table depends on.
func (*Logs) Inputs() []string { return []string{"network"} }

// Read reads the logs for the days of the job.
func (l *Logs) Read(ctx context.Context, job *analyze.Job) (*analyze.Testimony, error) {
	objects, err := l.List(ctx, job, job.Window)
	if err != nil {
		return nil, err
	}
	r := &reading{
		job: job, objects: objects, workers: max(job.Workers, 1), views: network.NewDays(job.Network, nil),
		totals: spill.NewTotals[sum](job.Disk, dated.Memory(job)/4), seen: map[day.Day]bool{},
	}
	if err := objects.Read(ctx, r.workers, r.worker); err != nil {
		return nil, err
	}
	return r.testimony(), nil
}

// A reading reads the logs for the days of one job.
type reading struct {
	job     *analyze.Job
	objects *dated.Objects
	workers int
	views   *network.Days // nil: no snapshot is given

	mu     sync.Mutex               // guards what follows
	totals *spill.Totals[sum, *sum] // by day and the key of the table
	seen   map[day.Day]bool
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

func (r *reading) worker() func(context.Context, *source.Fetch) error {
	return (&worker{reading: r, share: dated.Memory(r.job) / 4 / r.workers}).object
}

// object reads an object. If it cannot be read to its end, none of its queries counts.
func (w *worker) object(ctx context.Context, f *source.Fetch) error {
	obj := f.Object // as listed, which says its day
	found := spill.NewTotals[sum](w.job.Disk, w.share)
	lines, n := map[day.Day]map[string]int64{}, dated.Lines{}
	err := w.read(ctx, f, found, lines, &n)
	status, problem, ends := dated.Outcome(ctx, &obj, err)
	if ends != nil {
		return ends
	}
	if err == nil {
		n.All, n.Invalid, n.First = w.reader.Lines()
		status, problem = w.objects.Check(&obj, &n, "a query of the Resolver")
		if err := w.add(found, lines); err != nil {
			return err
		}
	}
	return w.objects.Note(&obj, status, problem)
}

// add adds the queries and lines of an object.
func (w *worker) add(found *spill.Totals[sum, *sum], lines map[day.Day]map[string]int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := found.Cursor()
	for c.Next() {
		w.totals.At(c.Key).Add(&c.Value)
	}
	for d, kinds := range lines {
		w.seen[d] = true
		for kind, n := range kinds {
			w.objects.Count(d, kind, n)
		}
	}
	return c.Err()
}

// read adds the queries of an object to found, and counts its lines by day.
func (w *worker) read(
	ctx context.Context, f *source.Fetch, found *spill.Totals[sum, *sum], lines map[day.Day]map[string]int64, n *dated.Lines,
) error {
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
		if !w.objects.MayHold(&f.Object, d) {
			n.AddStray(d)
			continue
		}
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
func (r *reading) testimony() *analyze.Testimony {
	rows := report.DailyRows(r.totals.Cursor(), setRow)
	days, failed := r.objects.Days(r.seen)
	return &analyze.Testimony{
		Days: days, Holds: len(days) > 0 || failed, Failed: failed, Problems: r.objects.Problems,
		Add: func(d *report.Day) {
			r.objects.AddTo(d, Flag, false, "queries", "other_names", "invalid")
			d.DNS = rows(d.Day)
		},
	}
}

func setRow(row *table.DNSRow, key string, s *sum) {
	*row = table.DNSRow{Queries: s.queries, FirstSeen: s.first, LastSeen: s.last}
	spill.CutFields(key, &row.AccountID, &row.Region, &row.VPCID, &row.Client, &row.Name, &row.Service, &row.EndpointID)
	switch {
	case s.private > 0 && s.public > 0:
		row.Answered = table.AnsweredBoth
	case s.private > 0:
		row.Answered = table.AnsweredPrivate
	case s.public > 0:
		row.Answered = table.AnsweredPublic
	}
}
