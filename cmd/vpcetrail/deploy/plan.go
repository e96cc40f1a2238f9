package deploy

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

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
	Trail  bool   // a SOURCE is read: a day without a line of other sources is quiet, one without calls is missing
	Out    string // the report
	MiB    int    // memory of a container
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
	keptFlags   = []string{"expected-out-owner", "sse", "kms-key-id"} // how the report is stored in S3
	writeFlags  = append(slices.Clone(keptFlags), "memory")
)

// newPlan makes the plan from the checked flags of analyze.
func newPlan(f *flagsGiven, set *pflag.FlagSet, sources []string) (*plan, error) {
	g := given{set}
	if err := f.checkNightly(g, sources); err != nil {
		return nil, err
	}
	p := &plan{Trail: len(sources) > 0, Out: g.text("out"), Key: cmp.Or(f.reportKey, g.text("kms-key-id"))}
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
		p.add("metrics", 0, append(g.some("regions"), p.asReport(g, file)...), "-o="+file, "--yes", "--quiet", "--incomplete-ok")
	}
	p.report(f, g, sources, analyze)
	if f.notify != "" {
		args := append([]string{p.Out, "--to=" + f.notify}, g.some(keptFlags...)...)
		if f.textfile != "" {
			args = append(args, "-o="+f.textfile)
		}
		p.add("notify", 0, append(args, g.some("bus")...), "--incomplete-ok")
	}
	p.Rights = rightsFor(f, g, p, sources)
	return p, f.checkPlan(p)
}

// report adds the steps that publish the report.
func (p *plan) report(f *flagsGiven, g given, sources, analyze []string) {
	out := []string{"--out=" + p.Out, "--quiet", "--incomplete-ok"}
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
	parts := below(p.Out, partsFolder)
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
		files = []string{below(p.Out, "_state/"+name+".json")}
	case 1:
	default:
		return nil, fmt.Errorf("--%s: name one file beside aws: the job keeps what AWS answers each night in it", name)
	}
	sources = slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return strings.HasPrefix(s, list.LookupScheme) })
	kept := p.asReport(g, files[0])
	p.add(name, 0, slices.Concat(sources, g.some(readFlags...), kept), "--"+name+"="+joined([]string{files[0], live}), "-o="+files[0], "--quiet", "--incomplete-ok")
	p.Before = append(p.Before, step{Name: name, Args: slices.Concat([]string{name, "--" + name + "=" + live, "-o=" + files[0]}, g.some("regions"), kept)})
	return files, nil
}

// asReport returns the flags with which a file in the bucket of the report is stored as the report is. They say
// nothing about another bucket.
func (p *plan) asReport(g given, file string) []string {
	reports, _ := store.SplitURL(p.Out)
	if bucket, _ := store.SplitURL(file); !list.IsS3(file) || bucket != reports {
		return nil
	}
	return g.some(keptFlags...)
}

// below returns the name of something below a report.
func below(out, name string) string { return strings.TrimRight(out, "/") + "/" + name }

// given are flags as given on the command line.
type given struct{ set *pflag.FlagSet }

// list returns the values of a flag, of no flag, or of one that is not there.
func (g given) list(name string) []string {
	flag := g.set.Lookup(name)
	switch {
	case flag == nil || !flag.Changed:
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
