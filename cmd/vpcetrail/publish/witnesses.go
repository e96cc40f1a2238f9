package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
	"vpcetrail/report/access"
	"vpcetrail/report/analyze"
)

// witnessFlags name the sources beside the trail.
type witnessFlags struct{ accessLogs []string }

func (f *witnessFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.accessLogs, access.Flag, nil,
		"S3 server access logs, for table s3_access: `SOURCES`, each s3://bucket/prefix, a directory or a file; with a trail, or alone")
	flags.Heading(cmd, access.Flag, "Other sources")
}

// given says which of the flags are given.
func (f *witnessFlags) given() map[string]bool {
	return map[string]bool{access.Flag: len(f.accessLogs) > 0}
}

// sources returns all sources that the flags name.
func (f *witnessFlags) sources() []string { return f.accessLogs }

// check checks the sources by their names, against --out.
func (f *witnessFlags) check(out string, parts bool) error {
	if parts && len(f.sources()) > 0 {
		return fmt.Errorf("--%s does not go with --shard or --mergeable, as a part does not see all requests: "+
			"merge first, and then run analyze --%s without SOURCE", access.Flag, access.Flag)
	}
	for _, s := range f.accessLogs {
		switch {
		case s == "" || s == "-" || strings.HasPrefix(s, list.LookupScheme) || store.IsURL(s) && !list.IsS3(s):
			return fmt.Errorf("--%s %q: want s3://bucket/prefix, a directory or a file", access.Flag, s)
		case strings.HasPrefix(strings.TrimRight(spelled(out), "/")+"/", strings.TrimRight(spelled(s), "/")+"/"):
			return fmt.Errorf("--out %s: lies inside --%s %s and would be read with it: choose another --out", out, access.Flag, s)
		}
	}
	return nil
}

// witnesses returns what is read beside the trail.
func (f *witnessFlags) witnesses(reading source.Options) (all []analyze.Witness) {
	if len(f.accessLogs) > 0 {
		all = append(all, &access.Logs{Sources: flags.Sorted(f.accessLogs), Reading: reading})
	}
	return all
}

// testify publishes what the sources beside the trail say, without a trail.
func (j *analyzeJob) testify(ctx context.Context, out io.Writer, tell *terminal.Messages) error {
	c, err := j.Testify(ctx)
	if err != nil {
		return err
	}
	days := make([]day.Day, len(c.Days))
	for i, d := range c.Days {
		days[i] = d.Day
	}
	if !j.quiet && len(days) > 0 {
		if err := summarize(ctx, tell, out, j.Store, days); err != nil {
			return err
		}
	}
	done, err := j.RestateWitnesses(ctx)
	if err != nil && !isIncomplete(err) {
		return fmt.Errorf("the report is published, but days before it are not restated: %w", err)
	}
	if len(days)+done == 0 {
		return errors.New(j.beside() + ": no line for " + j.Run.Window + ": nothing is published")
	}
	return cmp.Or(c.Incomplete(), err)
}

// beside names the sources beside the trail.
func (j *analyzeJob) beside() string {
	var names []string
	for _, w := range j.Job.Witnesses {
		names = append(names, "--"+w.Flag())
	}
	return strings.Join(names, ", ")
}
