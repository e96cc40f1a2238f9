// Package spill keeps data that may grow larger than memory. Every store has a share of
// memory, in bytes. What exceeds the share goes to a temporary file. The results do not
// depend on the share.
//
// Buckets are logs that are read in the order written. A Sorter returns records in the
// order of their bytes. Totals and Pairs sum values by key. All of them are written first
// and read afterwards. Then any number of goroutines may read at once. A Disk creates
// their files and removes them.
//
// Files hold blocks of whole records. Each block follows its length. Files are scratch
// data of one process: no other process reads them.
package spill
