package main

import (
	"fmt"
	"math"
	"runtime/debug"
	"strconv"
	"strings"
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

// A memoryPlan says who may take how much of --memory, in bytes: an eighth of it together, for the
// garbage collector lets as much again pile up.
//
// What grows with the number of events or objects gets little: it is written in order and read once, which
// costs next to nothing on disk. So peak memory follows neither.
type memoryPlan struct {
	fetched  int64 // objects fetched ahead
	ids      int   // of the events, to tell duplicates: a sixteenth while they are collected, all of it to compare them
	counting int   // rows, groups and objects, of all workers together
	report   int   // totals, once all is read

	collector int // the garbage collector's percent while objects are read
}

// collectorPercent says how much may pile up beside what is in use, 100 being as much again, before the garbage
// collector starts: what is in use is a few dozen megabytes, whatever --memory allows. With 1 GiB, the default,
// it is 200, which takes 5 % off a run from disk and 20 % off one of small objects from S3 (2026-11); 400 no more.
func (m memoryFlag) collectorPercent() int {
	return int(min(max(100, m>>20/5), 200))
}

// plan divides the memory, and holds the garbage collector to it.
func (m memoryFlag) plan() memoryPlan {
	debug.SetMemoryLimit(int64(m) / 8 * 7)
	return memoryPlan{collector: m.collectorPercent(), fetched: min(int64(m)/16, 64<<20), ids: int(m / 16), counting: int(m / 64), report: int(m / 64)}
}

// read has the garbage collector wait as long as reading may.
func (p *memoryPlan) read() { debug.SetGCPercent(p.collector) }

// settle has it start earlier, from when all objects are read: what is settled and published holds more at a time
// than reading, for a shorter time, and so the peak stays that of reading.
func (p *memoryPlan) settle() { debug.SetGCPercent(75) }
