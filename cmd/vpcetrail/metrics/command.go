package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	netreader "vpcetrail/cmd/vpcetrail/network"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

// commandFlags are the flags of metrics as given.
type commandFlags struct {
	date, out      string
	regions        []string
	yes, quiet     bool
	price, maxCost float64
	kept           dest.S3Options
}

// New returns the command.
func New() *cobra.Command {
	f := commandFlags{}
	cmd := &cobra.Command{
		Use:   "metrics -o FILE",
		Short: "Keep what CloudWatch measured at your interface endpoints",
		Long: `metrics writes what CloudWatch measured at the interface endpoints of an account, day by day: connections,
bytes, packets dropped, and bytes by subnet. It calls only read APIs, in the account of your credentials,
in all Regions that the account has enabled or in those of --regions. CloudWatch has no metrics of
gateway endpoints.

CloudWatch charges for each metric that is asked for, whatever the number of days. metrics first says how
many there are and what they cost by --price, and asks only with --yes or within --max-cost.

If AWS refuses a call or returns only a part, metrics names it, leaves out the endpoints that it is about,
and ends with status 3.

analyze and recommend take the file with --metrics. An endpoint without data points got no traffic on that
day. recommend needs 30 days.

Permissions: cloudwatch:ListMetrics, GetMetricData; ec2:DescribeVpcEndpoints, DescribeRegions;
sts:GetCallerIdentity.`,
		Example: `  vpcetrail metrics -o metrics.json --max-cost 0.10
  vpcetrail metrics --date 2026-10-22..2026-11-20 -o s3://audit-reports/metrics.json --yes
  vpcetrail analyze s3://org-trail --date yesterday --metrics metrics.json --out s3://audit-reports/vpcetrail`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("metrics takes no argument, got %q: see vpcetrail metrics --help", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			window, err := f.check(time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return f.run(cmd.Context(), window, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "output", "o", "", "write the metrics to this `FILE` or s3://bucket/key (default standard output)")
	set.StringVar(&f.date, "date", "yesterday", "`DAYS` to ask for, in UTC: yesterday, D or D..D")
	set.StringSliceVar(&f.regions, "regions", nil, "ask only in these `REGIONS` (default all that the account has enabled)")
	set.BoolVar(&f.yes, "yes", false, "agree to what CloudWatch charges")
	set.Float64Var(&f.maxCost, "max-cost", 0, "agree to at most this many `DOLLARS`")
	set.Float64Var(&f.price, "price", 0.01, "`PRICE` of 1,000 metrics in US dollars (the default is of us-east-1, 2026-11)")
	flags.RegisterKept(cmd, &f.kept)
	set.BoolVar(&f.quiet, "quiet", false, "do not print what is asked for and what was written")
	flags.CompleteWords(cmd, "date", "yesterday")
	return flags.IncompleteOK(cmd)
}

// check checks the flags and returns the days.
func (f *commandFlags) check(now time.Time) (day.Window, error) {
	window, err := day.ParseWindow(f.date, now)
	today := day.Of(now)
	switch {
	case err != nil:
		return window, fmt.Errorf("--date: %w", err)
	case window.IsAll():
		return window, errors.New("--date all: want yesterday, D or D..D")
	case window.To >= today:
		return window, fmt.Errorf("--date: %s is not over: want days before %s", window.To, today)
	case window.From < today-KeptDays:
		return window, fmt.Errorf("--date: CloudWatch keeps %d days: want no day before %s", KeptDays, today-KeptDays)
	case !(f.price >= 0 && f.price <= 1e6), !(f.maxCost >= 0 && f.maxCost <= 1e6): // nor is NaN
		return window, errors.New("--price and --max-cost: want US dollars, 0 or more")
	}
	return window, cmp.Or(file.Check(f.out), flags.CheckKept(f.out, f.kept))
}

func (f *commandFlags) run(ctx context.Context, window day.Window, out, errOut io.Writer) error {
	tell := terminal.NewMessages(errOut, false)
	account, err := netreader.Connect(ctx)
	if err != nil {
		return err
	}
	plan, unread, err := NewPlan(ctx, account, f.regions, window)
	if err != nil {
		return err
	}
	for _, u := range unread {
		tell.Problem(u.String())
	}
	if err := f.agree(plan, tell); err != nil {
		return err
	}
	measured, more, err := plan.Read(ctx)
	if err != nil {
		return err
	}
	for _, u := range more {
		tell.Problem(u.String())
	}
	unread = append(unread, more...)
	if len(measured) == 0 && len(unread) > 0 {
		return errors.New("no endpoint could be measured: nothing is written")
	}
	text, err := measured.Save()
	if err != nil {
		return err
	}
	if f.out == "" {
		_, err = out.Write(text)
	} else if err = file.Write(ctx, f.out, text, file.Options{Kept: f.kept}); err == nil && !f.quiet {
		tell.Line(fmt.Sprintf("%s: %s, %s", f.out, grid.Plural(int64(len(measured)), "endpoint"), window))
	}
	if err == nil && len(unread) > 0 {
		err = exit.New(exit.Incomplete, "the metrics are written, but incomplete: see above")
	}
	return err
}

// agree says what CloudWatch charges, and checks that the user agrees to it.
func (f *commandFlags) agree(p *Plan, tell *terminal.Messages) error {
	queries, endpoints := p.Metrics()
	cost := max(0, math.Ceil(float64(queries)*f.price*10-1e-6)) / 10_000 // rounded up to four decimals; not -0
	text := fmt.Sprintf("%s of %s in %s cost about %.4f US dollars", grid.Plural(int64(queries), "metric"),
		grid.Plural(int64(endpoints), "endpoint"), grid.Plural(int64(p.Calls()), "call"), cost)
	if !f.yes && cost > f.maxCost {
		return fmt.Errorf("%s: nothing is asked: agree by --yes, or by --max-cost %.4f", text, cost)
	}
	if !f.quiet {
		tell.Line(text)
	}
	return nil
}
