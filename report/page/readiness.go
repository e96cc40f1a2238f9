package page

import (
	"fmt"

	"vpcetrail/report/grid"
)

// How many resources a page shows, and of each the rows of those stopped and of every other outcome, and the notes.
const (
	maxReadiness = 10
	maxStopped   = 25
	maxOthers    = 5
	maxNotes     = 5
)

// A Readiness says what a policy that demands an endpoint would do to the calls that reached one resource.
type Readiness struct {
	Resource   string      // ARN
	Conditions []Condition // what could be demanded
	Told       string      // the key of the condition that Outcomes and Statement are of; "" where the report cannot answer
	Outcomes   []Outcome
	Statement  string   // the policy statement to paste; "" where there is none
	Notes      []string // what the report does not know, and what to mind
}

// A Condition is one way of asking for an endpoint, and what it would do to how many calls.
type Condition struct {
	Key    string // such as aws:SourceVpce
	Values string // as a person reads them

	Stopped, StoppedAllowed, Unclear, Exempt, Passing int64 // StoppedAllowed: of Stopped, those that are allowed today
}

// An Outcome is one thing that the policy would do to calls.
type Outcome struct {
	Kind OutcomeKind
	Rows []OutcomeRow // most calls first
}

// An OutcomeKind tells outcomes apart.
type OutcomeKind string

// The outcomes, in the order in which a page shows them.
const (
	Stopped OutcomeKind = "stopped"
	Unclear OutcomeKind = "unclear" // the records cannot tell
	Exempt  OutcomeKind = "exempt"  // by the usual exceptions for AWS services
	Passing OutcomeKind = "passing"
)

// words says what an outcome means.
func (k OutcomeKind) words() string {
	switch k {
	case Stopped:
		return "Would be stopped"
	case Unclear:
		return "Cannot be told from the records"
	case Exempt:
		return "Exempt: made by AWS services"
	case Passing:
		return "Would pass"
	}
	return string(k)
}

// An OutcomeRow counts the calls of one principal by one action and way.
type OutcomeRow struct {
	Principal, Action string
	Way               string // as a person reads it: internet, AWS address; vpce-0a1b…
	Calls, Denied     int64  // Denied: already, of Calls
	LastSeen          int64  // milliseconds since the epoch
}

// calls adds up the calls of the outcome.
func (o *Outcome) calls() (n int64) {
	for i := range o.Rows {
		n += o.Rows[i].Calls
	}
	return n
}

type readinessView struct {
	*Readiness
	Verdict string
	Safe    bool
	Parts   []outcomeView
	Notes   []string // those that are shown
}

type outcomeView struct {
	Kind  OutcomeKind
	Words string
	Calls int64
	Rows  []OutcomeRow
	More  int
}

func (v *view) addReadiness(all []Readiness) {
	for i := range all[:min(len(all), maxReadiness)] {
		v.Readiness = append(v.Readiness, all[i].view())
	}
	v.ReadinessMore = len(all) - len(v.Readiness)
}

func (r *Readiness) view() readinessView {
	v := readinessView{Readiness: r, Notes: r.Notes[:min(len(r.Notes), maxNotes)]}
	calls := map[OutcomeKind]int64{}
	for _, kind := range []OutcomeKind{Stopped, Unclear, Exempt, Passing} {
		for i := range r.Outcomes {
			o := &r.Outcomes[i]
			if o.Kind != kind || len(o.Rows) == 0 {
				continue
			}
			calls[kind] += o.calls()
			shown := min(len(o.Rows), maxOthers)
			if kind == Stopped {
				shown = min(len(o.Rows), maxStopped)
			}
			v.Parts = append(v.Parts, outcomeView{kind, kind.words(), o.calls(), o.Rows[:shown], len(o.Rows) - shown})
		}
	}
	switch {
	case r.Told == "":
		v.Verdict = "Cannot be told."
	case calls[Stopped] > 0:
		v.Verdict = fmt.Sprintf("Not ready: %s would be stopped.", grid.Plural(calls[Stopped], "call"))
	case calls[Unclear] > 0:
		v.Verdict = fmt.Sprintf("Probably ready: none is known to be stopped, but of %s it cannot be told.", grid.Plural(calls[Unclear], "call"))
	case len(v.Parts) == 0:
		v.Verdict = "No call in the report names this resource."
	default:
		v.Verdict, v.Safe = "Ready: no call in the report would be stopped.", true
	}
	return v
}
