package flags

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/file"
	netreader "vpcetrail/cmd/vpcetrail/network"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// Read are the flags, as given, of the commands that read a trail: what to read,
// and which accounts and endpoints are ours.
type Read struct {
	command                     string // the command's name
	date                        string
	Lateness                    time.Duration
	ipRanges                    string
	Endpoints                   []string
	Network                     []string
	Networks                    string
	own                         []string
	Accounts, Excluded, Regions []string
	Beside                      []string // other sources that the days are read of
	requesterPays               bool
	sourceOwner                 string
}

// Register adds the flags to a command. verb says what it does to the days.
func (f *Read) Register(cmd *cobra.Command, verb string) {
	set := cmd.Flags()
	f.registerDate(cmd, verb)
	set.DurationVar(&f.Lateness, "lateness", 24*time.Hour, "how long after the end of a day CloudTrail may deliver its calls")
	set.StringSliceVar(&f.Accounts, "accounts", nil, "read only the accounts with these `IDs`")
	set.StringSliceVar(&f.Excluded, "exclude-accounts", nil, "do not read the accounts with these `IDs`; they still count as yours")
	set.StringSliceVar(&f.Regions, "regions", nil, "read only these `REGIONS`, and call EC2 only there (default all)")
	f.registerBuckets(cmd)
	set.StringSliceVar(&f.Endpoints, "endpoints", nil, "your VPC endpoints: a `FILE` or s3://bucket/key from vpcetrail endpoints or aws ec2 describe-vpc-endpoints, aws to call EC2, or several of these")
	set.StringSliceVar(&f.own, "own-accounts", nil, "accounts that are yours but not in the trail: `IDs`, or a file or s3://bucket/key from aws organizations list-accounts")
	Heading(cmd, "endpoints", "Your endpoints and accounts")
}

// RegisterTrail adds the flags that select objects of a trail, and no others.
func (f *Read) RegisterTrail(cmd *cobra.Command, verb string) {
	set := cmd.Flags()
	f.registerDate(cmd, verb)
	set.StringSliceVar(&f.Accounts, "accounts", nil, "read only the accounts with these `IDs`")
	set.StringSliceVar(&f.Excluded, "exclude-accounts", nil, "do not read the accounts with these `IDs`")
	set.StringSliceVar(&f.Regions, "regions", nil, "read only these `REGIONS`")
	f.registerBuckets(cmd)
}

func (f *Read) registerDate(cmd *cobra.Command, verb string) {
	f.command = cmd.Name()
	cmd.Flags().StringVar(&f.date, "date", "", "`DAYS` to "+verb+", in UTC: yesterday, D, D..D or all (required for S3, else default all)")
	Heading(cmd, "date", "What to read")
	CompleteWords(cmd, "date", DateWords...)
}

func (f *Read) registerBuckets(cmd *cobra.Command) {
	set := cmd.Flags()
	set.BoolVar(&f.requesterPays, "requester-pays", false, "agree to pay the requests to a requester-pays bucket")
	set.StringVar(&f.sourceOwner, "expected-source-owner", "", "`ACCOUNT` that must own the buckets of S3 sources")
}

// RegisterRanges adds the flag for the address ranges to a command that decides
// routes.
func (f *Read) RegisterRanges(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.ipRanges, "ip-ranges", "", "AWS's ip-ranges.json, if you have a newer `FILE` or s3://bucket/key than the one built in")
}

// Check checks the flags, and returns the days that they select. It reads no file.
func (f *Read) Check(sources []string, now time.Time) (day.Window, error) {
	window, err := f.window(sources, now)
	if err != nil {
		return window, err
	}
	if f.Lateness < 0 {
		return window, fmt.Errorf("--lateness %s: want no negative time", f.Lateness)
	}
	for _, s := range sources {
		if s == "s3://" || strings.HasPrefix(s, "s3:///") {
			return window, fmt.Errorf("%s: no bucket: write s3://bucket/prefix", s)
		}
		if store.IsURL(s) && !strings.HasPrefix(s, "s3://") && !strings.HasPrefix(s, list.LookupScheme) {
			return window, fmt.Errorf("%s: neither s3:// nor lookup-events:// nor a path: want s3://bucket/prefix, "+
				"lookup-events://REGION, or ./%s for a path of this name", s, s)
		}
		if err := list.CheckLookup(s, window, now); err != nil {
			return window, err
		}
	}
	for _, given := range []struct {
		flag string
		ids  []string
	}{{"--accounts", f.Accounts}, {"--exclude-accounts", f.Excluded}, {"--expected-source-owner", NonEmpty(f.sourceOwner)}} {
		if err := CheckAccounts(given.flag, given.ids); err != nil {
			return window, err
		}
	}
	return window, nil
}

