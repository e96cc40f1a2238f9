// Package inspect holds the commands that read the records of a trail and publish no report.
package inspect

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/causes"
	"vpcetrail/report/explain"
	"vpcetrail/report/grid"
)

// explainFlags are the flags of explain as given.
type explainFlags struct {
	flags.Read
	lang   flags.Lang
	ids    []string
	calls  []string
	diff   bool
	format string
	fix    string
}

// NewExplain returns the command.
func NewExplain() *cobra.Command {
	f := explainFlags{}
	cmd := &cobra.Command{
		Use:   "explain SOURCE...",
		Short: "Show which route each record took, and why",
		Long: `explain shows for each record of SOURCE which route the call took, which rule decided it, which fields
of the record support the verdict or contradict it, and what could still change it. SOURCE is a file,
- for standard input, or anything else that analyze reads.

Who owns an endpoint may follow from other records of the same day. explain therefore reads all of
its sources, even if --event-id selects one record. Give it the whole day to get the same verdict as
analyze.

With --network, explain also shows why a call did not use an endpoint, for example because a route is
missing, with the proof. --networks gives names to address ranges of your own. --fix prints the
change that moves such calls to an endpoint, what the change may break, and how to check that it
worked. vpcetrail never makes the change itself.

With --diff, explain shows two records side by side and marks the fields that decide the route.`,
		Example: `  vpcetrail explain record.json
  aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateBucket | vpcetrail explain -
  vpcetrail explain record.json --network network.json --networks networks.yaml
  vpcetrail explain record.json --network network.json --fix terraform
  vpcetrail explain --diff by-endpoint.json by-internet.json --endpoints endpoints.json
  vpcetrail explain s3://org-trail --date 2026-11-20 --event-id 40718450-19d1-5c4e-9482-6e1c37e4c45f --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			job, err := f.job(cmd.Context(), args, time.Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return job.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringSliceVar(&f.ids, "event-id", nil, "explain only the records with these event `IDs`")
	set.StringSliceVar(&f.calls, "request-id", nil, "explain only the records of the calls with these request `IDs`, such as doctor --sign prints")
	set.BoolVar(&f.diff, "diff", false, "show two records side by side: one from each of two sources, or two selected by --event-id")
	set.StringVar(&f.format, "format", "text", "output `FORMAT`: text, or json with one object per line and record")
	f.lang.Register(cmd)
	f.Register(cmd, "read")
	f.RegisterRanges(cmd)
	f.RegisterNetwork(cmd)
	set.StringVar(&f.fix, "fix", "", "print the change that moves such calls to an endpoint, in this `FORMAT`: "+strings.Join(causes.Formats(), ", ")+"; needs --network")
	flags.CompleteWords(cmd, "fix", causes.Formats()...)
	flags.Heading(cmd, "network", "Why a call did not use an endpoint")
	f.RegisterNetworks(cmd)
	flags.CompleteWords(cmd, "format", "text", "json")
	flags.IncompleteOK(cmd)
	flags.Heading(cmd, "incomplete-ok", "Other flags")
	return cmd
}

// job checks the flags and reads the files that they name.
func (f *explainFlags) job(ctx context.Context, sources []string, now time.Time) (*explainJob, error) {
	switch {
	case len(sources) == 0:
		return nil, errors.New("explain needs a SOURCE: a file, - for standard input, a directory, s3://bucket/prefix, or lookup-events://REGION")
	case f.format != "text" && f.format != "json":
		return nil, fmt.Errorf("--format %q: want text or json", f.format)
	case f.fix != "" && !slices.Contains(causes.Formats(), f.fix):
		return nil, fmt.Errorf("--fix %q: want one of %s", f.fix, strings.Join(causes.Formats(), ", "))
	case f.fix != "" && len(f.Network) == 0:
		return nil, errors.New("--fix needs --network: a file that vpcetrail network wrote, or aws")
	case f.diff && len(f.ids)+len(f.calls) > 2:
		return nil, fmt.Errorf("--diff sets two records side by side: --event-id names %d", len(f.ids)+len(f.calls))
	}
	if err := f.lang.Check(); err != nil {
		return nil, err
	}
	given, err := f.Input(ctx, sources, now)
	if err != nil {
		return nil, err
	}
	return &explainJob{Input: given, ids: f.ids, calls: f.calls, diff: f.diff, fix: f.fix, lang: f.lang, json: f.format == "json"}, nil
}

// explainMemory bounds the records that wait for the end of the trail, in bytes. The
// same bound applies to the ids that are kept to find duplicates.
const explainMemory = 64 << 20

// errUnread says that some objects could not be read, and the rest was explained.
var errUnread = exit.New(exit.Incomplete, "not all is explained")

// An explainJob is a checked explain command.
type explainJob struct {
	*flags.Input
	ids   []string // of events
	calls []string // of requests
	diff  bool
	json  bool
	fix   string
	lang  flags.Lang
	style grid.Style
}

// run reads the sources and writes what it finds out about their records.
func (j *explainJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	tell := terminal.NewMessages(errOut, false)
	if err := j.AskEC2(ctx, tell); err != nil {
		return err
	}
	if err := j.AskNetwork(ctx, tell); err != nil {
		return err
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	trail, err := j.Open(ctx, in)
	if err != nil {
		return err
	}
	defer trail.Close()
	collector := explain.NewCollector(explain.Options{
		Ranges: j.Ranges, IDs: slices.Concat(j.ids, j.calls), Disk: disk, Memory: explainMemory, Problem: tell.Problem,
	})
	// One worker, so that records come in the order of the trail.
	if err := ingest.Run(ctx, trail, []ingest.Sink{collector}, ingest.Config{Window: j.Selection.Window}); err != nil {
		return err
	}
	objects, unread := collector.Objects()
	if objects == 0 {
		return j.NoObject(trail.PassedOver())
	}
	passed := trail.PassedOver()
	if passed.Objects > 0 {
		tell.Problem(passed.String())
	}
	known := explain.Known{TrailAccounts: trail.Accounts(), OwnAccounts: j.Own, Inventory: j.Inventory, Network: j.Network, Networks: j.Networks, Fix: j.fix}
	buffered := bufio.NewWriter(out)
	if !j.json {
		j.style = grid.Style{Width: terminal.Width(out), Words: j.lang.Words(out, errOut)}
	}
	write := j.write
	if j.diff {
		write = j.writeDiff
	}
	err = write(ctx, buffered, collector, known)
	if flushed := buffered.Flush(); err == nil {
		err = flushed
	}
	var missing notFound
	if err == nil || errors.As(err, &missing) {
		return cmp.Or(unreadError(errUnread, int64(unread), int64(objects), passed.Objects), err)
	}
	return err
}

// unreadError adds to err how many objects were not read. It is nil if all were read.
func unreadError(err error, unread, objects, passed int64) error {
	var missing []string
	if unread > 0 {
		missing = append(missing, fmt.Sprintf("%d of %d objects could not be read whole", unread, objects))
	}
	if passed > 0 {
		missing = append(missing, report.NamePassedOver(passed).String())
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", err, strings.Join(missing, "; "))
}

// A notFound error says that a requested record is not there.
type notFound struct{ error }

// write writes each record.
func (j *explainJob) write(ctx context.Context, out io.Writer, c *explain.Collector, known explain.Known) error {
	first := true
	missing, without := slices.Clone(j.ids), slices.Clone(j.calls)
	err := c.Each(ctx, known, func(r *explain.Record) error {
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == r.ID })
		without = slices.DeleteFunc(without, func(id string) bool { return id == r.RequestID })
		if j.json {
			return errors.Join(context.Cause(ctx), r.WriteJSON(out))
		}
		if !first {
			fmt.Fprintln(out)
		}
		first = false
		return errors.Join(context.Cause(ctx), r.WriteText(out, j.style))
	})
	switch {
	case err != nil:
		return err
	case len(missing) > 0:
		return notFound{fmt.Errorf("%s: no record with eventID %s", strings.Join(j.Sources, ", "), strings.Join(missing, ", "))}
	case len(without) > 0:
		return notFound{fmt.Errorf("%s: no record with requestID %s: CloudTrail may take 15 minutes", strings.Join(j.Sources, ", "), strings.Join(without, ", "))}
	case first && !j.json:
		return notFound{fmt.Errorf("%s: no record that can be explained", strings.Join(j.Sources, ", "))}
	}
	return nil
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// writeDiff shows the two records side by side.
func (j *explainJob) writeDiff(ctx context.Context, out io.Writer, c *explain.Collector, known explain.Known) error {
	var pair []*explain.Record
	err := c.Each(ctx, known, func(r *explain.Record) error {
		if pair = append(pair, r); len(pair) > 2 {
			return errEnough
		}
		return nil
	})
	switch {
	case err == errEnough:
		return exit.Usagef("--diff sets two records side by side, and %s has more than two: choose two by --event-id", strings.Join(j.Sources, ", "))
	case err != nil:
		return err
	case len(pair) < 2 && len(j.ids) > 0:
		return notFound{fmt.Errorf("--diff sets two records side by side, and %s has %d with eventID %s: name others by --event-id, or more sources",
			strings.Join(j.Sources, ", "), len(pair), strings.Join(j.ids, " or "))}
	case len(pair) < 2:
		return notFound{fmt.Errorf("--diff sets two records side by side, and %s has %d: name more sources", strings.Join(j.Sources, ", "), len(pair))}
	}
	if j.turned(pair[0], pair[1]) {
		slices.Reverse(pair)
	}
	if j.json {
		return explain.WriteDiffJSON(out, pair[0], pair[1])
	}
	return explain.WriteDiff(out, j.style, pair[0], pair[1])
}

// turned reports whether two records come in the opposite order to the command line,
// which names them by id or by source. Objects come in the order of their names.
func (j *explainJob) turned(a, b *explain.Record) bool {
	if len(j.ids) == 2 && a.ID != b.ID {
		return j.ids[0] == b.ID
	}
	lies := func(r *explain.Record) int {
		return slices.IndexFunc(j.Sources, func(s string) bool {
			return strings.HasPrefix(r.Object, s) || strings.HasPrefix(r.Object, filepath.ToSlash(filepath.Clean(s)))
		})
	}
	return lies(b) < lies(a)
}
