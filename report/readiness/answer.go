package readiness

import (
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/policy"
)

// An Outcome is what a condition would do to a call.
type Outcome string

// The outcomes.
const (
	Stopped Outcome = "stopped"
	Passes  Outcome = "passes"
	Exempt  Outcome = "exempt"  // one of the statement's exceptions holds
	Unknown Outcome = "unknown" // the report does not show it
)

// word says the outcome.
func (o Outcome) word() phrase.Format {
	return map[Outcome]phrase.Format{Stopped: "stopped", Passes: "passes", Exempt: "exempt", Unknown: "undecided"}[o]
}

// outcomes lists the outcomes, most important first.
var outcomes = []Outcome{Stopped, Unknown, Exempt, Passes}

// The keys of the conditions.
const (
	SourceVpce   = "aws:SourceVpce"
	SourceVpc    = "aws:SourceVpc"
	SourceVpcArn = "aws:SourceVpcArn"
	VpceAccount  = "aws:VpceAccount"
	VpceOrgID    = "aws:VpceOrgID"
	VpceOrgPaths = "aws:VpceOrgPaths"
)

// conditionKeys lists the keys in the order of the answer.
var conditionKeys = []string{SourceVpce, SourceVpc, SourceVpcArn, VpceAccount, VpceOrgID, VpceOrgPaths}

// A Use counts the calls of one principal to the resource that are equal in all other fields.
type Use struct {
	Principal          string `json:"principal,omitempty"`
	PrincipalType      string `json:"principal_type,omitempty"`
	PrincipalAccountID string `json:"principal_account_id,omitempty"`
	Service            string `json:"service,omitempty"`
	EventName          string `json:"event_name,omitempty"`
	Action             string `json:"action,omitempty"` // the IAM action of the event
	Route              string `json:"route"`
	Origin             string `json:"origin,omitempty"`
	Evidence           string `json:"evidence,omitempty"`
	EndpointID         string `json:"vpc_endpoint_id,omitempty"`
	EndpointAccountID  string `json:"endpoint_account_id,omitempty"`
	EndpointOwner      string `json:"endpoint_owner,omitempty"`
	Egress             string `json:"egress,omitempty"` // the exempt network that the calls came from

	mixed  bool // only some of the caller's calls came from Egress
	logged bool // only access logs show these calls

	Counts
	// Verdicts maps the key of each condition to its effect on these calls.
	Verdicts map[string]Verdict `json:"verdicts"`
}

// Counts are the counts of a group of calls.
type Counts struct {
	Calls  int64 `json:"calls"`
	Denied int64 `json:"denied"` // the part of Calls that is already denied today
	// PerhapsDenied is the part of Calls of which the report does not show whether it is denied. It is
	// not in Denied.
	PerhapsDenied int64 `json:"perhaps_denied,omitempty"`
	FirstSeen     int64 `json:"-"` // milliseconds since the epoch
	LastSeen      int64 `json:"-"`
	// LastSeenAt is LastSeen in RFC 3339, UTC.
	LastSeenAt string `json:"last_seen"`
}

// A Verdict is the effect of one condition on a call, with the reason.
type Verdict struct {
	Outcome Outcome       `json:"outcome"`
	Because phrase.Phrase `json:"because"`
	// By is the key of the exception that holds, if Outcome is Exempt.
	By string `json:"by,omitempty"`
}

// An Endpoint is a VPC endpoint in the report. Fields that the report does not know are empty.
type Endpoint struct {
	ID        string `json:"vpc_endpoint_id"`
	Owner     string `json:"owner,omitempty"`
	AccountID string `json:"account_id,omitempty"`
	VPC       string `json:"vpc_id,omitempty"`
	Region    string `json:"region,omitempty"`
}

// A Condition is one way to require an endpoint, with its effect.
type Condition struct {
	Key string `json:"key"`
	// Values are the allowed values of the key. If the report knows none, Values is empty and
	// the condition is not judged.
	Values []string `json:"values"`
	// Unsupported is true if requests to the service never have the key. Then the condition would
	// stop everybody, and it is not judged.
	Unsupported bool              `json:"unsupported,omitempty"`
	Calls       map[Outcome]int64 `json:"calls"`
	Allowed     int64             `json:"stopped_allowed_today"` // calls that are allowed today and would be stopped
	// PerhapsAllowed are further calls that would be stopped, and that may be allowed today.
	PerhapsAllowed int64                     `json:"stopped_perhaps_allowed_today,omitempty"`
	Statement      *policy.StatementDocument `json:"statement,omitempty"` // nil if there are no values
}

// judged reports whether the report has what the condition needs.
func (c *Condition) judged() bool {
	return !c.Unsupported && (len(c.Values) > 0 || c.Key == VpceOrgID) // VpceOrgID: by the owner of the endpoints
}

// notJudged says why the condition of key is not judged, and what to do.
func (a *Answer) notJudged(key string) (why phrase.Phrase) {
	c := &a.Conditions[slices.Index(conditionKeys, key)]
	switch {
	case c.judged():
		return why
	case c.Unsupported:
		return phrase.Of("everybody who is not exempt: requests to the service never have this key")
	case key == VpceOrgPaths:
		return phrase.Of("not known: give --org-paths")
	case key == VpceAccount || len(a.Endpoints) > 0:
		return phrase.Of("not known: analyze with --endpoints")
	}
	return phrase.Of("not known: give vpcetrail readiness --endpoints those that the policy should let through")
}

// An Answer lists the callers that a policy would stop if it allowed access to a resource only
// through endpoints.
type Answer struct {
	Resource   string        `json:"resource"`
	Days       phrase.Phrase `json:"days"`
	NoTrail    bool          `json:"no_trail,omitempty"`           // only access logs show the uses
	Beside     []string      `json:"days_without_trail,omitempty"` // only access logs show the uses of these days
	Missing    []string      `json:"missing_days,omitempty"`       // neither the trail nor access logs show them
	Incomplete []string      `json:"incomplete_days,omitempty"`
	Shards     []string      `json:"shard_days,omitempty"` // days with only one shard of the trail
	Endpoints  []Endpoint    `json:"endpoints"`            // that the policy would let through
	Conditions []Condition   `json:"conditions"`
	Uses       []Use         `json:"uses"` // most important first
	// PolicyKind is the name of this kind of policy. It is empty if the service has no resource
	// policy that can deny.
	PolicyKind phrase.Format `json:"policy_kind,omitempty"`
	// Open lists the actions that an existing policy leaves open. It is nil if no policy was given.
	Open  *Open           `json:"open,omitempty"`
	Notes []phrase.Phrase `json:"notes,omitempty"`
}

// A Question is the input of Read.
type Question struct {
	Resource string // ARN
	// Endpoints are the endpoints that the policy would allow. nil means our endpoints that
	// were in use for the resource's service in the report.
	Endpoints []string
	OrgID     string // the id of our organization; may be empty
	Exempt    []Network
	// OrgPaths are the paths of organizational units, such as o-a1b2c3d4e5/r-ab12/*; may be empty.
	OrgPaths []string
}
