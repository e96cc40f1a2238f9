// Command causes shows what --network costs: it runs `vpcetrail analyze` over a generated
// organization with and without --network in turn, and prints the CPU time of each and the
// rows of table traffic.
//
//	go run ./causes [-calls 2000000] [-pairs 20]
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/fixtures/organization"
	"vpcetrail/report/table"
)

var (
	calls = flag.Int("calls", organization.Default().Calls, "calls of the organization")
	pairs = flag.Int("pairs", 20, "pairs of runs")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("causes: ")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "causes")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary directory
	cfg := organization.Default()
	cfg.Calls = *calls
	o, err := organization.New(cfg)
	if err != nil {
		return err
	}
	if err := o.Write(dir); err != nil {
		return err
	}
	binary, err := workload.Build(ctx, dir)
	if err != nil {
		return err
	}
	with, without := filepath.Join(dir, "with"), filepath.Join(dir, "without")
	analyze := []string{binary, "analyze", filepath.Join(dir, "trail"), "--quiet", "--out"}
	commands := [2][]string{
		append(slices.Clone(analyze), without),
		append(slices.Clone(analyze), with, "--network", filepath.Join(dir, "network.json"), "--networks", filepath.Join(dir, "networks.yaml")),
	}
	var cpu [2][]float64
	var ratios []float64
	for pair := range *pairs {
		var seconds [2]float64
		for turn := range 2 {
			k := (turn + pair) % 2 // each is first in half of the pairs
			if seconds[k], err = runOnce(ctx, commands[k]); err != nil {
				return err
			}
			cpu[k] = append(cpu[k], seconds[k])
		}
		ratios = append(ratios, seconds[1]/seconds[0])
	}
	rows := [2]int{}
	for k, report := range []string{without, with} {
		if rows[k], err = countRows(report); err != nil {
			return err
		}
	}
	fmt.Printf("%d calls, %d pairs\n\n", *calls, *pairs)
	fmt.Printf("| analyze | CPU seconds | rows of traffic |\n|---|--:|--:|\n| without | %.2f | %d |\n| --network | %.2f | %d |\n\n", median(cpu[0]), rows[0], median(cpu[1]), rows[1])
	fmt.Printf("--network takes %.3f times the CPU time (median of the pairs; %.3f to %.3f), and %.3f times the rows\n",
		median(ratios), slices.Min(ratios), slices.Max(ratios), float64(rows[1])/float64(rows[0]))
	return nil
}

// runOnce runs a command and returns the CPU seconds that it took.
func runOnce(ctx context.Context, args []string) (float64, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%v: %w\n%s", args, err, out)
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}

// countRows returns the rows of table traffic of a report.
func countRows(report string) (rows int, err error) {
	files, err := filepath.Glob(filepath.Join(report, "traffic", "dt=*", "*.parquet"))
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		for _, err := range table.Traffic.Decode(context.Background(), data) {
			if err != nil {
				return 0, err
			}
			rows++
		}
	}
	return rows, nil
}

// median returns the middle of the values.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
