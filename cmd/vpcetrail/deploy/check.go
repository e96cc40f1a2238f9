package deploy

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/notify"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
	"vpcetrail/report/grid"
	"vpcetrail/report/merge"
)

var (
	jobName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$`) // a DNS label, which a suffix may follow
	keyARNs = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	keys    = regexp.MustCompile(`^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/|alias/)?[A-Za-z0-9/_-]+$`)
	images  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)
)

// check checks the flags of deploy itself.
func (f *flagsGiven) check(set *pflag.FlagSet) (err error) {
	i := slices.Index(targetNames(), f.To)
	if i < 0 {
		return fmt.Errorf("--target %q: want %s", f.To, grid.OneOf(targetNames()))
	}
	f.target = targets[i]
	for _, of := range targetsOf {
		if set.Changed(of.flag) && !slices.Contains(of.targets, f.To) {
			return fmt.Errorf("--%s is for %s: leave it out for %s", of.flag, strings.Join(of.targets, ", "), f.To)
		}
	}
	f.Start, err = time.Parse("15:04", f.At)
	switch {
	case err != nil || f.Start.Hour() > 12 || f.Start.Hour() == 0 && f.Start.Minute() < 15:
		return fmt.Errorf("--at %q: want a time from 00:15 to 12:59 in UTC, such as 03:30: a run must end before midnight", f.At)
	case !jobName.MatchString(f.Name):
		return fmt.Errorf("--name %q: want up to 30 small letters, digits and hyphens, and a letter first", f.Name)
	case !jobName.MatchString(f.Namespace):
		return fmt.Errorf("--namespace %q: want up to 30 small letters, digits and hyphens, and a letter first", f.Namespace)
	case f.Shards < 1 || f.Shards > list.MaxShards:
		return fmt.Errorf("--shards %d: want 1 to %d", f.Shards, list.MaxShards)
	case f.Shards > 1 && !f.target.parts:
		return fmt.Errorf("--shards %d: target %s runs on one machine: choose batch, kubernetes or slurm", f.Shards, f.To)
	case f.MergeShards < 1 || f.MergeShards > merge.MaxJobs:
		return fmt.Errorf("--merge-shards %d: want 1 to %d", f.MergeShards, merge.MaxJobs)
	case f.MergeShards > 1 && f.Shards < 2, f.Kubectl != "" && f.Shards < 2:
		return errors.New("--merge-shards and --kubectl-image go with --shards: a job in one part has no merge")
	case f.target.inImage && f.Image == "":
		return fmt.Errorf("--image is missing: target %s runs an image of vpcetrail", f.To)
	case f.To == "kubernetes" && f.Shards > 1 && f.Kubectl == "":
		return errors.New("--kubectl-image is missing: with --shards, a pod with kubectl and a shell starts the jobs one after the other")
	case f.CPUs < 1:
		return fmt.Errorf("--cpus %d: want 1 or more", f.CPUs)
	case f.target.fargate && (f.Disk < 21 || f.Disk > 200):
		return fmt.Errorf("--disk %d: want 21 to 200 GiB", f.Disk)
	case f.Disk < 1:
		return fmt.Errorf("--disk %d: want 1 GiB or more", f.Disk)
	case f.role && f.target.fargate:
		return fmt.Errorf("--role: the template of target %s has the roles already", f.To)
	case f.role && f.explain:
		return errors.New("--role and --explain print different things: give one of the two")
	}
	for flag, name := range map[string]string{"image": f.Image, "kubectl-image": f.Kubectl} {
		if name != "" && !images.MatchString(name) {
			return fmt.Errorf("--%s %q: want the name of an image, such as registry.example/vpcetrail:1.0", flag, name)
		}
	}
	for _, flag := range []string{"report-key", "kms-key-id"} {
		if key := (given{set}).text(flag); key != "" && !keys.MatchString(key) {
			return fmt.Errorf("--%s %q: want the id, ARN or alias of a key, such as alias/reports", flag, key)
		}
	}
	for _, key := range f.trailKeys {
		if !keyARNs.MatchString(key) {
			return fmt.Errorf("--trail-key %q: want the ARN of a key, such as arn:aws:kms:eu-west-1:111122223333:key/ID", key)
		}
	}
	return f.checkNotify(set)
}

func (f *flagsGiven) checkNotify(set *pflag.FlagSet) error {
	switch {
	case f.notify != "" && !slices.Contains(notify.Targets, f.notify):
		return fmt.Errorf("--notify %q: want %s", f.notify, grid.OneOf(notify.Targets))
	case f.notify != notify.ToEventBridge && set.Changed("bus"):
		return errors.New("--bus is for --notify eventbridge alone")
	case f.notify != notify.ToTextFile && f.textfile != "":
		return errors.New("--textfile is for --notify textfile alone")
	case f.notify == notify.ToTextFile && f.target.inImage:
		return errors.New("--notify textfile: the job runs in an image, and no Prometheus reads its files: choose eventbridge or securityhub")
	case f.notify == notify.ToTextFile && f.textfile == "":
		return errors.New("--notify textfile needs --textfile FILE.prom")
	case f.textfile != "" && !strings.HasSuffix(f.textfile, ".prom"):
		return fmt.Errorf("--textfile %s: want a name that ends in .prom: node_exporter reads no others", printable(f.textfile))
	case list.IsS3(f.textfile):
		return fmt.Errorf("--textfile %s: node_exporter reads files of its machine: name one such as /var/lib/node_exporter/vpcetrail.prom", f.textfile)
	}
	return notify.CheckBus(f.bus)
}

// checkNightly returns an error for flags that analyze takes, but not every night.
func (f *flagsGiven) checkNightly(g given, sources []string) error {
	for _, name := range notNightly {
		if g.set.Changed(name) {
			return fmt.Errorf("--%s is not for a nightly job: leave it out%s", name, map[string]string{"shard": ", and give --shards N"}[name])
		}
	}
	switch date := g.text("date"); {
	case date != "yesterday":
		return fmt.Errorf("--date %s: a nightly job reports yesterday: leave --date out", date)
	case f.Shards > 1 && len(sources) == 0:
		return fmt.Errorf("--shards %d: only a trail is read in parts: name a SOURCE, or leave --shards out", f.Shards)
	case f.Shards > 1 && !canRestate(sources):
		return fmt.Errorf("--shards %d: nothing divides what lookup-events:// answers: name a trail in S3, or leave --shards out", f.Shards)
	case len(g.list("metrics")) > 1:
		return errors.New("--metrics: name one file: the job keeps what CloudWatch measured each night in it")
	case f.reportKey != "" && !list.IsS3(g.text("out")):
		return fmt.Errorf("--report-key goes with an --out in S3: %s is a directory", g.text("out"))
	}
	return f.checkFiles(g, sources)
}

// checkFiles returns an error for a file or directory that the job does not have or does not see,
// and for a name that a template would change.
func (f *flagsGiven) checkFiles(g given, sources []string) error {
	if slices.Contains(sources, "-") {
		return fmt.Errorf("-: a nightly job has no standard input: name s3://bucket/prefix, lookup-events://REGION or a directory")
	}
	named := map[string][]string{"SOURCE": sources, "--out": {g.text("out")}, "--textfile": {f.textfile}}
	for _, name := range slices.Concat(fileFlags, sourceFlags, []string{"endpoints", "network", "own-accounts"}) {
		named["--"+name] = slices.DeleteFunc(g.list(name), func(value string) bool {
			return value == live || name == "own-accounts" && endpoints.IsAccount([]byte(value))
		})
	}
	for _, flag := range slices.Sorted(maps.Keys(named)) {
		for _, name := range named[flag] {
			if err := f.target.checkName(name); err != nil {
				return fmt.Errorf("%s %s: %w", flag, printable(name), err)
			}
		}
	}
	return nil
}

// checkName checks the name of a SOURCE, a report or a file.
func (t *target) checkName(name string) error {
	inS3, local := list.IsS3(name), filepath.ToSlash(filepath.Clean(name))
	switch {
	case strings.ContainsFunc(name, unicode.IsControl), strings.ContainsAny(name, "{}"), inS3 && strings.ContainsAny(name, "*?"):
		return errors.New("*, ?, braces and line breaks have a meaning in what is printed: choose a name without them")
	case name == "" || strings.HasPrefix(name, list.LookupScheme), inS3:
	case t.inImage:
		return errors.New("a job in an image has no files: put it into S3, and name it s3://bucket/key")
	case !strings.HasPrefix(local, "/"):
		return errors.New("the job starts in another folder: name the path from the root, such as /srv/vpcetrail")
	case t.name == "systemd" && (store.Within(local, "/home") || store.Within(local, "/root")):
		return errors.New("the unit does not see /home and /root: choose a path such as /srv/vpcetrail")
	}
	return nil
}

// printable returns a name for a message of one line.
func printable(name string) string { return strings.Trim(strconv.Quote(name), `"`) }

// checkPlan returns an error for a plan that cannot be printed, or would change the system.
func (f *flagsGiven) checkPlan(p *plan) error {
	for _, s := range slices.Concat(p.Steps, p.Before) {
		for _, arg := range s.Args {
			if strings.ContainsFunc(arg, unicode.IsControl) {
				return fmt.Errorf("%q: a line break would end the command that is printed: leave it out", arg)
			}
		}
	}
	for _, name := range append(p.kept(), p.Out) {
		if f.To == "systemd" && !list.IsS3(name) && ofSystem(name) {
			return fmt.Errorf("%s: a folder of the system, which the unit does not write: choose a path such as /srv/vpcetrail", name)
		}
	}
	return nil
}

// ofSystem reports whether a path lies in a folder that the system has for itself.
func ofSystem(name string) bool {
	name = filepath.ToSlash(filepath.Clean(name))
	return name == "/" || slices.ContainsFunc(strings.Fields("/bin /boot /dev /efi /etc /lib /lib32 /lib64 /libx32 /proc /run /sbin /sys /usr /var/run"),
		func(folder string) bool { return store.Within(name, folder) })
}
