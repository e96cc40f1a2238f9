// Package source finds and fetches the objects of a trail.
//
// A SOURCE is s3://bucket/prefix, a directory, a file, or "-" for standard
// input; it may point at any depth of AWS's layout
//
//	[prefix/]AWSLogs/[o-id/]account/FOLDER/region/YYYY/MM/DD/object
//
// A Trail hands out the objects of all its sources in one canonical order, the
// byte order of their names, which is S3's own: '/' counts as part of a
// folder's name, so CloudTrail-NetworkActivity/ comes before CloudTrail/.
//
// Words: an object is one file of a trail, wherever it is stored; a folder is a
// directory or an S3 prefix that ends in '/'; a loose object lies outside AWS's
// layout, such as in a flat copy.
//
// Two stages work ahead of the caller, both bounded. The frontier lists folders,
// earliest first, and holds a bounded number of listed objects. The fetchers
// read small objects whole into memory, within a budget of bytes. Memory is
// therefore MaxBytes, plus one object, plus the frontier's few megabytes, plus,
// for directories, the names of at most dirBatch files per running listing.
package source
