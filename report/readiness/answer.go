package readiness

// An Outcome is what a condition would do to a call.
type Outcome string

// The outcomes.
const (
	Stopped Outcome = "stopped"
	Passes  Outcome = "passes"
	Exempt  Outcome = "exempt"  // one of the statement's exceptions holds
	Unknown Outcome = "unknown" // the report does not tell
)

// outcomes are in the order in which people want them.
var outcomes = []Outcome{Stopped, Unknown, Exempt, Passes}

// The keys of the conditions.
const (
	SourceVpce  = "aws:SourceVpce"
	SourceVpc   = "aws:SourceVpc"
	VpceAccount = "aws:VpceAccount"
	VpceOrgID   = "aws:VpceOrgID"
)

// A Use is how one principal used the resource: the calls that share all but the numbers.
type Use struct {
	Principal          string `json:"principal,omitempty"`
	PrincipalType      string `json:"principal_type,omitempty"`
	PrincipalAccountID string `json:"principal_account_id,omitempty"`
	Service            string `json:"service,omitempty"`
	EventName          string `json:"event_name,omitempty"`
	Action             string `json:"action,omitempty"` // what policies call the event
	Route              string `json:"route"`
	Origin             string `json:"origin,omitempty"`
	Evidence           string `json:"evidence,omitempty"`
	EndpointID         string `json:"vpc_endpoint_id,omitempty"`
	EndpointAccountID  string `json:"endpoint_account_id,omitempty"`
	EndpointOwner      string `json:"endpoint_owner,omitempty"`

	Counts
	// Verdicts say by the key of each condition what it would do to these calls.
	Verdicts map[string]Verdict `json:"verdicts"`
}

// Counts are what is counted of calls.
type Counts struct {
	Calls     int64 `json:"calls"`
	Denied    int64 `json:"denied"` // already, of Calls
	FirstSeen int64 `json:"-"`      // milliseconds since the epoch
	LastSeen  int64 `json:"-"`
	// LastSeenAt is LastSeen as people write it, RFC 3339 in UTC.
	LastSeenAt string `json:"last_seen"`
}

// A Verdict is what one condition would do to a call, and why.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Because string  `json:"because"`
	// By is the key of the exception that holds, where Outcome is Exempt.
	By string `json:"by,omitempty"`
}

// An Endpoint is a VPC endpoint as the report knows it. What it does not know is empty.
type Endpoint struct {
	ID        string `json:"vpc_endpoint_id"`
	Owner     string `json:"owner,omitempty"`
	AccountID string `json:"account_id,omitempty"`
	VPC       string `json:"vpc_id,omitempty"`
}

// A Condition is one way of asking for an endpoint, and what it would do.
type Condition struct {
	Key string `json:"key"`
	// Values are what the key must be; empty where the report knows none, and then the condition is not judged.
	Values    []string           `json:"values"`
	Calls     map[Outcome]int64  `json:"calls"`
	Allowed   int64              `json:"stopped_allowed_today"` // calls that are allowed today and would be stopped
	Statement *StatementDocument `json:"statement,omitempty"`   // nil where there are no values
}

// An Answer says whom a policy would stop that lets a resource be reached through endpoints only.
type Answer struct {
	Resource   string      `json:"resource"`
	Days       string      `json:"days"`
	Missing    []string    `json:"missing_days,omitempty"`
	Incomplete []string    `json:"incomplete_days,omitempty"`
	Shards     []string    `json:"shard_days,omitempty"` // of one shard of the trail alone
	Endpoints  []Endpoint  `json:"endpoints"`            // that the policy would let through
	Conditions []Condition `json:"conditions"`
	Uses       []Use       `json:"uses"` // most important first
	// PolicyKind is what the resource's policy is called; empty where its service has none that can deny.
	PolicyKind string `json:"policy_kind,omitempty"`
	// Open are the actions that an existing policy leaves open; nil where none was given.
	Open  *Open    `json:"open,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

// A Question is what is asked of a report.
type Question struct {
	Resource string // ARN
	// Endpoints are the endpoints that the policy would let through; nil for those of ours that the report has
	// seen in use for the resource's service.
	Endpoints []string
	OrgID     string // of our organization; may be empty
}
