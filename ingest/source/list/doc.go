// Package list lists a trail. It decides which folders are listed, in which order, and
// which objects are read.
//
// The roots are the sources, each looked up once. A plan decides by names alone which
// folders are entered and which objects are read. The frontier keeps the result in the
// byte order of names, while listers work ahead. A scout requests the folders on the
// way to a bucket's first objects all at once. A shard is one of several parts into
// which a trail is divided by account and Region.
package list
