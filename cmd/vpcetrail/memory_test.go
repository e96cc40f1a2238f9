package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPacerAimsAtOneSize(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1)) // which plan sets
	for _, tc := range []struct {
		memory  string
		workers int
		live    int64 // MiB
		want    int   // percent
	}{
		{"1GiB", 2, 0, 200}, {"1GiB", 2, 36, 200}, {"1GiB", 2, 40, 180}, {"1GiB", 2, 50, 124}, {"1GiB", 2, 200, 75},
		{"1GiB", 1, 40, 120}, {"1GiB", 8, 100, 156}, {"256MiB", 8, 32, 100}, {"256MiB", 1, 32, 75},
	} {
		var m memoryFlag
		if err := m.Set(tc.memory); err != nil {
			t.Fatal(err)
		}
		plan := m.plan()
		a := aim{plan.heap(tc.workers), 200}
		if got := a.percent(tc.live << 20); got != tc.want {
			t.Errorf("%s, %d workers, %d MiB in use: %d%%, want %d%%", tc.memory, tc.workers, tc.live, got, tc.want)
		}
	}
}

func TestPacerTellsTheCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(17))
	p := pace(64 << 20)
	defer p.stop()
	held := make([]byte, 60<<20) // 64 MiB leave less than leastPercent
	gogc := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		runtime.GC()
		if metrics.Read(gogc); gogc[0].Value.Uint64() == leastPercent {
			runtime.KeepAlive(held)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the collector still has %d%%", gogc[0].Value.Uint64())
		}
	}
}
