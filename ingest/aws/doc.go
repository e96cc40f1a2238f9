// Package aws is the only place that sets up calls to AWS: configuration, a bucket's
// Region, retries, pacing, stalled answers, and the text for refusals.
//
// A call is one request with its retries. Calls are all calls of one run to one
// service. They share a reserve of retries.
package aws
