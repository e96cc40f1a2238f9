// Package count turns the events of a trail into counted pages, or into a shard. Package tabulate makes the
// tables of a report from the pages. Package cells has the numbers that both speak in.
//
// # One record, step by step
//
//  1. A worker of package ingest decodes a record and offers the event to its Counter, tentatively.
//  2. The memo looks up what follows from the fields that events repeat: what is called (callee), who called
//     (principal), what the source address proves. Package classify decides what is met for the first time.
//  3. The event gets its group (callee, principal, verdict as far as one record shows it) and its target
//     (resources, eventName, signs). Both wait in a batch of some hundred events.
//  4. The batch is numbered: each group and target, and then each cell, which is a group with a target.
//  5. The Log takes 32 bytes for the event: identity, place, cell, time of day and flags. Bytes, and what
//     few events have, go beside. Where the dictionary is full it is put away as a page, and cells go on.
//  6. Once all objects are read, Settle loads the log partition by partition and gives each record its fate.
//     Records of objects that did not prove whole are left out.
//  7. The page counts the record: the survivors into the totals of their cells, all others into the balance.
//     Cells that can become findings keep the eventIDs of least hash.
//  8. The pages of all Counters are joined by the texts of their keys. Here package tabulate takes over.
//  9. Its resolver decides what one record cannot show, once for each callee and verdict: who owns the
//     endpoint, of which type it is, and whether the group is another account's copy.
//  10. The page is sorted by the ranks of its texts. Its rows are those of tables traffic and resources; the
//     other tables follow from traffic, and findings from the cells.
//
// # Memory
//
// What grows with the number of events is on disk past its share: records, and pages of a dictionary. Several
// pages are counted one after the other, and their rows are summed by their texts (package spill). The
// same events give the same bytes, for any number of workers, any memory and any order of arrival: numbers are
// never written, only texts and their ranks are, and each run seeds its hashes differently.
//
// # Shards
//
// A shard is what a report is made of before step 6, written so that it depends on the objects alone.
// Several shards are read into Counters, and steps 6 to 10 make the report of all their inputs.
package count
