// Package doctor holds the command doctor, which finds out on the machine where a workload
// runs by which path its calls leave for each service. It asks DNS, connects, and asks the
// instance metadata service and EC2. What the answers prove is decided in classify/inside.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/spf13/cobra"

	"vpcetrail/classify/inside"
	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/doctor/resolve"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/aws"
	"vpcetrail/report/grid"
)

// mostServices bounds a run, with the names that each service has.
const mostServices = 50

// stepsToWrite is how many steps writing the result to S3 may take: credentials, the call, the call
// in the bucket's own Region, and one more try.
const stepsToWrite = 4

// hostName matches the names that DNS has hosts for. A label of digits alone at the end is an address.
var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// doctorFlags are the flags of doctor as given.
type doctorFlags struct {
	services        []string
	region, outside string
	format, out     string
	step            time.Duration
	sign            bool
	analyze, yes    bool
	kept            dest.S3Options
}

// New returns the command.
func New() *cobra.Command {
	f := doctorFlags{}
	cmd := &cobra.Command{
		Use:   "doctor [--services SERVICES]",
		Short: "Check from inside a VPC by which path calls leave for each service",
		Long: `doctor runs where a workload runs and finds out, for each service, whether calls go through an
interface endpoint, through a gateway endpoint, or past the endpoint.

It looks up the names of the service (regional, global, dual-stack, FIPS), connects to port 443 of their
addresses, checks the certificate, and checks whether the internet can be reached. None of this needs
credentials. The instance metadata service (version 2) says where the machine is. Without it, give
--region.

If there are credentials, doctor also asks EC2 which endpoint has an address and where the subnet's
route table sends it. It then names the change that moves the calls to an endpoint. Permissions:
ec2:DescribeVpcs, DescribeVpcAttribute, DescribeDhcpOptions, DescribeSubnets, DescribeRouteTables,
DescribeVpcEndpoints, DescribeVpcEndpointServices, DescribePrefixLists, GetManagedPrefixListEntries,
DescribeNetworkInterfaces. A call that is refused is named. Where there is no metadata service, as in
a task of Fargate, EC2 finds the machine by its hardware address.

With --sign, doctor makes one harmless signed call to STS (GetCallerIdentity) and one to S3 (ListBuckets),
with a marker in the user agent, and prints the explain command that finds their records. A record
proves the path, also if the call was denied.

With --analyze, doctor has Reachability Analyzer check whether the configuration lets packets go from
this machine to each endpoint. AWS charges for each analysis; doctor says how much, and asks. It removes
what it creates, also when it is interrupted. Permissions: those of the AWS managed policy
AmazonVPCReachabilityAnalyzerFullAccessPolicy.

What the checks do not prove is undecided. The path of a service is the path of the name that SDKs
use. Policies are not checked: a call that an endpoint policy denies takes the same path.

Exit status:
  0  all services use an endpoint
  3  for some service the path is undecided, or calls to it fail
  4  for some service calls go past the endpoint
  1 and 2 as for all commands`,
		Example: `  vpcetrail doctor
  vpcetrail doctor --services s3,dynamodb,sqs,ecr.api,ecr.dkr --region eu-west-1
  vpcetrail doctor --format json -o s3://audit-reports/doctor/{instance}.json
  vpcetrail doctor --services sts,s3 --sign`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("doctor takes no argument; got %q: name services by --services", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringSliceVar(&f.services, "services", []string{"s3", "dynamodb", "sts", "ec2", "kms", "logs", "sqs"}, "`SERVICES` to check, as their endpoints are named")
	set.StringVar(&f.region, "region", "", "`REGION` whose services are called (default AWS_REGION or that of the profile, else that of the machine)")
	set.StringVar(&f.outside, "outside", "example.com", "`HOST` outside of AWS, to see whether the internet can be reached; none: do not try")
	set.DurationVar(&f.step, "timeout", 2*time.Second, "`TIME` for each step: a look-up, a connection, an answer of EC2")
	set.BoolVar(&f.sign, "sign", false, "make one signed call to STS and to S3, and print the command that explains their records")
	set.BoolVar(&f.analyze, "analyze", false, fmt.Sprintf("have the way to each endpoint analyzed by Reachability Analyzer, for $%.2f each; asks first", analysisPrice))
	set.BoolVar(&f.yes, "yes", false, "with --analyze: do not ask whether to pay")
	set.StringVar(&f.format, "format", "text", "output `FORMAT`: text or json")
	set.StringVarP(&f.out, "output", "o", "", "write to this `FILE` or s3://bucket/key; {instance} in it becomes the instance id, else the host name (default standard output)")
	flags.RegisterKept(cmd, &f.kept)
	flags.CompleteWords(cmd, "format", "text", "json")
	return cmd
}

// check checks the flags.
func (f *doctorFlags) check() ([]inside.Service, error) {
	switch {
	case f.format != "text" && f.format != "json":
		return nil, fmt.Errorf("--format %q: want text or json", f.format)
	case f.region != "" && !inside.IsPlain(f.region):
		return nil, exit.Usagef("Region %q: want one such as eu-west-1", f.region)
	case f.step < 10*time.Millisecond || f.step > time.Minute:
		return nil, fmt.Errorf("--timeout %v: want a time from 10ms to 1m", f.step)
	case f.outside != "none" && (len(f.outside) > 253 || !hostName.MatchString(f.outside)):
		return nil, fmt.Errorf("--outside %.80q: want the name of a host, such as example.com, or none", f.outside)
	case network.ClassOf(network.ShapeOf([]byte(f.outside)), "") != network.Custom:
		return nil, fmt.Errorf("--outside %s: is a name of AWS, which an endpoint may carry: want a host outside of AWS", f.outside)
	case f.yes && !f.analyze:
		return nil, errors.New("--yes goes with --analyze: nothing else costs money")
	case len(f.services) > mostServices:
		return nil, fmt.Errorf("--services names %d: at most %d are checked in a run", len(f.services), mostServices)
	}
	if err := file.Check(f.out); err != nil {
		return nil, fmt.Errorf("-o %w", err)
	}
	if err := flags.CheckKept(f.out, f.kept); err != nil {
		return nil, err
	}
	var services []inside.Service
	for _, text := range f.services {
		s, _, err := inside.ParseService(text)
		if err != nil {
			return nil, fmt.Errorf("--services: %w", err)
		}
		if !slices.Contains(services, s) {
			services = append(services, s)
		}
	}
	return services, nil
}

func (f *doctorFlags) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	d, err := f.doctor(ctx)
	if err == nil && f.analyze && !f.yes && isSilent(cmd.InOrStdin()) {
		err = errors.New("--analyze costs money, and nobody is there to ask: give --yes")
	}
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	e, err := d.examine(ctx)
	if err != nil {
		return err
	}
	if f.analyze {
		if err := f.analyzeEndpoints(cmd, e); err != nil {
			return err
		}
	}
	if err := f.write(ctx, cmd.OutOrStdout(), e); err != nil {
		return err
	}
	return e.problem()
}

// analyzeEndpoints has the endpoints analyzed, if it may cost money.
func (f *doctorFlags) analyzeEndpoints(cmd *cobra.Command, e *examination) error {
	if e.subnet == nil || e.Interface == "" {
		e.unanalyzed = "--analyze needs instance metadata and an answer of EC2"
		return nil
	}
	ids := e.endpoints()
	if len(ids) == 0 {
		e.unanalyzed = e.VPC + " has no endpoint for these services in " + e.Calls
		return nil
	}
	sayPrice(cmd.ErrOrStderr(), len(ids))
	if !f.yes {
		err := askToPay(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
		if errors.Is(err, errUnpaid) {
			e.unanalyzed = err.Error()
			return nil
		}
		if err != nil {
			return err
		}
	}
	return e.analyze(cmd.Context(), ids)
}

// doctor returns the checks that the flags ask for.
func (f *doctorFlags) doctor(ctx context.Context) (*doctor, error) {
	services, err := f.check()
	if err != nil {
		return nil, err
	}
	d := &doctor{services: services, named: f.services, region: f.region, outside: f.outside, step: f.step, sign: f.sign, resolver: resolve.New(f.step)}
	if d.outside == "none" {
		d.outside = ""
	}
	return d, d.configure(ctx, f.region)
}

// configure loads the SDK's configuration, with a Region if it is known.
func (d *doctor) configure(ctx context.Context, region string) (err error) {
	client := awshttp.NewBuildableClient().WithTimeout(d.step).WithTransportOptions(directMetadata)
	roles := imds.New(imds.Options{HTTPClient: cappedClient{client}})
	// Mode auto would ask the metadata service first, for as long as the SDK likes.
	if d.cfg, err = aws.Config(ctx, config.WithDefaultsMode(sdk.DefaultsModeLegacy), config.WithHTTPClient(client), config.WithRetryMaxAttempts(2), config.WithRegion(region),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = roles })); err != nil {
		return err
	}
	d.settings = settingsOf(d.cfg)
	d.connect = &connector{step: d.step, slots: make(chan struct{}, mostConnections)}
	if client, ok := d.cfg.HTTPClient.(*awshttp.BuildableClient); ok { // the SDK may have added a CA bundle
		d.cfg.HTTPClient = cappedClient{client}
		d.connect.roots = client.GetTransport().TLSClientConfig.RootCAs
	}
	return nil
}

