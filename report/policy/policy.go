package policy

// A Policy is an IAM policy document.
type Policy struct {
	// Variables is true if the policy has version 2012-10-17. In an older policy ${…} is plain text.
	Variables  bool
	Statements []Statement
	Size       int // characters of the document, white space included
}

// A Statement is one statement of a policy.
type Statement struct {
	Line       int    // the line where it starts
	Field      string // its place in the document, such as Statement[0]
	Sid        string // may be empty
	Deny       bool   // else Allow
	Principals Principals
	Actions    Names
	Resources  Names // everything, if the policy names none, such as a repository policy
	Conditions []Condition
}

// Name returns what to call the statement: its Sid, or its place if it has none.
func (s *Statement) Name() string {
	if s.Sid != "" {
		return s.Sid
	}
	return s.Field
}

// Names are the values of an element such as Action or NotAction. They may have wildcards.
type Names struct {
	Line int  // the line of the value; 0 if the statement does not have the element
	Not  bool // all except these
	List []string
}

// Principals are the values of Principal or NotPrincipal.
type Principals struct {
	Line     int // the line of the value; 0 if the statement does not have the element
	Not      bool
	Anyone   bool     // "*" or {"AWS": "*"}, or no such element, as in identity policies
	AWS      []string // account ids and ARNs
	Services []string
	Others   []string // Federated and CanonicalUser
}

// A Condition is one operator with one key. All conditions of a statement must hold.
type Condition struct {
	Line     int
	Set      string // ForAnyValue, ForAllValues or ""
	Operator string // without Set and IfExists, such as StringNotEquals
	IfExists bool
	Key      string // as written; comparisons ignore case
	Values   []string
}

// Name returns the operator as a policy has it, such as ForAnyValue:StringLikeIfExists.
func (c *Condition) Name() string {
	name := c.Operator
	if c.Set != "" {
		name = c.Set + ":" + name
	}
	if c.IfExists {
		name += "IfExists"
	}
	return name
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
