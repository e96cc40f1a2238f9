package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
)

// endpointsFlags are the flags of endpoints as given.
type endpointsFlags struct {
	readFlags
	out   string
	quiet bool
}

func newEndpoints() *cobra.Command {
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
			return runJob(cmd, job, err)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.out, "output", "o", "", "`FILE` that the inventory is written to, also one that --endpoints reads (- or none: standard output)")
	f.register(cmd, "read")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress, and no word of what was written")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *endpointsFlags) job(sources []string, now time.Time) (*endpointsJob, error) {
	if len(sources)+len(f.endpoints) == 0 {
		return nil, fmt.Errorf("endpoints needs a SOURCE (s3://bucket/prefix, a directory, a file, - or lookup-events://REGION), or --endpoints")
	}
	if err := dest.CheckName(f.out); err != nil {
		return nil, fmt.Errorf("-o %w", err)
	}
	given, err := f.input(sources, now)
	if err != nil {
		return nil, err
	}
	return &endpointsJob{input: given, out: f.out, quiet: f.quiet}, nil
}
