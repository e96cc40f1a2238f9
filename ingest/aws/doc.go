// Package aws is the one place for calling AWS: configuration, a bucket's Region, retries,
// pacing, patience with answers that do not come, and the words for what was refused.
//
// Words: a call is one request with its retries; Calls are those of one run to one service,
// which share a reserve of retries.
package aws
