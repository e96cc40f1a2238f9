package summary

import "testing"

func TestCleanKeepsLogsFromMovingTheCursor(t *testing.T) {
	if got := clean("a\x1b[31mb\rc é"); got != "a\uFFFD[31mb\uFFFDc é" {
		t.Errorf("%q", got)
	}
}
