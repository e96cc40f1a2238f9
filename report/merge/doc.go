// Package merge joins reports of disjoint inputs into one report. The result is the report of a
// single run over all inputs, byte for byte.
//
// The tables alone do not hold enough for that. Another input may hold the first delivery of an event, the
// record that a correction corrects, or the account of a caller, which makes a call that was counted a copy
// of another one. Its accounts and its endpoint events may make an endpoint ours. Sums cannot take any of this
// back. So a report that is to be merged keeps its shard (count.WriteShard): of each event what a run keeps of
// it until all is read, some 30 bytes. Merging has two steps:
//
//	settle   finds duplicates and corrections among the records of all shards, and counts the others. An event's
//	         identity decides its partition, and partitions are independent of each other. So any number of jobs
//	         can each settle some of them. A job reads the names of all objects, to know which of two records came
//	         first, and the records of its partitions. It reads no text of a call: the numbers of the cells do.
//	join     adds up the sums of all jobs by the numbers of the cells, brings in the texts, and makes the tables.
//	         What one record cannot show, such as who owns an endpoint, is decided here, with the facts of all
//	         shards. It reads no records.
//
// One command does both, or Batch.Settle stores what a job made, and a Batch of all jobs joins it.
//
// A shard is stored beside the tables, in the folder of its run's window, and what a job made in one of its own:
//
//	_shards/2026-11-20/index.json, part-00000.zst, …
//	_settled/2026-11-20/index.json, part-00000.zst, …
//
// The index of a shard holds the SHA-256 of its parts, of each segment of records, and of the run.json of every
// day. So merge detects a damaged file, and a day that was published again without a shard. The index of a job
// names the indexes of the shards by their SHA-256. So jobs that settled other shards are not joined. Memory is
// bounded: one part of each shard, or of each job, and what a run takes.
package merge
