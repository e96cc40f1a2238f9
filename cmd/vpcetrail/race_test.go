//go:build race

package main

// slow says that the race detector is on: it makes runs ten times as long.
const slow = true
