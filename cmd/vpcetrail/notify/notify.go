// Package notify sends what a day of a report changed: to EventBridge, to Security Hub, or into a
// text file for Prometheus.
package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
)

// Now returns the current time. Tests set another.
var Now = time.Now

// The values of --to.
const (
	ToEventBridge = "eventbridge"
	ToSecurityHub = "securityhub"
	ToTextFile    = "textfile"
)

// Targets are all values of --to.
var Targets = []string{ToEventBridge, ToSecurityHub, ToTextFile}

// DefaultBus is the event bus that each account has.
const DefaultBus = "default"

// The defaults of other flags.
const (
	leastSeverity = "medium"
	mostFindings  = 1000
)

// notifyFlags are the flags of notify, as given.
type notifyFlags struct {
	to, date, bus, region, output, severity string
	most                                    int
	dryRun                                  bool
	kept                                    dest.S3Options
}

// New returns the command.
func New() *cobra.Command {
	var f notifyFlags
	cmd := &cobra.Command{
		Use:   "notify DEST --to TARGET",
		Short: "Send what a day changed to EventBridge or Security Hub, or write it for Prometheus",
		Long: `notify compares a day of the report in DEST, a directory or s3://bucket/prefix, with what it has sent
before, and sends the difference: findings that are new and those that are gone. EventBridge also gets
an event for the day, with the share of calls through endpoints, input that could not be read, logs
that are not proved, and causes and ways out if the report has them.

Run it each night after analyze. A run also sends what the 30 days before have news of, since they
were not sent yet or were restated. What was sent is kept in the report, below _notify/. So nothing is
sent twice, and what could not be delivered is named, with status 3, and sent the next time. If a run
is killed, the next one sends again what has no answer, with the same ids.

A finding counts as gone only if the day can prove it: the run read all of its input, and had the
sources, accounts, Regions and optional inputs of the day that had the finding last.

  eventbridge  one event for each new or gone finding, and one for the day, to --bus
  securityhub  active findings in the account of the credentials; those that are gone are archived
  textfile     gauges for node_exporter, in a file whose name ends in .prom`,
		Example: `  vpcetrail notify s3://audit-reports/vpcetrail --to eventbridge --bus audit
  vpcetrail notify s3://audit-reports/vpcetrail --to securityhub --region eu-west-1 --severity high
  vpcetrail notify out --to textfile --output /var/lib/node_exporter/vpcetrail.prom --date 2026-11-21
  vpcetrail notify out --to eventbridge --bus audit --dry-run`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.Usagef("notify takes one DEST, a directory or s3://bucket/prefix; got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			window, err := f.check(Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			store, err := f.open(cmd.Context(), args[0])
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return f.run(cmd.Context(), store, window, cmd.OutOrStdout(), terminal.NewMessages(cmd.ErrOrStderr(), false))
		},
	}
	f.register(cmd)
	return flags.IncompleteOK(cmd)
}

func (f *notifyFlags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.to, "to", "", "`TARGET`: "+grid.OneOf(Targets)+" (required)")
	set.StringVar(&f.date, "date", "yesterday", "`DAY` of the report, in UTC: D or yesterday")
	set.BoolVar(&f.dryRun, "dry-run", false, "print what would be sent, and say what the run would say; send and write nothing")
	set.StringVar(&f.severity, "severity", leastSeverity, "send no findings below this `SEVERITY`: "+strings.Join(findings.Severities, ", "))
	set.IntVar(&f.most, "most", mostFindings, "send at most this `NUMBER` of findings of a day, the most severe first; the next run sends the others that are still found")
	set.StringVar(&f.bus, "bus", DefaultBus, "eventbridge: name or ARN of the event `BUS`")
	set.StringVar(&f.region, "region", "", "eventbridge, securityhub: `REGION` of the target (default that of the AWS configuration)")
	set.StringVarP(&f.output, "output", "o", "", "textfile: write this `FILE`, which ends in .prom")
	flags.RegisterKept(cmd, &f.kept)
	flags.CompleteWords(cmd, "to", Targets...)
	flags.CompleteWords(cmd, "severity", findings.Severities...)
	flags.CompleteWords(cmd, "date", "yesterday")
}

