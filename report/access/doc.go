// Package access makes table s3_access: the requests that S3 server access logs show, by the route
// that each line proves, and how many of them the trail has too.
//
// A line is identified by hashes of 128 bits. Lines with the same request id, operation, key and
// second count once: S3 may deliver a line twice. A line matches the trail if a record has the same
// request id and host id (x-amz-id-2). Both sides are sorted by these hashes, on disk where memory
// ends, and joined in one pass. If nobody asks for access logs, nothing of the trail is kept.
package access
