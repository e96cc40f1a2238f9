// Package audit checks a report against rules.
//
// A rule selects calls (its scope), leaves some out (its exceptions), and requires a route for the
// others. Rules are written in YAML. The parser is strict: an unknown field is an error, with its
// line.
//
// Rules that name resources or actions are checked against table resources, and the others against
// table traffic. Each table is read once for all rules. The audit holds the rows that violate a
// rule in memory, at most maxRows for each rule.
package audit
