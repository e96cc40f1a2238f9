package page

import (
	"vpcetrail/classify/phrase"
	"vpcetrail/report/words"
)

// The limits of a page: resources, rows of stopped calls per resource, rows of every other
// outcome, and notes.
const (
	maxReadiness = 10
	maxStopped   = 25
	maxOthers    = 5
	maxNotes     = 5
)

// A Readiness shows what a policy that requires an endpoint would do to the calls that reached
// one resource.
type Readiness struct {
	Resource   string      // ARN
	Conditions []Condition // the possible conditions
	Asked      string      // key of the condition in Outcomes and Statement; "" if the report cannot answer
	Outcomes   []Outcome
	Statement  string   // the policy statement to paste; "" if there is none
	Notes      []string // what the report does not know, and warnings
}

// A Condition is one way to require an endpoint, with the number of calls for each effect.
type Condition struct {
	Key    string // such as aws:SourceVpce
	Values string // for display

	Stopped, StoppedAllowed, Unclear, Exempt, Passing int64 // StoppedAllowed: the part of Stopped that is allowed today
	PerhapsAllowed                                    int64 // the part of Stopped that may be allowed today, beyond StoppedAllowed
}

// An Outcome is one effect of the policy on calls.
type Outcome struct {
	Kind OutcomeKind
	Rows []OutcomeRow // most calls first
}

// An OutcomeKind is the kind of an Outcome.
type OutcomeKind string

// The outcomes, in the order in which a page shows them.
const (
	Stopped OutcomeKind = "stopped"
	Unclear OutcomeKind = "unclear" // the records do not show it
	Exempt  OutcomeKind = "exempt"  // by the common exceptions for AWS services
	Passing OutcomeKind = "passing"
)

// words returns the meaning of an outcome.
func (k OutcomeKind) words() phrase.Format {
	switch k {
	case Stopped:
		return "Would be stopped"
	case Unclear:
		return "Undecided: the records do not show it"
	case Exempt:
		return "Exempt: made by AWS services"
	case Passing:
		return "Would pass"
	}
	return ""
}

// An OutcomeRow counts the calls of one principal with one action by one route.
type OutcomeRow struct {
	Principal, Action string
	Way               string // for display: internet, AWS address; vpce-0a1b…
	Calls, Denied     int64  // Denied: the part of Calls that is already denied today
	PerhapsDenied     int64  // the part of Calls that may be denied today, beyond Denied
	LastSeen          int64  // milliseconds since the epoch
}

// calls returns the number of calls of the outcome.
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
	Notes   []string // the notes to show
}

type outcomeView struct {
	Kind  OutcomeKind
	Words string
	Calls int64
	Rows  []OutcomeRow
	More  int
}

func (v *view) addReadiness(all []Readiness, words *words.Language) {
	for i := range all[:min(len(all), maxReadiness)] {
		v.Readiness = append(v.Readiness, all[i].view(words))
	}
	v.ReadinessMore = len(all) - len(v.Readiness)
}

func (r *Readiness) view(words *words.Language) readinessView {
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
			v.Parts = append(v.Parts, outcomeView{kind, words.Say(kind.words()), o.calls(), o.Rows[:shown], len(o.Rows) - shown})
		}
	}
	switch {
	case r.Asked == "":
		v.Verdict = words.Say("Not known: no condition has a known value.")
	case calls[Stopped] > 0:
		v.Verdict = words.Say("Not ready: %s would be stopped.", phrase.Count(calls[Stopped], "call"))
	case calls[Unclear] > 0:
		v.Verdict = words.Say("Probably ready: none is known to be stopped. Undecided: %s.", phrase.Count(calls[Unclear], "call"))
	case len(v.Parts) == 0:
		v.Verdict = words.Say("No call in the report names this resource.")
	default:
		v.Verdict, v.Safe = words.Say("Ready: no call in the report would be stopped."), true
	}
	return v
}
