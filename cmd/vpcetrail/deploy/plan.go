package deploy

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// theDay is the argument of a step that each target replaces by the day of the night.
const theDay = "{day}"

// live is the value of --endpoints and --network that means AWS itself.
const live = "aws"

// A step is one command line of vpcetrail.
type step struct {
	Name string // a DNS label
	Args []string
	In   int // the parts that it runs in; 0: once, as a whole
}

// A plan is what runs each night, and what it needs.
type plan struct {
	Steps  []step
	Before []step // to run once, before the first night
	Rights []right
	Key    string // encrypts the report's bucket by default; "": the default of S3
	out    string // the report
}

// The flags of analyze by what deploy makes of their values. A flag in none of these is passed
// to analyze as it is.
var (
	fileFlags   = []string{"networks", "ip-ranges", "keys", "metrics", "prices"}                      // each names a file to read
	sourceFlags = []string{"access-logs", "resolver-logs"}                                            // each names places to list and read
	ownFlags    = []string{"date", "shard", "out", "endpoints", "network", "restate"}                 // deploy writes them
	notNightly  = []string{"shard", "mergeable", "cpu-profile", "replace-incomplete", "restate-only"} // deploy refuses them
	always      = []string{"quiet", "incomplete-ok"}                                                  // each command has them
	readFlags   = []string{"lateness", "accounts", "exclude-accounts", "regions", "requester-pays", "expected-source-owner", "own-accounts"}
	writeFlags  = []string{"expected-out-owner", "sse", "kms-key-id", "memory"}
)

// newPlan makes the plan from the checked flags of analyze.
func newPlan(f *flagsGiven, set *pflag.FlagSet, sources []string) (*plan, error) {
	g := given{set}
	if err := f.checkNightly(g, sources); err != nil {
		return nil, err
	}
	p := &plan{out: g.text("out"), Key: cmp.Or(f.reportKey, g.text("kms-key-id"))}
	analyze := g.all(func(name string) bool { return slices.Contains(ownFlags, name) || slices.Contains(always, name) })
	for _, snapshot := range []string{"endpoints", "network"} {
		files, err := p.keep(g, snapshot, sources)
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			analyze = append(analyze, "--"+snapshot+"="+joined(files))
		}
	}
	if file := g.text("metrics"); file != "" {
		p.add("metrics", 0, g.some("regions"), "-o="+file, "--yes", "--quiet", "--incomplete-ok")
	}
	p.report(f, g, sources, analyze)
	if f.notify != "" {
		args := append([]string{p.out, "--to=" + f.notify}, g.some("expected-out-owner", "sse", "kms-key-id")...)
		if f.textfile != "" {
			args = append(args, "-o="+f.textfile)
		}
		if f.bus != "" {
			args = append(args, "--bus="+f.bus)
		}
		p.add("notify", 0, args, "--incomplete-ok")
	}
	p.Rights = rightsFor(f, g, p, sources)
	return p, f.checkPlan(p)
}

