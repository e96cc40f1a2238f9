package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/report/policy"
)

// aDocument is a decoded YAML or JSON document.
type aDocument = map[string]any

// deployed returns the documents that deploy prints for the given flags.
func deployed(t *testing.T, flags string) (documents []aDocument) {
	t.Helper()
	text := mustRun(t, 0, append([]string{"deploy"}, strings.Fields(flags)...)...).out
	for d := yaml.NewDecoder(strings.NewReader(text)); ; {
		var one aDocument
		switch err := d.Decode(&one); {
		case err == io.EOF:
			return documents
		case err != nil:
			t.Fatalf("deploy %s: %v", flags, err)
		}
		documents = append(documents, one)
	}
}

// at returns what is at a path in a document.
func at(t *testing.T, document any, path ...any) any {
	t.Helper()
	for _, key := range path {
		switch in := document.(type) {
		case aDocument:
			document = in[key.(string)]
		case []any:
			document = in[key.(int)]
		default:
			t.Fatalf("%v: no %v in %v", path, key, document)
		}
	}
	return document
}

func texts(list any) (all []string) {
	for _, one := range list.([]any) {
		all = append(all, fmt.Sprint(one))
	}
	return all
}

// A night runs jobs as a scheduler does, on the real program.
type night struct {
	t   *testing.T
	day string
	// fault returns how an attempt ends without running. 0 runs it.
	fault func(step string, index, attempt int) (code int, reason string)
	ran   []string // each attempt: step, index and exit code
}

// attempt runs a command with variables, and returns its exit code.
func (n *night) attempt(args []string, index, attempt int, variables map[string]string) (code int, reason string) {
	n.t.Helper()
	if n.fault != nil {
		code, reason = n.fault(args[0], index, attempt)
	}
	if code == 0 && reason == "" {
		for name, value := range variables {
			if err := os.Setenv(name, value); err != nil {
				n.t.Fatal(err)
			}
		}
		f := vpcetrail(n.t.Context(), args...)
		for name := range variables {
			if err := os.Unsetenv(name); err != nil {
				n.t.Fatal(err)
			}
		}
		if code = f.code; code != 0 {
			n.t.Logf("%v: %s", args, f.errOut)
		}
	}
	n.ran = append(n.ran, fmt.Sprintf("%s %d: %d%s", args[0], index, code, reason))
	return code, reason
}

// batch runs the state machine of a template as Step Functions and AWS Batch do, and
// reports whether it succeeds.
func (n *night) batch(template aDocument) bool {
	definition := at(n.t, template, "Resources", "Night", "Properties", "Definition")
	retry := at(n.t, template, "Resources", "Job", "Properties", "RetryStrategy")
	for name := "Night"; ; {
		state := at(n.t, definition, "States", name).(aDocument)
		switch {
		case state["Type"] == "Succeed":
			return true
		case state["Type"] == "Choice": // no other execution runs
			name = at(n.t, state, "Choices", 0, "Next").(string)
			continue
		case state["Resource"] == "${SubmitJob}":
			arguments := state["Arguments"].(aDocument)
			args := texts(at(n.t, arguments, "ContainerOverrides", "Command"))
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "{% $day %}", n.day)
			}
			size := 0
			if array, ok := arguments["ArrayProperties"].(aDocument); ok {
				size = array["Size"].(int)
			}
			if !n.batchJob(args, size, retry.(aDocument)) {
				return false
			}
		}
		name = state["Next"].(string)
	}
}

// batchJob runs a job, or each child of an array job. A failed child fails its parent.
func (n *night) batchJob(args []string, size int, retry aDocument) (ok bool) {
	ok = true
	for index := range max(size, 1) {
		variables := map[string]string{}
		if size > 0 {
			variables = map[string]string{"AWS_BATCH_JOB_ARRAY_INDEX": strconv.Itoa(index), "AWS_BATCH_JOB_ARRAY_SIZE": strconv.Itoa(size)}
		}
		for attempt := 1; ; attempt++ {
			code, reason := n.attempt(args, index, attempt, variables)
			if code == 0 && reason == "" {
				break
			}
			if attempt == retry["Attempts"].(int) || !batchRetries(retry, code, reason) {
				ok = false
				break
			}
		}
	}
	return ok
}

