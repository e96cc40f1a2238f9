package report

import (
	"errors"
	"fmt"
	"iter"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// A Report holds the tables of every day of the window.
type Report struct {
	Balance  Balance
	Statuses map[ingest.Status]int64 // objects by how reading them ended
	Days     []*Day                  // in order; of an unbounded window those that hold records or objects

	// Problems calls its argument with what is wrong with each object that could not be read whole, in the
	// order of their names: one line each.
	Problems func(func(problem string)) error
	// ObjectRows calls its argument with every object that was read, for each day that it belongs to:
	// reported days and others. The row is valid until the argument returns.
	ObjectRows func(func(*table.ObjectRow)) error
	// ObjectTables returns table objects by day, for a walk of its own. Days must be asked for in order.
	ObjectTables func() func(day.Day) Rows[table.ObjectRow]
}

// Rows are the rows of a table, in the order of its key. A row is valid until the next one comes. An
// error comes with a nil row, and is the last.
type Rows[T any] = iter.Seq2[*T, error]

// RowsOf returns rows that lie in memory.
func RowsOf[T any](rows []T) Rows[T] {
	return func(yield func(*T, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// Groups are the rows of a table as row groups of columns, as a table.Writer takes them. A group is valid until the next
// one comes. An error comes with no group, and is the last.
type Groups = iter.Seq2[[]table.Vector, error]

// A Day hands out the tables of one day. They are made as they are read: of a Report that New has made,
// each table once, to its end, the days in order and of each day traffic first; resources may be read beside the others.
// Days may be left out.
type Day struct {
	Day        day.Day
	Kinds      Kinds
	Traffic    Rows[table.TrafficRow]
	Principals Rows[table.PrincipalRow]
	Services   Rows[table.ServiceRow]
	Endpoints  Rows[table.EndpointRow]
	Resources  Rows[table.ResourceRow] // nil: the day has no such table
	Findings   Rows[table.FindingRow]  // likewise
	Objects    Rows[table.ObjectRow]

	// TrafficGroups and ResourceGroups, where not nil, are Traffic and Resources in a form that takes less work to write:
	// the same rows, in the same groups. Of the two forms one is read.
	TrafficGroups, ResourceGroups Groups
}

// A Balance accounts for every record of the objects that were read.
type Balance struct {
	Records int64 `json:"records"`
	Kinds
	OutsideWindow int64 `json:"outside_window"`
	Invalid       int64 `json:"invalid"`
}

// ErrBalance says that a record was lost or counted twice: a bug, after which nothing may be published.
var ErrBalance = errors.New("balance of records does not hold")

// Check returns an error that wraps ErrBalance where a record is in none of the lines, or in two.
func (b *Balance) Check() error {
	sum := b.Calls + b.Duplicates + b.SharedCopies + b.NetworkEvents + b.Corrections + b.OtherEvents + b.OutsideWindow + b.Invalid
	if sum != b.Records {
		return fmt.Errorf("%w: %d records, but %d accounted for: %+v", ErrBalance, b.Records, sum, *b)
	}
	return nil
}

// Kinds counts records by what they are to the balance.
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

// Objects returns how many objects were read, or could not be.
func (r *Report) Objects() (n int64) {
	for status, count := range r.Statuses {
		if status != ingest.PassedOver {
			n += count
		}
	}
	return n
}

// PassedOver returns how many objects were not read though they may hold calls.
func (r *Report) PassedOver() int64 { return r.Statuses[ingest.PassedOver] }

// Unread returns how many objects could not be read whole.
func (r *Report) Unread() (n int64) {
	for status, count := range r.Statuses {
		if status != ingest.OK && status != ingest.PassedOver {
			n += count
		}
	}
	return n
}
