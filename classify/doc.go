// Package classify decides by which route a call reached AWS, and who made it. Its functions are
// pure: they read nothing, keep nothing, and may be called concurrently.
//
// The rules, of which the first that holds decides:
//
//  1. The event is a service's own, or the caller is a service: aws_service.
//  2. The endpoint is one of ours: vpce.
//  3. A service made the call for the caller (invokedBy, but for the console's sign-in; a service as
//     source; or AWS named as the endpoint): aws_service.
//  4. An endpoint not known as ours and a console back end as user agent: the endpoint is AWS's
//     own. A public source means internet, anything else unknown.
//  5. Any other endpoint: vpce; foreign if the record names another account as its owner.
//  6. No endpoint: a public source means internet. Private, special, unparseable and missing
//     sources prove nothing: unknown.
//
// Rule 2 needs more than the record: the accounts of the trail, the endpoint inventory, and the
// trail's own endpoint events, which may come later than the calls. So Examine reads from a record
// what it says alone, and Owners.Resolve adds rule 2 when the whole day is known.
//
// Explain says for a person how the rules came to their verdict, by asking the same functions.
//
// The absence of an endpoint id proves no internet, and its presence no endpoint of ours: AWS's
// consoles and services use endpoints of their own, whose ids appear in customers' records.
package classify
