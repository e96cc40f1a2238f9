// Command speed times `vpcetrail verify` and `aws cloudtrail validate-logs` over one
// signed trail in S3, in turn, and `vpcetrail analyze` with and without --verify. It
// prints a table with the commands. S3 is a separate process, CloudTrail is this one.
//
//	go run ./digests/speed [-logs 5000] [-records 20] [-latency 30ms] [-runs 3]
//
// benchmarks/digests/check installs the AWS CLI.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/fixtures/signed"
	"vpcetrail/fixtures/trail"
)

var (
	logs    = flag.Int("logs", 5000, "logs of the trail, in one account and Region, which is all that the CLI reads in a run")
	records = flag.Int("records", 20, "mean number of records in a log")
	runs    = flag.Int("runs", 3, "runs of each command")
	latency = flag.Duration("latency", 0, "time to the first byte of every answer of S3")
	only    = flag.String("only", "", "run only these commands: their names, joined by commas")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("speed: ")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "speed")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary directory
	keys, err := makeTrail(ctx, dir)
	if err != nil {
		return err
	}
	binary, err := workload.Build(ctx, dir)
	if err != nil {
		return err
	}
	bucket, stop, err := serveS3(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	api, err := serveAPI(keys)
	if err != nil {
		return err
	}
	env := append(os.Environ(), "AWS_ENDPOINT_URL_S3="+bucket, "AWS_ENDPOINT_URL="+api, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true")
	tools, err := newTools(binary, dir)
	if err != nil {
		return err
	}
	for range *runs {
		for i := range tools {
			if err := tools[i].run(ctx, env); err != nil {
				return err
			}
		}
	}
	print(tools)
	return nil
}

// makeTrail writes a signed trail of one account, Region and day.
func makeTrail(ctx context.Context, dir string) ([]*signed.Key, error) {
	cfg := trail.Default()
	cfg.Accounts, cfg.Regions, cfg.Days, cfg.Objects, cfg.Records = 1, trail.RegionNames(1), 1, *logs, *records
	cfg.Shared, cfg.Corrections, cfg.Network, cfg.Insights, cfg.Digests, cfg.Late = 0, 0, 0, 0, 0, 0
	if _, err := trail.Generate(ctx, cfg, dir); err != nil {
		return nil, err
	}
	return signed.SignDirectory(filepath.Join(dir, "trail"), signed.Plan{
		Trail: "acme_audit", Home: "us-east-1", Bucket: "trail", From: cfg.From, Until: cfg.From.AddDate(0, 0, 1),
	})
}

// serveS3 serves the trail from a process of its own, so that its work does not count.
func serveS3(ctx context.Context, dir string) (address string, stop func(), err error) {
	server := filepath.Join(dir, "s3dir")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", server, "vpcetrail/benchmarks/s3dir").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build s3dir: %w\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, server, "-latency", latency.String(), filepath.Join(dir, "trail"))
	in, err := cmd.StdinPipe() // closing it stops the server
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	address, err = bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(address), func() { _ = in.Close(); _ = cmd.Wait() }, err
}

// serveAPI serves CloudTrail until the program ends.
func serveAPI(keys []*signed.Key) (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	chain := signed.Chain{Account: "111122223333", Trail: "acme_audit", Home: "us-east-1", Bucket: "trail"}
	server := http.Server{Handler: &signed.API{Keys: keys, Trail: &chain}, ReadHeaderTimeout: time.Minute}
	go func() { log.Fatal(server.Serve(listener)) }()
	return "http://" + listener.Addr().String(), nil
}

// A tool is a command with its results.
type tool struct {
	name      string
	args      []string
	wall, cpu []float64 // seconds
	memory    int64     // bytes, at most
}

func newTools(binary, dir string) ([]tool, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	aws := filepath.Join(cmp.Or(os.Getenv("AWSCLI"), filepath.Join(cache, "vpcetrail-awscli")), "bin", "aws")
	analyze := func(out string, more ...string) []string { // a day with --verify is not replaced by one without
		return append([]string{binary, "analyze", "s3://trail", "--date", "2026-11-20", "--quiet", "--out", filepath.Join(dir, out)}, more...)
	}
	tools := []tool{
		{name: "verify", args: []string{binary, "verify", "s3://trail", "--date", "2026-11-20", "--quiet"}},
		{name: "validate-logs", args: []string{aws, "cloudtrail", "validate-logs", "--region", "us-east-1",
			"--trail-arn", "arn:aws:cloudtrail:us-east-1:111122223333:trail/acme_audit", "--start-time", "2026-11-20T00:00:00Z", "--end-time", "2026-11-21T00:00:00Z"}},
		{name: "analyze --sha256", args: analyze("hashed", "--sha256")},
		{name: "analyze --verify", args: analyze("verified", "--verify=report")},
		{name: "analyze", args: analyze("plain")},
	}
	names := strings.Split(*only, ",")
	return slices.DeleteFunc(tools, func(t tool) bool { return *only != "" && !slices.Contains(names, t.name) }), nil
}

// run runs the tool once. Each must find the trail whole.
func (t *tool) run(ctx context.Context, env []string) error {
	cmd := exec.CommandContext(ctx, t.args[0], t.args[1:]...)
	cmd.Env = env
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Errorf("%s: %w\n%s", t.name, err, out)
	} else if err != nil {
		return err
	}
	if all := fmt.Sprintf("%d/%[1]d log files valid", *logs); t.name == "validate-logs" && !strings.Contains(string(out), all) {
		return fmt.Errorf("%s: want %q\n%s", t.name, all, out)
	}
	state := cmd.ProcessState
	t.wall = append(t.wall, time.Since(start).Seconds())
	t.cpu = append(t.cpu, (state.UserTime() + state.SystemTime()).Seconds())
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		t.memory = max(t.memory, usage.Maxrss<<10)
	}
	return nil
}

// print prints medians.
func print(tools []tool) {
	fmt.Printf("%d logs of %d records, %s to the first byte, %d runs in turn\n\n", *logs, *records, *latency, *runs)
	fmt.Println("| command | seconds | logs/s | CPU seconds | MB |\n|---|--:|--:|--:|--:|")
	for _, t := range tools {
		wall := middle(t.wall)
		fmt.Printf("| %s | %.2f | %.0f | %.2f | %d |\n", t.name, wall, float64(*logs)/wall, middle(t.cpu), t.memory>>20)
	}
	if len(tools) == 5 {
		fmt.Printf("\nverify is %.0f times as fast as validate-logs; analyze --verify takes %.2f times the CPU time of analyze\n",
			middle(tools[1].wall)/middle(tools[0].wall), middle(tools[3].cpu)/middle(tools[4].cpu))
	}
	fmt.Println()
	for _, t := range tools {
		fmt.Println("   ", filepath.Base(t.args[0]), strings.Join(t.args[1:], " "))
	}
}

func middle(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
