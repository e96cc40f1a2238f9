// Package replay finds what a policy would do to calls that were recorded.
//
// A call is allowed, denied, or undecided: a policy may check what no record has. Calls come from the
// tables of a report, or from the records of a trail, which show more: single objects, addresses, user agents,
// credentials, and the action of calls that name no resource. Calls are grouped by principal, action and
// resource, with the statement that decides.
//
// The order of evaluation is that of "Policy evaluation logic" in the IAM User Guide: an explicit Deny in any
// policy ends it; then each policy that must allow must allow. An endpoint policy must allow. A service
// control policy must allow if one of those given has an Allow statement. A resource policy must allow
// callers of other accounts and services, and all callers of a KMS key. The policies that are not given are
// taken to do what they did when the call was made.
//
// It holds one row per group in memory. Records wait on disk until the trail is read to its end.
package replay
