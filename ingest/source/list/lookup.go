package list

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// LookupScheme starts a SOURCE that is CloudTrail's event history of one Region.
const LookupScheme = "lookup-events://"

// lookupDays is how many whole days CloudTrail's history covers, today included. It
// holds 90 times 24 hours, so it has only a part of the day before these.
const lookupDays = 90

func isLookup(arg string) bool { return strings.HasPrefix(arg, LookupScheme) }

// CheckLookup checks a SOURCE lookup-events://REGION, for a window and the time now.
// It returns an error for a wrong Region name, and for days that the history no longer
// holds: their report would be lost. It returns nil for any other SOURCE.
func CheckLookup(arg string, window day.Window, now time.Time) error {
	if !isLookup(arg) {
		return nil
	}
	if region := lookupRegion(arg); !layout.IsRegion(region) {
		return fmt.Errorf("%s: %q is no Region: write lookup-events://us-east-1, and choose days by --date", arg, region)
	}
	if first := firstLookup(now); !window.IsAll() && window.From < first {
		return fmt.Errorf("%s: CloudTrail keeps %d days: --date cannot reach back before %s", arg, lookupDays, first)
	}
	return nil
}

func lookupRegion(arg string) string {
	return strings.TrimSuffix(strings.TrimPrefix(arg, LookupScheme), "/")
}

func firstLookup(now time.Time) day.Day { return day.Of(now) - lookupDays + 1 }

// lookupRoots returns the nodes of the sources args, with the days of the window as
// their objects. It requests one event of each Region, so that a missing permission
// ends the run early.
func lookupRoots(ctx context.Context, args []string, opt Options, p *plan) ([]*node, error) {
	now := time.Now()
	if opt.Now != nil {
		now = opt.Now()
	}
	for _, arg := range args {
		if err := CheckLookup(arg, p.window, now); err != nil {
			return nil, err
		}
	}
	newClient := opt.CloudTrail
	if newClient == nil {
		newClient = aws.NewCloudTrail
	}
	var nodes []*node
	var checks errgroup.Group
	checks.SetLimit(probes)
	for _, region := range regionsOf(args) {
		client, err := newClient(ctx, region)
		if err != nil {
			return nil, fmt.Errorf("%s%s: %w", LookupScheme, region, err)
		}
		calls := opt.Calls.CallOptions
		calls.Throttled = nil
		calls.Renew = func(ctx context.Context) (sdk.CredentialsProvider, error) {
			again, err := newClient(ctx, region)
			if err != nil {
				return nil, err
			}
			return again.Options().Credentials, nil
		}
		history := store.NewLookup(client, calls, opt.LookupEvery)
		n := &node{store: history}
		for d := max(p.window.From, firstLookup(now)); d <= min(p.window.To, day.Of(now)); d++ {
			n.objects = append(n.objects, history.Day(d))
		}
		if len(n.objects) == 0 || !p.wants(layout.Key{Region: region}) {
			continue // the window lies in the future, or the Region is not selected
		}
		n.name = n.objects[0].Name
		nodes = append(nodes, n)
		checks.Go(func() error {
			if err := history.Check(ctx, n.objects[0].Key.Day); err != nil {
				return fmt.Errorf("%s%s: %w", LookupScheme, region, err)
			}
			return nil
		})
	}
	return nodes, checks.Wait()
}

// regionsOf returns the Regions of the sources args in order, without duplicates.
func regionsOf(args []string) []string {
	regions := make([]string, len(args))
	for i, arg := range args {
		regions[i] = lookupRegion(arg)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}