// batchRetries applies evaluateOnExit: the first rule whose conditions all match decides, and
// without one, Batch retries.
func batchRetries(retry aDocument, code int, statusReason string) bool {
	for _, rule := range retry["EvaluateOnExit"].([]any) {
		matches := true
		for key, value := range map[string]string{"OnExitCode": strconv.Itoa(code), "OnStatusReason": statusReason, "OnReason": ""} {
			if want, given := rule.(aDocument)[key]; given {
				prefix, glob := strings.CutSuffix(want.(string), "*")
				matches = matches && (value == prefix || glob && strings.HasPrefix(value, prefix))
			}
		}
		if matches {
			return rule.(aDocument)["Action"] == "RETRY"
		}
	}
	return true
}

// kubernetes runs the jobs of a manifest in the order of its script, and reports whether they
// succeed.
func (n *night) kubernetes(manifest []aDocument) bool {
	var data aDocument
	for _, d := range manifest {
		if d["kind"] == "ConfigMap" {
			data = d["data"].(aDocument)
		}
	}
	for _, step := range regexp.MustCompile(`(?m)^run ([a-z]+)$`).FindAllStringSubmatch(data["start.sh"].(string), -1) {
		var job aDocument
		text := strings.ReplaceAll(data[step[1]+".yaml"].(string), "{day}", n.day)
		if err := yaml.Unmarshal([]byte(text), &job); err != nil {
			n.t.Fatal(err)
		}
		if !n.kubernetesJob(job["spec"].(aDocument)) {
			return false
		}
	}
	return true
}

// kubernetesJob runs the pods of a job.
func (n *night) kubernetesJob(spec aDocument) (ok bool) {
	container := at(n.t, spec, "template", "spec", "containers", 0)
	limit, indexed := spec["backoffLimitPerIndex"].(int)
	pods := 1
	if indexed {
		pods = spec["completions"].(int)
	} else {
		limit = spec["backoffLimit"].(int)
	}
	ok = true
	for index := range pods {
		variables := map[string]string{}
		if indexed {
			variables["JOB_COMPLETION_INDEX"] = strconv.Itoa(index)
		}
		for _, v := range at(n.t, container, "env").([]any) {
			if v := v.(aDocument); v["name"] != "TMPDIR" {
				variables[v["name"].(string)] = v["value"].(string)
			}
		}
		failures := 0
		for attempt := 1; ; attempt++ {
			code, reason := n.attempt(texts(at(n.t, container, "args")), index, attempt, variables)
			if code == 0 && reason == "" {
				break
			}
			action := podAction(spec, code, reason)
			if action == "Ignore" {
				continue
			}
			if failures++; action != "Count" || failures > limit {
				ok = false
				break
			}
		}
	}
	return ok
}

// podAction applies podFailurePolicy: the first rule that matches decides.
func podAction(spec aDocument, code int, reason string) string {
	for _, rule := range spec["podFailurePolicy"].(aDocument)["rules"].([]any) {
		rule := rule.(aDocument)
		if conditions, ok := rule["onPodConditions"].([]any); ok && conditions[0].(aDocument)["type"] == reason {
			return rule["action"].(string)
		}
		if codes, ok := rule["onExitCodes"].(aDocument); ok && code != 0 && codes["operator"] == "NotIn" && !slices.Contains(codes["values"].([]any), any(code)) {
			return rule["action"].(string)
		}
	}
	return "Count"
}

