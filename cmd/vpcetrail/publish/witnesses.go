package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
	"vpcetrail/report/access"
	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
	"vpcetrail/report/measured"
	"vpcetrail/report/prices"
	"vpcetrail/report/resolver"
)

// witnessFlags name the sources beside the trail.
type witnessFlags struct {
	logs    [2][]string // by the flags of logFlags
	metrics []string
	prices  string
}

// logFlags are the flags that name logs of other kinds.
var logFlags = [2]string{access.Flag, resolver.Flag}

func (f *witnessFlags) register(cmd *cobra.Command) {
	const sources = "`SOURCES`, each s3://bucket/prefix, a directory or a file; with a trail, or alone"
	set := cmd.Flags()
	set.StringSliceVar(&f.logs[0], access.Flag, nil, "S3 server access logs, for table s3_access: "+sources)
	set.StringSliceVar(&f.logs[1], resolver.Flag, nil, "query logs of Route 53 Resolver, for table dns: "+sources)
	set.StringSliceVar(&f.metrics, measured.Flag, nil, "what CloudWatch measured at endpoints, for table endpoint_metrics: `FILES` or s3://bucket/key from vpcetrail metrics; with a trail, or for days that are published")
	set.StringVar(&f.prices, "prices", "", "what AWS charges, for finding endpoint_idle: a YAML `FILE` or s3://bucket/key, as vpcetrail recommend --example prices prints it")
	flags.Heading(cmd, access.Flag, "Other sources")
}

// given says which of the flags are given.
func (f *witnessFlags) given() map[string]bool {
	given := map[string]bool{measured.Flag: len(f.metrics) > 0, "prices": f.prices != ""}
	for i, flag := range logFlags {
		given[flag] = len(f.logs[i]) > 0
	}
	return given
}

// sources returns all sources that are listed for the days of a run.
func (f *witnessFlags) sources() []string { return slices.Concat(f.logs[:]...) }

// isGiven reports whether there is a source beside the trail.
func (f *witnessFlags) isGiven() bool { return len(f.sources())+len(f.metrics) > 0 }

// check checks the sources by their names, against --out.
func (f *witnessFlags) check(out string, parts bool) error {
	given := f.given()
	for _, flag := range []string{access.Flag, resolver.Flag, measured.Flag} {
		if parts && given[flag] {
			return fmt.Errorf("--%s does not go with --shard or --mergeable, as a part does not see all requests: merge first, "+
				"and then run analyze --%s without SOURCE and with the --out of merge", flag, flag)
		}
	}
	if f.prices != "" && len(f.metrics) == 0 {
		return fmt.Errorf("--prices goes with --%s: it is about endpoints that were measured", measured.Flag)
	}
	for _, name := range append([]string{f.prices}, f.metrics...) {
		if err := file.Check(name); err != nil {
			return err
		}
	}
	for i, flag := range logFlags {
		for _, s := range f.logs[i] {
			switch {
			case s == "" || s == "-" || strings.HasPrefix(s, list.LookupScheme) || store.IsURL(s) && !list.IsS3(s):
				return fmt.Errorf("--%s %q: want s3://bucket/prefix, a directory or a file", flag, s)
			case strings.HasPrefix(strings.TrimRight(spelled(out), "/")+"/", strings.TrimRight(spelled(s), "/")+"/"):
				return fmt.Errorf("--out %s: lies inside --%s %s and would be read with it: choose another --out", out, flag, s)
			}
		}
	}
	return nil
}

// witnesses reads the files that the flags name, and returns what is read beside the trail.
func (f *witnessFlags) witnesses(ctx context.Context, given *flags.Input) (all []analyze.Witness, err error) {
	if names := f.logs[0]; len(names) > 0 {
		all = append(all, &access.Logs{Logs: dated.Logs{Sources: flags.Sorted(names), Reading: given.Reading}})
	}
	if names := f.logs[1]; len(names) > 0 {
		all = append(all, &resolver.Logs{Logs: dated.Logs{Sources: flags.Sorted(names), Reading: given.Reading}})
	}
	if len(f.metrics) == 0 {
		return all, nil
	}
	m := &measured.Metrics{Files: flags.Sorted(f.metrics)}
	if m.Endpoints, err = flags.ReadMetrics(ctx, f.metrics); err != nil {
		return nil, err
	}
	if f.prices != "" {
		m.Prices, err = file.Parse(ctx, "--prices", f.prices, func(text []byte) (*prices.Prices, error) {
			given.Optional.Add("prices", text)
			return prices.Parse(text)
		})
	}
	return append(all, m), err
}

// checkAlone returns an error for a flag that a run without SOURCE would not use.
func (f *analyzeFlags) checkAlone() error {
	if f.verify != "" { // checkVerify says it
		return nil
	}
	logs, ofBuckets := "--"+access.Flag+" or --"+resolver.Flag, "--"+access.Flag
	for _, flag := range []struct {
		name, with string // with: the flags that also use it
		used       bool
	}{
		{name: "accounts"}, {name: "exclude-accounts"}, {name: "endpoints"}, {name: "own-accounts"}, {name: "nat-price"}, {name: "sha256"},
		{"regions", "--network aws", slices.Contains(f.Network, "aws")},
		{"ip-ranges", ofBuckets, len(f.witness.logs[0]) > 0}, {"networks", ofBuckets, len(f.witness.logs[0]) > 0},
		{"network", logs, len(f.witness.sources()) > 0}, {"lateness", logs, len(f.witness.sources()) > 0},
	} {
		switch {
		case !f.set.Changed(flag.name) || flag.used:
		case flag.with == "":
			return fmt.Errorf("--%s is for a run that reads a trail: name a SOURCE, or leave --%[1]s out", flag.name)
		default:
			return fmt.Errorf("--%s is for a run that reads a trail, or with %s: name a SOURCE, or leave --%[1]s out", flag.name, flag.with)
		}
	}
	for _, name := range f.replacing.Allowed().Without {
		if !slices.Contains([]string{"network", "networks", "prices"}, name) {
			return fmt.Errorf("--without %s: a run without SOURCE replaces nothing that was made with it: leave --without %[1]s out", name)
		}
	}
	return nil
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
	for _, none := range c.None {
		tell.Note(none + ": nothing is published for it")
	}
	switch {
	case err != nil && !isIncomplete(err) && len(days)+done > 0:
		err = fmt.Errorf("the report is published, but not all days before it are restated: %w", err)
		if errors.Is(err, analyze.ErrKept) {
			return exit.With(exit.Incomplete, err)
		}
		return err
	case err != nil && !isIncomplete(err):
		return err
	case len(days)+done == 0 && len(c.Lacks) > 0:
		return errors.New(strings.Join(c.Lacks, "; ") + ": nothing is published")
	}
	return cmp.Or(c.Incomplete(), err)
}
