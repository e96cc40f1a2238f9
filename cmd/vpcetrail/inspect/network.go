package inspect

import (
	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/report/learn"
)

// NewNetwork returns the command.
func NewNetwork() *cobra.Command {
	f := snapshotFlags{}
	cmd := &cobra.Command{
		Use:   "network [SOURCE...] --network FILE,aws [-o FILE]",
		Short: "Keep a snapshot of what decides network paths: route tables, endpoints, NAT gateways",
		Long: `network writes a snapshot of what decides the path of a call: VPCs, subnets, route tables, VPC
endpoints and the services that offer them, NAT gateways, network interfaces, instances and Lambda
functions. It calls only read APIs, in the account of your credentials, in all Regions that the
account has enabled or in those of --regions.

It adds the earlier snapshots that --network names, of this account and of others, and the events of
each SOURCE that changed routes, endpoints, NAT gateways or addresses. SOURCE can be anything that
analyze reads. The order of the snapshots makes no difference.

If AWS refuses a call, network names the call, leaves out what it would have returned, and ends with
status 3. The snapshot also contains the inventory of endpoints: --endpoints accepts it. A day is
decided by the first snapshot of the account and Region that was taken after the day ended. So take
one each night, after midnight UTC.

Permissions: ec2:DescribeVpcs, DescribeVpcAttribute, DescribeDhcpOptions, DescribeSubnets, DescribeRouteTables,
DescribeVpcEndpoints, DescribeVpcEndpointServices, DescribeNatGateways, DescribeNetworkInterfaces,
DescribeInstances, DescribeRegions; lambda:ListFunctions; sts:GetCallerIdentity.`,
		Example: `  vpcetrail network --network aws -o network.json
  vpcetrail network s3://org-trail --date yesterday --network network.json,aws -o network.json
  vpcetrail network --network account-a.json,account-b.json -o network.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(f.Network) == 0 {
				return exit.Usagef("network needs --network: aws, a file that vpcetrail network wrote, or several of these")
			}
			return f.run(cmd, args, "snapshot", addToNetwork)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "output", "o", "", "write the snapshot to this `FILE` or s3://bucket/key; --network may name the same file (default standard output)")
	f.RegisterNetwork(cmd)
	f.Register(cmd, "read")
	flags.RegisterKept(cmd, &f.kept)
	set.BoolVar(&f.quiet, "quiet", false, "do not print progress and what was written")
	flags.Heading(cmd, "expected-out-owner", "Other flags")
	return flags.IncompleteOK(cmd)
}

// addToNetwork adds the endpoints and changes found to the given snapshots.
func addToNetwork(in *flags.Input, trail *learn.Trail) (text []byte, holds string, err error) {
	for _, e := range trail.Endpoints {
		in.Network.Endpoints.Add(e)
	}
	for _, e := range in.Inventory {
		in.Network.Endpoints.Add(e)
	}
	for _, c := range trail.Changes {
		in.Network.AddChange(c)
	}
	text, err = in.Network.Save()
	return text, in.Network.String(), err
}
