package policy

// A Policy is an IAM policy document.
type Policy struct {
	Statements []Statement
}

// A Statement is one statement of a policy.
type Statement struct {
	Line       int    // where it starts
	Sid        string // may be empty
	Deny       bool   // else Allow
	Principals Principals
	Actions    Names
	Resources  Names // of a policy that names none, as a repository's: everything
	Conditions []Condition
}

// Names are what an element such as Action or NotAction lists, wildcards included.
type Names struct {
	Not  bool // all but these
	List []string
}

// Principals are what Principal or NotPrincipal lists.
type Principals struct {
	Not      bool
	Anyone   bool     // "*" or {"AWS": "*"}, or the element is missing, as in identity policies
	AWS      []string // account ids and ARNs
	Services []string
	Others   []string // Federated and CanonicalUser
}

// A Condition is one operator with one key; all conditions of a statement must hold.
type Condition struct {
	Set      string // ForAnyValue, ForAllValues or ""
	Operator string // without Set and without IfExists, as StringNotEquals
	IfExists bool
	Key      string // as written; keys are compared without regard to case
	Values   []string
}

// operators are the condition operators there are; true for those that ask that nothing matches.
var operators = map[string]bool{
	"StringEquals": false, "StringNotEquals": true, "StringEqualsIgnoreCase": false, "StringNotEqualsIgnoreCase": true,
	"StringLike": false, "StringNotLike": true,
	"NumericEquals": false, "NumericNotEquals": true, "NumericLessThan": false, "NumericLessThanEquals": false,
	"NumericGreaterThan": false, "NumericGreaterThanEquals": false,
	"DateEquals": false, "DateNotEquals": true, "DateLessThan": false, "DateLessThanEquals": false,
	"DateGreaterThan": false, "DateGreaterThanEquals": false,
	"Bool": false, "BinaryEquals": false, "IpAddress": false, "NotIpAddress": true,
	"ArnEquals": false, "ArnNotEquals": true, "ArnLike": false, "ArnNotLike": true, "Null": false,
}
