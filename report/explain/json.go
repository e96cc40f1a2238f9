package explain

import (
	"io"
	"time"

	"vpcetrail/classify"
	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
)

// A jsonRecord is a Record for programs. Keys are never renamed. Absent values are null.
type jsonRecord struct {
	EventID   *string `json:"event_id"`
	EventTime *string `json:"event_time"`
	EventName *string `json:"event_name"`
	Service   *string `json:"service"`
	Region    *string `json:"region"`
	AccountID *string `json:"account_id"`
	Principal *string `json:"principal"`
	Session   *string `json:"session"`
	Error     *string `json:"error"`
	Object    string  `json:"object"`
	Offset    int64   `json:"offset"`
	CountedAs string  `json:"counted_as"`

	Verdict   *jsonVerdict  `json:"verdict"`
	Because   *string       `json:"because"`
	Cause     *jsonCause    `json:"cause,omitempty"` // with --network
	Endpoint  *jsonEndpoint `json:"endpoint"`
	Source    *jsonSource   `json:"source"`
	Findings  []jsonFinding `json:"findings"`
	Conflicts []string      `json:"conflicts"`
	Final     bool          `json:"final"`
	Changes   []jsonChange  `json:"could_change"`
	Advice    []string      `json:"advice"`
}

type jsonVerdict struct {
	Route         string  `json:"route"`
	Origin        *string `json:"origin"`
	EndpointOwner *string `json:"endpoint_owner"`
	Evidence      string  `json:"evidence"`
	Rule          int     `json:"rule"`
	Text          string  `json:"text,omitempty"`
}

type jsonEndpoint struct {
	ID        string  `json:"vpc_endpoint_id"`
	Type      *string `json:"endpoint_type"`
	AccountID *string `json:"endpoint_account_id"`
	VPC       *string `json:"vpc_id"`
	Service   *string `json:"service_name"`
}

type jsonSource struct {
	Kind        string  `json:"kind"`
	Address     *string `json:"address"`
	Net         *string `json:"net"`
	AWSPrefix   *string `json:"aws_prefix"`
	AWSServices *string `json:"aws_services"`
	AWSRegion   *string `json:"aws_region"`
}

type jsonFinding struct {
	Field string  `json:"field"`
	Value *string `json:"value"`
	Side  string  `json:"side"`
	Means *string `json:"means"`
}

type jsonChange struct {
	Given string `json:"given"`
	If    string `json:"if"`
	jsonVerdict
}

// WriteJSON writes r as one line of JSON.
func (r *Record) WriteJSON(w io.Writer) error { return grid.NewJSON(w).Encode(r.json()) }

func (r *Record) json() *jsonRecord {
	j := &jsonRecord{
		EventID: orNull(r.ID), EventName: orNull(r.Name), Service: orNull(r.Service), Region: orNull(r.Region),
		AccountID: orNull(r.Account), Principal: orNull(r.Principal), Session: orNull(r.Session), Error: orNull(r.Error),
		Object: r.Object, Offset: r.Offset, CountedAs: r.Counted,
		Findings: []jsonFinding{}, Conflicts: []string{}, Changes: []jsonChange{}, Advice: []string{},
	}
	if !r.Time.IsZero() {
		j.EventTime = orNull(r.Time.Format(time.RFC3339))
	}
	j.Cause = r.Cause.json()
	x := r.Explanation
	if x == nil {
		return j
	}
	verdict := newJSONVerdict(x.Verdict)
	verdict.Text = x.Route.String()
	j.Verdict, j.Because, j.Final = &verdict, orNull(x.Because.String()), len(x.Changes) == 0
	if e := x.Endpoint; e.ID != "" {
		j.Endpoint = &jsonEndpoint{e.ID, orNull(e.Type), orNull(e.Account), orNull(e.VPC), orNull(e.Service)}
	}
	j.Source = newJSONSource(&x.Source)
	for _, f := range x.Findings {
		j.Findings = append(j.Findings, jsonFinding{f.Field, orNull(f.Value), f.Side.String(), orNull(f.Means.String())})
	}
	j.Conflicts = append(j.Conflicts, texts(x.Conflicts)...)
	for _, c := range x.Changes {
		j.Changes = append(j.Changes, jsonChange{c.Given.String(), c.If.String(), newJSONVerdict(c.Verdict)})
	}
	j.Advice = append(j.Advice, texts(x.Advice)...)
	return j
}

func newJSONVerdict(v classify.Verdict) jsonVerdict {
	return jsonVerdict{
		Route: v.Route().String(), Origin: orNull(v.Origin.String()), EndpointOwner: orNull(v.Owner().String()),
		Evidence: v.Evidence.String(), Rule: v.Evidence.Rule(),
	}
}

func newJSONSource(s *classify.Source) *jsonSource {
	j := &jsonSource{Kind: s.Kind.String(), AWSServices: orNull(s.Published.Services), AWSRegion: orNull(s.Published.Region)}
	if s.Address.IsValid() {
		j.Address = orNull(s.Address.String())
	}
	if s.Net.IsValid() {
		j.Net = orNull(s.Net.String())
	}
	if s.Published.Prefix.IsValid() {
		j.AWSPrefix = orNull(s.Published.Prefix.String())
	}
	return j
}

// texts returns sentences in English.
func texts(phrases []phrase.Phrase) []string {
	list := make([]string, len(phrases))
	for i, p := range phrases {
		list[i] = p.String()
	}
	return list
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
