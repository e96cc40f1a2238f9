package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/ingest/day"
)

// daysFlags are the flags, as given, of the commands that read some days of a report.
type daysFlags struct{ date, from, to string }

func (f *daysFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.date, "date", "", "days of the report, in UTC: yesterday, D, D..D or all (default all)")
	flags.StringVar(&f.from, "from", "", "first `day`, in place of --date: D or yesterday (default the report's first)")
	flags.StringVar(&f.to, "to", "", "last `day`, in place of --date: D or yesterday (default the report's last)")
	completeWords(cmd, "date", dateWords...)
	completeWords(cmd, "from", "yesterday")
	completeWords(cmd, "to", "yesterday")
}

// window returns the selected days.
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
		one, err := day.ParseWindow(bound.text, now)
		if err != nil || one.From != one.To {
			return window, fmt.Errorf("%s %q: want a day, YYYY-MM-DD, or yesterday", bound.flag, bound.text)
		}
		*bound.to = one.From
	}
	if window.To < window.From {
		return window, fmt.Errorf("--to %s is before --from %s", window.To, window.From)
	}
	return window, nil
}
