package query

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/ingest/day"
	"vpcetrail/report/prices"
	"vpcetrail/report/recommend"
)

// recommendFlags are the flags of recommend as given.
type recommendFlags struct {
	flags.Days
	flags.Output
	prices, example            string
	metrics, network, policies []string
}

// NewRecommend returns the command.
func NewRecommend() *cobra.Command {
	f := recommendFlags{}
	cmd := &cobra.Command{
		Use:   "recommend DEST --prices FILE",
		Short: "Recommend endpoints to create, keep, remove or replace, with the arithmetic",
		Long: `recommend reads a report that analyze --network made, and recommends for each VPC and service: create
an endpoint, associate route tables with the one that is there, keep it, remove it, take zones from it,
replace it by a gateway endpoint, or cannot_tell. Each comes with its calls, bytes and sums.

--prices names the file of prices. Nothing is guessed: where the report has no bytes, recommend shows the
volume at which an endpoint pays. An endpoint without calls may be in use, because CloudTrail does not
record all calls: recommend prints the command that asks CloudWatch, and --metrics takes its file.

recommend uses the network as the last day was made with it or, with --network, the first sweep at or
after the end of that day. An endpoint stays if a policy of --policy names it or its VPC. Files may be in
S3: s3://bucket/key.`,
		Example: `  vpcetrail recommend --example prices > prices.yaml
  vpcetrail recommend out --prices prices.yaml
  vpcetrail recommend s3://audit-reports/vpcetrail --from 2026-11-01 --to 2026-11-30 --prices prices.yaml --format markdown
  vpcetrail recommend out --prices prices.yaml --policy bucket-policy.json --policy scp.json --format csv > endpoints.csv`,
		Args: destUnless(&f.example),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.example != "" {
				return f.printExample(args, cmd.OutOrStdout())
			}
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.prices, "prices", "", "what AWS charges: a YAML `FILE` (required)")
	set.StringVar(&f.example, "example", "", "print the example file `NAME`: prices")
	flags.CompleteWords(cmd, "example", "prices")
	set.StringSliceVar(&f.metrics, "metrics", nil, "what CloudWatch measured at endpoints: `FILEs` that vpcetrail metrics wrote; without any, no endpoint is recommended for removal")
	set.StringSliceVar(&f.network, "network", nil, "network to recommend for: `FILEs` that vpcetrail network wrote (default the network of the last day)")
	set.StringArrayVar(&f.policies, "policy", nil, "policy that may name endpoints: a JSON `FILE`; may be repeated")
	f.Days.Register(cmd)
	f.Output.Register(cmd)
	return cmd
}

func (f *recommendFlags) printExample(args []string, out io.Writer) error {
	switch {
	case len(args) > 0 || f.prices != "":
		return exit.Usagef("--example prints a file to start from: give neither DEST nor --prices")
	case f.example != "prices":
		return exit.Usagef("--example %q: want prices", f.example)
	}
	_, err := io.WriteString(out, prices.Example())
	return err
}

// check checks the flags and reads the files that they name.
func (f *recommendFlags) check(ctx context.Context, now time.Time) (q recommend.Question, window day.Window, err error) {
	if f.prices == "" {
		return q, window, errors.New("--prices is missing: want a file of prices; vpcetrail recommend --example prices prints one")
	}
	if err = f.Output.Check(); err != nil {
		return q, window, err
	}
	if window, err = f.Window(now); err != nil {
		return q, window, err
	}
	if q.Prices, err = file.Parse(ctx, "--prices", f.prices, prices.Parse); err != nil {
		return q, window, err
	}
	if q.Metrics, err = flags.ReadMetrics(ctx, f.metrics); err != nil {
		return q, window, err
	}
	for _, name := range f.network {
		s, err := file.Parse(ctx, "--network", name, network.Parse)
		if err != nil {
			return q, window, err
		}
		if q.Network == nil {
			q.Network = network.New()
		}
		q.Network.Merge(s)
	}
	for _, name := range f.policies {
		text, err := file.Parse(ctx, "--policy", name, policyText)
		if err != nil {
			return q, window, err
		}
		q.Policies = append(q.Policies, text)
	}
	return q, window, nil
}

func policyText(data []byte) (string, error) {
	if !json.Valid(data) {
		return "", errors.New("it is not JSON: want a policy, also as the AWS CLI prints it")
	}
	return string(data), nil
}

func (f *recommendFlags) run(ctx context.Context, where string, out io.Writer) error {
	q, window, err := f.check(ctx, time.Now())
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	span, err := openSpan(ctx, where, window)
	if err != nil {
		return err
	}
	advice, err := recommend.Read(ctx, span, q)
	if err != nil {
		return err
	}
	return advice.Write(out, f.Format, f.Style(out), f.Top)
}
