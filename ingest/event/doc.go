// Package event decodes CloudTrail records. It reads only the fields that decide routes
// and counts.
//
// A Reader reads the text of one object: in place if it is whole in memory, else through
// a window of fixed size. It decodes each record in place, so it holds no more of the
// object than the current record. It reads {"Records":[…]} in words of eight bytes,
// parses nothing twice, and allocates nothing in steady state. Earlier records guide it:
// members.go expects keys in the order of the previous record, and callers.go recognises
// a userIdentity that it has met before.
//
// A trail may be stored in other containers. The content alone shows which:
//
//   - records alone: in an array, one a line, one after another, or as strings in any of
//     these;
//   - the output of aws cloudtrail lookup-events: {"Events":[…]}, or such events in place
//     of records, with the record as a string in CloudTrailEvent; and the output of
//     --query: strings, and arrays in arrays;
//   - EventBridge's envelopes, with the record in detail;
//   - the subscription payloads of CloudWatch Logs, and the output of aws logs
//     filter-log-events and get-log-events, with records as strings in message; control
//     messages contain no records;
//   - any of these after text in the same line, as awslogs prints them.
//
// The Reader skips a byte order mark before a document. It walks records outside
// {"Records":[…]} twice: the first walk finds out what they are. It copies records in
// strings into one reused buffer.
//
// In Records every element counts as a record. Elsewhere a record is an object that has
// eventVersion or eventTime as a string. A record with a colon in eventSource, such as
// aws:s3 in S3's notifications, is not CloudTrail's. The Reader returns anything else as
// a record with a problem: an element that is no record, a line of text among lines of
// JSON, or a string without a record. A text without any record is not CloudTrail's. Text
// around a log, {"Records":[…]}, ends the object.
//
// The whole text must follow JSON's grammar (RFC 8259), including values that are skipped
// or kept raw. In these too, keys are strings followed by a colon and a value; commas are
// only between members and elements; each bracket is closed by its own kind; at most
// 10,000 levels are open; true, false, null and numbers follow the grammar; escapes are
// known; \u has four hexadecimal digits; and no string contains a control character. An
// error ends the object at the wrong byte. In values that are skipped or kept raw, these
// are not checked: UTF-8, lone surrogates, the size of numbers, and duplicate keys. In
// strings that are kept, invalid UTF-8 and lone surrogates are replaced.
//
// Fields are read only from the record's own top level and from named nested objects. A
// key of the same name elsewhere, for example in the response of DescribeVpcEndpoints, is
// ignored.
package event
