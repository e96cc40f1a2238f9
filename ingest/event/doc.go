// Package event decodes CloudTrail records, and of each only the fields that decide routes and counts.
//
// A Reader walks the text of one object, in place where it lies in memory whole or through a window
// of fixed size, and decodes each record where it lies: of the object nothing is held but the record
// at hand. The walk of {"Records":[…]} proceeds by words of eight bytes, parses nothing twice,
// allocates nothing in steady state, and is guided by the records before: members.go expects keys in
// the order in which they came last time, callers.go knows a userIdentity that was met before.
//
// A trail is stored in other containers too, which are known by their content alone:
//
//   - records alone, in an array, one a line or one after the other, or as strings in any of these;
//   - what aws cloudtrail lookup-events prints, {"Events":[…]}, or such events as records are, with the
//     record as a string in CloudTrailEvent; and what --query makes of it: strings, and arrays in arrays;
//   - EventBridge's envelopes, with the record under detail;
//   - CloudWatch Logs' subscription payloads, and what aws logs filter-log-events and get-log-events
//     print, with records as strings in message; control messages hold no records;
//   - any of these after text in the line, as awslogs prints them.
//
// A byte order mark before a document is passed over. Records outside {"Records":[…]} are walked twice,
// once to see what they are; those in strings are copied into one reused buffer.
//
// In Records every element counts as a record. Elsewhere a record is an object with eventVersion or
// eventTime as a string. A record whose eventSource has a colon, as aws:s3 in S3's notifications, is not
// CloudTrail's. What is no record, be it an element, a line of text among lines that are JSON, or a string
// without a record, is returned as a record with a problem. A text in which there is no record at all
// is not CloudTrail's. Text around a log, {"Records":[…]}, ends the object.
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
