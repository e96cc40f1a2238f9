// Package count turns the events of a trail into counted pages, or into a shard. Package tabulate
// makes the tables of a report from the pages. Package cells defines the numbers that both use.
//
// # One record, step by step
//
//  1. A worker of package ingest decodes a record and passes the event to its Counter, tentatively.
//  2. The memo looks up what follows from fields that events repeat: what is called (callee), who
//     calls (principal), and what the source address proves. For new values it asks package classify.
//  3. The event gets its group (callee, principal, and the verdict as far as one record shows it) and
//     its target (resources, eventName, signs). Both wait in a batch of some hundred events.
//  4. The batch gets its numbers: each group, each target, and then each cell, which is a group with
//     a target.
//  5. The Log stores 32 bytes for the event: identity, place, cell, time of day and flags. Byte counts
//     and rare values are stored separately. A full dictionary is put away as a page, and cells
//     continue to count.
//  6. After all objects are read, Settle loads the log, partition by partition, and decides the fate of
//     each record. It leaves out records of objects that could not be read completely.
//  7. The page counts the records: those that count into the totals of their cells, and all others into
//     the balance. Cells that can become findings keep the eventIDs with the smallest hashes.
//  8. The pages of all Counters are joined by the texts of their keys. Package tabulate continues here.
//  9. Its resolver decides what one record cannot show, once for each callee and verdict: who owns the
//     endpoint, of which type it is, and whether the group is another account's copy.
//  10. The page is sorted by the ranks of its texts. Its rows are those of tables traffic and resources.
//     The other tables follow from traffic, and findings from the cells.
//
// # Memory
//
// What grows with the number of events goes to disk if it exceeds its share: records, and pages of a
// dictionary. Several pages are counted one after another, and their rows are summed by their texts
// (package spill). The same events give the same bytes, for any number of workers, any memory and any
// order of arrival. For numbers are never written, only texts and their ranks. Each run seeds its hashes
// differently.
//
// # Shards
//
// A shard holds what a report is made from before step 6. It depends on the objects alone. To merge
// shards, Settlers do steps 6 and 7 for some partitions each, by the numbers of the shards' cells alone.
// Join adds up what they counted, brings in the dictionaries, and continues with step 8.
package count
