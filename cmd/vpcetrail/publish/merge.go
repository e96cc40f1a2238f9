package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/merge"
)

// mergeFlags are the flags of merge as given.
type mergeFlags struct {
	version   func() (string, error)
	out, date string
	kept      dest.S3Options
	replacing flags.Replace
	shard     flags.Shard
	memory    memory.Size
	quiet     bool
}

// NewMerge returns the command.
func NewMerge(version func() (string, error)) *cobra.Command {
	f := mergeFlags{version: version, memory: 1 << 30}
	cmd := &cobra.Command{
		Use:   "merge REPORT... --out DEST",
		Short: "Join reports of different accounts or shards into one",
		Long: `merge joins reports of the same days that analyze made from different objects, with --shard or
--mergeable. It publishes in DEST the same report, byte for byte, as a single run over all objects. It
decides again, for all objects together, which endpoints are yours and which records are duplicates or
shared copies.

merge stops with an error if no single run could make such a report: if two reports have the same
object, if a shard or a day is missing, or if the reports were made with different flags or versions.

If one machine is too slow to merge, --shard divides the work: each job settles its part of all events
and publishes the sums in a DEST of its own. Then merge joins these parts, and reads no events.

REPORT and DEST are directories or s3://bucket/prefix. A REPORT with {1..16} is 16 of them, as in bash.`,
		Example: `  vpcetrail analyze s3://org-trail --date yesterday --shard 1/2 --out parts/1
  vpcetrail analyze s3://org-trail --date yesterday --shard 2/2 --out parts/2
  vpcetrail merge parts/1 parts/2 --out out
  vpcetrail merge parts/1 parts/2 --shard 1/2 --out settled/1
  vpcetrail merge parts/1 parts/2 --shard 2/2 --out settled/2
  vpcetrail merge settled/1 settled/2 --out out`,
		RunE: func(cmd *cobra.Command, args []string) error {
			terminal.IfInterrupted(cmd.Context(), terminal.ErrNothingPublished)
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.out, "out", "", "publish the merged report in `DEST`, a directory or s3://bucket/prefix; {shard} is the number of the part (required)")
	set.StringVar(&f.date, "date", "all", "`DAYS` to merge, in UTC: yesterday, D, D..D or all")
	f.replacing.Register(cmd)
	f.shard.Register(cmd, "settle only this `PART` of the events, such as 3/16, in DEST, to be joined with the others; auto reads the part from the variables of AWS Batch, Kubernetes or Slurm")
	flags.RegisterKept(cmd, &f.kept)
	set.Var(&f.memory, "memory", "maximum memory `SIZE`; the rest goes to temporary files in TMPDIR")
	set.BoolVar(&f.quiet, "quiet", false, "do not print the summary")
	flags.CompleteWords(cmd, "date", flags.DateWords...)
	return flags.IncompleteOK(cmd)
}

// run merges and publishes.
func (f *mergeFlags) run(ctx context.Context, reports []string, out, errOut io.Writer) error {
	part, read, err := f.part()
	if err == nil {
		f.out, err = flags.InPart(f.out, part)
	}
	if err == nil {
		reports, err = flags.InParts(reports)
	}
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	stores, store, wanted, err := f.open(ctx, reports)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	version, err := f.version()
	if err != nil {
		return err
	}
	batches, err := merge.Open(ctx, stores, wanted, version)
	switch {
	case errors.Is(err, merge.ErrOne):
		return exit.With(exit.Usage, err)
	case err != nil:
		return err
	case len(batches) == 0:
		return errNoDay(reports, wanted)
	}
	m := merging{store: store, replacing: f.replacing.Allowed(), memory: f.memory.Plan(), tell: terminal.NewMessages(errOut, false)}
	defer m.memory.Guard(ctx)()
	if read != "" {
		m.tell.Note(read)
	}
	if part.Of > 0 {
		return m.settle(ctx, batches, part)
	}
	if err := m.join(ctx, batches); err != nil {
		return err
	}
	if len(m.days) == 0 && !m.empty {
		return errNoDay(reports, wanted)
	}
	if !f.quiet && len(m.days) > 0 {
		if err := summarize(ctx, m.tell, out, store, m.days); err != nil {
			return err
		}
	}
	return incomplete(cmp.Or(m.tampered, analyze.Incomplete(&m.runs)))
}

func errNoDay(reports []string, wanted day.Window) error {
	return fmt.Errorf("%s: no day of %s to merge: see --date", strings.Join(reports, ", "), wanted)
}

// part returns the part that is to be settled alone, and a line that says where it was read from.
func (f *mergeFlags) part() (part list.Shard, read string, err error) {
	part, read, err = f.shard.Part()
	switch allowed := f.replacing.Allowed(); {
	case err != nil:
	case part.Of > merge.MaxJobs:
		err = fmt.Errorf("--shard %s: merge is divided into %d parts at most", part, merge.MaxJobs)
	case part.Of > 0 && (allowed.Incomplete || len(allowed.Without) > 0):
		err = errors.New("--replace-incomplete and --without go with the merge that joins the parts, not with --shard")
	}
	return part, read, err
}

// open checks the flags, and opens the reports and the destination.
func (f *mergeFlags) open(ctx context.Context, reports []string) (from []report.Store, to report.Store, wanted day.Window, err error) {
	switch {
	case len(reports) == 0:
		err = merge.ErrOne
	case f.out == "":
		err = errors.New("--out is missing: name a directory or s3://bucket/prefix for the report")
	case f.memory < memory.Least:
		err = fmt.Errorf("--memory %s: want at least %d MiB", &f.memory, memory.Least>>20)
	default:
		err = cmp.Or(f.replacing.Check(nil), flags.CheckAccounts("--expected-out-owner", flags.NonEmpty(f.kept.BucketOwner)))
	}
	if err != nil {
		return nil, nil, wanted, err
	}
	if wanted, err = day.ParseWindow(f.date, time.Now()); err != nil {
		return nil, nil, wanted, fmt.Errorf("--date: %w: see vpcetrail merge --help", err)
	}
	if to, err = dest.Open(ctx, f.out, aws.NewS3, f.kept); err != nil {
		return nil, nil, wanted, err
	}
	named := map[string]bool{spelled(f.out): true}
	for _, name := range reports {
		store, err := dest.Open(ctx, name, aws.NewS3, dest.S3Options{})
		if err != nil {
			return nil, nil, wanted, err
		}
		if named[spelled(name)] {
			return nil, nil, wanted, fmt.Errorf("%s: is named twice: merge wants different REPORTs, and another --out", name)
		}
		named[spelled(name)] = true
		from = append(from, store)
	}
	return from, to, wanted, nil
}

// spelled returns the one spelling of a report's or destination's name.
func spelled(name string) string {
	if strings.HasPrefix(name, "s3://") {
		return strings.TrimRight(name, "/")
	}
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

// A merging is the state that the batches of one command share.
type merging struct {
	store     report.Store
	replacing report.Replacing
	memory    memory.Plan
	tell      *terminal.Messages

	staged []*report.Staged
	days   []day.Day // of staged
	empty  bool      // a batch has no object
	runs   report.Runs

	tampered error // of the first batch with something invalid
}

// join merges the batches, and publishes their reports.
func (m *merging) join(ctx context.Context, batches []*merge.Batch) error {
	var windows []day.Window
	for _, b := range batches {
		windows = append(windows, b.Window())
	}
	w, err := report.Begin(ctx, m.store, m.tell.Problem, &batches[0].Run, windows...)
	if err != nil {
		return err
	}
	defer w.Close()
	for _, b := range batches {
		if err := m.stage(ctx, w, b); err != nil {
			return err
		}
	}
	if len(m.days) == 0 {
		return nil
	}
	return m.commit(ctx)
}

// settle settles one part of every batch, and publishes it.
func (m *merging) settle(ctx context.Context, batches []*merge.Batch, part list.Shard) error {
	w, err := m.store.Begin(ctx, m.tell.Problem)
	if err != nil {
		return err
	}
	defer w.Close()
	for _, b := range batches {
		disk := spill.NewDisk("")
		defer disk.Close()
		commit, err := b.Settle(ctx, part, m.options(disk), m.store, w)
		if err == nil {
			err = terminal.Unbroken(ctx, terminal.ErrPublished, commit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *merging) options(disk *spill.Disk) merge.Options {
	return merge.Options{Disk: disk, Workers: runtime.GOMAXPROCS(0), Counting: m.memory.Counting, Report: m.memory.Report}
}

// stage merges one batch, and stages its report.
func (m *merging) stage(ctx context.Context, w report.Writer, b *merge.Batch) error {
	disk := spill.NewDisk("")
	defer disk.Close()
	opt := m.options(disk)
	rep, err := b.Report(ctx, opt)
	if err == nil && b.Verify() != "" {
		err = m.verify(ctx, b, rep, opt)
	}
	if err != nil {
		return err
	}
	if err := analyze.MayPublish(ctx, m.store, rep, &b.Run, m.replacing, m.tell.Problem); err != nil {
		return err
	}
	m.runs.AddReport(rep)
	if rep.Objects() == 0 { // a later --restate may find some
		m.empty = true
		m.tell.Problem(fmt.Sprintf("no report holds a CloudTrail object for %s: nothing is published for it", b.Run.Window))
		return nil
	}
	for _, d := range rep.Days {
		m.days = append(m.days, d.Day)
	}
	staged, err := report.Stage(ctx, m.store, w, rep, b.Run)
	m.staged = append(m.staged, staged)
	return err
}

// verify joins the checks by digests of a batch.
func (m *merging) verify(ctx context.Context, b *merge.Batch, rep *report.Report, opt merge.Options) error {
	check, err := b.Check(ctx, opt)
	if err != nil {
		return err
	}
	job := analyze.Job{Lateness: b.Lateness, Disk: opt.Disk, Memory: analyze.Memory{Report: opt.Report}}
	if err := analyze.VerifyMerged(rep, check, &analyze.Verification{Mode: b.Verify()}, &job, m.tell.Problem); err != nil {
		return err
	}
	m.tampered = cmp.Or(m.tampered, (&analyze.Counted{Report: rep}).Tampered())
	return nil
}

// commit makes all reports visible.
func (m *merging) commit(ctx context.Context) error {
	return terminal.Unbroken(ctx, terminal.ErrPublished, func(ctx context.Context) error {
		for _, s := range m.staged {
			if err := s.Commit(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}
