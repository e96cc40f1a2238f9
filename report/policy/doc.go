// Package policy reads IAM policies and tells which requests their Deny statements stop.
//
// What a report knows of a request is not all that a policy may ask of it. So an answer is Yes, No or Maybe, and
// with Maybe go the keys that it hangs on. Allow statements are read but decide nothing: a request that no
// statement denies may be allowed by a policy somewhere else.
//
// Functions are pure and safe for concurrent use; a Policy is not changed once it is parsed.
//
// The rules followed are those of the IAM User Guide: "IAM JSON policy elements: Condition operators",
// "Multivalued context keys" and "AWS global condition context keys".
package policy
