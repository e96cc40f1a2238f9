package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/ingest/source"
	"vpcetrail/report"
)

// explainFlags are the flags of explain as given: those of analyze that say what is read and what is ours,
// and its own.
type explainFlags struct {
	analyzeFlags
	ids      []string
	idsGiven func() bool
	diff     bool
	format   string
}

func newExplain() *cobra.Command {
	f := explainFlags{analyzeFlags: analyzeFlags{command: "explain"}}
	cmd := &cobra.Command{
		Use:   "explain SOURCE...",
		Short: "Tell of each record which route it took, and what shows it",
		Long: `explain reads the records of each SOURCE (a file, - for standard input, or whatever analyze reads) and
tells of each by which route the call went, by which rule, what the record says for and against it, where
its evidence does not agree, and what could still change the verdict.

Whose an endpoint is, only the day's other records may tell. They are read, and so all of the sources is
read, also where --event-id chooses a record of them: give the whole day to get analyze's verdict.

--diff sets two records side by side and marks the fields that decide.`,
		Example: `  vpcetrail explain record.json
  aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateBucket | vpcetrail explain -
  vpcetrail explain --diff by-endpoint.json by-internet.json --endpoints endpoints.json
  vpcetrail explain s3://org-trail --date 2026-11-20 --event-id 40718450-19d1-5c4e-9482-6e1c37e4c45f --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			job, err := f.job(args, time.Now())
			if err != nil {
				return usageError{err}
			}
			err = job.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			if errors.Is(err, context.Canceled) {
				return errStopped
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.ids, "event-id", nil, "explain the records with these eventIDs only")
	f.idsGiven = func() bool { return flags.Changed("event-id") }
	flags.BoolVar(&f.diff, "diff", false, "set two records side by side: those of two sources, or two chosen by --event-id")
	flags.StringVar(&f.format, "format", "text", "text, or json, one object a record and line")
	flags.StringVar(&f.endpoints, "endpoints", "", "our VPC endpoints: a `file` with the output of aws ec2 describe-vpc-endpoints")
	flags.StringSliceVar(&f.own, "own-accounts", nil, "accounts that are ours beside those of the trail: ids, or a file with the output of aws organizations list-accounts")
	flags.StringVar(&f.ipRanges, "ip-ranges", "", "AWS's address ranges: a newer ip-ranges.json `file` than the one built in")
	flags.StringVar(&f.date, "date", "", "days to read, in UTC: yesterday, D, D..D or all (required for S3; else all)")
	flags.DurationVar(&f.lateness, "lateness", 24*time.Hour, "how far past a day's end its calls may be delivered")
	flags.StringSliceVar(&f.accounts, "accounts", nil, "read these accounts only")
	flags.StringSliceVar(&f.excluded, "exclude-accounts", nil, "do not read these accounts; they stay ours")
	flags.StringSliceVar(&f.regions, "regions", nil, "read these Regions only")
	flags.BoolVar(&f.requesterPays, "requester-pays", false, "pay for reading a requester-pays bucket")
	flags.StringVar(&f.sourceOwner, "expected-source-owner", "", "account that must own the buckets of S3 sources")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *explainFlags) job(sources []string, now time.Time) (*explainJob, error) {
	j := &explainJob{ids: f.ids, diff: f.diff}
	j.sources, j.json = sources, f.format == "json"
	window, err := f.window(sources, now)
	switch {
	case len(sources) == 0:
		return nil, errors.New("explain needs a SOURCE: a file, - for standard input, a directory, s3://bucket/prefix, or lookup-events://REGION")
	case err != nil:
		return nil, err
	case f.format != "text" && f.format != "json":
		return nil, fmt.Errorf("--format %q: want text or json", f.format)
	case f.diff && len(f.ids) > 2:
		return nil, fmt.Errorf("--diff sets two records side by side: --event-id names %d", len(f.ids))
	case f.idsGiven() && (len(f.ids) == 0 || slices.Contains(f.ids, "")):
		return nil, errors.New("--event-id names no eventID")
	case f.lateness < 0:
		return nil, fmt.Errorf("--lateness %s: want no negative time", f.lateness)
	}
	for _, s := range sources {
		if err := source.CheckLookup(s, window, now); err != nil {
			return nil, err
		}
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
	j.plan = report.Run{OwnAccounts: own}
	return j, j.readFiles(&f.analyzeFlags)
}
