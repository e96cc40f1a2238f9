package query

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/grid"
	"vpcetrail/report/summary"
)

// summaryFlags are the flags of summary as given.
type summaryFlags struct {
	flags.Days
	flags.Output
	lang    flags.Lang
	by      string
	where   []string
	changes bool
}

// NewSummary returns the command.
func NewSummary() *cobra.Command {
	f := summaryFlags{}
	cmd := &cobra.Command{
		Use:   "summary DEST",
		Short: "Show the totals of a report, totals by principal, service or resource, or what a day changed",
		Long: `summary shows the report in DEST, a directory or s3://bucket/prefix: the calls by route, the services
and principals with the most calls past the endpoints, the endpoints used, and the findings.

With --by, summary instead adds up one table: traffic by principal, service, account, region or day,
endpoints by endpoint, resources by resource, findings by finding, s3_access by bucket, dns by name, or
endpoint_metrics by measured. --where selects rows by any column of that table, and by dt, the day. In a
value, * matches any text, ? matches one character, and an empty value matches NULL. A row must meet all
conditions.

With --changes, summary compares the newest of the days with the day before it that the report has:
new findings and those that are gone, the share of calls through endpoints, and what could not be
counted or proved. It shows every severity. notify instead compares with what its target was sent.

On a terminal, tables fit its width: long names are shortened in the middle. CSV and JSON hold every
column in full, under the names that the report's tables use. In CSV, text that starts with = + - @ '
or a tab gets a ' before it, so that no spreadsheet runs it as a formula. --raw-csv turns this off.`,
		Example: `  vpcetrail summary out
  vpcetrail summary s3://audit-reports/vpcetrail --from 2026-11-01 --to yesterday
  vpcetrail summary out --by principal --where service=s3.amazonaws.com --where route=internet --top 20
  vpcetrail summary out --by resource --where 'resource=arn:aws:s3:::*' --where route!=vpce --format csv > past.csv
  vpcetrail summary out --by day --format json
  vpcetrail summary s3://audit-reports/vpcetrail --changes --date yesterday`,
		Args: oneDest,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return exit.With(exit.Usage, err)
			}
			window, err := f.Window(time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			store, err := openReport(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), store, window, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.by, "by", "", "`SUBJECT` to add up by: "+grid.OneOf(summary.Subjects()))
	set.StringArrayVar(&f.where, "where", nil, "count only rows with `COLUMN=VALUE` or COLUMN!=VALUE; may be repeated")
	set.BoolVar(&f.changes, "changes", false, "show what the newest of the days changed, compared with the day before it")
	f.Days.Register(cmd)
	f.Output.Register(cmd)
	f.lang.Register(cmd)
	flags.CompleteWords(cmd, "by", summary.Subjects()...)
	return cmd
}

// check checks the flags.
func (f *summaryFlags) check() error {
	if err := cmp.Or(f.Output.Check(), f.lang.Check()); err != nil {
		return err
	}
	switch {
	case f.changes && f.by != "":
		return errors.New("--changes compares two days, and --by adds up some: give one of them")
	case f.changes && f.Format == grid.FormatCSV:
		return errors.New("--format csv holds one table, and --changes shows several: give another format")
	case f.by != "":
		q := summary.Query{By: f.by, Where: f.where}
		return q.Check()
	case len(f.where) > 0:
		return errors.New("--where needs --by: it names columns of the table that --by reads")
	case f.Format == grid.FormatCSV:
		return errors.New("--format csv holds one table: choose it by --by")
	}
	return nil
}

func (f *summaryFlags) run(ctx context.Context, store report.Store, window day.Window, out, errOut io.Writer) error {
	top := f.Top
	if top == 0 {
		top = math.MaxInt
	}
	if f.changes {
		return f.showChanges(ctx, store, window, out, errOut, top)
	}
	days, err := report.DaysWithin(ctx, store, window)
	if err != nil {
		return err
	}
	if f.by == "" {
		s, err := summary.Read(ctx, store, days)
		if err != nil {
			return err
		}
		return s.Write(out, f.Format, f.style(out, errOut), top)
	}
	q := summary.Query{By: f.by, Where: f.where, Top: f.Top}
	lacks, err := q.Answer(ctx, store, days, func(l *grid.Listing) error {
		return l.Write(out, f.Format, f.style(out, errOut))
	})
	if err != nil {
		return err
	}
	tell := terminal.NewMessages(errOut, false)
	for _, text := range lacks {
		tell.Line(f.style(out, errOut).Words.Text(text))
	}
	return nil
}

// style returns the style of text on out, in the language of --lang.
func (f *summaryFlags) style(out, errOut io.Writer) grid.Style {
	return f.lang.Style(&f.Output, out, errOut)
}

func (f *summaryFlags) showChanges(ctx context.Context, store report.Store, window day.Window, out, errOut io.Writer, top int) error {
	after, err := changes.Latest(ctx, store, window)
	if err != nil {
		return err
	}
	c, err := changes.Read(ctx, after, top)
	if err != nil {
		return err
	}
	return c.Write(out, f.Format, f.style(out, errOut), top)
}
