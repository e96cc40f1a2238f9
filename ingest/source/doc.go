// Package source finds and fetches the objects of a trail.
//
// A SOURCE is s3://bucket/prefix, a directory, a file, "-" for standard input, or
// lookup-events://REGION for CloudTrail's own history. A folder may lie at any depth of
// AWS's layout (package layout), in any store (package store); package list finds its objects. A Trail hands out the
// objects of all its sources in one canonical order, the byte order of their names,
// whatever the order of the sources.
//
// The bucket may also be an access point's alias or its ARN, whose slash belongs to
// it: s3://arn:aws:s3:us-east-1:123456789012:accesspoint/name/prefix. One bucket under
// two such names is two sources: its objects are read twice.
//
// S3 fails, and is asked again: calls and bodies that break off share one reserve of
// retries (aws.Calls), and how many objects are in flight follows from what S3 bears
// (Trail). What is handed out is an object's bytes, whole and of one version, or an
// *Error that says why not.
//
// The history of a Region is asked for over CloudTrail's API, at its two requests a
// second. An object of it is a day, by the events' times: one page of 50 events is held.
//
// Words: an object is one file of a trail, wherever it is kept; a folder is a
// directory or an S3 prefix that ends in '/'; a loose object lies outside AWS's
// layout, such as in a flat copy.
//
// Two stages work ahead of the caller, both bounded. The frontier lists folders,
// the earliest first; the fetchers read objects of up to 8 MiB whole into memory.
// Memory is at most Options.MaxBytes and one object, some 20,000 listed names, and
// for directories the names of one large directory per lister, in batches.
//
// What is read: below AWSLogs only the folders CloudTrail and
// CloudTrail-NetworkActivity of each account, whatever folders lie between; elsewhere every
// file that ends in .json, .jsonl, .ndjson, .gz or .zst or has no suffix (as Firehose names
// them), unless its name says that it is a digest, holds insights or is a document; never
// what starts with '.' or '_'. A file named as SOURCE is read whatever its name. A bounded
// window lists a Region's day folders and nothing else there; without bounds all that lies in
// it is read. Files that may hold calls and are not read are counted (PassedOver).
package source
