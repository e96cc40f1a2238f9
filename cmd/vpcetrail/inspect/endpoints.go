package inspect

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
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
		Short: "Keep an inventory of your VPC endpoints over time",
		Long: `endpoints writes an inventory of your VPC endpoints: for each endpoint its type, VPC, service, private
DNS setting and owner, and when it was created and deleted.

It reads the events CreateVpcEndpoint, ModifyVpcEndpoint and DeleteVpcEndpoints of each SOURCE, and
adds what --endpoints names: earlier inventories, the output of aws ec2 describe-vpc-endpoints, or
EC2 itself. SOURCE can be anything that analyze reads.

Give the inventory to analyze and explain with --endpoints. They then know the endpoints that were
deleted since. Give it also to the next run of endpoints: it then keeps what it knows and adds the
new day. The order of the days makes no difference.`,
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
	set.StringVarP(&f.out, "output", "o", "", "write the inventory to this `FILE`; --endpoints may name the same file (default standard output)")
	f.Register(cmd, "read")
	set.BoolVar(&f.quiet, "quiet", false, "do not print progress and what was written")
	flags.Heading(cmd, "quiet", "Other flags")
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
	if err := checkFile(j.out); err != nil {
		return err
	}
	if err := j.AskEC2(ctx, tell); err != nil {
		return err
	}
	trail, passed, err := learnFrom(ctx, j.Input, in, tell, j.quiet)
	if err != nil {
		return err
	}
	for _, e := range trail.Endpoints {
		j.Inventory.Add(e)
	}
	if err := j.write(out); err != nil {
		return err
	}
	return j.incomplete(trail, passed)
}

// write writes the inventory to standard output, or replaces the file.
func (j *endpointsJob) write(out io.Writer) error {
	text, err := j.Inventory.Save()
	if err != nil {
		return err
	}
	return writeFile(out, j.out, text, j.quiet, countEndpoints(j.Inventory))
}

// countEndpoints describes the size of an inventory in words.
func countEndpoints(inventory endpoints.Inventory) string {
	byTrail, gone := 0, 0
	for _, e := range inventory {
		if e.ByTrail {
			byTrail++
		}
		if e.Gone() != 0 {
			gone++
		}
	}
	return fmt.Sprintf("%s, %d of them known by the trail alone, %d deleted", grid.Plural(int64(len(inventory)), "endpoint"), byTrail, gone)
}

// incomplete says what is missing in the written inventory. It is nil if nothing is.
func (j *endpointsJob) incomplete(trail *learn.Trail, passed int64) error {
	missing := missingOf(trail, passed)
	if len(j.RegionsUnread) > 0 {
		missing = append(missing, "EC2 did not list the endpoints of "+strings.Join(j.RegionsUnread, ", "))
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", errPartInventory, strings.Join(missing, "; "))
}
