// Package policy reads IAM policies and finds the requests that their Deny statements stop.
//
// A policy may check more than a report knows about a request. So an answer is Yes, No or Maybe.
// A Maybe comes with the keys that it depends on. Allow statements are read but have no effect:
// another policy may allow a request that no statement denies.
//
// Functions are pure and safe for concurrent use. A Policy does not change after it is parsed.
//
// The rules are those of the IAM User Guide: "IAM JSON policy elements: Condition operators",
// "Multivalued context keys" and "AWS global condition context keys".
package policy
