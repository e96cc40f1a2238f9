// Package digest checks the logs of a trail against the digests that CloudTrail signs.
//
// A digest is an object that CloudTrail delivers every hour. It names the logs delivered
// in its window, each with a SHA-256 of the uncompressed log, and the digest before it. A
// chain is the digests of one account, Region, trail and home Region. Digests that
// CloudTrail made later for logs that the hourly ones left out (backfill) form a chain of
// their own. A claim is one digest's entry for one log.
//
// Data flows in three steps:
//
//	Open      reads the digests of a range of days, several at once. Each is parsed
//	          (Parse) and its signature checked (Keys). Headers and claims go to sorters.
//	walk      goes through each chain from its oldest digest. It compares each digest with
//	          what its successor says about it, and finds gaps. The result is Findings.
//	Claims    merges the claims with the trail's logs, both in the order of their names.
//	          Judge gives the status of each log.
//
// So memory does not grow with the number of logs: it holds the digests that are being
// read, the sorters' share, and the holes in the chains of each account and Region.
//
// The caller hashes the logs: the command verify reads them for that alone (Hasher), and
// analyze uses the hash from the read that counts. What the clock decides (Tails, expired
// logs) is separate from what the trail itself proves.
//
// A digest is proved by its own signature, which S3 keeps as metadata of the object, and
// by its successor, which repeats the signature. Names count as well: the signature covers
// the bucket and the key. An object that was copied elsewhere is accepted where Moved maps
// the old place to the new one. In a directory the mapping follows from the digest's own
// name. There the signature lies in a file beside the digest (Sidecar).
package digest
