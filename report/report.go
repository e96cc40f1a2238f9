package report

import (
	"errors"
	"fmt"
	"iter"

	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// A Report holds the tables of every day of the window.
type Report struct {
	Balance  Balance
	Statuses map[ingest.Status]int64 // objects by how reading them ended
	Days     []*Day                  // in order; if the window has no bound, the days with records or objects

	// Problems calls its argument with one line for each object that could not be read
	// completely, in the order of the object names. The line says what is wrong.
	Problems func(func(problem string)) error
	// ObjectRows calls its argument once for every object that was read and every day that it
	// belongs to, even days that are not reported. The row is valid until the argument returns.
	ObjectRows func(func(*table.ObjectRow)) error
	// ObjectTables starts a separate walk over table objects. The returned function gives the
	// rows of a day. Call it with the days in order.
	ObjectTables func() func(day.Day) Rows[table.ObjectRow]
}

// Rows are the rows of a table, in the order of its key. A row is valid until the next one.
// An error comes with a nil row and ends the sequence.
type Rows[T any] = iter.Seq2[*T, error]

// RowsOf returns rows that are in memory.
func RowsOf[T any](rows []T) Rows[T] {
	return func(yield func(*T, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// Groups are the rows of a table as row groups of columns, the form that table.Writer takes. A
// group is valid until the next one. An error comes with no group and ends the sequence.
type Groups = iter.Seq2[[]table.Vector, error]

// A Day gives the tables of one day. The rows are made while they are read. If the Report comes
// from count.New, read each table once and to its end, read the days in order, and read traffic
// first in each day. Table resources may be read concurrently with the others. Days may be
// skipped.
type Day struct {
	Day        day.Day
	Kinds      Kinds
	Traffic    Rows[table.TrafficRow]
	Principals Rows[table.PrincipalRow]
	Services   Rows[table.ServiceRow]
	Endpoints  Rows[table.EndpointRow]
	Resources  Rows[table.ResourceRow] // nil: the day has no such table
	Findings   Rows[table.FindingRow]  // nil: the day has no such table
	Causes     Rows[table.CauseRow]    // nil: the day has no such table
	Objects    Rows[table.ObjectRow]
	Digests    Rows[table.DigestRow] // nil: the day has no such table
	Verified   *Verified             // nil: not checked by digests

	S3Access        Rows[table.S3AccessRow]        // nil: the day has no such table
	DNS             Rows[table.DNSRow]             // nil: the day has no such table
	EndpointMetrics Rows[table.EndpointMetricsRow] // nil: the day has no such table
	// Witnesses are what sources beside the trail say of the day, by their flags.
	Witnesses map[string]*Witness

	// Network returns what decided the causes. nil: nobody asked for causes.
	Network func() *network.Snapshot

	// TrafficGroups and ResourceGroups, if not nil, hold the same rows as Traffic and
	// Resources, in the same row groups, in a form that takes less work to write. Read only
	// one of the two forms.
	TrafficGroups, ResourceGroups Groups
}

// A Balance accounts for every record of the objects that were read.
type Balance struct {
	Records int64 `json:"records"`
	Kinds
	OutsideWindow int64 `json:"outside_window"`
	Invalid       int64 `json:"invalid"`
}

// ErrBalance means that a record was lost or counted twice. This is a bug: nothing may be
// published then.
var ErrBalance = errors.New("balance of records does not hold")

// Check returns an error that wraps ErrBalance if a record is in no line of the balance, or in
// more than one.
func (b *Balance) Check() error {
	sum := b.Calls + b.Duplicates + b.SharedCopies + b.NetworkEvents + b.Corrections + b.OtherEvents + b.OutsideWindow + b.Invalid
	if sum != b.Records {
		return fmt.Errorf("%w: %d records, but %d accounted for: %+v", ErrBalance, b.Records, sum, *b)
	}
	return nil
}

// Kinds counts records by their line in the balance.
type Kinds struct {
	Calls         int64 `json:"calls"`
	Duplicates    int64 `json:"duplicates"`
	SharedCopies  int64 `json:"shared_copies"`
	NetworkEvents int64 `json:"network_events"`
	Corrections   int64 `json:"corrections"`
	OtherEvents   int64 `json:"other_events"`
}

// Add adds the counts of o.
func (k *Kinds) Add(o Kinds) {
	k.Calls += o.Calls
	k.Duplicates += o.Duplicates
	k.SharedCopies += o.SharedCopies
	k.NetworkEvents += o.NetworkEvents
	k.Corrections += o.Corrections
	k.OtherEvents += o.OtherEvents
}

// Objects returns the number of objects that the run read or tried to read.
func (r *Report) Objects() (n int64) {
	for status, count := range r.Statuses {
		if status != ingest.PassedOver {
			n += count
		}
	}
	return n
}

// PassedOver returns the number of objects that were not read although they may hold calls.
func (r *Report) PassedOver() int64 { return r.Statuses[ingest.PassedOver] }

// Unread returns the number of objects that could not be read completely.
func (r *Report) Unread() (n int64) {
	for status, count := range r.Statuses {
		if status != ingest.OK && status != ingest.PassedOver {
			n += count
		}
	}
	return n
}
