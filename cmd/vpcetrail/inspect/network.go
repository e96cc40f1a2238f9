package inspect

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/report/grid"
)

// networkFlags are the flags of network as given.
type networkFlags struct {
	flags.Read
	out   string
	quiet bool
}

// NewNetwork returns the command.
func NewNetwork() *cobra.Command {
	f := networkFlags{}
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
			job, err := f.job(args, time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return job.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.out, "output", "o", "", "write the snapshot to this `FILE`; --network may name the same file (default standard output)")
	f.RegisterNetwork(cmd)
	f.Register(cmd, "read")
	set.BoolVar(&f.quiet, "quiet", false, "do not print progress and what was written")
	flags.Heading(cmd, "quiet", "Other flags")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *networkFlags) job(sources []string, now time.Time) (*networkJob, error) {
	if len(f.Network) == 0 {
		return nil, fmt.Errorf("network needs --network: aws, a file that vpcetrail network wrote, or several of these")
	}
	if err := dest.CheckName(f.out); err != nil {
		return nil, fmt.Errorf("-o %w", err)
	}
	given, err := f.Input(sources, now)
	if err != nil {
		return nil, err
	}
	return &networkJob{Input: given, out: f.out, quiet: f.quiet}, nil
}

// errPartNetwork says that a snapshot was written although some of its input could not be
// read.
var errPartNetwork = exit.New(exit.Incomplete, "the snapshot is written, but incomplete")

// A networkJob is a checked network command.
type networkJob struct {
	*flags.Input
	out   string
	quiet bool
}

// run asks AWS, reads the sources, and writes the snapshot of all.
func (j *networkJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	tell := terminal.NewMessages(errOut, false)
	if err := checkFile(j.out); err != nil {
		return err
	}
	if err := j.AskEC2(ctx, tell); err != nil {
		return err
	}
	if err := j.AskNetwork(ctx, tell); err != nil {
		return err
	}
	trail, passed, err := learnFrom(ctx, j.Input, in, tell, j.quiet)
	if err != nil {
		return err
	}
	for _, e := range trail.Endpoints {
		j.Network.Endpoints.Add(e)
	}
	for _, e := range j.Inventory {
		j.Network.Endpoints.Add(e)
	}
	for _, c := range trail.Changes {
		j.Network.AddChange(c)
	}
	text, err := j.Network.Save()
	if err != nil {
		return err
	}
	if err := writeFile(out, j.out, text, j.quiet, j.Network.String()); err != nil {
		return err
	}
	missing := missingOf(trail, passed)
	if n := len(j.NetworkUnread); n > 0 {
		missing = append(missing, grid.Plural(int64(n), "call")+" to AWS could not be made")
	}
	if n := len(j.RegionsUnread); n > 0 {
		missing = append(missing, "the endpoints of "+strings.Join(j.RegionsUnread, ", ")+" are not known")
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", errPartNetwork, strings.Join(missing, "; "))
}
