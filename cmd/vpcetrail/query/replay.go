package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/report/policy"
	"vpcetrail/report/replay"
)

// replayFlags are the flags of replay as given.
type replayFlags struct {
	flags.Read
	endpointPolicy, resourcePolicy, resource string
	endpoints, scps, rcps, assume            []string
	orgID, management, format, suggest       string
	quiet                                    bool
	lang                                     flags.Lang
	given                                    func(flag string) bool
}

// NewReplay returns the command.
func NewReplay() *cobra.Command {
	f := replayFlags{}
	cmd := &cobra.Command{
		Use:   "replay DEST|SOURCE...",
		Short: "Show what a policy would do to the calls that were recorded",
		Long: `replay judges each recorded call against policies that you have not attached yet: an endpoint policy, service
or resource control policies of an organization, or the policy of a resource. A call would be allowed or denied,
or it is undecided: a policy may check what no record has. Each row names the statement that decides.

DEST is a report, whose tables have the calls by resource. SOURCE is whatever analyze reads. Its records take
longer to read and show more: single objects, addresses, user agents, credentials (MFA, source identity, the
instance or function that has them), and the actions of calls that name no resource. The first line of the output
says which of them was read. No record has tags, and not every call that a service makes shows
whether the service uses the credentials of a caller.

A policy that AWS would not accept is an error before anything is read: its size, its elements, wildcards where
they are not allowed. An endpoint policy is also checked for the resources of AWS itself that instances need, such
as package mirrors and the layers of ECR images.`,
		Example: `  vpcetrail replay out --endpoint-policy policy.json --endpoint vpce-0a1b2c3d4e5f60718
  vpcetrail replay s3://org-trail --date 2026-11-20 --scp scp.json --org-id o-a1b2c3d4e5 --management-account 111122223333
  vpcetrail replay fixtures/workshop/AWSLogs --resource-policy bucket.json --resource arn:aws:s3:::amzn-s3-demo-restricted`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Usagef("replay takes a report (DEST) or a trail (SOURCE): a directory, a file, - for standard input, s3://bucket/prefix, or lookup-events://REGION")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := f.plan(cmd.Context())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return f.run(cmd.Context(), args, plan, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	f.given = set.Changed
	set.StringVar(&f.endpointPolicy, "endpoint-policy", "", "a policy for VPC endpoints: a JSON `FILE`")
	set.StringSliceVar(&f.endpoints, "endpoint", nil, "`IDS` of the endpoints that would have the policy")
	set.StringArrayVar(&f.scps, "scp", nil, "a service control policy: a JSON `FILE`; may be repeated")
	set.StringArrayVar(&f.rcps, "rcp", nil, "a resource control policy: a JSON `FILE`; may be repeated")
	set.StringVar(&f.resourcePolicy, "resource-policy", "", "a policy for a resource, such as a bucket: a JSON `FILE`, for example as the AWS CLI prints it")
	set.StringVar(&f.resource, "resource", "", "`ARN` of the resource that would have the policy")
	set.StringVar(&f.orgID, "org-id", "", "`ID` of your organization, for keys such as aws:PrincipalOrgID")
	set.StringVar(&f.management, "management-account", "", "management `ACCOUNT` of your organization, which service and resource control policies do not limit")
	set.StringArrayVar(&f.assume, "assume", nil, "`KEY=VALUE` of a condition key where no record shows it, or KEY= for a key that no call has; may be repeated")
	set.StringVar(&f.suggest, "suggest", "", "`POLICY` to print that passes the recorded calls, instead of a replay: "+suggestWords)
	set.StringVar(&f.format, "format", "text", "output `FORMAT`: text or json")
	f.lang.Register(cmd)
	f.Register(cmd, "replay")
	f.RegisterNetworks(cmd)
	f.RegisterRanges(cmd)
	set.BoolVar(&f.quiet, "quiet", false, "show no progress")
	flags.CompleteWords(cmd, "format", "text", "json")
	flags.CompleteWords(cmd, "suggest", replay.SuggestEndpoint, replay.SuggestResource)
	return flags.IncompleteOK(cmd)
}

const suggestWords = replay.SuggestEndpoint + " (with --endpoint) or " + replay.SuggestResource + " (with --resource)"

// plan checks the flags and reads the policies.
func (f *replayFlags) plan(ctx context.Context) (*replay.Plan, error) {
	p := &replay.Plan{Endpoints: f.endpoints, ResourceARN: f.resource, OrgID: f.orgID, ManagementID: f.management, Suggest: f.suggest}
	if err := cmp.Or(f.checkPolicies(), f.lang.Check()); err != nil {
		return nil, err
	}
	switch {
	case f.resource != "" && !isARN(f.resource):
		return nil, noARN(f.resource)
	case strings.ContainsAny(f.resource, "*?"):
		return nil, fmt.Errorf("--resource %q: want one resource, such as a bucket, without wildcards", f.resource)
	case f.orgID != "" && !orgID.MatchString(f.orgID):
		return nil, fmt.Errorf("--org-id %q: want an organization's id such as o-a1b2c3d4e5", f.orgID)
	case f.management != "" && !endpoints.IsAccount([]byte(f.management)):
		return nil, fmt.Errorf("--management-account %q: want an account id of 12 digits", f.management)
	case f.format != "text" && f.format != "json":
		return nil, fmt.Errorf("--format %q: want text or json", f.format)
	}
	for _, text := range f.assume {
		if err := p.AssumeKey(text); err != nil {
			return nil, fmt.Errorf("--assume %w", err)
		}
	}
	for _, id := range f.endpoints {
		if !endpoints.IsID([]byte(id)) {
			return nil, fmt.Errorf("--endpoint: %q is no endpoint id such as vpce-0a1b2c3d4e5f60718", id)
		}
	}
	return p, f.readPolicies(ctx, p)
}

// checkPolicies checks which policies are given, and for what.
func (f *replayFlags) checkPolicies() error {
	given := f.endpointPolicy != "" || f.resourcePolicy != "" || len(f.scps)+len(f.rcps) > 0
	switch {
	case f.suggest == "" && !given:
		return errors.New("no policy: give --endpoint-policy, --scp, --rcp or --resource-policy, or --suggest")
	case f.suggest == "" && (f.endpointPolicy == "") != (len(f.endpoints) == 0):
		return errors.New("--endpoint-policy and --endpoint belong together: give the policy, and the ids of the endpoints that would have it")
	case f.suggest == "" && (f.resourcePolicy == "") != (f.resource == ""):
		return errors.New("--resource-policy and --resource belong together: give the policy, and the ARN of the resource that would have it")
	case f.suggest != "" && f.suggest != replay.SuggestEndpoint && f.suggest != replay.SuggestResource:
		return fmt.Errorf("--suggest %q: want %s", f.suggest, suggestWords)
	case f.suggest != "" && given:
		return errors.New("--suggest writes a policy: replay it afterwards, without --suggest")
	case f.suggest == replay.SuggestEndpoint && (len(f.endpoints) == 0 || f.resource != ""):
		return errors.New("--suggest endpoint needs --endpoint alone: the ids of the endpoints that would have the policy")
	case f.suggest == replay.SuggestResource && (f.resource == "" || len(f.endpoints) > 0):
		return errors.New("--suggest resource needs --resource alone: the ARN of the resource that would have the policy")
	}
	return nil
}

// readPolicies reads and checks the policies.
func (f *replayFlags) readPolicies(ctx context.Context, p *replay.Plan) error {
	var err error
	if p.Endpoint, err = readPolicy(ctx, "--endpoint-policy", f.endpointPolicy, p.EndpointKind(), 0); err != nil {
		return err
	}
	if p.Resource, err = readPolicy(ctx, "--resource-policy", f.resourcePolicy, policy.Resource, policy.LimitFor(f.resource)); err != nil {
		return err
	}
	for _, kind := range []struct {
		flag  string
		names []string
		kind  policy.Kind
		to    *[]replay.File
	}{{"--scp", f.scps, policy.ServiceControl, &p.ServiceControl}, {"--rcp", f.rcps, policy.ResourceControl, &p.ResourceControl}} {
		for _, name := range kind.names {
			one, err := readPolicy(ctx, kind.flag, name, kind.kind, 0)
			if err != nil {
				return err
			}
			*kind.to = append(*kind.to, *one)
		}
	}
	return nil
}

// readPolicy reads a policy of a kind. It returns nil without a name.
func readPolicy(ctx context.Context, flag, name string, kind policy.Kind, most int) (*replay.File, error) {
	if name == "" {
		return nil, nil
	}
	parsed, err := file.Parse(ctx, flag, name, policy.Parse)
	if err != nil {
		return nil, err
	}
	f := &replay.File{Name: name, Policy: parsed}
	if err := f.Check(kind, most); err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return f, nil
}
