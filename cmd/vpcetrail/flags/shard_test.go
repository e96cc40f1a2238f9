package flags

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"vpcetrail/ingest/source/list"
)

// withoutSchedulers removes the variables of whatever scheduler runs the test.
func withoutSchedulers(t *testing.T) {
	for _, name := range []string{batchIndex, batchSize, kubernetesIndex, totalOfParts, slurmTask, slurmCount, slurmFirst, slurmLast} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
}

// readShard returns what --shard auto makes of an environment, given as words.
func readShard(t *testing.T, date, environment string) string {
	withoutSchedulers(t)
	for _, variable := range strings.Fields(environment) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	var f Shard
	cmd := &cobra.Command{Use: "analyze"}
	cmd.Flags().String("date", date, "")
	f.Register(cmd, "")
	if err := cmd.ParseFlags([]string{"--shard", "auto"}); err != nil {
		t.Fatal(err)
	}
	part, read, err := f.Part()
	if err != nil {
		return err.Error()
	}
	if !strings.Contains(read, part.String()) {
		t.Errorf("%s: it says %q", environment, read)
	}
	return read
}

func TestShardAutoReadsTheScheduler(t *testing.T) {
	for _, tc := range []struct{ name, environment, want string }{
		{"the first of Batch", "AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=16", "part 1/16, from AWS_BATCH_JOB_ARRAY_INDEX=0, AWS_BATCH_JOB_ARRAY_SIZE=16"},
		{"the last of Batch, of as many as it starts", "AWS_BATCH_JOB_ARRAY_INDEX=9999 AWS_BATCH_JOB_ARRAY_SIZE=10000", "part 10000/10000, from AWS_BATCH_JOB_ARRAY_INDEX=9999, AWS_BATCH_JOB_ARRAY_SIZE=10000"},
		{"Kubernetes", "JOB_COMPLETION_INDEX=2 VPCETRAIL_SHARDS=3", "part 3/3, from JOB_COMPLETION_INDEX=2, VPCETRAIL_SHARDS=3"},
		{"a Slurm array from 0", "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=1",
			"part 8/8, from SLURM_ARRAY_TASK_ID=7, SLURM_ARRAY_TASK_COUNT=8, SLURM_ARRAY_TASK_MIN=0, SLURM_ARRAY_TASK_MAX=7"},
		{"a Slurm array from 1", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=8",
			"part 1/8, from SLURM_ARRAY_TASK_ID=1, SLURM_ARRAY_TASK_COUNT=8, SLURM_ARRAY_TASK_MIN=1, SLURM_ARRAY_TASK_MAX=8"},
		{"a total beside Batch", "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 VPCETRAIL_SHARDS=2", "part 2/2, from AWS_BATCH_JOB_ARRAY_INDEX=1, AWS_BATCH_JOB_ARRAY_SIZE=2, VPCETRAIL_SHARDS=2"},
		{"two that agree", "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 JOB_COMPLETION_INDEX=1 VPCETRAIL_SHARDS=2",
			"part 2/2, from AWS_BATCH_JOB_ARRAY_INDEX=1, AWS_BATCH_JOB_ARRAY_SIZE=2, JOB_COMPLETION_INDEX=1, VPCETRAIL_SHARDS=2"},
	} {
		if got, want := readShard(t, "2026-11-20", tc.environment), "--shard auto: "+tc.want; got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", tc.name, tc.environment, got, want)
		}
	}
}

