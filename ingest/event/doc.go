// Package event decodes CloudTrail records, and of each only the fields that decide routes and counts.
//
// A Reader walks the JSON text of one object, {"Records":[…]}, through a window of fixed size and
// decodes each record where it lies: nothing is parsed twice and nothing of the object is held but
// the record at hand. The walk proceeds by words of eight bytes and allocates nothing in steady state.
//
// What is checked: the whole text is held to JSON's grammar, values that are skipped included
// (structure, literals, numbers, escapes, no control characters in strings, at most 10,000 levels).
// UTF-8 is checked and mended in the strings that are kept, and not looked at in those that are skipped.
//
// Evidence is read from the record's own top level and from named nested objects only; a key of the
// same name elsewhere, as in the answer to DescribeVpcEndpoints, is never taken for it.
package event
