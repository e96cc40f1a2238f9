package restate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A Search finds the days to restate. Call its methods from one goroutine, in this order: Know for
// the objects that a run has just read, List for every object of the trail, sorted by name, Unknown
// and Probe to read the unknown objects, and Days.
type Search struct {
	days     day.Window // the days that may be restated, from the first published day
	lateness int
	latest   day.Day // the latest folder of known objects
	leave    bool    // unknown objects in folders after last stay unknown
	last     day.Day

	after bool // a day also has all objects in the folders of the days after it

	known   *spill.Sorter // by name: known
	listed  *spill.Sorter // by name: store.Object
	unknown *spill.Sorter // by name: store.Object
	probed  *spill.Sorter // by name: known
	members *spill.Sorter // by day and name: store.Object

	published, changed map[day.Day]bool
	gone               map[day.Day]*gone
	left               map[day.Day][]string // objects that were replaced by ones without records of the day

	before *lookup // reads known during List
	value  []byte  // scratch
}

// gone describes the objects of a day that are gone from the trail.
type gone struct {
	objects int
	first   string
}

// NewSearch starts a search among days. It reads the tables objects of these days and of later days
// from the report in store. memory is an approximate limit in bytes.
func NewSearch(ctx context.Context, store report.Store, days day.Window, lateness int, disk *spill.Disk, memory int) (*Search, error) {
	sorter := func() *spill.Sorter { return spill.NewSorter(disk, memory/5) }
	s := &Search{
		days: days, lateness: lateness,
		known: sorter(), listed: sorter(), unknown: sorter(), probed: sorter(), members: sorter(),
		published: map[day.Day]bool{}, changed: map[day.Day]bool{}, gone: map[day.Day]*gone{}, left: map[day.Day][]string{},
	}
	published, err := report.Days(ctx, store)
	if err != nil {
		return nil, err
	}
	published = slices.DeleteFunc(published, func(d day.Day) bool { return d < days.From })
	if len(published) == 0 {
		s.days.To = s.days.From - 1
		return s, nil
	}
	s.days.From = slices.Min(published)
	for _, d := range published {
		if err := s.readDay(ctx, store, d); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readDay reads what the report holds for day d. A day that is partly published or damaged counts as
// empty.
func (s *Search) readDay(ctx context.Context, store report.Store, d day.Day) error {
	m, err := report.ReadManifest(ctx, store, d)
	if err != nil && !errors.Is(err, report.ErrBrokenManifest) {
		return err
	}
	s.published[d] = true
	if err != nil {
		s.changed[d] = true
		return nil
	}
	for row, err := range report.ReadTable(ctx, store, &table.Objects, m, d) {
		if errors.Is(err, report.ErrDamaged) || errors.Is(err, report.ErrNoReport) || errors.Is(err, report.ErrSwitching) {
			s.changed[d] = true
			return nil
		}
		if err != nil {
			return err
		}
		s.know(known{published: true, day: d, row: *row})
		if key := layout.ParseKey(row.Key); key.HasDay {
			s.latest = max(s.latest, key.Day)
		}
	}
	return s.known.Err()
}

// Empty reports whether the report holds none of the days.
func (s *Search) Empty() bool { return s.days.To < s.days.From }

// Listing returns the days to list in the trail, so that List gets all objects of a report that ends
// on day last.
func (s *Search) Listing(last day.Day) day.Window {
	return day.Window{From: s.days.From, To: max(last, s.latest-day.Day(s.lateness))}
}

func (s *Search) know(k known) {
	s.value = k.append(s.value[:0])
	s.known.Add([]byte(k.row.Key), s.value)
}

// Leave leaves unknown objects in folders after last to the run that publishes those days. Call it before List.
func (s *Search) Leave(last day.Day) { s.leave, s.last = true, last }

// ReadOn adds to each day all objects in the folders that a run for the day reads: those of the days after it,
// as many as records may be late. They change no day. Call it before Days.
func (s *Search) ReadOn() { s.after = true }

// Know takes an object that the run has just read. Its day may be published or not.
func (s *Search) Know(row *table.ObjectRow) { s.know(known{row: *row}) }

// List takes the next object of the trail.
func (s *Search) List(o store.Object) error {
	if s.before == nil {
		s.before = newLookup(s.known)
	}
	s.value = appendObject(s.value[:0], &o)
	s.listed.Add([]byte(o.Name), s.value)
	for _, k := range s.before.of(o.Name) {
		if k.sameVersion(&o) && k.lasting() {
			return s.listed.Err()
		}
	}
	if !s.leave || !o.Key.HasDay || o.Key.Day <= s.last {
		s.unknown.Add([]byte(o.Name), s.value)
	}
	return errors.Join(s.listed.Err(), s.unknown.Err())
}

// Unknown returns the listed objects that must be read for their days.
func (s *Search) Unknown() iter.Seq2[store.Object, error] { return objects(s.unknown.Cursor(), nil) }

// objects returns the objects at a cursor while their keys start with prefix.
func objects(c *spill.Cursor, prefix []byte) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		for c.Next() {
			if len(c.Key) < len(prefix) || string(c.Key[:len(prefix)]) < string(prefix) {
				continue
			}
			if string(c.Key[:len(prefix)]) > string(prefix) {
				break
			}
			if !yield(cutObject(c.Key[len(prefix):], c.Value), nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(store.Object{}, err)
		}
	}
}

// Probe returns a Sink for reading the unknown objects. It keeps no events.
func (s *Search) Probe() ingest.Sink { return probe{s} }

type probe struct{ search *Search }

func (p probe) Begin(int)          {}
func (p probe) Event(*event.Event) {}

func (p probe) End(res *ingest.Result) error {
	s := p.search
	k := known{row: report.ObjectRow(res)}
	k.row.ETag, k.row.Size = res.Object.ETag, res.Object.Size
	s.value = k.append(s.value[:0])
	s.probed.Add([]byte(k.row.Key), s.value)
	return s.probed.Err()
}

// A Day is a day to restate.
type Day struct {
	Day day.Day
	// Objects are all objects of the day, sorted by name.
	Objects iter.Seq2[store.Object, error]
	// Gone says which objects of the published day are gone from the trail. It is "" if all are
	// there.
	Gone string
	// Left are the objects of the published day that were replaced since and no longer hold
	// records of it.
	Left []string
	// Unchanged means that the published day has exactly these objects.
	Unchanged bool
}

// Days returns the changed days, in order.
func (s *Search) Days() ([]Day, error) {
	if err := s.join(); err != nil {
		return nil, err
	}
	var days []Day
	for d := s.days.From; d <= s.days.To; d++ {
		if s.changed[d] {
			days = append(days, s.day(d))
		}
	}
	return days, nil
}

func (s *Search) day(d day.Day) Day {
	found := Day{Day: d, Objects: objects(s.members.Cursor(), d.AppendKey(nil)), Left: s.left[d], Unchanged: !s.changed[d]}
	if g := s.gone[d]; g != nil {
		found.Gone = fmt.Sprintf("%d of its objects are gone from the trail, such as %s", g.objects, g.first)
	}
	return found
}

// Listed returns the objects of the trail that List took.
func (s *Search) Listed() iter.Seq2[store.Object, error] { return objects(s.listed.Cursor(), nil) }

// Unchanged returns the published days that are not among Days, in order. Call it after Days.
func (s *Search) Unchanged() (days []Day) {
	for d := s.days.From; d <= s.days.To; d++ {
		if s.published[d] && !s.changed[d] {
			days = append(days, s.day(d))
		}
	}
	return days
}

// join walks through all objects, listed or known.
func (s *Search) join() error {
	before, probed := newLookup(s.known), newLookup(s.probed)
	before.missed = func(k *known) {
		if k.published {
			if s.gone[k.day] == nil {
				s.gone[k.day] = &gone{first: k.row.Key}
			}
			s.gone[k.day].objects++
		}
	}
	listed := s.listed.Cursor()
	for listed.Next() {
		o := cutObject(listed.Key, listed.Value)
		s.place(&o, before.of(o.Name), probed.of(o.Name), listed.Value)
	}
	before.rest()
	return errors.Join(listed.Err(), before.err(), probed.err(), s.members.Err())
}

// place finds the days of o, and whether their tables have its current version.
func (s *Search) place(o *store.Object, rows, probed []known, value []byte) {
	var now *known
	for i := range rows {
		if k := &rows[i]; k.sameVersion(o) && (k.lasting() || now == nil) {
			now = k
		}
	}
	if len(probed) > 0 {
		now = &probed[0]
	}
	if now == nil { // left
		return
	}
	belongs := report.DaysOf(&now.row, o.Key, s.lateness)
	if len(belongs) == 0 {
		for d := s.days.From; d <= s.days.To; d++ {
			belongs = append(belongs, d)
		}
	}
	for _, k := range rows {
		if k.published && !slices.Contains(belongs, k.day) {
			s.changed[k.day] = true
			if ingest.Status(now.row.Status).Counted() {
				s.left[k.day] = append(s.left[k.day], o.Name)
			}
		}
	}
	for _, d := range belongs {
		if !s.days.Contains(d) {
			continue
		}
		s.members.Add(append(d.AppendKey(nil), o.Name...), value)
		if !slices.ContainsFunc(rows, func(k known) bool {
			return k.published && k.day == d && k.sameVersion(o) && k.row.Status == now.row.Status
		}) {
			s.changed[d] = true
		}
	}
	if !s.after || !o.Key.HasDay {
		return
	}
	for d := o.Key.Day - day.Day(s.lateness); d < o.Key.Day; d++ {
		if s.days.Contains(d) && !slices.Contains(belongs, d) {
			s.members.Add(append(d.AppendKey(nil), o.Name...), value)
		}
	}
}

// A lookup finds what is known about objects. Ask for them in the order of their names.
type lookup struct {
	rows   *spill.Cursor
	more   bool
	found  []known
	missed func(*known) // is called with the rows that no call of of asked for
}

func newLookup(s *spill.Sorter) *lookup {
	l := &lookup{rows: s.Cursor(), missed: func(*known) {}}
	l.more = l.rows.Next()
	return l
}

// of returns what is known about the object of that name. The result is valid until the next call.
func (l *lookup) of(name string) []known {
	for ; l.more && string(l.rows.Key) < name; l.more = l.rows.Next() {
		k := cutKnown(l.rows.Key, l.rows.Value)
		l.missed(&k)
	}
	l.found = l.found[:0]
	for ; l.more && string(l.rows.Key) == name; l.more = l.rows.Next() {
		l.found = append(l.found, cutKnown(l.rows.Key, l.rows.Value))
	}
	return l.found
}

// rest reads to the end.
func (l *lookup) rest() {
	for ; l.more; l.more = l.rows.Next() {
		k := cutKnown(l.rows.Key, l.rows.Value)
		l.missed(&k)
	}
}

func (l *lookup) err() error { return l.rows.Err() }
