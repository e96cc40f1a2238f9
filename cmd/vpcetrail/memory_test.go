package main

import "testing"

func TestCollectorPercentFollowsTheMemory(t *testing.T) {
	for _, tc := range []struct {
		memory string
		want   int
	}{{"256MiB", 100}, {"512MiB", 102}, {"768MiB", 153}, {"1GiB", 200}, {"64GiB", 200}} {
		var m memoryFlag
		if err := m.Set(tc.memory); err != nil {
			t.Fatal(err)
		}
		if got := m.collectorPercent(); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.memory, got, tc.want)
		}
	}
}
