package query

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/diff"
)

// diffFlags are the flags of diff as given.
type diffFlags struct {
	flags.Output
	days   []string
	points float64
}

// NewDiff returns the command.
func NewDiff() *cobra.Command {
	f := diffFlags{}
	cmd := &cobra.Command{
		Use:   "diff DEST [DEST] --day A --day B",
		Short: "Show who started or stopped going past the endpoints between two days or reports",
		Long: `diff compares two days of the report in DEST, a directory or s3://bucket/prefix, or two reports. It
shows which principals started or stopped calling a service past the VPC endpoints, and for which of
them the share of calls through endpoints changed.

--day takes a day or a range of days; the calls of a range are added up. With one DEST, give --day
twice, the earlier first. With two, give it once for both, twice for one each, or not at all to
compare all days of each report.`,
		Example: `  vpcetrail diff out --day 2026-11-20 --day 2026-11-21
  vpcetrail diff s3://audit-reports/vpcetrail --day 2026-11-01..2026-11-07 --day 2026-11-08..2026-11-14 --format csv
  vpcetrail diff before-the-endpoint after-the-endpoint --points 1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return exit.Usagef("diff takes one DEST and two --day, or two DEST; got %d DEST", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.Check(); err != nil {
				return exit.With(exit.Usage, err)
			}
			windows, err := f.windows(len(args), time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			var stores [2]report.Store
			for i := range stores {
				if stores[i], err = openReport(cmd.Context(), args[min(i, len(args)-1)]); err != nil {
					return err
				}
			}
			return f.run(cmd, stores, windows)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringArrayVar(&f.days, "day", nil, "`DAYS` to compare: D, D..D, yesterday or all; may be given twice")
	set.Float64Var(&f.points, "points", 5, "show changes in share of at least this many percentage `POINTS`")
	f.Register(cmd)
	flags.CompleteWords(cmd, "day", flags.DateWords...)
	return cmd
}

// windows returns the days of each side, for one report or two.
func (f *diffFlags) windows(reports int, now time.Time) (windows [2]day.Window, err error) {
	switch {
	case reports == 1 && len(f.days) != 2:
		return windows, fmt.Errorf("diff of one report needs two --day, the earlier first; got %d", len(f.days))
	case len(f.days) > 2:
		return windows, fmt.Errorf("--day is given %d times: want two at most", len(f.days))
	case f.points < 0 || f.points > 100:
		return windows, fmt.Errorf("--points %g: want 0 to 100", f.points)
	}
	for i := range windows {
		if len(f.days) == 0 {
			windows[i] = day.All()
			continue
		}
		if windows[i], err = day.ParseWindow(f.days[min(i, len(f.days)-1)], now); err != nil {
			return windows, fmt.Errorf("--day: %w: see vpcetrail diff --help", err)
		}
	}
	if reports == 1 && windows[0] == windows[1] {
		return windows, fmt.Errorf("--day %s is given twice: want two different ones", f.days[0])
	}
	return windows, nil
}

func (f *diffFlags) run(cmd *cobra.Command, stores [2]report.Store, windows [2]day.Window) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	var sides [2]diff.Side
	var names [2]string
	for i, store := range stores {
		span, err := report.ReadSpan(ctx, store, windows[i])
		if err != nil {
			return err
		}
		sides[i] = diff.Side{Store: store, Days: span.Days}
		names[i] = nameOf(stores, i, span.Days)
		if err := warn(ctx, store, span.Days, names[i], terminal.NewMessages(cmd.ErrOrStderr(), false)); err != nil {
			return err
		}
	}
	return f.compare(ctx, sides, func(d *diff.Diff) error {
		return d.Write(out, f.Format, f.Style(out), diff.Names{Before: names[0], After: names[1]}, f.Top)
	})
}

func (f *diffFlags) compare(ctx context.Context, sides [2]diff.Side, write func(*diff.Diff) error) error {
	disk := spill.NewDisk("")
	defer disk.Close()
	d, err := diff.Compare(ctx, sides[0], sides[1], f.points, disk)
	if err != nil {
		return err
	}
	return write(d)
}

// warn names the first day of a side that is incomplete: what it lacks seems to have changed.
func warn(ctx context.Context, store report.Store, days []day.Day, name string, say *terminal.Messages) error {
	for _, d := range days {
		m, err := report.ReadManifest(ctx, store, d)
		if err != nil {
			return err
		}
		if lacks := (&changes.Side{Day: d, Manifest: m}).Lacks(); lacks.Is() {
			say.Problem(fmt.Sprintf("%s: %s is incomplete, so calls may only seem to have changed: %s", name, d, lacks))
			return nil
		}
	}
	return nil
}

// nameOf names side i: its days, and its report if there are two.
func nameOf(stores [2]report.Store, i int, days []day.Day) string {
	name := day.Window{From: days[0], To: days[len(days)-1]}.String()
	if stores[0].String() != stores[1].String() {
		name = stores[i].String() + " " + name
	}
	return name
}
