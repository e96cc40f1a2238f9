// Package source finds and fetches the objects of a trail.
//
// A SOURCE is s3://bucket/prefix, a directory, a file, "-" for standard input, or
// lookup-events://REGION for CloudTrail's event history. A folder may lie at any depth
// of AWS's layout (package layout), in any store (package store). Package list finds
// its objects. A Trail returns the objects of all its sources in one canonical order,
// the byte order of their names, whatever the order of the sources.
//
// The bucket may also be an access point's alias or ARN. A slash in the ARN belongs to
// it: s3://arn:aws:s3:us-east-1:123456789012:accesspoint/name/prefix. One bucket under
// two such names counts as two sources: its objects are read twice.
//
// Calls to S3 are retried. Calls and interrupted bodies share one reserve of retries
// (aws.Calls). The number of objects in flight adapts to what S3 can serve (Trail). A
// Trail returns the bytes of an object, complete and of one version, or an *Error that
// says why not.
//
// The event history of a Region is read over CloudTrail's API, at its limit of two
// requests a second. One object of it is one day, by the events' times. It holds one
// page of 50 events in memory.
//
// An object is one file of a trail, wherever it is kept. A folder is a directory or an
// S3 prefix that ends in '/'. A loose object lies outside AWS's layout, such as in a
// flat copy.
//
// Two stages work ahead of the caller, both bounded. The frontier lists folders, the
// earliest first. The fetchers read objects of up to 8 MiB whole into memory. Memory
// is at most Options.MaxBytes and one object, some 20,000 listed names, and for
// directories the names of one large directory per lister, in batches.
//
// Below AWSLogs, only the folders CloudTrail and CloudTrail-NetworkActivity of each
// account are read, whatever folders lie between. Elsewhere, every file is read that
// ends in .json, .jsonl, .ndjson, .gz or .zst or has no suffix (as Firehose names
// them), unless its name says that it is a digest, holds insights or is a document. A
// name that starts with '.' or '_' is never read. A file named as SOURCE is always
// read. A bounded window lists only the day folders of a Region. Without bounds,
// everything in the Region is read. Files that may hold calls but are not read are
// counted (PassedOver).
package source
