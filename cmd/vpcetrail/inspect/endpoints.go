package inspect

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/learn"
)

// endpointsFlags are the flags of endpoints as given.
type endpointsFlags struct {
	flags.Read
	out   string
	quiet bool
}

// NewEndpoints returns the command.
func NewEndpoints() *cobra.Command {
	f := endpointsFlags{}
	cmd := &cobra.Command{
		Use:   "endpoints [SOURCE...] [-o FILE]",
		Short: "Keep an inventory of our VPC endpoints over time, from the trail's own events and from EC2",
		Long: `endpoints reads what CreateVpcEndpoint, ModifyVpcEndpoint and DeleteVpcEndpoints in each SOURCE (whatever
analyze reads) tell of our endpoints, joins it with what --endpoints gives (saved inventories, the output of
aws ec2 describe-vpc-endpoints, EC2 itself), and writes an inventory: each endpoint with its type, VPC, service,
private DNS, owner, and the time in which it was there.

--endpoints of analyze and explain takes the inventory: then an endpoint that was deleted since still resolves
for the calls of its days. Give it to the next run of endpoints too, and it grows from night to night; the order
in which days are joined makes no difference.`,
		Example: `  vpcetrail endpoints s3://org-trail --date 2026-11-01..2026-11-20 --endpoints aws -o inventory.json
  vpcetrail endpoints s3://org-trail --date yesterday --endpoints inventory.json,aws -o inventory.json
  vpcetrail analyze s3://org-trail --date yesterday --endpoints inventory.json --out s3://audit-reports/vpcetrail`,
		RunE: func(cmd *cobra.Command, args []string) error {
			job, err := f.job(args, time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return job.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "output", "o", "", "`FILE` that the inventory is written to, also one that --endpoints reads (- or none: standard output)")
	f.Register(cmd, "read")
	set.BoolVar(&f.quiet, "quiet", false, "no progress, and no word of what was written")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *endpointsFlags) job(sources []string, now time.Time) (*endpointsJob, error) {
	if len(sources)+len(f.Endpoints) == 0 {
		return nil, fmt.Errorf("endpoints needs a SOURCE (s3://bucket/prefix, a directory, a file, - or lookup-events://REGION), or --endpoints")
	}
	if err := dest.CheckName(f.out); err != nil {
		return nil, fmt.Errorf("-o %w", err)
	}
	given, err := f.Input(sources, now)
	if err != nil {
		return nil, err
	}
	return &endpointsJob{Input: given, out: f.out, quiet: f.quiet}, nil
}

// errPartInventory says that an inventory was written although some of its input could
// not be read.
var errPartInventory = exit.New(exit.Incomplete, "the inventory is written, but incomplete")

// An endpointsJob is a checked endpoints command.
type endpointsJob struct {
	*flags.Input
	out   string
	quiet bool
}

// run reads the sources, merges the endpoints found with the given inventories, and
// writes the result.
func (j *endpointsJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	tell := terminal.NewMessages(errOut, false)
	if j.out != "" && j.out != "-" { // reading may take an hour
		if err := dest.CheckFile(j.out); err != nil {
			return err
		}
	}
	if err := j.AskEC2(ctx, tell); err != nil {
		return err
	}
	trail := &learn.Trail{}
	var passed list.PassedOver
	if len(j.Sources) > 0 {
		var err error
		if trail, passed, err = j.read(ctx, in, tell); err != nil {
			return err
		}
		if trail.Objects == 0 {
			return j.NoObject(passed)
		}
	}
	if passed.Objects > 0 {
		tell.Problem(passed.String())
	}
	for _, problem := range trail.Problems {
		tell.Problem(problem)
	}
	for _, e := range trail.Endpoints {
		j.Inventory.Add(e)
	}
	if err := j.write(out); err != nil {
		return err
	}
	return j.incomplete(trail, passed.Objects)
}

// read returns the endpoints that the events of the sources show, and what was passed
// over.
func (j *endpointsJob) read(ctx context.Context, in io.Reader, tell *terminal.Messages) (*learn.Trail, list.PassedOver, error) {
	trail, err := j.Open(ctx, in)
	if err != nil {
		return nil, list.PassedOver{}, err
	}
	defer trail.Close()
	collectors := make([]*learn.Collector, runtime.GOMAXPROCS(0))
	sinks := make([]ingest.Sink, len(collectors))
	for i := range collectors {
		collectors[i] = &learn.Collector{}
		sinks[i] = collectors[i]
	}
	var done ingest.Progress
	if !j.quiet {
		defer terminal.NewProgress(tell).Show(terminal.Watch(trail, &done))()
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: j.Selection.Window, Progress: &done}); err != nil {
		return nil, list.PassedOver{}, err
	}
	return learn.Gather(collectors, trail.Accounts(), j.Own), trail.PassedOver(), nil
}

// write writes the inventory to standard output, or replaces the file.
func (j *endpointsJob) write(out io.Writer) error {
	text, err := j.Inventory.Save()
	if err != nil {
		return err
	}
	text = grid.JSONText(text)
	if j.out == "" || j.out == "-" {
		_, err := out.Write(text)
		return err
	}
	if err := dest.WriteFile(j.out, text); err != nil {
		return err
	}
	if !j.quiet {
		fmt.Fprintf(out, "%s: %s\n", grid.Clean(j.out), countEndpoints(j.Inventory))
	}
	return nil
}

// countEndpoints describes the size of an inventory in words.
func countEndpoints(inventory endpoints.Inventory) string {
	told, gone := 0, 0
	for _, e := range inventory {
		if e.ByTrail {
			told++
		}
		if e.Gone() != 0 {
			gone++
		}
	}
	return fmt.Sprintf("%s, %d of them known by the trail alone, %d deleted", grid.Plural(int64(len(inventory)), "endpoint"), told, gone)
}

// incomplete says what is missing in the written inventory. It is nil if nothing is.
func (j *endpointsJob) incomplete(trail *learn.Trail, passed int64) error {
	var missing []string
	if n := len(trail.Problems); n > 0 {
		missing = append(missing, fmt.Sprintf("%d of %d objects could not be read whole", n, trail.Objects))
	}
	if passed > 0 {
		missing = append(missing, report.NamePassedOver(passed))
	}
	if len(j.RegionsUnread) > 0 {
		missing = append(missing, "EC2 did not tell the endpoints of "+strings.Join(j.RegionsUnread, ", "))
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", errPartInventory, strings.Join(missing, "; "))
}