// problem returns the error for what an examination found, or nil.
func (e *examination) problem() error {
	counts := map[inside.Path][]string{}
	for _, s := range e.Services {
		counts[s.Path()] = append(counts[s.Path()], string(s.Name))
	}
	var texts []string
	if list := counts[inside.Past]; len(list) > 0 {
		texts = append(texts, "past the endpoint: "+strings.Join(list, ", "))
	}
	if list := counts[inside.Undecided]; len(list) > 0 {
		texts = append(texts, "undecided: "+strings.Join(list, ", "))
	}
	texts = append(texts, e.undone()...)
	if len(texts) == 0 {
		return nil
	}
	return exit.New(e.status(), strings.Join(texts, "; "))
}

// write writes the result to where the flags say.
func (f *doctorFlags) write(ctx context.Context, out io.Writer, e *examination) error {
	var text strings.Builder
	style := grid.Style{}
	if f.out == "" {
		style = grid.Style{Width: terminal.Width(out), Color: terminal.Width(out) > 0 && os.Getenv("NO_COLOR") == ""}
	}
	if f.format == "json" {
		j, err := e.json()
		if err != nil {
			return fmt.Errorf("result: write: %w", err)
		}
		text.Write(grid.JSONText(append(j, '\n')))
	} else if err := e.writeText(&text, style); err != nil {
		return err
	}
	if f.out == "" || f.out == "-" {
		_, err := io.WriteString(out, text.String())
		return err
	}
	host, _ := os.Hostname() // "": the name has nothing in place of {instance}
	most := stepsToWrite * f.step
	ctx, stop := context.WithTimeoutCause(ctx, most, fmt.Errorf("no answer within %v", most))
	defer stop()
	if err := file.Write(ctx, e.file(f.out, host), []byte(text.String()), file.Options{Kept: f.kept, Region: e.Region}); err != nil {
		_, _ = io.WriteString(out, text.String())
		return fmt.Errorf("%w: the result is on standard output instead", err)
	}
	return nil
}