// check checks the flags, and returns the day.
func (f *notifyFlags) check(now time.Time) (window day.Window, err error) {
	switch {
	case f.to == "":
		return window, errors.New("--to is missing: want " + grid.OneOf(Targets))
	case !slices.Contains(Targets, f.to):
		return window, fmt.Errorf("--to %q: want %s", f.to, grid.OneOf(Targets))
	case !slices.Contains(findings.Severities, f.severity):
		return window, fmt.Errorf("--severity %q: want %s", f.severity, grid.OneOf(findings.Severities))
	case f.most < 1:
		return window, fmt.Errorf("--most %d: want at least 1", f.most)
	case f.to != ToTextFile && f.output != "":
		return window, errors.New("--output is for --to textfile alone")
	case f.to == ToTextFile && (f.severity != leastSeverity || f.most != mostFindings || f.region != ""):
		return window, errors.New("--severity, --most and --region are not for --to textfile: it counts all findings, and makes no call to AWS")
	case f.to != ToEventBridge && f.bus != DefaultBus:
		return window, errors.New("--bus is for --to eventbridge alone")
	case f.to == ToTextFile && f.output == "" && !f.dryRun:
		return window, errors.New("--to textfile needs --output FILE.prom, or --dry-run")
	case f.output != "" && !strings.HasSuffix(f.output, ".prom"):
		return window, fmt.Errorf("--output %s: want a name that ends in .prom: node_exporter reads no others", f.output)
	}
	if err := CheckBus(f.bus); err != nil {
		return window, err
	}
	if err := file.Check(f.output); err != nil {
		return window, fmt.Errorf("--output %w", err)
	}
	if isBusARN(f.bus) {
		region := strings.Split(f.bus, ":")[3]
		if f.region != "" && f.region != region {
			return window, fmt.Errorf("--region %s: the bus of --bus is in %s", f.region, region)
		}
		f.region = region
	}
	window, err = day.ParseWindow(f.date, now)
	if err != nil || window.From != window.To {
		return window, fmt.Errorf("--date %q: want a day, YYYY-MM-DD, or yesterday", f.date)
	}
	return window, nil
}

// open opens the report. The flags for storing in S3 are of a text file in S3, or else of the report.
func (f *notifyFlags) open(ctx context.Context, where string) (report.Store, error) {
	kept := f.kept
	if list.IsS3(f.output) {
		kept = dest.S3Options{}
	}
	if err := cmp.Or(f.kept.Check(), flags.CheckAccounts("--expected-out-owner", flags.NonEmpty(f.kept.BucketOwner))); err != nil {
		return nil, err
	}
	return dest.Open(ctx, where, aws.NewS3, kept)
}

func (f *notifyFlags) run(ctx context.Context, store report.Store, window day.Window, out io.Writer, say *terminal.Messages) error {
	after, err := changes.Latest(ctx, store, window)
	if err != nil {
		return err
	}
	if err := whole(store, after); err != nil {
		return err
	}
	if f.to == ToTextFile {
		return f.writeTextFile(ctx, store, after, out)
	}
	place, err := placeOf(store)
	if err != nil {
		return err
	}
	t, err := f.target(ctx, store)
	if err != nil {
		return err
	}
	p := &planner{
		target: t, store: store, place: place, severity: overview.RankOfSeverity(f.severity), most: f.most, dryRun: f.dryRun, out: out, say: say,
	}
	if f.dryRun {
		return p.print(ctx, after.Day)
	}
	return p.deliver(ctx, after.Day)
}

// whole returns an error for a day that covers one shard of the trail.
func whole(store report.Store, side *changes.Side) error {
	if part := side.Manifest.Part(); part != "" {
		return fmt.Errorf("%s: %s covers shard %s of the trail alone: merge all shards, and notify of the merged report", store, side.Day, part)
	}
	return nil
}

// placeOf returns one name for all ways to write where a report is. The ids of its findings depend
// on it.
func placeOf(store report.Store) (string, error) {
	name := store.String()
	if strings.HasPrefix(name, "s3://") {
		return name, nil
	}
	name, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", store, err)
	}
	return filepath.EvalSymlinks(name)
}

func (f *notifyFlags) writeTextFile(ctx context.Context, store report.Store, after *changes.Side, out io.Writer) error {
	c, err := changes.Read(ctx, after, 1)
	if err != nil {
		return err
	}
	text := textFile(c, store.String())
	if f.dryRun {
		_, err := out.Write(text)
		return err
	}
	return file.Write(ctx, f.output, text, file.Options{Kept: f.kept})
}

// target opens the target of --to.
func (f *notifyFlags) target(ctx context.Context, store report.Store) (target, error) {
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(stall))}
	if f.region != "" {
		options = append(options, config.WithRegion(f.region))
	}
	cfg, err := aws.Config(ctx, options...)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, exit.New(exit.Usage, "AWS configuration: names no Region: give --region")
	}
	if f.to == ToSecurityHub {
		return openHub(ctx, cfg, store.String())
	}
	return openBus(ctx, cfg, f.bus, store.String(), f.dryRun)
}
