package query

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/report"
	"vpcetrail/report/causes"
	"vpcetrail/report/grid"
	"vpcetrail/report/why"
)

// whyFlags are the flags of why as given.
type whyFlags struct {
	flags.Days
	flags.Output
	lang flags.Lang
	why.Filter
	fix string
}

// topGroups is the default number of groups. They fit on a screen.
const topGroups = 6

// NewWhy returns the command.
func NewWhy() *cobra.Command {
	f := whyFlags{}
	cmd := &cobra.Command{
		Use:   "why DEST",
		Short: "Show why calls went past the endpoints, and write the changes that fix it",
		Long: `why reads the causes in the report in DEST, a directory or s3://bucket/prefix, and groups the calls
that went past the endpoints by the one change that would fix them. The group with the most calls
comes first. Each group shows its cause with the proof, its calls and bytes, an estimate of what NAT
gateways charged for them, who made the calls, and when.

The report needs table causes, which analyze --network makes.

With --fix, why writes the change of each group: what it moves, what it may break, the steps in their
order, and how to check the next day that it worked. cloudformation writes a template for each change.
vpcetrail never makes the change itself.

--principal, --service, --account, --vpc and --cause select groups. In their values, * matches any text.`,
		Example: `  vpcetrail why out
  vpcetrail why s3://audit-reports/vpcetrail --date yesterday --account 111122223333 --top 0
  vpcetrail why out --service s3 --fix cli
  vpcetrail why out --vpc vpc-0a1b2c3d4e5f60718 --fix terraform > endpoints.tf`,
		Args: oneDest,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd.Flags().Changed("format")); err != nil {
				return exit.With(exit.Usage, err)
			}
			if f.fix != "" && !cmd.Flags().Changed("top") {
				f.Top = 0
			}
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.fix, "fix", "", "write the change of each group, in this `FORM`: "+strings.Join(causes.Formats(), ", "))
	set.StringSliceVar(&f.Principals, "principal", nil, "only calls of these principals: `ARNs`")
	set.StringSliceVar(&f.Services, "service", nil, "only calls of these `SERVICES`: s3, or s3.amazonaws.com")
	set.StringSliceVar(&f.Accounts, "account", nil, "only calls that the trails of these accounts (`IDS`) have")
	set.StringSliceVar(&f.VPCs, "vpc", nil, "only calls from these VPCs: `IDS`")
	set.StringSliceVar(&f.Filter.Causes, "cause", nil, "only calls of these `CAUSES`: "+strings.Join(why.Causes(), ", "))
	f.Days.Register(cmd)
	f.Output.Register(cmd)
	f.lang.Register(cmd)
	f.Top, set.Lookup("top").DefValue = topGroups, strconv.Itoa(topGroups)
	set.Lookup("top").Usage = "`N` groups, 0 for all (csv, json and --fix: all, unless it is given)"
	flags.CompleteWords(cmd, "fix", causes.Formats()...)
	flags.CompleteLists(cmd, "cause", why.Causes()...)
	return cmd
}

// check checks the flags. formatGiven says that --format is given.
func (f *whyFlags) check(formatGiven bool) error {
	switch {
	case f.fix != "" && !slices.Contains(causes.Formats(), f.fix):
		return fmt.Errorf("--fix %q: want %s", f.fix, grid.OneOf(causes.Formats()))
	case f.fix != "" && formatGiven:
		return fmt.Errorf("--fix %s writes changes to paste: leave out --format", f.fix)
	}
	if err := f.Filter.Check(); err != nil {
		return err
	}
	return cmp.Or(f.Output.Check(), f.lang.Check())
}

func (f *whyFlags) run(ctx context.Context, where string, out, errOut io.Writer) error {
	window, err := f.Window(time.Now())
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	span, err := openSpan(ctx, where, window)
	if err != nil {
		return err
	}
	y, err := why.Read(ctx, span, f.Filter)
	if err != nil {
		return err
	}
	if len(y.Lacking) > 0 {
		terminal.NewMessages(errOut, false).Line("left out, since they have no table causes: " + report.NameDays(y.Lacking).String())
	}
	style := f.lang.Style(&f.Output, out, errOut)
	if f.fix != "" {
		return y.WriteFixes(out, f.fix, grid.Style{Words: style.Words}, where, f.Top)
	}
	return y.Write(out, f.Format, style, f.Top)
}
