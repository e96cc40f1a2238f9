// Package event decodes CloudTrail records, and of each only the fields that decide routes and counts.
//
// A Reader walks the text of one object through a window of fixed size and decodes each record where
// it lies: of the object nothing is held but the record at hand. The walk of {"Records":[…]}
// proceeds by words of eight bytes, parses nothing twice and allocates nothing in steady state.
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
// What is checked: the whole text is held to JSON's grammar, values that are skipped included
// (structure, literals, numbers, escapes, no control characters in strings, at most 10,000 levels).
// UTF-8 is checked and mended in the strings that are kept, and not looked at in those that are skipped.
//
// Evidence is read from the record's own top level and from named nested objects only; a key of the
// same name elsewhere, as in the answer to DescribeVpcEndpoints, is never taken for it.
package event
