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
	Action    Texts  // at least one
	Resource  Texts  `json:",omitempty"`
	// Condition holds the values by operator and key.
	Condition map[string]map[string]Texts
}

// Texts is a list of texts. In JSON, a list of one is a plain string, as is usual in policies.
type Texts []string

// MarshalJSON writes the texts.
func (t Texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// statement returns the statement that requires one of the key's values, including the exceptions.
//
// A statement denies only if all of its conditions hold. StringNotEquals holds only if none of its
// values match. The choice of operators follows "IAM JSON policy elements: Condition operators"
// and "AWS global condition context keys":
//
//   - StringNotEquals also holds if the key is absent, as in a request without an endpoint. So the
//     Deny stops it. StringNotEqualsIfExists would mean the same. ForAnyValue and ForAllValues are
//     for keys with several values, and these keys have one. ForAnyValue does not hold for an
//     absent key, so it would allow everybody past the endpoints.
//   - BoolIfExists, and not Bool: anonymous requests do not have aws:PrincipalIsAWSService. Bool
//     does not hold if the key is absent, so the Deny would not stop them.
//   - ArnNotLike for service-linked roles: both of these keys are false for them. It also holds if
//     the key is absent.
//   - NotIpAddressIfExists for networks that are exempt. Requests by an endpoint do not have
//     aws:SourceIp: for them it holds, so the other conditions decide.
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
	if cidrs := r.q.addresses(); len(cidrs) > 0 {
		doc.Condition["NotIpAddressIfExists"] = map[string]Texts{SourceIP: cidrs}
	}
	if s.policy != "" {
		doc.Principal = "*"
	}
	if s.resources != nil {
		doc.Resource = s.resources(r.q.Resource)
	}
	return doc
}

// String returns the statement as indented JSON, without a final line break.
func (d *StatementDocument) String() string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		panic("BUG: statement: " + err.Error()) // strings and lists of strings always marshal
	}
	return strings.TrimSuffix(text.String(), "\n")
}