func TestShardAutoRefuses(t *testing.T) {
	const (
		start   = "start the command as an array job of AWS Batch or Slurm, or as an Indexed Job of Kubernetes with VPCETRAIL_SHARDS, or give --shard I/N"
		range16 = ": want an index from 0 to N-1 and a total N of at most 10000"
		holes   = ": want an array 0-(N-1) or 1-N without holes"
		differ  = " contradict each other: unset those of the other job, or give --shard I/N"
	)
	for _, tc := range []struct{ name, environment, want string }{
		{"nothing", "", "no variable of a scheduler is set: " + start},
		{"a total alone", "VPCETRAIL_SHARDS=3", "no variable of a scheduler is set: " + start},
		{"Batch without its size", "AWS_BATCH_JOB_ARRAY_INDEX=0", "AWS_BATCH_JOB_ARRAY_SIZE is not set: " + start},
		{"Batch without its index", "AWS_BATCH_JOB_ARRAY_SIZE=4", "AWS_BATCH_JOB_ARRAY_INDEX is not set: " + start},
		{"Kubernetes without a total", "JOB_COMPLETION_INDEX=0", "VPCETRAIL_SHARDS is not set: " + start},
		{"an index that is too large", "JOB_COMPLETION_INDEX=3 VPCETRAIL_SHARDS=3", "JOB_COMPLETION_INDEX=3, VPCETRAIL_SHARDS=3" + range16},
		{"a total of 0", "JOB_COMPLETION_INDEX=0 VPCETRAIL_SHARDS=0", "JOB_COMPLETION_INDEX=0, VPCETRAIL_SHARDS=0" + range16},
		{"too many parts", "JOB_COMPLETION_INDEX=0 VPCETRAIL_SHARDS=10001", "JOB_COMPLETION_INDEX=0, VPCETRAIL_SHARDS=10001" + range16},
		{"a negative index", "JOB_COMPLETION_INDEX=-1 VPCETRAIL_SHARDS=3", `"JOB_COMPLETION_INDEX=-1": want a number`},
		{"an empty index", "JOB_COMPLETION_INDEX= VPCETRAIL_SHARDS=3", `"JOB_COMPLETION_INDEX=": want a number`},
		{"no number", "AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=4.0", `"AWS_BATCH_JOB_ARRAY_SIZE=4.0": want a number`},
		{"a Slurm array with a hole", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3",
			"SLURM_ARRAY_TASK_ID=3, SLURM_ARRAY_TASK_COUNT=3, SLURM_ARRAY_TASK_MIN=0, SLURM_ARRAY_TASK_MAX=3" + holes},
		{"a Slurm array in steps", "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2",
			"SLURM_ARRAY_TASK_ID=2, SLURM_ARRAY_TASK_COUNT=2, SLURM_ARRAY_TASK_MIN=0, SLURM_ARRAY_TASK_MAX=2" + holes},
		{"one failed Slurm task, submitted again", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=5",
			"SLURM_ARRAY_TASK_ID=5, SLURM_ARRAY_TASK_COUNT=1, SLURM_ARRAY_TASK_MIN=5, SLURM_ARRAY_TASK_MAX=5" + holes},
		{"a Slurm task before the first", "SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=2",
			"SLURM_ARRAY_TASK_ID=0, SLURM_ARRAY_TASK_COUNT=2, SLURM_ARRAY_TASK_MIN=1, SLURM_ARRAY_TASK_MAX=2" + holes},
		{"Slurm tasks 1 and 2 of 8, submitted again", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=2 VPCETRAIL_SHARDS=8",
			"SLURM_ARRAY_TASK_ID=1, SLURM_ARRAY_TASK_COUNT=2, SLURM_ARRAY_TASK_MIN=1, SLURM_ARRAY_TASK_MAX=2, VPCETRAIL_SHARDS=8" + differ},
		{"half of Slurm's", "SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT is not set: " + start},
		{"two that disagree", "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 JOB_COMPLETION_INDEX=0 VPCETRAIL_SHARDS=2",
			"AWS_BATCH_JOB_ARRAY_INDEX=1, AWS_BATCH_JOB_ARRAY_SIZE=2, JOB_COMPLETION_INDEX=0, VPCETRAIL_SHARDS=2" + differ},
		{"a good one beside a broken one", "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 JOB_COMPLETION_INDEX=1", "VPCETRAIL_SHARDS is not set: " + start},
	} {
		if got, want := readShard(t, "2026-11-20..2026-11-21", tc.environment), "--shard auto: "+tc.want; got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", tc.name, tc.environment, got, want)
		}
	}
}

// A part that starts after midnight must not read another day than the others.
func TestShardAutoNeedsAFixedDate(t *testing.T) {
	const want = "--shard auto: every part must have the same days: give --date a day or D..D, resolved once for all parts"
	for _, date := range []string{"", "yesterday", "all"} {
		if got := readShard(t, date, "JOB_COMPLETION_INDEX=0 VPCETRAIL_SHARDS=2"); got != want {
			t.Errorf("--date %q: %s", date, got)
		}
	}
}

func TestNamesOfParts(t *testing.T) {
	if got, err := InPart("s3://b/parts/{shard}", list.Shard{Number: 3, Of: 16}); got != "s3://b/parts/3" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	const want = "--out parts/{shard}: {shard} is the number of a part: give --shard too, or another name"
	if _, err := InPart("parts/{shard}", list.Shard{}); err == nil || err.Error() != want {
		t.Errorf("without --shard: %v", err)
	}
}

// What bash makes of the braces: bash -c 'echo …'.
func TestReportsInBraces(t *testing.T) {
	for reports, want := range map[string]string{
		"a b": "a b", "s3://b/p/{1..3} x": "s3://b/p/1 s3://b/p/2 s3://b/p/3 x", "{9..11}/y": "9/y 10/y 11/y", "{7..7}": "7",
		"{2..1}": "2 1", "{01..03}": "01 02 03", "{8..010}": "008 009 010", "{0..1}": "0 1", "{00..1}": "00 01", "{010..8}": "010 009 008",
		"{1..2}/{2..1}": "1/2 1/1 2/2 2/1", "{a..c} {1..}": "{a..c} {1..}",
	} {
		if got, err := InParts(strings.Fields(reports)); strings.Join(got, " ") != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", reports, got, err, want)
		}
	}
	for _, reports := range []string{"{0..10000}", "{99999..1}", "{1..200}/{1..200}", "{1..9999}/{1..9999}/{1..9999}"} {
		if _, err := InParts([]string{reports}); err == nil || err.Error() != "more than 10000 REPORTs: name fewer" {
			t.Errorf("%s: %v", reports, err)
		}
	}
}
