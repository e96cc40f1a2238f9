// Package ingest turns the objects of a trail into events, and tells which of them count: every record once.
//
// Run walks the objects with a number of workers. A worker takes the next object when it is free
// and reads it in one sequential walk: inflate, decode, offer what lies in the window to its Sink. An object
// that does not prove whole is void: nothing of it counts.
//
// Which events are duplicates no worker can know. Each notes the identities of its events, divided into
// partitions by their hash, and where they stand; once all is read, each partition is settled on its own.
// What comes out is Marks, a short list: of records with one identity all but the first in the order of the objects'
// names, and records that a correction replaces. So the counts depend neither on the number of workers nor on which of
// them was faster, and no worker ever waits for another.
//
// The words: an object is a file of the trail, a record is one entry of its JSON as it stands, an
// event is a record decoded. Subpackages: source finds and fetches objects, event decodes
// records, day counts days, spill keeps what does not fit into memory.
//
// Memory is bounded by the fetch-ahead's budget (package source), a window of text for each worker (160 KiB of what is
// inflated in place, 256 KiB of other text, more only for a record that is longer), 16 MiB for each worker that reads an
// object of more than 64 MiB from S3, and Config.Memory. On disk an event takes 24 bytes here.
package ingest
