// Package dedupe decides which records of a trail count, so that each counts once.
//
// Each worker writes its events to its own Log: the event's identity, its place in the
// trail, and eight bytes of the caller's data. A hash of the identity divides a log into
// partitions. When all objects are read, Settle loads one partition at a time and gives
// every record a Fate:
//
//   - Of several records with the same identity, the first in the trail counts. The
//     others are duplicates.
//   - A record that a correction replaces does not count. If a record has several
//     corrections, the last one counts instead. Each correction is taken at its first
//     delivery.
//
// Places order the trail by object name. So no fate depends on the number of workers or
// on their speed. The given shares bound the memory. What exceeds a share goes to disk.
package dedupe
