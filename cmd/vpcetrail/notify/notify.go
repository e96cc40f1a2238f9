// Package notify sends what a day of a report changed: to EventBridge, to Security Hub, or into a
// text file for Prometheus.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	toEventBridge = "eventbridge"
	toSecurityHub = "securityhub"
	toTextFile    = "textfile"
)

var targets = []string{toEventBridge, toSecurityHub, toTextFile}

// patience is the longest wait for one answer.
const patience = time.Minute

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

Run it each night after analyze. What was sent is kept in the report, below _notify/. So nothing is
sent twice, a night without notify is made up for, and what could not be delivered is named, with
status 3, and sent the next time. If a run is killed between sending and keeping that, the next run
sends it again, with the same ids.

A finding counts as gone only if the day can prove it: the run read all of its input, and had all
accounts, Regions and optional inputs that the days before had.

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
			store, err := dest.Open(cmd.Context(), args[0], aws.NewS3, f.kept)
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
	set.StringVar(&f.to, "to", "", "`TARGET`: "+grid.OneOf(targets)+" (required)")
	set.StringVar(&f.date, "date", "yesterday", "`DAY` of the report, in UTC: D or yesterday")
	set.BoolVar(&f.dryRun, "dry-run", false, "print what would be sent, and send nothing")
	set.StringVar(&f.severity, "severity", "medium", "send no findings below this `SEVERITY`: "+strings.Join(findings.Severities, ", "))
	set.IntVar(&f.most, "most", 1000, "send at most this `NUMBER` of findings in one run, the most severe first; the others are sent the next time")
	set.StringVar(&f.bus, "bus", "default", "eventbridge: name or ARN of the event `BUS`")
	set.StringVar(&f.region, "region", "", "eventbridge, securityhub: `REGION` of the target (default that of the AWS configuration)")
	set.StringVarP(&f.output, "output", "o", "", "textfile: write this `FILE`, which ends in .prom")
	flags.RegisterKept(cmd, &f.kept)
	flags.CompleteWords(cmd, "to", targets...)
	flags.CompleteWords(cmd, "severity", findings.Severities...)
	flags.CompleteWords(cmd, "date", "yesterday")
}

// check checks the flags, and returns the day.
func (f *notifyFlags) check(now time.Time) (window day.Window, err error) {
	switch {
	case f.to == "":
		return window, errors.New("--to is missing: want " + grid.OneOf(targets))
	case !slices.Contains(targets, f.to):
		return window, fmt.Errorf("--to %q: want %s", f.to, grid.OneOf(targets))
	case !slices.Contains(findings.Severities, f.severity):
		return window, fmt.Errorf("--severity %q: want %s", f.severity, grid.OneOf(findings.Severities))
	case f.most < 1:
		return window, fmt.Errorf("--most %d: want at least 1", f.most)
	case f.to != toTextFile && f.output != "":
		return window, errors.New("--output is for --to textfile alone")
	case f.to == toTextFile && f.output == "" && !f.dryRun:
		return window, errors.New("--to textfile needs --output FILE.prom, or --dry-run")
	case f.output != "" && !strings.HasSuffix(f.output, ".prom"):
		return window, fmt.Errorf("--output %s: want a name that ends in .prom: node_exporter reads no others", f.output)
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

func (f *notifyFlags) run(ctx context.Context, store report.Store, window day.Window, out io.Writer, say *terminal.Messages) error {
	before, after, err := changes.Latest(ctx, store, window)
	if err != nil {
		return err
	}
	if f.to == toTextFile {
		return f.writeTextFile(ctx, store, before, after, out)
	}
	t, err := f.target(ctx, store, after)
	if err != nil {
		return err
	}
	p := &planner{target: t, store: store, severity: overview.RankOfSeverity(f.severity), most: f.most}
	if f.dryRun {
		return p.print(ctx, before, after, out)
	}
	return p.deliver(ctx, before, after, out, say)
}

func (f *notifyFlags) writeTextFile(ctx context.Context, store report.Store, before, after *changes.Side, out io.Writer) error {
	c, err := changes.Read(ctx, before, after, 1)
	if err != nil {
		return err
	}
	text := textFile(c, store.String())
	if f.dryRun {
		_, err := out.Write(text)
		return err
	}
	return file.Write(ctx, f.output, text)
}

// target opens the target of --to.
func (f *notifyFlags) target(ctx context.Context, store report.Store, after *changes.Side) (target, error) {
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(patience))}
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
	if f.to == toSecurityHub {
		return openHub(ctx, cfg, store.String(), after.Day.String(), Now())
	}
	return openBus(ctx, cfg, f.bus, store.String(), after.Day.String(), f.dryRun)
}

