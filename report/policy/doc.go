// Package policy reads IAM policies and finds the requests that their statements stop or let through.
//
// A policy may check more than is known about a request. So an answer is Yes, No or Maybe. A Maybe comes
// with the keys that it depends on. Deny and Allow statements have answers of their own: what follows from
// the two depends on the kind of policy.
//
// Functions are pure and safe for concurrent use. A Policy does not change after it is parsed.
//
// The rules are those of the IAM User Guide: "IAM JSON policy elements: Condition operators",
// "Multivalued context keys", "Variables and tags" and "AWS global condition context keys".
package policy
