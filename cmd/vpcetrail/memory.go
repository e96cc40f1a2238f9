package main

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
)

// leastMemory is what reading needs whatever the input: buffers, and the columns of a row group.
const leastMemory = 256 << 20

// A memoryFlag is a number of bytes, such as 512MiB or 2G: powers of 1024, whether the i is written or not.
type memoryFlag int64

func (m *memoryFlag) Type() string { return "size" }

func (m *memoryFlag) String() string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}} {
		if n := int64(*m); n%unit.size == 0 && n > 0 {
			return fmt.Sprint(n/unit.size, unit.name)
		}
	}
	return fmt.Sprint(int64(*m))
}

// Set reads a size.
func (m *memoryFlag) Set(text string) error {
	digits := strings.TrimRight(text, "kKmMgGtTiIbB")
	unit := strings.ToLower(text[len(digits):])
	shift, known := map[string]int{"": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40}[strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || n < 0 || n*math.Exp2(float64(shift)) > math.MaxInt64/2 {
		return fmt.Errorf("want a size such as 512MiB or 2GiB")
	}
	*m = memoryFlag(n * math.Exp2(float64(shift)))
	return nil
}

// A memoryPlan says who may take how much of --memory, in bytes: less than a fifth of it together, for the
// garbage collector lets as much again pile up.
//
// What grows with the number of events or objects gets little: it is written in order and read once, which
// costs next to nothing on disk. So peak memory follows neither.
type memoryPlan struct {
	fetched  int64 // objects fetched ahead
	ids      int   // of the events, to tell duplicates: a sixteenth while they are collected, all of it to compare them
	counting int   // rows, groups and objects, of all workers together
	report   int   // totals, once all is read
	all      int64 // --memory itself
}

// plan divides the memory, and holds the garbage collector to it.
func (m memoryFlag) plan() memoryPlan {
	debug.SetMemoryLimit(int64(m) / 8 * 7)
	return memoryPlan{fetched: min(int64(m)/16, 64<<20), ids: int(m / 16), counting: int(m / 32), report: int(m / 42), all: int64(m)}
}

// heap returns the size that the heap should have while objects are read: with 1 GiB, the default, and two workers
// 112 MiB, of which about a third is in use.
func (p *memoryPlan) heap(workers int) int64 { return min(p.all/16+int64(workers)*24<<20, p.all/4) }

// A pacer has the garbage collector start when the heap has a certain size, rather than at a multiple of what
// is in use: so peak memory stays where it is while that grows and shrinks, from reading to publishing and from small
// trails to large ones.
type pacer struct {
	size    int64 // of the heap while objects are read, in bytes
	aim     atomic.Pointer[aim]
	stopped atomic.Bool
}

// An aim is a size of the heap, and how much may pile up beside what is in use to reach it, in percent. The collector
// learns late of what is in use (see watch): so the most is what it may overshoot by.
type aim struct{ heap, most int64 }

// leastPercent may always pile up: with less the collector would work all the time.
const leastPercent = 75

// pace starts a pacer. It ends with stop.
func pace(size int64) *pacer {
	p := &pacer{size: size}
	p.read()
	p.watch()
	return p
}

func (p *pacer) stop() { p.stopped.Store(true) }

// read is for when objects are read. 200 % took 5 % less than 100 from disk and 20 % less for small objects from S3
// (2026-11); 400 no less.
func (p *pacer) read() { p.take(&aim{p.size, 200}) }

// settle is for when all objects are read. What is settled and published comes in large pieces, which find no place between
// those of reading: the system gets these back, and the heap becomes smaller.
func (p *pacer) settle() {
	debug.FreeOSMemory()
	p.take(&aim{p.size / 4 * 3, 125})
}

func (p *pacer) take(a *aim) {
	p.aim.Store(a)
	debug.SetGCPercent(a.percent(liveHeap()))
}

// watch has the collector tell when it has collected: each time it finds another object that nobody uses. It does so a
// moment later, when it comes to that object's place.
func (p *pacer) watch() {
	cycle := new([16]byte)
	runtime.AddCleanup(cycle, func(p *pacer) {
		if !p.stopped.Load() {
			debug.SetGCPercent(p.aim.Load().percent(liveHeap()))
			p.watch()
		}
	}, p)
}

// percent returns by how much a heap of which so many bytes are in use may grow.
func (a *aim) percent(live int64) int {
	return int(min(max(leastPercent, a.heap*100/max(live, 1)-100), a.most))
}

// liveHeap returns the bytes that were in use when the collector ended last.
func liveHeap() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}
