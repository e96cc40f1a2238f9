package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// explainFlags are the flags of explain as given.
type explainFlags struct {
	readFlags
	ids    []string
	diff   bool
	format string
}

func newExplain() *cobra.Command {
	f := explainFlags{}
	cmd := &cobra.Command{
		Use:   "explain SOURCE...",
		Short: "Tell of each record which route it took, and what shows it",
		Long: `explain reads the records of each SOURCE (a file, - for standard input, or whatever analyze reads) and
tells of each by which route the call went, by which rule, what the record says for and against it, where
its evidence does not agree, and what could still change the verdict.

Whose an endpoint is, only the day's other records may tell. They are read, and so all of the sources is
read, also where --event-id chooses a record of them: give the whole day to get analyze's verdict.

--diff sets two records side by side and marks the fields that decide.`,
		Example: `  vpcetrail explain record.json
  aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateBucket | vpcetrail explain -
  vpcetrail explain --diff by-endpoint.json by-internet.json --endpoints endpoints.json
  vpcetrail explain s3://org-trail --date 2026-11-20 --event-id 40718450-19d1-5c4e-9482-6e1c37e4c45f --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			job, err := f.job(args, time.Now())
			return runJob(cmd, job, err)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.ids, "event-id", nil, "explain the records with these eventIDs only")
	flags.BoolVar(&f.diff, "diff", false, "set two records side by side: those of two sources, or two chosen by --event-id")
	flags.StringVar(&f.format, "format", "text", "text, or json, one object a record and line")
	f.register(cmd, "read")
	f.registerRanges(cmd)
	completeWords(cmd, "format", "text", "json")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *explainFlags) job(sources []string, now time.Time) (*explainJob, error) {
	switch {
	case len(sources) == 0:
		return nil, errors.New("explain needs a SOURCE: a file, - for standard input, a directory, s3://bucket/prefix, or lookup-events://REGION")
	case f.format != "text" && f.format != "json":
		return nil, fmt.Errorf("--format %q: want text or json", f.format)
	case f.diff && len(f.ids) > 2:
		return nil, fmt.Errorf("--diff sets two records side by side: --event-id names %d", len(f.ids))
	}
	given, err := f.input(sources, now)
	if err != nil {
		return nil, err
	}
	return &explainJob{input: given, ids: f.ids, diff: f.diff, json: f.format == "json"}, nil
}