// print writes what would be sent, one JSON object a line.
func (p *planner) print(ctx context.Context, before, after *changes.Side, out io.Writer) error {
	r, err := readRecord(ctx, p.store, p.target.arn())
	if err != nil || r != nil && r.Day > after.Day.String() {
		return err
	}
	todo, err := p.plan(ctx, r, before, after)
	if err != nil {
		return err
	}
	for _, n := range todo.news {
		text, err := json.Marshal(p.target.message(n))
		if err != nil {
			return err
		}
		if _, err := out.Write(append(grid.JSONText(text), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// deliver sends the news, and keeps what was sent.
func (p *planner) deliver(ctx context.Context, before, after *changes.Side, out io.Writer, say *terminal.Messages) error {
	arn, today := p.target.arn(), after.Day.String()
	w, err := p.store.Begin(ctx, say.Problem)
	if err != nil {
		return err
	}
	defer w.Close()
	pub, err := w.Lock(ctx, unitOf(arn)) // two runs at once would send everything twice
	if err != nil {
		return err
	}
	r, err := readRecord(ctx, p.store, arn)
	if err != nil {
		return err
	}
	if r != nil && r.Day > today {
		say.Problem(fmt.Sprintf("%s was sent everything up to %s: nothing of %s is sent", arn, r.Day, today))
		return nil
	}
	todo, err := p.plan(ctx, r, before, after)
	if err != nil {
		return err
	}
	failed := sendAll(ctx, p.target, todo.news)
	if len(todo.failed()) == len(todo.news) && failed != nil {
		return failed // nothing has changed
	}
	if len(todo.news) == 0 && r != nil && r.Day == today {
		return todo.report(today, arn, out, say) // the record stays as it is
	}
	if err := todo.after(after).save(ctx, pub, arn); err != nil {
		return fmt.Errorf("the news were sent, but it cannot be kept that they were, and the next run sends them again: %w", err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return todo.report(today, arn, out, say)
}

// report says what was sent, and names what was not.
func (p *plan) report(today, arn string, out io.Writer, say *terminal.Messages) error {
	fmt.Fprintf(out, "%s: %s new, %s gone, sent to %s\n", today, grid.Plural(p.count(isNew), "finding"), grid.Number(p.count(isGone)), arn)
	if p.waiting != "" {
		say.Problem(fmt.Sprintf("no finding is sent as gone: %s: %s", today, p.waiting))
	}
	failed := p.failed()
	reasons := map[string][]string{}
	var order []string
	for _, n := range failed {
		reason := aws.Cause(n.err)
		if reasons[reason] == nil {
			order = append(order, reason)
		}
		reasons[reason] = append(reasons[reason], n.String())
	}
	for _, reason := range order {
		say.Problem(fmt.Sprintf("not delivered: %s: %s", grid.Few(reasons[reason]), reason))
	}
	switch {
	case len(failed) > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%d of %d could not be delivered to %s: the next run sends what is still true", len(failed), len(p.news)+p.more, arn))
	case p.more > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%s are left for the next run: see --most and --severity", grid.Plural(int64(p.more), "finding")))
	}
	return nil
}
