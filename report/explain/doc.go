// Package explain says of single records what reports count: by which route the call went, by which
// rule and on what evidence, and what could still change the verdict.
//
// A Collector takes the events of a run (it is an ingest.Sink, for one worker). What no single record shows,
// such as who owns an endpoint, it gathers as a report does: of each day by that day's records. So the
// records wait, on disk where they pass their share of memory, until all of the trail is read. Then Each
// hands them out in the order of the trail, each with its classify.Explanation, and with how the balance
// counts it. The rules are those of package classify, and a test holds the verdicts against the report's.
//
// Text, JSON and Diff write what was found out, for people and for programs.
package explain
