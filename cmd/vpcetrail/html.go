package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/report"
	"vpcetrail/report/page"
)

// htmlFlags are the flags of html, as given.
type htmlFlags struct{ out, from, to string }

func newHTML() *cobra.Command {
	var f htmlFlags
	cmd := &cobra.Command{
		Use:   "html DEST -o FILE",
		Short: "Write a report as one HTML page that needs nothing else",
		Long: `html writes what a report says as one HTML page: calls by route and day, what went past the endpoints by
service and principal, findings, the endpoints' use, and whether the numbers are complete. The page asks the
network for nothing; it can be mailed, kept, and printed to PDF.`,
		Example: `  vpcetrail html out -o report.html
  vpcetrail html s3://audit-reports/vpcetrail --from 2026-11-01 --to 2026-11-30 -o november.html`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("html takes one DEST, a directory or s3://bucket/prefix; got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.out == "" {
				return usage("-o is missing: name a file for the page, or - for standard output")
			}
			window, err := f.window()
			if err != nil {
				return usageError{err}
			}
			store, err := dest.Open(cmd.Context(), args[0], source.NewS3, dest.S3Options{})
			if err != nil {
				return usageError{err}
			}
			text, err := f.page(cmd.Context(), store, window)
			if err != nil {
				return err
			}
			if f.out == "-" {
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			return os.WriteFile(f.out, text, 0o666)
		},
	}
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "`file` for the page; - is standard output")
	cmd.Flags().StringVar(&f.from, "from", "", "first `day` to show, as 2026-11-20 (default the report's first)")
	cmd.Flags().StringVar(&f.to, "to", "", "last `day` to show (default the report's last)")
	return cmd
}

// window returns the days asked for.
func (f *htmlFlags) window() (day.Window, error) {
	w := day.All()
	for _, end := range []struct {
		flag, text string
		day        *day.Day
	}{{"--from", f.from, &w.From}, {"--to", f.to, &w.To}} {
		if end.text == "" {
			continue
		}
		d, err := day.Parse(end.text)
		if err != nil {
			return w, fmt.Errorf("%s: %w", end.flag, err)
		}
		*end.day = d
	}
	if w.To < w.From {
		return w, fmt.Errorf("--to %s: lies before --from %s", f.to, f.from)
	}
	return w, nil
}

// page makes the page of the days of the report that lie in the window.
func (f *htmlFlags) page(ctx context.Context, store report.Store, window day.Window) ([]byte, error) {
	days, err := report.Days(ctx, store)
	if err != nil {
		return nil, err
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("%s holds no report: run vpcetrail analyze SOURCE --out %s", store, store)
	}
	first, last := days[0], days[len(days)-1]
	days = slices.DeleteFunc(days, func(d day.Day) bool { return !window.Contains(d) })
	if len(days) == 0 {
		return nil, fmt.Errorf("%s holds no report of the days asked for: it has %s to %s", store, first, last)
	}
	p, err := page.Read(ctx, store, days)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = p.Write(&out)
	return out.Bytes(), err
}
