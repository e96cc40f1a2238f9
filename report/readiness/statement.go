package readiness

import (
	"encoding/json"
	"strings"
)

// A StatementDocument is one statement of an IAM policy, with its elements in the usual order.
type StatementDocument struct {
	Sid       string
	Effect    string
	Principal string `json:",omitempty"`
	Action    Texts  // one at least
	Resource  Texts  `json:",omitempty"`
	// Condition holds values by operator and key.
	Condition map[string]map[string]Texts
}

// Texts are one text or a list of them: in JSON, one stands alone, as people write policies.
type Texts []string

// MarshalJSON writes the texts.
func (t Texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// statement returns the statement that asks for one of the key's values, exceptions included.
//
// All conditions of a statement must hold for it to deny; of several values of StringNotEquals none may match. Why
// these operators, after "IAM JSON policy elements: Condition operators" and "AWS global condition context keys":
//
//   - StringNotEquals holds where the key is absent, as it is for a request without an endpoint: the Deny stops it.
//     StringNotEqualsIfExists would mean the same. ForAnyValue and ForAllValues are for keys of several values,
//     which these are not; ForAnyValue would not hold for an absent key and let everybody past the endpoints in.
//   - BoolIfExists, and not Bool: anonymous requests do not have aws:PrincipalIsAWSService, Bool does not hold
//     where the key is absent, and so the Deny would not stop them.
//   - ArnNotLike for service-linked roles, for which both of these keys are false. It too holds where the key
//     is absent.
func (r *reader) statement(key string, values []string) *StatementDocument {
	s := r.service
	partition := partitionOf(r.q.Resource)
	exempt := []string{"arn:" + partition + ":iam::*:role/aws-service-role/*"}
	for _, arn := range s.exempt {
		exempt = append(exempt, withPartition(arn, partition))
	}
	doc := &StatementDocument{
		Sid: "OnlyByOur" + strings.TrimPrefix(key, "aws:"), Effect: "Deny", Action: s.actions,
		Condition: map[string]map[string]Texts{
			"StringNotEquals":    {key: values},
			"BoolIfExists":       {viaAWSService: {"false"}, principalIsAWSService: {"false"}},
			"ArnNotLikeIfExists": {principalArn: exempt},
		},
	}
	if s.policy != "" {
		doc.Principal = "*"
	}
	if s.resources != nil {
		doc.Resource = s.resources(r.q.Resource)
	}
	return doc
}

// String returns the statement as JSON in lines, without a line break at its end.
func (d *StatementDocument) String() string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		panic("BUG: statement: " + err.Error()) // texts and lists of texts
	}
	return strings.TrimSuffix(text.String(), "\n")
}
