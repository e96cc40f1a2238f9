package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// analyzeFlags are the flags of analyze as given.
type analyzeFlags struct {
	readFlags
	out           string
	restate       daysFlag
	kept          dest.S3Options
	replacing     replaceFlags
	workers       int
	memory        memory.Size
	natPrice      float64
	shard         shardFlag
	mergeable     bool
	sha256, quiet bool
	logFormat     string
	formats       []string
	cpuProfile    string
}

func newAnalyze() *cobra.Command {
	f := analyzeFlags{memory: 1 << 30}
	cmd := &cobra.Command{
		Use:   "analyze SOURCE... --out DEST",
		Short: "Read a trail, decide each call's route, publish the counts as Parquet",
		Long: `analyze reads the CloudTrail objects of each SOURCE (s3://bucket/prefix, a directory, a file, - for
standard input, or lookup-events://REGION for the last 90 days as CloudTrail's API tells them), decides
for every API call by which route it reached AWS, and publishes one partition a day and table in DEST
(a directory or s3://bucket/prefix). A day is replaced as a whole. Let no two runs publish in the same DEST
at once: a directory refuses the second, an S3 prefix does not.

A day that is published stays as it is, and nothing is published, with status 1, where the run would count fewer of the
objects that the day counts, as when reading them is refused tonight, or lacks an optional input that the day was made
with, such as --endpoints. --replace-incomplete and --without replace it all the same. So analyze must be allowed to read
DEST: a role that may only write fails, since without s3:ListBucket S3 answers 403 for a file that is not there, too.

A day's calls are read from the folders of that day and, for late delivery, of the days after it that
--lateness reaches into. Records that come later still are counted once a run with --restate finds them: it lists
the recent days again, and makes anew, whole, those of which the trail now holds more than the report.`,
		Example: `  vpcetrail analyze fixtures/demo --out out
  vpcetrail analyze s3://org-trail --out s3://audit-reports/vpcetrail --date yesterday --restate 30d
  aws ec2 describe-vpc-endpoints > endpoints.json
  vpcetrail analyze s3://org-trail/AWSLogs --out out --date 2026-11-01..2026-11-20 --endpoints endpoints.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			interruptionOf(cmd.Context()).say(errInterrupted)
			stop, err := profileCPU(f.cpuProfile)
			if err != nil {
				return err
			}
			defer stop()
			job, err := f.job(args, time.Now())
			return runJob(cmd, job, err)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.out, "out", "", "where the report is kept: a directory or s3://bucket/prefix (required)")
	f.register(cmd, "report")
	f.registerRanges(cmd)
	flags.Var(&f.restate, "restate", "look so many days back, such as 30d, and restate the days that the trail has outgrown since")
	f.replacing.register(cmd)
	flags.Float64Var(&f.natPrice, "nat-price", 0.045, "US dollars that a NAT gateway takes a GB (2^30 bytes), for finding detour_cost")
	flags.StringSliceVar(&f.formats, "format", []string{report.Parquet}, "how tables are written: parquet, or parquet,arrow for Arrow IPC files too, below OUT/_arrow")
	flags.BoolVar(&f.sha256, "sha256", false, "digest every uncompressed log into table objects")
	flags.Var(&f.shard, "shard", "read one of N parts of the trail, such as 3/16, whole accounts and Regions in each; keeps what merge needs")
	flags.BoolVar(&f.mergeable, "mergeable", false, "keep beside the report what merge needs to join it with reports of other inputs")
	registerKept(cmd, &f.kept)
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "objects read at once")
	flags.Lookup("workers").DefValue = "one a CPU" // help and manual do not depend on the machine
	flags.Var(&f.memory, "memory", "most memory to take; what needs more goes to temporary files (in TMPDIR)")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress and no summary")
	flags.StringVar(&f.logFormat, "log-format", "text", "progress, problems and errors on standard error: text, or json, one object a line")
	flags.StringVar(&f.cpuProfile, "cpu-profile", "", "write a CPU profile of the whole run into this file")
	_ = flags.MarkHidden("cpu-profile")
	completeLists(cmd, "format", report.Parquet, report.Arrow)
	completeWords(cmd, "log-format", "text", "json")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *analyzeFlags) job(sources []string, now time.Time) (*analyzeJob, error) {
	if len(sources) == 0 {
		return nil, errors.New("analyze needs a SOURCE: s3://bucket/prefix, lookup-events://REGION, a directory, a file, or -")
	}
	if f.out == "" {
		return nil, errors.New("--out is missing: name a directory or s3://bucket/prefix for the report")
	}
	given, err := f.input(sources, now)
	if err != nil {
		return nil, err
	}
	switch window := given.selection.Window; {
	case f.workers < 1:
		return nil, fmt.Errorf("--workers %d: want at least 1", f.workers)
	case f.memory < memory.Least:
		return nil, fmt.Errorf("--memory %s: want at least %d MiB", &f.memory, memory.Least>>20)
	case !(f.natPrice >= 0 && f.natPrice <= 1e6): // nor is NaN
		return nil, fmt.Errorf("--nat-price %v: want US dollars a GB, 0 or more", f.natPrice)
	case f.restate > 0 && window.IsAll():
		return nil, errors.New("--restate goes back from a day: give --date yesterday, a day or D..D")
	case f.restate > 0 && slices.Contains(sources, "-"):
		return nil, errors.New("--restate needs sources that can be read again: - cannot")
	case f.logFormat != "text" && f.logFormat != "json":
		return nil, fmt.Errorf("--log-format %q: want text or json", f.logFormat)
	}
	if err := f.checkFormats(); err != nil {
		return nil, err
	}
	if err := f.checkSources(sources); err != nil {
		return nil, err
	}
	if err := checkAccounts("--expected-out-owner", nonEmpty(f.kept.BucketOwner)); err != nil {
		return nil, err
	}
	if err := f.replacing.check(map[string]bool{"endpoints": len(f.endpoints) > 0}); err != nil {
		return nil, err
	}
	j := &analyzeJob{input: given, out: f.out, keeping: f.kept, workers: f.workers, sha256: f.sha256, quiet: f.quiet, json: f.logFormat == "json"}
	j.replacing = f.replacing.allowed()
	j.restate, j.memory = int(f.restate), f.memory.Plan()
	j.selection.Shard, j.mergeable = list.Shard(f.shard), f.mergeable || f.shard.Of > 0
	j.plan = report.Run{
		Version: version, Sources: sorted(sources), Window: given.selection.Window.String(), Lateness: f.lateness.String(),
		Accounts: sorted(f.accounts), ExcludeAccounts: sorted(f.excluded), Regions: sorted(f.regions), OwnAccounts: sorted(given.own),
		Shard: f.shard.String(), EndpointsFrom: sorted(f.endpoints), IPRanges: given.ranges.Date, NATPrice: f.natPrice,
	}
	if slices.Contains(f.formats, report.Arrow) {
		j.plan.Formats = []string{report.Parquet, report.Arrow}
	}
	return j, nil
}

// checkFormats checks --format.
func (f *analyzeFlags) checkFormats() error {
	for _, format := range f.formats {
		if format != report.Parquet && format != report.Arrow {
			return fmt.Errorf("--format %q: want parquet, or parquet,arrow", format)
		}
	}
	if !slices.Contains(f.formats, report.Parquet) {
		return errors.New("--format lacks parquet, which reports are read in: want parquet, or parquet,arrow")
	}
	return nil
}

// checkSources checks the sources against --out and --restate, by their names.
func (f *analyzeFlags) checkSources(sources []string) error {
	for _, s := range sources {
		if f.restate > 0 && strings.HasPrefix(s, list.LookupScheme) {
			return fmt.Errorf("--restate compares listings, and %s has none: run its days again by --date", s)
		}
		// To the listing all tables' folders are alike. It grows with each day that is
		// published.
		if list.Lists(s, f.out, table.Traffic.Name) {
			return fmt.Errorf("--out %s: lies inside SOURCE %s and would be listed with it: "+
				"name the trail's own folder as SOURCE, such as AWSLogs, or choose another --out", f.out, s)
		}
	}
	return nil
}

func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
