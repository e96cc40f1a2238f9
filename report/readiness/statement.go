package readiness

import (
	"strings"

	"vpcetrail/report/policy"
)

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
func (r *reader) statement(key string, values []string) *policy.StatementDocument {
	names, resources, exempt := Scope(r.q.Resource)
	operator := "StringNotEquals"
	if key == VpceOrgPaths { // a key with several values: none of them may match, or the key is absent
		operator = "ForAllValues:StringNotLike"
	}
	doc := &policy.StatementDocument{
		Sid: "OnlyByOur" + strings.TrimPrefix(key, "aws:"), Effect: "Deny", Action: names, Resource: resources,
		Condition: map[string]map[string]policy.Texts{
			operator:             {key: values},
			"BoolIfExists":       {viaAWSService: {"false"}, principalIsAWSService: {"false"}},
			"ArnNotLikeIfExists": {principalArn: exempt},
		},
	}
	if cidrs := r.q.addresses(); len(cidrs) > 0 {
		doc.Condition["NotIpAddressIfExists"] = map[string]policy.Texts{SourceIP: cidrs}
	}
	if r.service.policy != "" {
		doc.Principal = "*"
	}
	return doc
}
