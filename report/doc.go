// Package report counts events by route and writes the counts as tables.
//
// A Counter takes one worker's events (it is an ingest.Sink) and keeps of each a row of some ten bytes, which names
// the event's cell: the group, all that one record tells of the call's path, and the target, the action and the resources
// that it names. Once the whole window is read and ingest has marked what does
// not count, New adds the rows up by cell and by group, and settles, day by day, what no record can tell
// alone: whose endpoints are ours, of which type they are, and which records are the second account's
// copy of a call. Publish then writes each day's tables as Parquet into a Store: one file for each table and day,
// each replaced in one step. The same events give the same bytes, in whatever order they came.
//
// Every count belongs to the balance: records = calls + duplicates + shared copies + network events +
// corrections + other events + outside the window + invalid. New fails where it does not hold.
//
// Memory is bounded: rows, groups, totals and objects go to disk where they pass their share of it (package spill),
// which changes no byte of the tables. What is held whole are the endpoints and accounts that the events
// name, and one row group of a table at a time.
//
// The package opens no network connection: a Store is given to it. Package table says what the tables
// hold, package findings what is found among the calls, package restate finds the days that a trail has outgrown,
// package summary shows tables to a person, package page is one page of them, package diff compares two of them,
// package explain tells of single records what the tables count, package readiness whom a policy would stop, package
// audit holds the tables against rules, package athena declares them to query engines, and package grid lays out what
// all of these print.
package report