// A night in parts, some of which fail and run again, makes the report of a single run.
func TestDeployedNightsInParts(t *testing.T) {
	const day = "2026-11-20"
	s := newS3(t)
	s.put(t, "../../fixtures/demo", "")
	sources := "s3://org-trail/AWSLogs --endpoints s3://org-trail/endpoints.json"
	mustRun(t, 0, append(strings.Fields("analyze "+sources), "--date", day, "--out", "s3://audit-reports/want", "--quiet")...)
	want := s.report(t, "want/")
	for _, tc := range []struct {
		name, flags, lost string // lost: the reason of a machine that is gone
		run               func(*night, []aDocument) bool
	}{
		{"batch", "--target batch --image i", "Host EC2 (instance i-0a1b2c3d) terminated.", func(n *night, d []aDocument) bool { return n.batch(d[0]) }},
		{"kubernetes", "--target kubernetes --image i --kubectl-image k", "DisruptionTarget", func(n *night, d []aDocument) bool { return n.kubernetes(d) }},
	} {
		documents := deployed(t, sources+" --shards 3 --merge-shards 2 --restate 2d --out s3://audit-reports/"+tc.name+" "+tc.flags)
		n := &night{t: t, day: day, fault: func(step string, index, attempt int) (int, string) {
			switch {
			case step == "analyze" && index == 0 && attempt < 3, step == "merge" && attempt == 1:
				return exit.Failed, ""
			case step == "analyze" && index == 2 && attempt == 1:
				return 137, tc.lost
			}
			return 0, ""
		}}
		if !tc.run(n, documents) {
			t.Errorf("%s: the night failed: %q", tc.name, n.ran)
		}
		sameFiles(t, tc.name, withoutParts(s.report(t, tc.name+"/")), want)

		// Statuses that would be the same again end the night, before the merge.
		for _, code := range []int{exit.Usage, exit.Violated, exit.Interrupted, 137} {
			n := &night{t: t, day: day, fault: func(step string, index, _ int) (int, string) {
				if index == 1 {
					return code, ""
				}
				return 0, ""
			}}
			if tc.run(n, documents) || slices.ContainsFunc(n.ran, func(ran string) bool { return strings.HasPrefix(ran, "merge") }) {
				t.Errorf("%s, status %d: the night goes on: %q", tc.name, code, n.ran)
			}
			if tries := strings.Count(strings.Join(n.ran, "\n"), "analyze 1:"); tries != 1 {
				t.Errorf("%s, status %d: %d tries", tc.name, code, tries)
			}
		}
	}
}

// A deployed step, once a scheduler has filled in its day, is a command line that the program
// takes.
func TestDeployedCommandsAreTrue(t *testing.T) {
	const flags = "s3://org-trail --out s3://audit-reports/x --image i --endpoints aws --network s3://audit-reports/n.json,aws --networks s3://audit-reports/names.yaml " +
		"--regions eu-west-1 --accounts 111122223333 --exclude-accounts 444455556666 --own-accounts 444455556666 --lateness 48h --requester-pays --expected-source-owner 111122223333 " +
		"--expected-out-owner 111122223333 --sse aws:kms --kms-key-id k --format parquet,arrow --nat-price 0.05 --sha256 --ip-ranges s3://audit-reports/r.json --workers 2 --memory 2GiB --log-format json "
	commands := 0
	for _, target := range []string{
		"lookup-events://eu-west-1 --target ecs --without verify --notify securityhub --metrics s3://audit-reports/m.json --prices s3://audit-reports/p.yaml",
		"lookup-events://eu-west-1 --target batch --notify eventbridge --bus audit --access-logs s3://access-logs/main",
		"--target batch --shards 4 --merge-shards 2 --restate 7d --verify report --access-logs s3://access-logs/main",
	} {
		states := at(t, deployed(t, flags+target)[0], "Resources", "Night", "Properties", "Definition", "States").(aDocument)
		for _, state := range states {
			arguments, ok := state.(aDocument)["Arguments"].(aDocument)
			if !ok || arguments["StateMachineArn"] != nil {
				continue
			}
			var args []string
			if overrides, ok := arguments["Overrides"].(aDocument); ok {
				args = texts(at(t, overrides, "ContainerOverrides", 0, "Command"))
			} else {
				args = texts(at(t, arguments, "ContainerOverrides", "Command"))
			}
			commands++
			called, rest, err := newRoot().Find(args)
			if err == nil && called.HasParent() {
				err = called.ParseFlags(rest)
			}
			if err != nil || !called.HasParent() || !slices.Contains(args, "--incomplete-ok") || !slices.Contains(args, "{% $day %}") {
				t.Errorf("%q: %v", args, err)
			}
		}
	}
	if commands != 5+4+7 {
		t.Errorf("%d commands", commands)
	}
}

