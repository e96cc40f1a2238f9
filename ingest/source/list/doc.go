// Package list lists a trail: which folders are listed, in which order, and which objects of them
// are read.
//
// Roots are the sources, each looked up once; a plan decides by names alone what is descended
// into and read; the frontier keeps what is found in the byte order of names, while listers work
// ahead; a scout asks at once for the folders on the way to a bucket's first objects; a shard is
// one of several parts into which a trail is divided by account and Region.
package list
