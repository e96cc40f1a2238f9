package policy

// A Policy is an IAM policy document.
type Policy struct {
	Statements []Statement
}

// A Statement is one statement of a policy.
type Statement struct {
	Line       int    // the line where it starts
	Sid        string // may be empty
	Deny       bool   // else Allow
	Principals Principals
	Actions    Names
	Resources  Names // everything, if the policy names none, such as a repository policy
	Conditions []Condition
}

// Names are the values of an element such as Action or NotAction. They may have wildcards.
type Names struct {
	Not  bool // all except these
	List []string
}

// Principals are the values of Principal or NotPrincipal.
type Principals struct {
	Not      bool
	Anyone   bool     // "*" or {"AWS": "*"}, or no such element, as in identity policies
	AWS      []string // account ids and ARNs
	Services []string
	Others   []string // Federated and CanonicalUser
}

// A Condition is one operator with one key. All conditions of a statement must hold.
type Condition struct {
	Set      string // ForAnyValue, ForAllValues or ""
	Operator string // without Set and IfExists, such as StringNotEquals
	IfExists bool
	Key      string // as written; comparisons ignore case
	Values   []string
}

// operators are all condition operators. The value is true for negated operators.
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
