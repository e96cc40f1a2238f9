// Package ingest turns the objects of a trail into events.
//
// Run reads the objects with a number of workers. A free worker takes the next object and
// reads it in one sequential pass: inflate, decode, and pass each event in the window of
// days to its Sink. An object that turns out damaged or incomplete is void: none of its
// events counts. Workers never wait for each other.
//
// No worker can know which events are duplicates. Each writes the identities of its
// events to its own dedupe.Log. When all objects are read, package dedupe decides which
// records count. The result depends neither on the number of workers nor on their speed.
//
// Terms: an object is a file of the trail. A record is one entry of its JSON, undecoded.
// An event is a decoded record. Subpackages: source finds and fetches objects, event
// decodes records, dedupe decides which records count, day counts days, and spill keeps
// what does not fit into memory. digest checks logs by the digests of the trail, accesslog
// and dnslog read the lines of other logs (package lines), and aws makes calls.
//
// These bound the memory: the budget for fetching ahead (package source); a window of
// text for each worker (160 KiB for text that is inflated in place, 256 KiB for other
// text, more only for a longer record); and 16 MiB for each worker that reads an object
// of more than 64 MiB from S3.
package ingest
