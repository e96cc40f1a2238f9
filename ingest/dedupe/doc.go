// Package dedupe decides which records of a trail count, so that each counts once.
//
// Each worker notes its events in a Log of its own: the identity of the event, its place in the trail,
// and eight bytes of the caller's own. Logs are divided into partitions by the identities' hash. Once
// all objects are read, Settle loads one partition at a time and gives every record a Fate:
//
//   - Of records with one identity the first in the trail counts. The others are duplicates.
//   - A record that a correction replaces does not count. Of several corrections of one record the last
//     one counts in its place, each taken at its first delivery.
//
// Places order the trail by the names of its objects, so that no fate depends on the number of workers
// or on which of them was faster. Memory is bounded by the shares given; what passes them goes to disk.
package dedupe
