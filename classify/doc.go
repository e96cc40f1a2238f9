// Package classify decides by which route a call reached AWS, and who made it. Its
// functions are pure: they do no I/O and keep no state. They may be called concurrently.
//
// The first rule that holds decides:
//
//  1. The event is a service event, or the caller is a service: aws_service.
//  2. The endpoint is one of ours: vpce.
//  3. A service made the call for the caller: aws_service. The record shows it by
//     invokedBy (except the console's sign-in), by a service as source, or by AWS in place
//     of the endpoint.
//  4. The endpoint is not known as ours, and the user agent is a console back end: the
//     endpoint is AWS's own. A public source means internet, anything else unknown.
//  5. Any other endpoint: vpce. It is foreign if the record names another account as its
//     owner.
//  6. No endpoint: a public source means internet. Private, special, unparseable and
//     missing sources prove nothing: unknown.
//
// Rule 2 needs more than the record: the accounts of the trail, the endpoint inventory,
// and the trail's own endpoint events, which may come later than the calls. So Examine
// reads what the record alone shows. Verdict.Resolve adds rule 2 when the whole day is
// known.
//
// Explain describes for a person how the rules reached their verdict. It calls the same
// functions.
//
// A missing endpoint id does not prove internet, and an endpoint id does not prove an
// endpoint of ours. AWS's consoles and services use their own endpoints, and the ids of
// these appear in customers' records.
package classify
