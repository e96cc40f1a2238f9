// Package store lists and opens the objects of a trail where they are kept: in
// directories, in S3 buckets, on standard input. Each store lists one level of one
// folder at a time, in S3's byte order, in which '/' is part of a folder's name.
package store
