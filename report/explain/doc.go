// Package explain shows for single records what reports count: by which route the call went,
// by which rule and on what evidence, and what could still change the verdict.
//
// A Collector takes the events of a run (it is an ingest.Sink, for one worker). It collects
// what no single record shows, such as the owner of an endpoint, as a report does: for each
// day, from the records of that day. So the records wait until the whole trail is read. They
// wait on disk if they exceed their share of memory. Then Each returns them in the order of
// the trail, each with its classify.Explanation and with the line of the balance that counts
// it. The rules are those of package classify. A test compares the verdicts with those of the
// report.
//
// Text, JSON and Diff write the results, for people and for programs.
package explain
