package main

import (
	"bytes"
	"cmp"
	"context"
	"embed"
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
	paths          []string // of the objects that vpcetrail reads; the others read the same
	stored, bytes  int64    // as stored, and of JSON
	records        int64
	sums           string // calls, errors, reads and writes, in the format of peers that make traffic
	list           string // file with the paths
	vpcetrail, own string // paths of vpcetrail and of this command
	python         string
}

// newInput builds vpcetrail, and counts the records with code that no peer uses.
func newInput(ctx context.Context, dir, scratch string) (*input, error) {
	in := &input{dir: dir, scratch: scratch}
	var errors, reads, writes int64
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
		var log struct{ Records []counted }
		if err := sonic.Unmarshal(text, &log); err != nil {
			return nil, fmt.Errorf("%s: not the JSON of a CloudTrail log", path)
		}
		in.stored += int64(stored)
		in.bytes += int64(len(text))
		in.records += int64(len(log.Records))
		for _, r := range log.Records {
			r.add(&errors, &reads, &writes)
		}
	}
	in.sums = fmt.Sprintln(in.records, errors, reads, writes)
	in.list = filepath.Join(scratch, "objects.txt")
	return in, os.WriteFile(in.list, []byte(strings.Join(in.paths, "\n")+"\n"), 0o600)
}

// counted holds the fields of a record that are counted.
type counted struct {
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	ReadOnly     any    `json:"readOnly"`
}

func (r *counted) add(errors, reads, writes *int64) {
	if r.ErrorCode != "" || r.ErrorMessage != "" {
		*errors++
	}
	switch r.ReadOnly {
	case true, "true":
		*reads++
	case false, "false":
		*writes++
	}
}

//go:embed by_clickhouse.py by_polars.py
var scripts embed.FS

// script returns the text of one of the Python peers.
func script(name string) string {
	text, err := scripts.ReadFile(name)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(text)
}

// A peer is one way to read the objects, as a process.
type peer struct {
	name  string
	tools []string // that must be installed
	needs string   // a module that Python must have
	cores int
	args  []string
	// passes is the number of passes over the objects that it makes at once. The time is
	// divided by it. 0 means one.
	passes int
	// check receives the number of bytes that the process printed, and the first of them.
	check func(in *input, size int64, text []byte) error

	wall, cpu []time.Duration
}

// peers lists the tools. For each number of cores vpcetrail comes first.
func peers(in *input) []*peer {
	report := filepath.Join(in.scratch, "report")
	analyze := func(workers string) []string {
		return []string{in.vpcetrail, "analyze", in.dir, "--out", report, "--quiet", "--workers", workers}
	}
	reported := func(in *input, _ int64, _ []byte) error { return checkReport(in, report) }
	// Two processes share only the machine. Their gain is the gain of a second core.
	const apart = `GOMAXPROCS=1 "$@" --out "$0.1" & other=$!; GOMAXPROCS=1 "$@" --out "$0.2" && wait $other`
	twice := []string{"sh", "-c", apart, report, in.vpcetrail, "analyze", in.dir, "--quiet", "--workers", "1"}
	both := func(in *input, _ int64, _ []byte) error {
		return cmp.Or(checkReport(in, report+".1"), checkReport(in, report+".2"))
	}
	// The paths come from a file: a command line cannot hold 100,000 of them.
	files := func(command string) []string {
		return []string{"sh", "-c", `tr '\n' '\0' <"$1" | xargs -0 ` + command, "sh", in.list}
	}
	script := func(name, source string) []string { return []string{in.python, "-c", script(name), source, in.scratch} }
	const count = `reduce inputs.Records[] as $r ({}; .[[$r.recipientAccountId, $r.eventSource, $r.vpcEndpointId] | tojson] += 1)`
	return []*peer{
		{name: "vpcetrail analyze", cores: 1, args: analyze("1"), check: reported},
		{name: "vpcetrail analyze", cores: 2, args: analyze("2"), check: reported},
		{name: "vpcetrail analyze, two processes of one core each, a pass of the two", cores: 2, args: twice, passes: 2, check: both},
		{name: "klauspost/compress, inflating only", cores: 1, args: []string{in.own, "inflate", in.list}, check: isCount(in.bytes)},
		{name: "gzip -dc, inflating only", tools: []string{"gzip"}, cores: 1, args: files("gzip -dc"), check: isAll},
		{name: "libdeflate-gunzip -c, inflating only", tools: []string{"libdeflate-gunzip"}, cores: 1, args: files("libdeflate-gunzip -c"), check: isAll},
		{name: "igzip -dc, inflating only", tools: []string{"igzip"}, cores: 1, args: files("igzip -dc"), check: isAll},
		{name: "DuckDB, SQL for a table like traffic", cores: 2, args: []string{in.own, "duckdb", in.list, in.scratch}, check: isSums},
		{name: "ClickHouse, the same", tools: []string{in.python}, needs: "chdb", cores: 2, args: script("by_clickhouse.py", in.dir), check: isSums},
		{name: "Polars, the same", tools: []string{in.python}, needs: "polars", cores: 2, args: script("by_polars.py", in.list), check: isSums},
		{name: "gzip -dc | jq, counting by account, service, endpoint", tools: []string{"gzip", "jq", "sh"}, cores: 1,
			args: files("gzip -dc | jq -n '" + count + "'"), check: isCounts},
	}
}

func (p *peer) installed() bool {
	for _, tool := range p.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return false
		}
	}
	return p.needs == "" || exec.Command(p.args[0], "-c", "import "+p.needs).Run() == nil
}

// command returns the process to run. GOMAXPROCS limits it to one core, and so does
// taskset if there is one.
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

// firstCPU returns a CPU that taskset can pin to, or "" if there is no taskset.
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

// time runs the peer once and discards its output.
func (p *peer) time(ctx context.Context) error {
	cmd := p.command(ctx)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	passes := time.Duration(max(1, p.passes))
	p.wall = append(p.wall, time.Since(start)/passes)
	p.cpu = append(p.cpu, (cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())/passes)
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

func isSums(in *input, _ int64, text []byte) error {
	if got := string(text); got != in.sums {
		return fmt.Errorf("gives calls, errors, reads and writes %swant %s", got, in.sums)
	}
	return nil
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

// checkReport reads the number of records from the balance, which is the same in every
// day's run.json.
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
