// Package ingest turns the objects of a trail into counted events: every record once.
//
// Run walks the objects with a number of workers. A worker takes the next object when it is free
// and reads it in one sequential walk: inflate, decode, keep what lies in the window. What it
// finds is tentative until the object has proved whole; then the object's events pass the
// sequencer, which settles duplicates in the order of the objects' names, and are counted. So a
// broken object counts nothing, and the counts depend neither on the number of workers nor on
// which of them was faster.
//
// The words: an object is a file of the trail, a record is one entry of its JSON as it stands, an
// event is a record decoded. Subpackages: source finds and fetches objects, event decodes
// records, day counts days.
//
// Memory is bounded by the fetch-ahead's budget (package source), a window of text and at most
// maxPending batches of events for each worker, and 40 bytes or so for each event of the window: the ids
// that tell duplicates.
package ingest