// checkPlan returns an error for a plan that cannot be printed, or would change the system.
func (f *flagsGiven) checkPlan(p *plan) error {
	for _, s := range slices.Concat(p.Steps, p.Before) {
		for _, arg := range s.Args {
			if strings.ContainsFunc(arg, unicode.IsControl) {
				return fmt.Errorf("%q: a line break would end the command that is printed: leave it out", arg)
			}
		}
	}
	for _, name := range append(p.kept(), p.out) {
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

// report adds the steps that publish the report.
func (p *plan) report(f *flagsGiven, g given, sources, analyze []string) {
	out := []string{"--out=" + p.out, "--quiet", "--incomplete-ok"}
	restate := g.some("restate")
	if f.Shards > 1 {
		p.reportInParts(f, g, sources, analyze, restate, out)
		return
	}
	if f.To == "systemd" && len(restate) == 0 && canRestate(sources) { // a machine may be off at night
		restate = []string{"--restate=30d"}
	}
	p.add("analyze", 0, slices.Concat(sources, analyze, restate), out...)
}

// reportInParts adds the steps that publish the report of a day. A part does not see all requests of
// the sources beside the trail, so these are read after the merge. A night that is repeated merges
// over a day that has them. The days before are restated in the same way: first from the trail, and
// only where it gained records, then from the sources beside it.
func (p *plan) reportInParts(f *flagsGiven, g given, sources, analyze, restate, out []string) {
	others := append(slices.Clone(sourceFlags), "metrics")
	beside := g.some(append(others, "prices")...)
	write, without := g.some(writeFlags...), []string(nil)
	for _, name := range others {
		if len(g.list(name)) > 0 {
			without = append(without, "--without="+name)
		}
	}
	analyze = slices.DeleteFunc(slices.Clone(analyze), func(arg string) bool { return slices.Contains(beside, arg) })
	parts := below(p.out, partsFolder)
	p.add("analyze", f.Shards, slices.Concat(sources, analyze), "--shard=auto", "--out="+parts+"{shard}", "--quiet", "--incomplete-ok")
	from := fmt.Sprintf("%s{1..%d}", parts, f.Shards)
	if f.MergeShards > 1 {
		p.add("merge", f.MergeShards, append([]string{from}, write...), "--shard=auto", "--out="+parts+"merge-{shard}", "--quiet", "--incomplete-ok").Name = "settle"
		from = fmt.Sprintf("%smerge-{1..%d}", parts, f.MergeShards)
	}
	p.add("merge", 0, slices.Concat([]string{from}, g.some("without"), without, write), out...)
	if len(restate) > 0 {
		p.add("analyze", 0, slices.Concat(sources, analyze, without, restate), append([]string{"--restate-only"}, out...)...).Name = "restate"
	}
	if len(beside) > 0 {
		p.add("analyze", 0, slices.Concat(beside, g.besideTrail(), restate), out...).Name = "others" // than the trail
	}
}

// partsFolder is where the parts of a job are, below the report.
const partsFolder = "_parts/"

// canRestate reports whether the sources can be listed again for days before.
func canRestate(sources []string) bool {
	return len(sources) > 0 && !slices.ContainsFunc(sources, func(s string) bool { return strings.HasPrefix(s, list.LookupScheme) })
}

// add adds a step for the day of the night. Its name is that of the command, unless the caller gives it another one.
func (p *plan) add(command string, parts int, args []string, more ...string) *step {
	p.Steps = append(p.Steps, step{command, slices.Concat([]string{command}, args, []string{"--date", theDay}, more), parts})
	return &p.Steps[len(p.Steps)-1]
}

// keep returns the files that analyze takes with --endpoints or --network. If AWS itself is
// to be asked, it adds the step that keeps the answers of all nights in one file: each part
// of a job needs the same answer, and yesterday's calls know endpoints that are gone today.
func (p *plan) keep(g given, name string, sources []string) ([]string, error) {
	files := g.list(name)
	if !slices.Contains(files, live) {
		return files, nil
	}
	files = slices.DeleteFunc(files, func(value string) bool { return value == live })
	switch len(files) {
	case 0:
		files = []string{below(p.out, "_state/"+name+".json")}
	case 1:
	default:
		return nil, fmt.Errorf("--%s: name one file beside aws: the job keeps what AWS answers each night in it", name)
	}
	sources = slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return strings.HasPrefix(s, list.LookupScheme) })
	p.add(name, 0, append(slices.Clone(sources), g.some(readFlags...)...), "--"+name+"="+joined([]string{files[0], live}), "-o="+files[0], "--quiet", "--incomplete-ok")
	p.Before = append(p.Before, step{Name: name, Args: append([]string{name, "--" + name + "=" + live, "-o=" + files[0]}, g.some("regions")...)})
	return files, nil
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

// below returns the name of something below a report.
func below(out, name string) string { return strings.TrimRight(out, "/") + "/" + name }

// given are flags as given on the command line.
type given struct{ set *pflag.FlagSet }

// list returns the values of a flag, of no flag, or of one that is not there.
func (g given) list(name string) []string {
	flag := g.set.Lookup(name)
	switch {
	case flag == nil || !flag.Changed && name != "out" && name != "date":
		return nil
	default:
		if values, ok := flag.Value.(pflag.SliceValue); ok {
			return slices.Clone(values.GetSlice())
		}
		return []string{flag.Value.String()}
	}
}

// text returns the value of a flag, "" if it is not given.
func (g given) text(name string) string { return strings.Join(g.list(name), ",") }

// all returns the given flags of analyze that are not left out, as arguments.
func (g given) all(without func(name string) bool) (args []string) {
	g.set.Visit(func(flag *pflag.Flag) {
		if !isOurs(flag) && !without(flag.Name) {
			args = append(args, arguments(flag)...)
		}
	})
	return args
}

// some returns those of the named flags that are given, as arguments.
func (g given) some(names ...string) (args []string) {
	for _, name := range names {
		if flag := g.set.Lookup(name); flag != nil && flag.Changed {
			args = append(args, arguments(flag)...)
		}
	}
	return args
}

// besideTrail returns the given flags that analyze takes without a trail, as arguments. It needs no
// --network: it uses the snapshot that the day keeps.
func (g given) besideTrail() []string {
	names := append(slices.Clone(writeFlags), "workers", "log-format", "requester-pays", "expected-source-owner")
	if len(g.some(sourceFlags...)) > 0 {
		names = append(names, "lateness")
	}
	if len(g.some("access-logs")) > 0 {
		names = append(names, "networks", "ip-ranges")
	}
	return g.some(names...)
}

// arguments returns a flag as it is written on a command line.
func arguments(flag *pflag.Flag) (args []string) {
	values, several := flag.Value.(pflag.SliceValue)
	switch {
	case flag.Value.Type() == "bool" && flag.Value.String() == "true":
		return []string{"--" + flag.Name}
	case !several:
		return []string{"--" + flag.Name + "=" + flag.Value.String()}
	case flag.Value.Type() == "stringSlice":
		return []string{"--" + flag.Name + "=" + joined(values.GetSlice())}
	}
	for _, value := range values.GetSlice() {
		args = append(args, "--"+flag.Name+"="+value)
	}
	return args
}

// joined returns values as a flag with several values takes them.
func joined(values []string) string {
	var line strings.Builder
	w := csv.NewWriter(&line)
	_ = w.Write(values) // into memory
	w.Flush()
	return strings.TrimRight(line.String(), "\n")
}
