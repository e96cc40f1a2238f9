package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/table"
)

// analyzeFlags are the flags of analyze as given.
type analyzeFlags struct {
	flags.Read
	version       func() (string, error)
	out           string
	restate       flags.NumberOfDays
	restateOnly   bool
	kept          dest.S3Options
	replacing     flags.Replace
	workers       int
	memory        memory.Size
	natPrice      float64
	shard         flags.Shard
	mergeable     bool
	verify        string
	digests       flags.Digests
	witness       witnessFlags
	sha256, quiet bool
	logFormat     string
	formats       []string
	cpuProfile    string
	set           *pflag.FlagSet
}

// NewAnalyze returns the command.
func NewAnalyze(version func() (string, error)) *cobra.Command {
	f := analyzeFlags{version: version, memory: 1 << 30}
	cmd := &cobra.Command{
		Use:   "analyze SOURCE... --out DEST",
		Short: "Read a trail, decide the route of each call, and publish the report",
		Long: `analyze reads CloudTrail logs, decides for each API call by which route it reached AWS, and publishes
the report in DEST, a directory or s3://bucket/prefix. A report has one file for each table and day.

SOURCE is s3://bucket/prefix, a directory, a file, - for standard input, or lookup-events://REGION for
the last 90 days of CloudTrail's event history.

A run replaces a published day only as a whole, and never by a worse one. If the run reads fewer of
the objects that the day counts, or lacks an optional input that the day was made with, such as
--endpoints, then the published day stays and the exit status is 1. --replace-incomplete and --without
replace the day anyway. analyze must be allowed to list and read DEST for this check.

Two runs cannot publish the same day at once: each locks its days. An S3 store without conditional
writes has no locks; analyze then prints a warning.

CloudTrail delivers some calls after the end of their day. analyze also reads the folders of the next
days, as far as --lateness says. --restate finds calls that arrived even later: it lists the last days
again and recomputes those that gained records. It begins with the first of these days that the report
has. It does not publish days before that one: run analyze with --date FROM..TO for them.`,
		Example: `  vpcetrail analyze fixtures/demo --out out
  vpcetrail analyze s3://org-trail --out s3://audit-reports/vpcetrail --date yesterday --restate 30d
  aws ec2 describe-vpc-endpoints > endpoints.json
  vpcetrail analyze s3://org-trail/AWSLogs --out out --date 2026-11-01..2026-11-20 --endpoints endpoints.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			terminal.IfInterrupted(cmd.Context(), terminal.ErrNothingPublished)
			stop, err := profileCPU(f.cpuProfile)
			if err != nil {
				return err
			}
			defer stop()
			job, err := f.job(cmd.Context(), args, time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			if job.Run.Version, err = f.version(); err != nil {
				return err
			}
			return job.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().SortFlags = false
	f.register(cmd)
	return flags.IncompleteOK(cmd)
}

// RegisterAnalyze adds the flags of analyze to a command that writes its command lines.
// check checks them as analyze does, but reads no file.
func RegisterAnalyze(cmd *cobra.Command) (check func(sources []string, now time.Time) error) {
	f := analyzeFlags{memory: 1 << 30}
	f.register(cmd)
	return f.check
}

// register adds the flags to a command.
func (f *analyzeFlags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	f.set = set
	set.StringVar(&f.out, "out", "", "publish the report in `DEST`, a directory or s3://bucket/prefix; {shard} is the number of the part (required)")
	set.StringSliceVar(&f.formats, "format", []string{report.Parquet}, "file `FORMATS`: parquet, or parquet,arrow to add Arrow IPC files in DEST/_arrow")
	set.Float64Var(&f.natPrice, "nat-price", 0.045, "`PRICE` of a GB (2^30 bytes) through a NAT gateway in US dollars, for finding detour_cost")
	set.BoolVar(&f.sha256, "sha256", false, "write the SHA-256 of each uncompressed log into table objects")
	flags.RegisterKept(cmd, &f.kept)
	f.Register(cmd, "report")
	f.RegisterNetwork(cmd)
	f.RegisterNetworks(cmd)
	f.RegisterRanges(cmd)
	set.Var(&f.restate, "restate", "also list the last `DAYS` again, such as 30d, and recompute those that gained records")
	set.BoolVar(&f.restateOnly, "restate-only", false, "do not read the days of --date, which a merge has published: only restate the days before them")
	f.replacing.Register(cmd)
	set.StringVar(&f.verify, "verify", "", "check each log against CloudTrail's digests; if a log is not valid, `MODE` report ends with status 4, and require publishes nothing")
	f.digests.Register(cmd, allowedUnchecked)
	f.witness.register(cmd)
	f.shard.Register(cmd, "read only this `PART` of the trail, such as 3/16, and keep what merge needs; auto reads the part from the variables of AWS Batch, Kubernetes or Slurm")
	set.BoolVar(&f.mergeable, "mergeable", false, "keep what merge needs to join this report with others")
	set.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "`NUMBER` of objects to read at once")
	set.Lookup("workers").DefValue = "one per CPU" // help and manual do not depend on the machine
	set.Var(&f.memory, "memory", "maximum memory `SIZE`; the rest goes to temporary files in TMPDIR")
	set.BoolVar(&f.quiet, "quiet", false, "do not print progress and the summary")
	set.StringVar(&f.logFormat, "log-format", "text", "`FORMAT` of progress, problems and errors on standard error: text, or json with one object per line")
	set.StringVar(&f.cpuProfile, "cpu-profile", "", "write a CPU profile of the whole run into this file")
	_ = set.MarkHidden("cpu-profile")
	flags.Heading(cmd, "out", "The report")
	flags.Heading(cmd, "restate", "Published days")
	flags.Heading(cmd, "verify", "Digests")
	flags.Heading(cmd, "shard", "Several machines")
	flags.Heading(cmd, "workers", "Other flags")
	flags.CompleteLists(cmd, "format", report.Parquet, report.Arrow)
	flags.CompleteWords(cmd, "log-format", "text", "json")
	flags.CompleteWords(cmd, "verify", analyze.VerifyReport, analyze.VerifyRequire)
}

// check checks the flags. It reads no file.
func (f *analyzeFlags) check(sources []string, now time.Time) error {
	f.Beside = f.witness.sources()
	if len(sources) == 0 && !f.witness.isGiven() {
		return errors.New("analyze needs a SOURCE: s3://bucket/prefix, lookup-events://REGION, a directory, a file, or -")
	}
	if f.out == "" {
		return errors.New("--out is missing: name a directory or s3://bucket/prefix for the report")
	}
	window, err := f.Check(sources, now)
	switch {
	case err != nil:
		return err
	case f.workers < 1:
		return fmt.Errorf("--workers %d: want at least 1", f.workers)
	case f.memory < memory.Least:
		return fmt.Errorf("--memory %s: want at least %d MiB", &f.memory, memory.Least>>20)
	case !(f.natPrice >= 0 && f.natPrice <= 1e6): // nor is NaN
		return fmt.Errorf("--nat-price %v: want US dollars a GB, 0 or more", f.natPrice)
	case f.restate > 0 && window.IsAll():
		return errors.New("--restate goes back from a day: give --date yesterday, a day or D..D")
	case f.restate > 0 && slices.Contains(sources, "-"):
		return errors.New("--restate needs sources that can be read again: - cannot")
	case f.restateOnly && (f.restate == 0 || len(sources) == 0):
		return errors.New("--restate-only goes with a SOURCE and --restate DAYS")
	case f.logFormat != "text" && f.logFormat != "json":
		return fmt.Errorf("--log-format %q: want text or json", f.logFormat)
	}
	if len(sources) == 0 {
		if err := f.checkAlone(); err != nil {
			return err
		}
	}
	inputs := f.witness.given()
	inputs["endpoints"], inputs["network"], inputs["networks"], inputs["verify"] = len(f.Endpoints) > 0, len(f.Network) > 0, f.Networks != "", f.verify != ""
	return cmp.Or(f.checkFormats(), f.checkSources(sources), f.witness.check(f.out, f.mergeable || f.shard.String() != ""),
		flags.CheckAccounts("--expected-out-owner", flags.NonEmpty(f.kept.BucketOwner)),
		dest.Check(f.out, f.kept), f.checkVerify(sources),
		f.replacing.Check(inputs))
}

// job checks the flags and reads the files that they name.
func (f *analyzeFlags) job(ctx context.Context, sources []string, now time.Time) (*analyzeJob, error) {
	if err := f.check(sources, now); err != nil {
		return nil, err
	}
	part, read, err := f.shard.Part()
	if err != nil {
		return nil, err
	}
	out, err := flags.InPart(f.out, part)
	if err != nil {
		return nil, err
	}
	given, err := f.Input(ctx, sources, now)
	if err != nil {
		return nil, err
	}
	j := &analyzeJob{Input: given, shardFrom: read, out: out, keeping: f.kept, memory: f.memory.Plan(), quiet: f.quiet, json: f.logFormat == "json", restateOnly: f.restateOnly}
	j.Input.Reading.MaxBytes = j.memory.Fetched
	j.Input.Selection.Shard = part
	j.Input.Selection.Whole = f.verify != "" // logs go with their digests
	j.Publication = analyze.Publication{
		Job: analyze.Job{
			Window: given.Selection.Window, Lateness: max(given.Selection.Lateness, 0),
			Ranges: given.Ranges, OwnAccounts: given.Own, Network: given.Network, Networks: given.Networks, NATPrice: f.natPrice,
			Workers: f.workers, Memory: analyze.Memory{Counting: j.memory.Counting, Report: j.memory.Report}, SHA256: f.sha256,
		},
		Sources: sources, Selection: given.Selection, Reading: given.Reading,
		Replacing: f.replacing.Allowed(), Before: int(f.restate), Mergeable: f.mergeable || part.Of > 0,
		Run: report.Run{
			Sources: flags.Sorted(sources), Window: given.Selection.Window.String(), Lateness: f.Lateness.String(),
			Accounts: flags.Sorted(f.Accounts), ExcludeAccounts: flags.Sorted(f.Excluded), Regions: flags.Sorted(f.Regions), OwnAccounts: flags.Sorted(given.Own),
			Shard: part.String(), EndpointsFrom: flags.Sorted(f.Endpoints), IPRanges: given.Ranges.Date, NATPrice: f.natPrice,
		},
	}
	if j.Job.Witnesses, err = f.witness.witnesses(ctx, given); err != nil {
		return nil, err
	}
	if f.verify != "" {
		j.Verification = &analyze.Verification{Mode: f.verify}
		if j.Verification.Keys, j.Verification.Moved, j.Verification.Allow, err = f.digests.Read(ctx, allowedUnchecked); err != nil {
			return nil, err
		}
	}
	if slices.Contains(f.formats, report.Arrow) {
		j.Run.Formats = []string{report.Parquet, report.Arrow}
	}
	return j, nil
}

// allowedUnchecked are the statuses that --allow takes.
var allowedUnchecked = []string{string(digest.Pending), string(digest.UncoveredKind)}

// checkVerify checks --verify and the flags that go with it.
func (f *analyzeFlags) checkVerify(sources []string) error {
	_, _, err := f.digests.Check(allowedUnchecked)
	switch {
	case err != nil:
		return err
	case f.verify == "" && f.digests.Given():
		return errors.New("--keys, --moved and --allow go with --verify: give --verify=report or --verify=require")
	case f.verify == "":
		return nil
	case len(sources) == 0:
		return errors.New("--verify checks the logs of a trail: name a SOURCE")
	case f.verify != analyze.VerifyReport && f.verify != analyze.VerifyRequire:
		return fmt.Errorf("--verify %q: want report or require", f.verify)
	}
	for _, s := range sources {
		if s == "-" || strings.HasPrefix(s, list.LookupScheme) {
			return fmt.Errorf("--verify: %s has no digests: name s3://bucket/prefix or a directory", s)
		}
	}
	return nil
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

// profileCPU starts a CPU profile that is written to the named file, and stop ends it.
// With "" it does nothing.
func profileCPU(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("--cpu-profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("--cpu-profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}
