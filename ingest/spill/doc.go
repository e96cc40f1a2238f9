// Package spill keeps what may grow larger than memory: every store in it has a share of memory, in
// bytes, and what passes the share goes to a temporary file. What comes back does not depend on
// the share.
//
// Buckets are logs that are read back in the order written. A Sorter hands back records in the order of
// their bytes. Totals and Pairs sum values by key. All of them write first and are read afterwards; then any
// number of goroutines may read at once. A Disk makes their files and removes them.
//
// Files are written in blocks of whole records, each behind its length. They are scratch of one
// process: nothing reads them later.
package spill
