package flags

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/ingest/day"
)

// Days are the flags, as given, of the commands that read some days of a report.
type Days struct{ date, from, to string }

// Register adds the flags to a command.
func (f *Days) Register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&f.date, "date", "", "`DAYS` of the report, in UTC: yesterday, D, D..D or all (default all)")
	set.StringVar(&f.from, "from", "", "first `DAY`, instead of --date: D or yesterday (default the first of the report)")
	set.StringVar(&f.to, "to", "", "last `DAY`, instead of --date: D or yesterday (default the last of the report)")
	CompleteWords(cmd, "date", DateWords...)
	CompleteWords(cmd, "from", "yesterday")
	CompleteWords(cmd, "to", "yesterday")
}

// Window returns the selected days.
func (f *Days) Window(now time.Time) (day.Window, error) {
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
