package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// readFlags are the flags, as given, of the commands that read a trail: what to read,
// and which accounts and endpoints are ours.
type readFlags struct {
	command                string // the command's name
	date                   string
	lateness               time.Duration
	ipRanges               string
	endpoints              []string
	own, accounts, regions []string
	excluded               []string
	requesterPays          bool
	sourceOwner            string
}

// register adds the flags to a command. verb says what it does to the days.
func (f *readFlags) register(cmd *cobra.Command, verb string) {
	f.command = cmd.Name()
	flags := cmd.Flags()
	flags.StringVar(&f.date, "date", "", "days to "+verb+", in UTC: yesterday, D, D..D or all (required for S3; else all)")
	flags.DurationVar(&f.lateness, "lateness", 24*time.Hour, "how far past a day's end its calls may be delivered")
	flags.StringSliceVar(&f.endpoints, "endpoints", nil, "our VPC endpoints: a `FILE` with the output of aws ec2 describe-vpc-endpoints or of vpcetrail endpoints, aws to ask EC2, or several of these")
	flags.StringSliceVar(&f.own, "own-accounts", nil, "accounts that are ours beside those of the trail: ids, or a file with the output of aws organizations list-accounts")
	flags.StringSliceVar(&f.accounts, "accounts", nil, "read these accounts only")
	flags.StringSliceVar(&f.excluded, "exclude-accounts", nil, "do not read these accounts; they stay ours")
	flags.StringSliceVar(&f.regions, "regions", nil, "read these Regions only, and ask EC2 in them; else in all that the account has enabled")
	flags.BoolVar(&f.requesterPays, "requester-pays", false, "pay for reading a requester-pays bucket")
	flags.StringVar(&f.sourceOwner, "expected-source-owner", "", "account that must own the buckets of S3 sources")
	completeWords(cmd, "date", dateWords...)
}

// registerRanges adds the flag for the address ranges to a command that decides
// routes.
func (f *readFlags) registerRanges(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.ipRanges, "ip-ranges", "", "AWS's address ranges: a newer ip-ranges.json `file` than the one built in")
}

// input checks the flags and reads the files that they name.
func (f *readFlags) input(sources []string, now time.Time) (*input, error) {
	window, err := f.window(sources, now)
	if err != nil {
		return nil, err
	}
	if f.lateness < 0 {
		return nil, fmt.Errorf("--lateness %s: want no negative time", f.lateness)
	}
	for _, s := range sources {
		if s == "s3://" || strings.HasPrefix(s, "s3:///") {
			return nil, fmt.Errorf("%s: no bucket: write s3://bucket/prefix", s)
		}
		if store.IsURL(s) && !strings.HasPrefix(s, "s3://") && !strings.HasPrefix(s, list.LookupScheme) {
			return nil, fmt.Errorf("%s: neither s3:// nor lookup-events:// nor a path: want s3://bucket/prefix, "+
				"lookup-events://REGION, or ./%s for a path of this name", s, s)
		}
		if err := list.CheckLookup(s, window, now); err != nil {
			return nil, err
		}
	}
	in := &input{
		sources: sources,
		selection: list.Selection{
			Window: window, Lateness: latenessDays(f.lateness),
			Accounts: f.accounts, ExcludeAccounts: f.excluded, Regions: f.regions,
		},
		reading: source.Options{RequesterPays: f.requesterPays, BucketOwner: f.sourceOwner},
	}
	if in.own, err = ownAccounts(f.own); err != nil {
		return nil, err
	}
	for _, given := range []struct {
		flag string
		ids  []string
	}{{"--accounts", f.accounts}, {"--exclude-accounts", f.excluded}, {"--expected-source-owner", nonEmpty(f.sourceOwner)}} {
		if err := checkAccounts(given.flag, given.ids); err != nil {
			return nil, err
		}
	}
	return in, in.readFiles(f)
}

func (f *readFlags) window(sources []string, now time.Time) (day.Window, error) {
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

// latenessDays returns how many day folders after a day's own may hold its late
// records. It is less than 0 for no lateness, because 0 means the default in package
// source.
func latenessDays(lateness time.Duration) int {
	const oneDay = 24 * time.Hour
	if lateness == 0 {
		return -1
	}
	return int((lateness + oneDay - 1) / oneDay)
}

func checkAccounts(flag string, ids []string) error {
	for _, id := range ids {
		if !endpoints.IsAccount([]byte(id)) {
			return fmt.Errorf("%s: %q is not an account id of 12 digits", flag, id)
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

func (in *input) readFiles(f *readFlags) error {
	in.ranges = classify.EmbeddedRanges()
	if f.ipRanges != "" {
		data, err := os.ReadFile(f.ipRanges)
		if err != nil {
			return fmt.Errorf("--ip-ranges: %w", err)
		}
		if in.ranges, err = classify.ParseRanges(data); err != nil {
			return fmt.Errorf("--ip-ranges: %s: %w", f.ipRanges, err)
		}
	}
	return in.readInventories(f.endpoints)
}
