package flags

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/ingest/source/list"
)

// A Shard is the flag --shard as given: one of N parts, such as 3/16, or auto.
type Shard struct {
	part list.Shard
	auto bool
	date func() string // the value of the command's flag --date
}

// auto is the value of --shard that means the variables of the scheduler.
const auto = "auto"

// Register adds the flag to a command, which has a flag --date too.
func (f *Shard) Register(cmd *cobra.Command, usage string) {
	set := cmd.Flags()
	set.Var(f, "shard", usage)
	f.date = func() string { return set.Lookup("date").Value.String() }
	CompleteWords(cmd, "shard", auto)
}

// Type returns what help calls the value.
func (f *Shard) Type() string { return "shard" }

// String returns the value as Set reads it.
func (f *Shard) String() string {
	if f.auto {
		return auto
	}
	return f.part.String()
}

// Set reads I/N or auto.
func (f *Shard) Set(text string) error {
	if text == auto {
		f.part, f.auto = list.Shard{}, true
		return nil
	}
	number, of, _ := strings.Cut(text, "/")
	i, err := strconv.ParseUint(number, 10, 16)
	n, errOf := strconv.ParseUint(of, 10, 16)
	if err != nil || errOf != nil || i < 1 || i > n || n > list.MaxShards {
		return fmt.Errorf("want I/N, such as 3/16, of at most %d, or auto", list.MaxShards)
	}
	f.part, f.auto = list.Shard{Number: int(i), Of: int(n)}, false
	return nil
}

// Part returns the part. For auto it reads the variables of the scheduler, and also
// returns a line that says which. All parts must have the same days, whenever each of
// them starts. So auto needs a --date that does not depend on the clock.
func (f *Shard) Part() (part list.Shard, read string, err error) {
	if !f.auto {
		return f.part, "", nil
	}
	if date := f.date(); date == "" || slices.Contains(DateWords, date) {
		return part, "", errors.New("--shard auto: every part must have the same days: give --date a day or D..D, resolved once for all parts")
	}
	part, variables, err := scheduledPart()
	if err != nil {
		return part, "", fmt.Errorf("--shard auto: %w", err)
	}
	return part, fmt.Sprintf("--shard auto: part %s, from %s", part, variables), nil
}

// InPart returns DEST with the part's number in place of {shard}. A job in an image
// has no shell that would do so.
func InPart(dest string, part list.Shard) (string, error) {
	const word = "{shard}"
	if part.Of == 0 && strings.Contains(dest, word) {
		return "", fmt.Errorf("--out %s: %s is the number of a part: give --shard too, or another name", dest, word)
	}
	return strings.ReplaceAll(dest, word, strconv.Itoa(part.Number)), nil
}

var braces = regexp.MustCompile(`\{([0-9]{1,5})\.\.([0-9]{1,5})\}`)

// InParts returns REPORTs with each {1..16} expanded as bash does: {08..10} is 08, 09
// and 10, and {3..1} counts down.
func InParts(reports []string) (all []string, err error) {
	for _, name := range reports {
		at := braces.FindStringSubmatchIndex(name)
		if at == nil {
			all = append(all, name)
			continue
		}
		from, to := name[at[2]:at[3]], name[at[4]:at[5]]
		width := 0
		if padded(from) || padded(to) {
			width = max(len(from), len(to))
		}
		n, _ := strconv.Atoi(from)
		last, _ := strconv.Atoi(to)
		step := cmp.Compare(last, n)
		for more := true; more && len(all) <= list.MaxShards; n += step {
			expanded, err := InParts([]string{fmt.Sprintf("%s%0*d%s", name[:at[0]], width, n, name[at[1]:])})
			if err != nil {
				return nil, err
			}
			all, more = append(all, expanded...), n != last
		}
	}
	if len(all) > list.MaxShards {
		return nil, fmt.Errorf("more than %d REPORTs: name fewer", list.MaxShards)
	}
	return all, nil
}

// padded reports whether a number starts with a zero that bash keeps.
func padded(number string) bool { return len(number) > 1 && number[0] == '0' }

