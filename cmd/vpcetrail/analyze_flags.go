package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// analyzeFlags are the flags of analyze as given.
type analyzeFlags struct {
	command                string // that the flags are given to
	out, date              string
	lateness               time.Duration
	restate                daysFlag
	endpoints, ipRanges    string
	own, accounts, regions []string
	excluded               []string
	requesterPays          bool
	sourceOwner            string
	kept                   dest.S3Options
	workers                int
	memory                 memoryFlag
	sha256, quiet          bool
	logFormat              string
}

func newAnalyze() *cobra.Command {
	f := analyzeFlags{command: "analyze"}
	cmd := &cobra.Command{
		Use:   "analyze SOURCE... --out DEST",
		Short: "Read a trail, decide each call's route, publish the counts as Parquet",
		Long: `analyze reads the CloudTrail objects of each SOURCE (s3://bucket/prefix, a directory, a file, - for
standard input, or lookup-events://REGION for the last 90 days as CloudTrail's API tells them), decides
for every API call by which route it reached AWS, and publishes one partition a day and table in DEST
(a directory or s3://bucket/prefix). A day is replaced as a whole.

A day's calls are read from the folders of that day and, for late delivery, of the days after it that
--lateness reaches into. Records that come later still are counted once a run with --restate finds them: it lists
the recent days again, and makes anew, whole, those of which the trail now holds more than the report.`,
		Example: `  vpcetrail analyze fixtures/demo --out out
  vpcetrail analyze s3://org-trail --out s3://audit-reports/vpcetrail --date yesterday --restate 30d
  aws ec2 describe-vpc-endpoints > endpoints.json
  vpcetrail analyze s3://org-trail/AWSLogs --out out --date 2026-11-01..2026-11-20 --endpoints endpoints.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			job, err := f.job(args, time.Now())
			if err != nil {
				return usageError{err}
			}
			err = job.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			if errors.Is(err, context.Canceled) { // publishing, once begun, is not cancelled
				return errInterrupted
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.out, "out", "", "where the report is kept: a directory or s3://bucket/prefix (required)")
	flags.StringVar(&f.date, "date", "", "days to report, in UTC: yesterday, D, D..D or all (required for S3; else all)")
	flags.DurationVar(&f.lateness, "lateness", 24*time.Hour, "how far past a day's end its calls may be delivered")
	flags.Var(&f.restate, "restate", "look so many days back, such as 30d, and restate the days that the trail has outgrown since")
	flags.StringVar(&f.endpoints, "endpoints", "", "our VPC endpoints: a `file` with the output of aws ec2 describe-vpc-endpoints")
	flags.StringSliceVar(&f.own, "own-accounts", nil, "accounts that are ours beside those of the trail: ids, or a file with the output of aws organizations list-accounts")
	flags.StringSliceVar(&f.accounts, "accounts", nil, "read these accounts only")
	flags.StringSliceVar(&f.excluded, "exclude-accounts", nil, "do not read these accounts; they stay ours")
	flags.StringSliceVar(&f.regions, "regions", nil, "read these Regions only")
	flags.StringVar(&f.ipRanges, "ip-ranges", "", "AWS's address ranges: a newer ip-ranges.json `file` than the one built in")
	flags.BoolVar(&f.sha256, "sha256", false, "digest every uncompressed log into table objects")
	flags.BoolVar(&f.requesterPays, "requester-pays", false, "pay for reading a requester-pays bucket")
	flags.StringVar(&f.sourceOwner, "expected-source-owner", "", "account that must own the buckets of S3 sources")
	flags.StringVar(&f.kept.BucketOwner, "expected-out-owner", "", "account that must own the bucket of an S3 destination")
	flags.StringVar(&f.kept.SSE, "sse", "", "how an S3 destination is encrypted: AES256, aws:kms or aws:kms:dsse (else as its bucket says)")
	flags.StringVar(&f.kept.KMSKeyID, "kms-key-id", "", "KMS key for --sse aws:kms: an id, ARN or alias")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "objects read at once")
	f.memory = 1 << 30
	flags.Var(&f.memory, "memory", "most memory to take; what needs more goes to temporary files (in TMPDIR)")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress and no summary")
	flags.StringVar(&f.logFormat, "log-format", "text", "progress, problems and errors on standard error: text, or json, one object a line")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *analyzeFlags) job(sources []string, now time.Time) (*analyzeJob, error) {
	j := &analyzeJob{sources: sources, out: f.out, workers: f.workers, sha256: f.sha256, quiet: f.quiet, json: f.logFormat == "json"}
	window, err := f.window(sources, now)
	switch {
	case len(sources) == 0:
		return nil, errors.New("analyze needs a SOURCE: s3://bucket/prefix, lookup-events://REGION, a directory, a file, or -")
	case f.out == "":
		return nil, errors.New("--out is missing: name a directory or s3://bucket/prefix for the report")
	case err != nil:
		return nil, err
	case f.workers < 1:
		return nil, fmt.Errorf("--workers %d: want at least 1", f.workers)
	case f.memory < leastMemory:
		return nil, fmt.Errorf("--memory %s: want at least %d MiB", &f.memory, leastMemory>>20)
	case f.restate > 0 && window.IsAll():
		return nil, errors.New("--restate goes back from a day: give --date yesterday, a day or D..D")
	case f.restate > 0 && slices.Contains(sources, "-"):
		return nil, errors.New("--restate needs sources that can be read again: - cannot")
	case f.logFormat != "text" && f.logFormat != "json":
		return nil, fmt.Errorf("--log-format %q: want text or json", f.logFormat)
	case f.lateness < 0:
		return nil, fmt.Errorf("--lateness %s: want no negative time", f.lateness)
	}
	if err := f.checkSources(sources, window, now); err != nil {
		return nil, err
	}
	own, err := ownAccounts(f.own)
	if err != nil {
		return nil, err
	}
	if err := f.checkAccounts(); err != nil {
		return nil, err
	}
	j.selection = source.Selection{
		Window: window, Lateness: latenessDays(f.lateness),
		Accounts: f.accounts, ExcludeAccounts: f.excluded, Regions: f.regions,
	}
	j.reading = source.Options{RequesterPays: f.requesterPays, BucketOwner: f.sourceOwner}
	j.keeping = f.kept
	j.restate, j.memory = int(f.restate), f.memory.plan()
	if err := j.readFiles(f); err != nil {
		return nil, err
	}
	j.plan = report.Run{
		Version: version, Sources: sorted(sources), Window: window.String(), Lateness: f.lateness.String(),
		Accounts: sorted(f.accounts), ExcludeAccounts: sorted(f.excluded), Regions: sorted(f.regions), OwnAccounts: sorted(own),
		Endpoints: len(j.inventory), IPRanges: j.ranges.Date,
	}
	return j, nil
}

// checkSources says what is wrong with a source as far as its name tells.
func (f *analyzeFlags) checkSources(sources []string, window day.Window, now time.Time) error {
	for _, s := range sources {
		if err := source.CheckLookup(s, window, now); err != nil {
			return err
		}
		if f.restate > 0 && strings.HasPrefix(s, source.LookupScheme) {
			return fmt.Errorf("--restate compares listings, and %s has none: run its days again by --date", s)
		}
		// The tables' folders are alike to the listing, which grows with each day that is published.
		if source.Lists(s, f.out, table.Traffic.Name) {
			return fmt.Errorf("--out %s: lies inside SOURCE %s and would be listed with it: "+
				"name the trail's own folder as SOURCE, such as AWSLogs, or choose another --out", f.out, s)
		}
	}
	return nil
}

func (f *analyzeFlags) checkAccounts() error {
	for _, given := range []struct {
		flag string
		ids  []string
	}{
		{"--accounts", f.accounts}, {"--exclude-accounts", f.excluded},
		{"--expected-source-owner", nonEmpty(f.sourceOwner)}, {"--expected-out-owner", nonEmpty(f.kept.BucketOwner)},
	} {
		for _, id := range given.ids {
			if !classify.IsAccount([]byte(id)) {
				return fmt.Errorf("%s: %q is not an account id of 12 digits", given.flag, id)
			}
		}
	}
	return nil
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

func (f *analyzeFlags) window(sources []string, now time.Time) (day.Window, error) {
	if f.date == "" {
		for _, s := range sources {
			if strings.HasPrefix(s, "s3://") {
				return day.Window{}, errors.New("--date is missing: an S3 source needs yesterday, a day, D..D or all")
			}
		}
		return day.All(), nil
	}
	window, err := day.ParseWindow(f.date, now)
	if err != nil {
		return window, fmt.Errorf("--date: %w: see vpcetrail %s --help", err, f.command)
	}
	return window, nil
}

// latenessDays returns how many day folders behind a day's own lateness reaches into; less than 0,
// which tells source "none", for no lateness.
func latenessDays(lateness time.Duration) int {
	const oneDay = 24 * time.Hour
	if lateness == 0 {
		return -1
	}
	return int((lateness + oneDay - 1) / oneDay)
}

func (j *analyzeJob) readFiles(f *analyzeFlags) error {
	j.ranges = classify.EmbeddedRanges()
	if f.ipRanges != "" {
		data, err := os.ReadFile(f.ipRanges)
		if err != nil {
			return fmt.Errorf("--ip-ranges: %w", err)
		}
		if j.ranges, err = classify.ParseRanges(data); err != nil {
			return fmt.Errorf("--ip-ranges: %s: %w", f.ipRanges, err)
		}
	}
	if f.endpoints != "" {
		data, err := os.ReadFile(f.endpoints)
		if err != nil {
			return fmt.Errorf("--endpoints: %w", err)
		}
		if j.inventory, err = classify.ParseInventory(data); err != nil {
			return fmt.Errorf("--endpoints: %s: %w", f.endpoints, err)
		}
	}
	return nil
}
