//go:build race

package main

// slow says that the race detector watches: it makes runs ten times as long.
const slow = true
