package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/bytedance/sonic"

	"vpcetrail/benchmarks/workload"
)

// An input is the trail that all peers read.
type input struct {
	dir, scratch   string
	paths          []string // of the objects that vpcetrail reads: the others get the same
	stored, bytes  int64    // as stored, and of JSON
	records        int64
	vpcetrail, own string // paths of vpcetrail and of this command
}

// newInput builds vpcetrail, and counts what there is by means that are no peer's.
func newInput(ctx context.Context, dir, scratch string) (*input, error) {
	in := &input{dir: dir, scratch: scratch}
	var err error
	if in.own, err = os.Executable(); err != nil {
		return nil, err
	}
	if in.vpcetrail, err = workload.Build(ctx, scratch); err != nil {
		return nil, err
	}
	if in.paths, err = workload.Objects(dir); err != nil {
		return nil, err
	}
	for _, path := range in.paths {
		stored, text, err := readObject(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		var log struct{ Records []sonic.NoCopyRawMessage }
		if err := sonic.Unmarshal(text, &log); err != nil {
			return nil, fmt.Errorf("%s: not the JSON of a CloudTrail log", path)
		}
		in.stored += int64(stored)
		in.bytes += int64(len(text))
		in.records += int64(len(log.Records))
	}
	return in, nil
}

// A peer is one way to read the objects, as a process.
type peer struct {
	name  string
	tools []string // that must be installed
	cores int
	args  []string
	// check is given how many bytes the process printed, and the first of them.
	check func(in *input, size int64, text []byte) error

	wall, cpu []time.Duration
}

// peers lists what is compared; of each number of cores vpcetrail comes first.
func peers(in *input) []*peer {
	report := filepath.Join(in.scratch, "report")
	analyze := func(workers string) []string {
		return []string{in.vpcetrail, "analyze", in.dir, "--out", report, "--quiet", "--workers", workers}
	}
	reported := func(in *input, _ int64, _ []byte) error { return checkReport(in, report) }
	files := func(args ...string) []string { return append(args, in.paths...) }
	const count = `reduce inputs.Records[] as $r ({}; .[[$r.recipientAccountId, $r.eventSource, $r.vpcEndpointId] | tojson] += 1)`
	return []*peer{
		{name: "vpcetrail analyze", cores: 1, args: analyze("1"), check: reported},
		{name: "vpcetrail analyze", cores: 2, args: analyze("2"), check: reported},
		{name: "klauspost/compress, inflating only", cores: 1, args: files(in.own, "inflate"), check: isCount(in.bytes)},
		{name: "gzip -dc, inflating only", tools: []string{"gzip"}, cores: 1, args: files("gzip", "-dc"), check: isAll},
		{name: "libdeflate-gunzip -c, inflating only", tools: []string{"libdeflate-gunzip"}, cores: 1, args: files("libdeflate-gunzip", "-c"), check: isAll},
		{name: "igzip -dc, inflating only", tools: []string{"igzip"}, cores: 1, args: files("igzip", "-dc"), check: isAll},
		{name: "DuckDB, SQL for a table like traffic", cores: 2, args: files(in.own, "duckdb", in.scratch), check: isCount(in.records)},
		{name: "gzip -dc | jq, counting by account, service, endpoint", tools: []string{"gzip", "jq", "sh"}, cores: 1,
			args: files("sh", "-c", `gzip -dc "$@" | jq -n '`+count+`'`, "sh"), check: isCounts},
	}
}

func (p *peer) installed() bool {
	for _, tool := range p.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return false
		}
	}
	return true
}

// command returns the process to run: one core is held to by GOMAXPROCS, and by taskset where there is one.
func (p *peer) command(ctx context.Context) *exec.Cmd {
	args := p.args
	if cpu := firstCPU(); p.cores == 1 && cpu != "" {
		args = append([]string{"taskset", "-c", cpu}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(p.cores))
	cmd.Stderr = os.Stderr
	return cmd
}

// firstCPU names a CPU that taskset may pin to; "" where there is no taskset.
func firstCPU() string {
	_, err := exec.LookPath("taskset")
	status, readErr := os.ReadFile("/proc/self/status")
	found := regexp.MustCompile(`Cpus_allowed_list:\s*(\d+)`).FindSubmatch(status)
	if runtime.GOOS != "linux" || err != nil || readErr != nil || found == nil {
		return ""
	}
	return string(found[1])
}

// verify runs the peer once and checks its result.
func (p *peer) verify(ctx context.Context, in *input) error {
	var out head
	cmd := p.command(ctx)
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		return err
	}
	return p.check(in, out.size, out.text)
}

// time runs the peer once, its output thrown away.
func (p *peer) time(ctx context.Context) error {
	cmd := p.command(ctx)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	p.wall = append(p.wall, time.Since(start))
	p.cpu = append(p.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	return nil
}

// A head counts what is written and keeps its first megabyte.
type head struct {
	size int64
	text []byte
}

func (h *head) Write(b []byte) (int, error) {
	h.size += int64(len(b))
	h.text = append(h.text, b[:min(len(b), 1<<20-len(h.text))]...)
	return len(b), nil
}

func isAll(in *input, size int64, _ []byte) error { return equal("bytes", size, in.bytes) }

func isCount(want int64) func(*input, int64, []byte) error {
	return func(_ *input, _ int64, text []byte) error {
		got, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err != nil {
			return err
		}
		return equal("bytes or records", got, want)
	}
}

func isCounts(in *input, _ int64, text []byte) error {
	var counts map[string]int64
	if err := json.Unmarshal(text, &counts); err != nil {
		return err
	}
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	return equal("records", sum, in.records)
}

// checkReport takes the records from the balance, which is the same in every day's run.json.
func checkReport(in *input, dir string) error {
	manifests, err := filepath.Glob(filepath.Join(dir, "_runs", "*", "run.json"))
	if err != nil || len(manifests) == 0 {
		return fmt.Errorf("%s: holds no run.json", dir)
	}
	text, err := os.ReadFile(manifests[0])
	if err != nil {
		return err
	}
	var manifest struct{ Balance struct{ Records int64 } }
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&manifest); err != nil {
		return err
	}
	return equal("records", manifest.Balance.Records, in.records)
}

func equal(what string, got, want int64) error {
	if got != want {
		return fmt.Errorf("gives %d %s, want %d", got, what, want)
	}
	return nil
}
