// Package merge joins reports of disjoint inputs into one report. The result is the report of a
// single run over all inputs, byte for byte.
//
// The tables alone do not hold enough for that. Another input may hold the first delivery of an event, the
// record that a correction corrects, or the account of a caller, which makes a call that was counted a copy
// of another one. Its accounts and its endpoint events may make an endpoint ours. Sums cannot take any of this
// back. So a report that is to be merged keeps its shard (count.WriteShard): of each event what a run keeps of
// it until all is read, some 37 bytes. Merging is then what one run does once its workers have ended: it
// takes the records of all shards, as many shards at once as there are cores, settles them, and publishes.
//
// A shard is stored beside the tables, in the folder of its run's window:
//
//	_shards/2026-11-20/index.json, part-00000.zst, …
//
// Its index holds the SHA-256 of its parts and of the run.json of every day. So merge detects a
// damaged file, and a day that was published again without a shard. Memory is bounded: one part of
// each shard, and what a run takes.
package merge
