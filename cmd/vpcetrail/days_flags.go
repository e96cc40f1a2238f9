package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/ingest/day"
)

// daysFlags are the flags, as given, of the commands that ask a report about some of its days.
type daysFlags struct{ date, from, to string }

func (f *daysFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.date, "date", "", "days of the report, in UTC: yesterday, D, D..D or all (default all)")
	flags.StringVar(&f.from, "from", "", "first day, in place of --date")
	flags.StringVar(&f.to, "to", "", "last day, in place of --date")
	completeWords(cmd, "date", dateWords...)
}

// window returns the days that are asked for.
func (f *daysFlags) window(now time.Time) (day.Window, error) {
	window := day.All()
	var err error
	switch {
	case f.date != "" && (f.from != "" || f.to != ""):
		return window, fmt.Errorf("--date %s: give either --date or --from and --to", f.date)
	case f.date != "":
		if window, err = day.ParseWindow(f.date, now); err != nil {
			return window, fmt.Errorf("--date: %w", err)
		}
	}
	for _, bound := range []struct {
		flag, text string
		to         *day.Day
	}{{"--from", f.from, &window.From}, {"--to", f.to, &window.To}} {
		if bound.text == "" {
			continue
		}
		if *bound.to, err = day.Parse(bound.text); err != nil {
			return window, fmt.Errorf("%s: %w", bound.flag, err)
		}
	}
	if window.To < window.From {
		return window, fmt.Errorf("--to %s is before --from %s", f.to, f.from)
	}
	return window, nil
}
