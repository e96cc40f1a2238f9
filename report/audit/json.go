package audit

// A Document is an audit in JSON. Keys are never renamed.
type Document struct {
	Days       string   `json:"days"`
	Missing    []string `json:"missing_days,omitempty"`
	Incomplete []string `json:"incomplete_days,omitempty"`
	Shards     []string `json:"shard_days,omitempty"` // days with only one shard of the trail
	Complete   bool     `json:"complete"`
	// Unproved are the days for which digests do not prove the logs, if the rules require that.
	Unproved []string `json:"unproved_days,omitempty"`
	// Passed is true if no rule is violated and no data is missing that the rules require.
	Passed bool           `json:"passed"`
	Rules  []RuleDocument `json:"rules"`
}

// A RuleDocument is one rule's result.
type RuleDocument struct {
	Name        string              `json:"name"`
	Description string              `json:"description,omitempty"`
	Severity    string              `json:"severity"`
	Status      Status              `json:"status"`
	Table       string              `json:"table"`
	Judged      int64               `json:"judged"`
	Violating   int64               `json:"violating"`
	Open        int64               `json:"unknown"`
	ByService   int64               `json:"aws_service"`
	Denied      int64               `json:"denied_left_out"`
	Exceptions  []ExceptionDocument `json:"exceptions,omitempty"`
	Violations  []Call              `json:"violations"`
	LeftOut     int64               `json:"violations_left_out,omitempty"` // rows that are not listed
}

// An ExceptionDocument counts the calls that an exception left out.
type ExceptionDocument struct {
	Reason string `json:"reason"`
	Calls  int64  `json:"calls"`
}

// Document returns the audit in the form for JSON.
func (a *Audit) Document() *Document {
	d := &Document{
		Days: a.Days, Missing: a.Missing, Incomplete: a.Incomplete, Shards: a.Shards, Complete: a.Whole(), Unproved: a.Unproved,
		Passed: a.Violations(severities[len(severities)-1]) == 0 && (a.Whole() || !a.RequireComplete) && len(a.Unproved) == 0,
	}
	for i := range a.Results {
		r := &a.Results[i]
		rule := RuleDocument{
			Name: r.Rule.Name, Description: r.Rule.Description, Severity: r.Rule.Severity, Status: r.Status, Table: r.Table,
			Judged: r.Judged, Violating: r.Violating, Open: r.Open, ByService: r.ByService, Denied: r.Denied,
			Violations: append([]Call{}, r.Rows...), LeftOut: r.LeftOut,
		}
		for i, e := range r.Rule.Except {
			rule.Exceptions = append(rule.Exceptions, ExceptionDocument{e.Reason, r.Excepted[i]})
		}
		d.Rules = append(d.Rules, rule)
	}
	return d
}
