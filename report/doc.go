// Package report counts events by route and writes the counts as tables.
//
// A Counter takes one worker's events (it is an ingest.Sink) and groups them by all that one record
// tells. New merges the counters once the whole window is read, and settles, day by day, what no record can tell
// alone: whose endpoints are ours, of which type they are, and which records are the second account's
// copy of a call. Publish then writes each day's tables as Parquet into a Store, a day replaced as a
// whole. The same events give the same bytes, in whatever order they came.
//
// Every count belongs to the balance: records = calls + duplicates + shared copies + network events +
// corrections + other events + outside the window + invalid. New fails where it does not hold.
//
// The package opens no network connection: a Store is given to it. Package table says what the tables
// hold, and package summary shows them to a person.
package report
