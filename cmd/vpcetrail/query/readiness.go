package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/policy"
	"vpcetrail/report/readiness"
)

// readinessFlags are the flags of readiness as given.
type readinessFlags struct {
	flags.Days
	lang flags.Lang
	readiness.Question
	policy, condition, format string
	networks                  string
	exempt                    []string
}

// conditionKeys maps the words of --condition to the condition keys.
var conditionKeys = map[string]string{
	"vpce": readiness.SourceVpce, "vpc": readiness.SourceVpc, "vpc-arn": readiness.SourceVpcArn,
	"account": readiness.VpceAccount, "org": readiness.VpceOrgID, "org-paths": readiness.VpceOrgPaths,
}

// NewReadiness returns the command.
func NewReadiness() *cobra.Command {
	f := readinessFlags{}
	cmd := &cobra.Command{
		Use:   "readiness DEST --resource ARN",
		Short: "Show whom a policy that requires endpoints would block",
		Long: `readiness reads the report in DEST and shows what would happen if the policy of one resource required
aws:SourceVpce (one of these endpoints), aws:SourceVpc or aws:SourceVpcArn (their VPCs), aws:VpceAccount,
aws:VpceOrgID or aws:VpceOrgPaths (your accounts): which callers would be denied, which would pass, which are
exempt because an AWS service makes the call, and what the report cannot decide. A key that requests to the
service never have is not counted: it would stop everybody.

--exempt names networks of the file of --networks, such as an office. Calls from there are exempt by
aws:SourceIp, and the statement has their ranges. The report must be made by analyze --networks.

It then prints the policy statement. With --policy, it also names the actions that the current policy
would leave open. readiness knows only the days of the report, so use enough of them.`,
		Example: `  vpcetrail readiness out --resource arn:aws:s3:::amzn-s3-demo-restricted
  vpcetrail readiness out --resource arn:aws:sqs:eu-west-1:111122223333:orders --condition account --from 2026-11-01
  aws s3api get-bucket-policy --bucket amzn-s3-demo-restricted > policy.json
  vpcetrail readiness s3://audit-reports/vpcetrail --resource arn:aws:s3:::amzn-s3-demo-restricted --policy policy.json`,
		Args: oneDest,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.Resource, "resource", "", "`ARN` of the resource (required): a bucket, queue, topic, key, table, secret, log group, function or repository")
	set.StringSliceVar(&f.Endpoints, "endpoints", nil, "endpoint `IDs` that the policy would allow (default your endpoints for the service in the report)")
	set.StringVar(&f.policy, "policy", "", "current policy of the resource: a JSON `FILE`, for example as the AWS CLI prints it")
	set.StringVar(&f.condition, "condition", "vpce", "`CONDITION` to show in full: vpce, vpc, vpc-arn, account, org or org-paths")
	set.StringVar(&f.OrgID, "org-id", "", "`ID` of your organization, for the statement with aws:VpceOrgID")
	set.StringVar(&f.networks, "networks", "", "your own networks, as for analyze: a YAML `FILE`")
	set.StringSliceVar(&f.exempt, "exempt", nil, "`NAMES` of --networks that the policy would exempt by aws:SourceIp, such as office")
	set.StringSliceVar(&f.OrgPaths, "org-paths", nil, "`PATHS` of organizational units for aws:VpceOrgPaths, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*")
	f.Register(cmd)
	set.StringVar(&f.format, "format", "text", "output `FORMAT`: text or json")
	f.lang.Register(cmd)
	flags.CompleteWords(cmd, "format", "text", "json")
	flags.CompleteWords(cmd, "condition", "vpce", "vpc", "vpc-arn", "account", "org", "org-paths")
	return cmd
}

var orgPath = regexp.MustCompile(`^o-[a-z0-9]{10,32}/((r-[a-z0-9]{4,32}/)?(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*)\*?$`)

var orgID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)

// check checks the flags and reads the file that they name.
func (f *readinessFlags) check(ctx context.Context, now time.Time) (window day.Window, p *policy.Policy, err error) {
	switch {
	case f.Resource == "":
		return window, nil, errors.New("--resource is missing: want the ARN of a resource")
	case !isARN(f.Resource):
		return window, nil, noARN(f.Resource)
	case f.format != "text" && f.format != "json":
		return window, nil, fmt.Errorf("--format %q: want text or json", f.format)
	case conditionKeys[f.condition] == "":
		return window, nil, fmt.Errorf("--condition %q: want vpce, vpc, vpc-arn, account, org or org-paths", f.condition)
	case f.OrgID != "" && !orgID.MatchString(f.OrgID):
		return window, nil, fmt.Errorf("--org-id %q: want an organization's id such as o-a1b2c3d4e5", f.OrgID)
	}
	if err := f.lang.Check(); err != nil {
		return window, nil, err
	}
	for _, path := range f.OrgPaths {
		if !orgPath.MatchString(path) {
			return window, nil, fmt.Errorf("--org-paths %q: want a path such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*, or o-a1b2c3d4e5/* for the whole organization", path)
		}
	}
	for _, id := range f.Endpoints {
		if !endpoints.IsID([]byte(id)) {
			return window, nil, fmt.Errorf("--endpoints: %q is no endpoint id such as vpce-0a1b2c3d4e5f60718", id)
		}
	}
	if f.policy != "" {
		if p, err = file.Parse(ctx, "--policy", f.policy, policy.Parse); err != nil {
			return window, nil, err
		}
	}
	if f.Exempt, err = exemptNetworks(ctx, f.networks, f.exempt); err != nil {
		return window, nil, err
	}
	window, err = f.Window(now)
	return window, p, err
}

// exemptNetworks returns the networks of a file that are named.
func exemptNetworks(ctx context.Context, from string, names []string) (exempt []readiness.Network, err error) {
	switch {
	case len(names) == 0 && from == "":
		return nil, nil
	case len(names) == 0:
		return nil, errors.New("--networks needs --exempt: the names that the policy would exempt")
	case from == "":
		return nil, errors.New("--exempt needs --networks: the file with the ranges of these names")
	}
	networks, err := file.Parse(ctx, "--networks", from, network.ParseNetworks)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		cidrs := networks.CIDRs(name)
		if len(cidrs) == 0 {
			return nil, fmt.Errorf("--exempt %q: %s has no network of this name", name, from)
		}
		exempt = append(exempt, readiness.Network{Name: name, CIDRs: cidrs})
	}
	return exempt, nil
}

func (f *readinessFlags) run(ctx context.Context, where string, out, errOut io.Writer) error {
	window, p, err := f.check(ctx, time.Now())
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	span, err := openPublished(ctx, where, window)
	if err != nil {
		return err
	}
	answer, err := readiness.Read(ctx, span, f.Question)
	if err != nil {
		return err
	}
	if p != nil {
		answer.FindOpen(p)
	}
	if f.format == "json" {
		return writeJSON(out, answer)
	}
	return answer.WriteText(out, grid.Style{Width: terminal.Width(out), Words: f.lang.Words(out, errOut)}, conditionKeys[f.condition], f.policy)
}
