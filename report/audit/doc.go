// Package audit holds a report against rules.
//
// A rule chooses calls (its scope), leaves some out (its exceptions), and says by which route the others must have
// come. Rules are written in YAML, which is read strictly: what is not known is an error, with its line.
//
// Rules that name resources or actions are held against table resources, the others against table traffic. Both
// are read once, whatever the number of rules. What is held in memory are the rows that violate a rule, at most
// maxRows of each.
package audit