// slurmNights returns a function that runs the nights that deploy prints for Slurm, with stand-ins for Slurm's commands.
// A job runs at once. The first try of the second part of a night fails. It also returns the name of the file with
// the options of all jobs.
func slurmNights(t *testing.T, flags ...string) (night func(day string), submitted string) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"night.sh": mustRun(t, 0, append([]string{"deploy", "--target", "slurm"}, flags...)...).out,
		"squeue":   "#!/bin/sh\nprintf '7\\n7\\n8\\n'\n", // the last night's jobs
		"sbatch": `#!/bin/bash
set -e
n=$(cat "$DIR/count" 2>/dev/null || echo 100)
echo $((n + 1)) > "$DIR/count"
echo "$n: $*" >> "$DIR/submitted"
cat > "$DIR/job-$n"
for option; do
	case $option in
	--array=0-*) last=${option#--array=0-} ;;
	--export=ALL,*) export $(echo "${option#--export=ALL,}" | tr , ' ') ;;
	esac
done
export PAUSE=0
for task in $(seq 0 ${last:-0}); do
	if [ -n "${last:-}" ]; then
		export SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=$last SLURM_ARRAY_TASK_COUNT=$((last + 1)) SLURM_ARRAY_TASK_STEP=1
	fi
	bash "$DIR/job-$n" >&2
done
echo "$n;cluster"
`,
		"vpcetrail": `#!/bin/bash
if [ "${SLURM_ARRAY_TASK_ID:-}" = 1 ] && [ ! -e "$DIR/failed" ]; then touch "$DIR/failed"; exit 1; fi
exec "$PROGRAM" "$@"
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	program, err := exec.LookPath("vpcetrail")
	if err != nil {
		t.Fatal(err)
	}
	return func(day string) {
		t.Helper()
		cmd := exec.Command("bash", filepath.Join(dir, "night.sh"), day)
		cmd.Env = append(os.Environ(), "DIR="+dir, "PROGRAM="+program, "PATH="+dir+":"+os.Getenv("PATH"))
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", day, err, text)
		}
	}, filepath.Join(dir, "submitted")
}

// withoutParts returns the files of a report without the parts that a job keeps below it.
func withoutParts(files map[string]string) map[string]string {
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, "_parts/") })
	return files
}

// Slurm's script makes the report of a single run. Each job waits for the one before it.
func TestDeployedSlurmScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	demo, err := filepath.Abs("../../fixtures/demo")
	if err != nil {
		t.Fatal(err)
	}
	night, log := slurmNights(t, demo+"/AWSLogs", "--endpoints", demo+"/endpoints.json", "--shards", "3", "--merge-shards", "2", "--out", dir+"/got")
	night("2026-11-20")
	mustRun(t, 0, "analyze", demo+"/AWSLogs", "--endpoints", demo+"/endpoints.json", "--date", "2026-11-20", "--out", dir+"/want", "--quiet")
	sameFiles(t, "slurm", withoutParts(tree(t, dir+"/got")), tree(t, dir+"/want"))
	submitted, err := os.ReadFile(log)
	if err != nil || !regexp.MustCompile(`(?s)^100: .*--dependency=afterany:7:8 --array=0-2 .*\n101: .*--dependency=afterok:100 --array=0-1 .*\n102: .*--dependency=afterok:101 `).Match(submitted) {
		t.Errorf("submitted: %v\n%s", err, submitted)
	}
}

// Nights in parts, with records that come days late, make the tables of one run over everything.
func TestDeployedNightsInPartsConverge(t *testing.T) {
	t.Parallel()
	m, out := newMonth(t, nights(8)), t.TempDir()
	night, _ := slurmNights(t, m.bucket, "--shards", "2", "--merge-shards", "2", "--restate", "30d", "--out", out)
	for n := range m.days + 1 {
		at := m.from.AddDate(0, 0, min(n, m.days-1))
		m.deliver(t, at.AddDate(n/m.days, 0, 1).Add(2*time.Hour)) // the last night again, when all has come
		night(at.Format(time.DateOnly))
	}
	sameFiles(t, "nights", withoutRuns(withoutParts(tree(t, out))), m.fresh(t))
}

// In a job in parts, an access log that comes a day late is read without the trail.
func TestDeployedNightsInPartsReadLateLogs(t *testing.T) {
	t.Parallel()
	demo, err := filepath.Abs("../../fixtures/demo")
	if err != nil {
		t.Fatal(err)
	}
	logs, out := t.TempDir(), t.TempDir()
	night, _ := slurmNights(t, demo+"/AWSLogs", "--shards", "2", "--restate", "3d", "--access-logs", logs, "--out", out)
	for i, name := range []string{"2026-11-20-10-55-12-6C0E7B51D2A94F38", "2026-11-20-11-20-48-B1F3A07C9E5D2846"} {
		text, err := os.ReadFile(filepath.Join("../../fixtures/workshop/access-logs", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(logs, name), text, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		night(fmt.Sprint("2026-11-2", i))
	}
	night("2026-11-21") // no line of the day, and nothing new before it: a quiet night does not fail
	want := t.TempDir()
	mustRun(t, 0, "analyze", demo+"/AWSLogs", "--date", "2026-11-20..2026-11-21", "--out", want, "--quiet")
	mustRun(t, 0, "analyze", "--access-logs", logs, "--date", "2026-11-20", "--out", want, "--quiet")
	sameFiles(t, "nights", withoutRuns(withoutParts(tree(t, out))), withoutRuns(tree(t, want)))
}

// Slurm's script refuses what is no day, before it submits anything.
func TestDeployedSlurmScriptChecksDay(t *testing.T) {
	script := filepath.Join(t.TempDir(), "night.sh")
	if err := os.WriteFile(script, []byte(mustRun(t, 0, "deploy", "/srv/trail", "--out", "/srv/report", "--target", "slurm").out), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"2026-11-31", "x,Y=1", "20261120", "yesterday", "-", "2026-11-20,Y=1"} {
		text, err := exec.Command("bash", script, day).CombinedOutput()
		var failed *exec.ExitError
		if want := "DAY " + day + ": want YYYY-MM-DD or check\n"; !errors.As(err, &failed) || failed.ExitCode() != exit.Usage || string(text) != want {
			t.Errorf("%s: %v\n%swant\n%s", day, err, text, want)
		}
	}
}

// A night at which the machine was off is made up for by the next one, as the units of systemd run them.
func TestDeployedUnitMakesUpForNights(t *testing.T) {
	t.Parallel()
	m, out := newMonth(t, 3), t.TempDir()
	script := mustRun(t, 0, "deploy", m.bucket, "--out", out, "--target", "systemd").out
	start := regexp.MustCompile(`(?m)^ExecStart=(/bin/sh .*"analyze" .*)$`).FindStringSubmatch(script)
	if start == nil {
		t.Fatalf("no command in %s", script)
	}
	command := strings.NewReplacer("$$", "$", "/usr/local/bin/", "").Replace(start[1])
	for _, n := range []int{0, 2} {
		d := m.from.AddDate(0, 0, n)
		m.deliver(t, d.AddDate(n/2, 0, 1).Add(2*time.Hour)) // all by the last night
		cmd := exec.Command("sh", "-c", command)
		cmd.Env = append(os.Environ(), "DAY="+d.Format(time.DateOnly))
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, text)
		}
	}
	sameFiles(t, "nights", withoutRuns(tree(t, out)), m.fresh(t))
}

// The unit runs a command again that ends with status 1, and no other.
func TestDeployedUnitTries(t *testing.T) {
	script := mustRun(t, 0, "deploy", "/srv/trail", "--out", "/srv/report", "--target", "systemd").out
	start := regexp.MustCompile(`(?m)^ExecStart=(/bin/sh .*"analyze" .*)$`).FindStringSubmatch(script)
	if start == nil {
		t.Fatalf("no command in %s", script)
	}
	for status, tries := range map[string]int{"0": 1, "1": 3, "2": 1, "4": 1, "137": 1} {
		log := filepath.Join(t.TempDir(), "log")
		program := filepath.Join(t.TempDir(), "vpcetrail")
		if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$*\" >> "+log+"\nexit "+status+"\n"), 0o777); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", strings.NewReplacer("$$", "$", "/usr/local/bin/vpcetrail", program).Replace(start[1]))
		cmd.Env = append(os.Environ(), "DAY=2026-11-20", "PAUSE=0")
		_ = cmd.Run() // its status is compared
		ran, err := os.ReadFile(log)
		if got := fmt.Sprint(cmd.ProcessState.ExitCode()); err != nil || got != status || strings.Count(string(ran), "--date 2026-11-20 ") != tries {
			t.Errorf("status %s: %s after\n%s", status, got, ran)
		}
	}
}

// A calledS3 is what a request to S3 does, as IAM has it.
type calledS3 struct{ action, resource, prefix string }

const noPrefix = "no prefix in the request"

func asIAM(r *http.Request) calledS3 {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	c := calledS3{resource: "arn:aws:s3:::" + bucket + "/" + key}
	switch {
	case key == "" && r.Method == http.MethodGet && query.Has("list-type"):
		return calledS3{"s3:ListBucket", "arn:aws:s3:::" + bucket, query.Get("prefix")}
	case key == "" && r.Method == http.MethodHead:
		return calledS3{"s3:ListBucket", "arn:aws:s3:::" + bucket, noPrefix}
	case key != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && !query.Has("uploadId"):
		c.action = "s3:GetObject"
	case key != "" && (r.Method == http.MethodPut || r.Method == http.MethodPost):
		c.action = "s3:PutObject"
	case r.Method == http.MethodDelete && query.Has("uploadId"):
		c.action = "s3:AbortMultipartUpload"
	case key != "" && r.Method == http.MethodDelete:
		c.action = "s3:DeleteObject"
	default:
		c.action = "s3:" + r.Method + "?" + r.URL.RawQuery
	}
	return c
}

func (c calledS3) allowedBy(p *policy.Policy) bool {
	prefix := policy.Value{State: policy.Is, Text: c.prefix}
	if c.prefix == noPrefix {
		prefix = policy.Value{State: policy.Absent}
	}
	_, allow := p.Evaluate(&policy.Request{
		Action: c.action, Resource: c.resource, PrincipalARN: "arn:aws:iam::111122223333:role/task", PrincipalAccount: "111122223333",
		Keys: map[string]policy.Value{"s3:prefix": prefix},
	})
	return allow.Applies == policy.Yes
}

// The role of the job allows each call that its commands make to S3, and each of its
// permissions on S3 is used.
func TestDeployedRoleIsExact(t *testing.T) {
	const flags = " s3://org-trail/AWSLogs --networks s3://org-trail/flags/networks.yaml --endpoints s3://org-trail/flags/endpoints.json --out s3://audit-reports/nightly"
	s := newS3(t)
	s.put(t, "../../fixtures/demo", "")
	files := t.TempDir()
	for name, from := range map[string]string{"networks.yaml": "", "endpoints.json": "../../fixtures/demo/endpoints.json"} {
		text := []byte("office: [198.51.100.0/24]\n")
		if from != "" {
			text = []byte(tree(t, "../../fixtures/demo")["endpoints.json"])
		}
		if err := os.WriteFile(filepath.Join(files, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s.put(t, files, "flags/")
	var mu sync.Mutex
	for _, target := range []string{"--target batch --image i --shards 2 --merge-shards 2 --restate 2d", "--target batch --image i --restate 2d"} {
		template := deployed(t, target+flags)[0]
		rights := at(t, template, "Resources", "TaskRole", "Properties", "Policies", 0, "PolicyDocument")
		allowed := parsePolicy(t, rights)
		called := map[calledS3]bool{}
		failing := false
		s.do(func(w http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			c := asIAM(r)
			called[c] = true
			return failing && isPart(r) && refuse(w, http.StatusForbidden, "AccessDenied", "no") // so uploads are aborted
		})
		n := &night{t: t, day: "2026-11-20"}
		for range 2 { // the second night replaces the first one's days
			if !n.batch(template) {
				t.Fatalf("%s: %q", target, n.ran)
			}
		}
		failing = true
		n.batch(template)
		s.do(nil)
		for c := range called {
			if !c.allowedBy(allowed) {
				t.Errorf("%s: the role does not allow %v", target, c)
			}
		}
		statements := at(t, rights, "Statement").([]any)
		for i := range statements {
			for _, action := range texts(at(t, statements[i], "Action")) {
				one := aDocument{"Version": "2012-10-17", "Statement": []any{aDocument{
					"Effect": "Allow", "Action": action, "Resource": at(t, statements[i], "Resource"), "Condition": at(t, statements[i], "Condition"),
				}}}
				if one["Statement"].([]any)[0].(aDocument)["Condition"] == nil {
					delete(one["Statement"].([]any)[0].(aDocument), "Condition")
				}
				alone, used := parsePolicy(t, one), false
				for c := range called {
					used = used || c.allowedBy(alone)
				}
				if !used {
					t.Errorf("%s: no call needs %s of %v", target, action, at(t, statements[i], "Sid"))
				}
			}
		}
		for _, c := range []calledS3{
			{"s3:GetObject", "arn:aws:s3:::org-trail/other/x", ""}, {"s3:GetObject", "arn:aws:s3:::org-trail/AWSLogs-old/x", ""},
			{"s3:PutObject", "arn:aws:s3:::org-trail/AWSLogs/x", ""}, {"s3:PutObject", "arn:aws:s3:::audit-reports/nightly2/x", ""},
			{"s3:ListBucket", "arn:aws:s3:::org-trail", noPrefix}, {"s3:ListBucket", "arn:aws:s3:::org-trail", "flags/"}, {"s3:ListBucket", "arn:aws:s3:::org-trail", ""},
			{"s3:PutObject", "arn:aws:s3:::org-trail/flags/endpoints.json", ""}, {"s3:DeleteBucket", "arn:aws:s3:::audit-reports", ""},
		} {
			if c.allowedBy(allowed) {
				t.Errorf("%s: the role allows %v", target, c)
			}
		}
	}
}

// parsePolicy returns the policy of a template.
func parsePolicy(t *testing.T, document any) *policy.Policy {
	t.Helper()
	text, err := json.Marshal(inStack(document))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// inStack returns a document with what stands for the stack's partition, Region and account.
func inStack(document any) any {
	switch d := document.(type) {
	case aDocument:
		if text, ok := d["Fn::Sub"].(string); ok {
			return strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::Region}", "us-east-1", "${AWS::AccountId}", "111122223333", "${AWS::URLSuffix}", "amazonaws.com").Replace(text)
		}
		filled := aDocument{}
		for key, value := range d {
			filled[key] = inStack(value)
		}
		return filled
	case []any:
		var filled []any
		for _, value := range d {
			filled = append(filled, inStack(value))
		}
		return filled
	}
	return document
}