// The variables that schedulers give to each part of a job.
const (
	batchIndex, batchSize        = "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"
	kubernetesIndex              = "JOB_COMPLETION_INDEX"
	slurmTask, slurmCount        = "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"
	slurmFirst, slurmLast        = "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"
	totalOfParts                 = "VPCETRAIL_SHARDS" // ours: Kubernetes gives no total
	wantedArray, wantedScheduler = "want an array 0-(N-1) or 1-N without holes", "start the command as an array job of AWS Batch or Slurm, or as an Indexed Job of Kubernetes with " + totalOfParts + ", or give --shard I/N"
)

// scheduledPart returns the part that the variables of the schedulers give, and the
// variables. It refuses those that contradict each other.
func scheduledPart() (list.Shard, string, error) {
	env := variables{}
	var part list.Shard
	for _, read := range []func(*variables) list.Shard{readBatch, readKubernetes, readSlurm} {
		next := read(&env)
		if part.Of > 0 && next.Of > 0 && next != part {
			env.contradict()
		}
		if next.Of > 0 {
			part = next
		}
	}
	if part.Of > 0 && isSet(totalOfParts) && env.number(totalOfParts) != part.Of {
		env.contradict()
	}
	if env.err == nil && part.Of == 0 {
		env.err = errors.New("no variable of a scheduler is set: " + wantedScheduler)
	}
	return part, env.String(), env.err
}

func readBatch(env *variables) list.Shard {
	if !isSet(batchIndex) && !isSet(batchSize) {
		return list.Shard{}
	}
	return env.part(env.number(batchIndex), env.number(batchSize))
}

func readKubernetes(env *variables) list.Shard {
	if !isSet(kubernetesIndex) {
		return list.Shard{}
	}
	return env.part(env.number(kubernetesIndex), env.number(totalOfParts))
}

// readSlurm reads an array whose task ids the user chose. Of an array of some tasks of
// another, such as those that failed, it would make wrong parts.
func readSlurm(env *variables) list.Shard {
	if !slices.ContainsFunc([]string{slurmTask, slurmCount, slurmFirst, slurmLast}, isSet) {
		return list.Shard{}
	}
	task, count, first, last := env.number(slurmTask), env.number(slurmCount), env.number(slurmFirst), env.number(slurmLast)
	if env.err == nil && (first > 1 || last-first+1 != count || task < first) {
		env.err = fmt.Errorf("%s: %s", env, wantedArray)
	}
	return env.part(task-first, count)
}

// variables reads variables of the environment, up to the first error.
type variables struct {
	read []string
	err  error
}

func isSet(name string) bool {
	_, ok := os.LookupEnv(name)
	return ok
}

// number returns the value of a variable that must be set.
func (v *variables) number(name string) int {
	text, ok := os.LookupEnv(name)
	n, err := strconv.ParseUint(text, 10, 31)
	switch given := name + "=" + text; {
	case v.err != nil:
	case !ok:
		v.err = fmt.Errorf("%s is not set: %s", name, wantedScheduler)
	case err != nil:
		v.err = fmt.Errorf("%s: want a number", strconv.Quote(given))
	case !slices.Contains(v.read, given):
		v.read = append(v.read, given)
	}
	return int(n)
}

// part returns the part with an index that counts from 0.
func (v *variables) part(index, of int) list.Shard {
	if v.err == nil && (of < 1 || of > list.MaxShards || index >= of) {
		v.err = fmt.Errorf("%s: want an index from 0 to N-1 and a total N of at most %d", v, list.MaxShards)
	}
	if v.err != nil {
		return list.Shard{}
	}
	return list.Shard{Number: index + 1, Of: of}
}

func (v *variables) contradict() {
	if v.err == nil {
		v.err = fmt.Errorf("%s contradict each other: unset those of the other job, or give --shard I/N", v)
	}
}

// String returns the variables that were read, with their values.
func (v *variables) String() string { return strings.Join(v.read, ", ") }
