// Package memory holds a command to the memory that it is given: --memory, the
// container's, or the system's limits of a process.
package memory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Least is what a run needs for any input: buffers, and the columns of a row
// group.
const Least = 256 << 20

// A Size is a flag: a number of bytes, such as 512MiB or 2G. Units are powers of 1024,
// with or without the i.
type Size int64

// Type returns what help calls the value.
func (m *Size) Type() string { return "size" }

// String returns the size as Set reads it.
func (m *Size) String() string {
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
func (m *Size) Set(text string) error {
	digits := strings.TrimRight(text, "kKmMgGtTiIbB")
	unit := strings.ToLower(text[len(digits):])
	shift, known := map[string]int{"": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40}[strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || n < 0 || n*math.Exp2(float64(shift)) > math.MaxInt64/2 {
		return fmt.Errorf("want a size such as 512MiB or 2GiB")
	}
	*m = Size(n * math.Exp2(float64(shift)))
	return nil
}

// A Plan divides --memory, in bytes. Half of it is left to the garbage collector
// and to the columns of row groups.
type Plan struct {
	Fetched  int64 // objects fetched ahead
	Counting int   // numbers, records and objects, for all workers together
	Report   int   // settling records, and totals, after all is read
	most     int64 // what the process may take at all
}

// gcPercent is how much garbage may pile up, in percent of the memory in use. A run
// over 806,400 records took 297 MB with 100 and 243 MB with 50. 100 saved no CPU time
// (2026-11).
const gcPercent = 50

// Plan divides the memory, and sets it as the limit of the garbage collector. A
// container that has less gets a smaller plan: the report is the same.
func (m Size) Plan() Plan {
	most := 2 * int64(m)
	if container, err := memlimit.FromCgroup(); err == nil {
		if has := int64(min(container, math.MaxInt64)); has/4*3 < int64(m) {
			m, most = Size(has/4*3), min(most, has/16*15)
		}
	}
	debug.SetMemoryLimit(int64(m) / 8 * 7)
	debug.SetGCPercent(gcPercent)
	return Plan{Fetched: min(int64(m)/16, 64<<20), Counting: int(m / 4), Report: int(m / 8), most: most}
}

// ErrOut says that a command needed much more memory than it was given.
var ErrOut = errors.New("out of memory")

// ErrRefused says that the system refused memory.
var ErrRefused = errors.New("out of memory: the system refused it (see ulimit -v and -d): raise the limit, or lower --memory; the report is as it was, unless it says otherwise")

type endingKey struct{}

// WithEnding returns a context in which Guard calls end, which ends the process.
func WithEnding(ctx context.Context, end func(error)) context.Context {
	return context.WithValue(ctx, endingKey{}, end)
}

// Guard ends the command if the process takes more than it may: with an error, before
// the system ends it without one. stop ends the guard. Without an ending in ctx it does
// nothing: the process then has other work too.
func (p Plan) Guard(ctx context.Context) (stop func()) {
	end, ok := ctx.Value(endingKey{}).(func(error))
	if !ok {
		return func() {}
	}
	ctx, stop = context.WithCancel(ctx)
	go func() {
		for look := time.Tick(20 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				return
			case <-look:
			}
			if has := taken(); has > p.most {
				end(fmt.Errorf("%w: the process takes %d MiB, and may take %d: give more --memory, or divide the trail with --shard", ErrOut, has>>20, p.most>>20))
				return
			}
		}
	}()
	return stop
}

// taken returns how much memory Go's runtime holds.
func taken() int64 {
	of := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(of)
	return int64(of[0].Value.Uint64() - of[1].Value.Uint64())
}
