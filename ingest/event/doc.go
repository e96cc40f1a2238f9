// Package event decodes CloudTrail records, and of each only the fields that decide routes and counts.
//
// A Reader walks the text of one object, in place where it lies in memory whole or through a window
// of fixed size, and decodes each record where it lies: of the object nothing is held but the record
// at hand. The walk of {"Records":[…]} proceeds by words of eight bytes, parses nothing twice,
// allocates nothing in steady state, and is guided by the records before: members.go expects keys in
// the order in which they came last time, callers.go knows a userIdentity that was met before.
//
// A trail is stored in other containers too, told by their content alone: records alone, in an array,
// one a line or one behind the other; what aws cloudtrail lookup-events prints ({"Events":[…]}, or
// such events as records are), with the record as a string in CloudTrailEvent; EventBridge's
// envelopes, with the record under detail; CloudWatch Logs' subscription payloads, with records as
// strings in logEvents[].message, whose control messages hold no records; and any of these behind
// text in the line, as awslogs prints them. Their records are walked twice, once to see what they
// are; those in strings are copied into one reused buffer.
//
// In Records every element counts as a record. Elsewhere a record is an object with eventVersion or
// eventTime as a string; an element or line that is none, or a string without one, is returned as a
// record with a problem, and a text in which there is none at all is not CloudTrail's.
//
// What is checked: the whole text is held to JSON's grammar (RFC 8259), values that are skipped or
// kept raw no less than others. There too keys are strings and are followed by a colon and a value,
// commas stand between members and elements and nowhere else, each bracket is closed by its own kind,
// at most 10,000 levels are open, true, false, null and numbers are spelled by the grammar, escapes
// are known, \u has four hexadecimal digits, and no string has a control character. What is found
// wrong ends the object at that byte. Not looked at in what is skipped or kept raw are UTF-8,
// surrogates without their other half, the size of numbers, and keys that come twice. In strings
// that are kept, invalid UTF-8 and lone surrogates are mended.
//
// Evidence is read from the record's own top level and from named nested objects only; a key of the
// same name elsewhere, as in the answer to DescribeVpcEndpoints, is never taken for it.
package event
