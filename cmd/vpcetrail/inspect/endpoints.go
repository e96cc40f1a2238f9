package inspect

import (
	"fmt"

	"github.com/spf13/cobra"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/report/grid"
	"vpcetrail/report/learn"
)

// NewEndpoints returns the command.
func NewEndpoints() *cobra.Command {
	f := snapshotFlags{}
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
			if len(args)+len(f.Endpoints) == 0 {
				return exit.Usagef("endpoints needs a SOURCE (s3://bucket/prefix, a directory, a file, - or lookup-events://REGION), or --endpoints")
			}
			return f.run(cmd, args, "inventory", addToInventory)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "output", "o", "", "write the inventory to this `FILE` or s3://bucket/key; --endpoints may name the same file (default standard output)")
	f.Register(cmd, "read")
	flags.RegisterKept(cmd, &f.kept)
	set.BoolVar(&f.quiet, "quiet", false, "do not print progress and what was written")
	flags.Heading(cmd, "expected-out-owner", "Other flags")
	return flags.IncompleteOK(cmd)
}

// addToInventory adds the endpoints found to the given inventories.
func addToInventory(in *flags.Input, trail *learn.Trail) (text []byte, holds string, err error) {
	for _, e := range trail.Endpoints {
		in.Inventory.Add(e)
	}
	text, err = in.Inventory.Save()
	return text, countEndpoints(in.Inventory), err
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