// Input checks the flags and reads the files that they name.
func (f *Read) Input(ctx context.Context, sources []string, now time.Time) (*Input, error) {
	window, err := f.Check(sources, now)
	if err != nil {
		return nil, err
	}
	in := &Input{
		Sources: sources,
		Selection: list.Selection{
			Window: window, Lateness: latenessDays(f.Lateness),
			Accounts: f.Accounts, ExcludeAccounts: f.Excluded, Regions: f.Regions,
		},
		Reading: source.Options{RequesterPays: f.requesterPays, BucketOwner: f.sourceOwner},
	}
	if in.Own, err = ownAccounts(ctx, f.own); err != nil {
		return nil, err
	}
	return in, in.readFiles(ctx, f)
}

func (f *Read) window(sources []string, now time.Time) (day.Window, error) {
	if f.date == "" {
		for _, s := range slices.Concat(sources, f.Beside) {
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

// CheckAccounts checks the account ids of a flag.
func CheckAccounts(flag string, ids []string) error {
	for _, id := range ids {
		if !endpoints.IsAccount([]byte(id)) {
			return fmt.Errorf("%s: %q is not an account id of 12 digits", flag, id)
		}
	}
	return nil
}

// NonEmpty returns a list with s, or an empty list if s is empty.
func NonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (in *Input) readFiles(ctx context.Context, f *Read) error {
	in.Ranges = classify.EmbeddedRanges()
	if f.ipRanges != "" {
		var err error
		if in.Ranges, err = file.Parse(ctx, "--ip-ranges", f.ipRanges, classify.ParseRanges); err != nil {
			return err
		}
	}
	if err := in.readInventories(ctx, f.Endpoints); err != nil {
		return err
	}
	if err := in.readNetworks(ctx, f.Networks); err != nil {
		return err
	}
	return in.readNetwork(ctx, f.Network)
}

// An Input is what a command reads and its settings: the checked flags of Read, with the
// contents of the files that they name.
type Input struct {
	Sources   []string
	Selection list.Selection
	Reading   source.Options
	Own       []string // accounts in addition to those of the trail
	Inventory endpoints.Inventory
	Network   *network.Snapshot // nil without --network
	Networks  *network.Networks // nil without --networks
	Ranges    *classify.Ranges
	Optional  OptionalInputs

	live                        bool     // EC2 must be asked: see AskEC2
	RegionsAsked, RegionsUnread []string // that EC2 was asked for, and those that could not be read

	liveNetwork   bool               // EC2 and Lambda must be asked: see AskNetwork
	NetworkUnread []netreader.Unread // calls that were refused
}

// Open starts reading the sources. The source - is stdin.
func (in *Input) Open(ctx context.Context, stdin io.Reader) (*source.Trail, error) {
	if slices.Contains(in.Sources, "-") {
		stdin = terminal.Interruptible(ctx, stdin)
	}
	in.Reading.Stdin = stdin
	return source.Open(ctx, in.Sources, in.Selection, in.Reading)
}

// NoObject says that the sources hold nothing to read, and the possible reason.
func (in *Input) NoObject(passed list.PassedOver) error {
	sources, sel := strings.Join(in.Sources, ", "), in.Selection
	switch {
	case passed.Objects > 0:
		return fmt.Errorf("%s: no CloudTrail object: %s", sources, passed)
	case !sel.Window.IsAll():
		return fmt.Errorf("%s: no CloudTrail object for %s: see --date, --accounts and --regions", sources, sel.Window)
	case len(sel.Accounts)+len(sel.Regions) > 0:
		return fmt.Errorf("%s: no CloudTrail object of these accounts and Regions: see --accounts and --regions", sources)
	}
	return fmt.Errorf("%s: no CloudTrail object: name a folder above AWSLogs or inside it, or one of files ending in .json or .gz", sources)
}
