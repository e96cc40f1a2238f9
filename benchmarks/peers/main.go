// Peers times vpcetrail and other tools over the same objects, each as a whole process.
//
//	go run ./peers [-trail busy|sparse|wide|repeating|varied|DIR] [-scale X] [-runs N] [-python PATH]
//
// The runs are interleaved (every tool once, then every tool again), so that other work
// on the machine affects all equally. The table has medians. "vpcetrail is" compares the
// speed with vpcetrail on as many cores: 2.00x is twice as fast as the other tool. "by
// CPU" compares processor time, which a busy machine disturbs less.
//
// A first run is not timed. It checks each tool's result and loads the objects into the
// page cache. A tool that is not installed is skipped.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/fixtures/trail"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && workers[args[0]] != nil { // one of the peers, as its own process
		return workers[args[0]](ctx, args[1:], out)
	}
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	dir := flags.String("trail", "busy", "trail to generate, or a directory with one")
	scale := flags.Float64("scale", 1, "size of the trail to generate; if it is small, fixed costs decide")
	python := flags.String("python", "python3", "Python that has chdb and polars")
	runs := flags.Int("runs", 3, "timed runs of each tool")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() > 0 || *runs < 1 {
		return errors.New("want no arguments, and at least one run: see -h")
	}
	scratch, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if slices.Contains(workload.Names(), *dir) {
		cfg, err := workload.Trail(*dir, *scale)
		if err != nil {
			return err
		}
		if _, err := trail.Generate(ctx, cfg, scratch); err != nil {
			return err
		}
		*dir = filepath.Join(scratch, "trail")
	}
	in, err := newInput(ctx, *dir, scratch)
	if err != nil {
		return err
	}
	in.python = *python
	return compare(ctx, in, *runs, out)
}

// compare checks and times every peer, and prints the table.
func compare(ctx context.Context, in *input, runs int, out io.Writer) error {
	var present, skipped []*peer
	for _, p := range peers(in) {
		if !p.installed() {
			skipped = append(skipped, p)
			continue
		}
		present = append(present, p)
		if err := p.verify(ctx, in); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for range runs {
		for _, p := range present {
			if err := p.time(ctx); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	fmt.Fprintf(out, "%d objects, %d records, %.1f MB of JSON, %.1f MB stored; medians of %d interleaved runs\n\n",
		len(in.paths), in.records, float64(in.bytes)/1e6, float64(in.stored)/1e6, runs)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "cores\tseconds\tCPU s\tMB/s\tvpcetrail is\tby CPU\t  ")
	for _, p := range present {
		// The command with as many cores comes first.
		own := present[slices.IndexFunc(present, func(o *peer) bool { return o.cores == p.cores })]
		wall, cpu := median(p.wall).Seconds(), median(p.cpu).Seconds()
		fmt.Fprintf(table, "%d\t%.2f\t%.2f\t%.0f\t%.2fx\t%.2fx\t  %s\n", p.cores, wall, cpu,
			float64(in.bytes)/1e6/wall, wall/median(own.wall).Seconds(), cpu/median(own.cpu).Seconds(), p.name)
	}
	for _, p := range skipped {
		fmt.Fprintf(table, "%d\t\t\t\t\t\t  %s: skipped, not installed\n", p.cores, p.name)
	}
	return table.Flush()
}

func median(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	n := len(times)
	return (times[(n-1)/2] + times[n/2]) / 2
}
