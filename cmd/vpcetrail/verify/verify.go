package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/digest"
	"vpcetrail/report/grid"
)

// errTampered says that a log or digest is not as CloudTrail delivered it.
var errTampered = exit.New(exit.Violated, "the trail is not as CloudTrail delivered it")

// errUnchecked says that nothing is invalid, but that something could not be checked.
var errUnchecked = exit.New(exit.Incomplete, "nothing is invalid, but not everything could be checked")

// allowedStatuses are those that verify --allow takes.
var allowedStatuses = []string{
	string(digest.Pending), string(digest.UncoveredKind), string(digest.Expired), string(digest.Gap), string(digest.TailMissing),
	string(digest.Unlinked), string(digest.UnsignedTail), string(digest.Unverified), string(digest.Outside),
}

// verifyFlags are the flags of verify as given.
type verifyFlags struct {
	flags.Read
	flags.Digests
	format, report       string
	saveKeys, signatures string
	expired              flags.NumberOfDays
	memory               memory.Size
	workers              int
	quiet                bool
}

// Now is the clock. Tests set another one.
var Now = time.Now

// New returns the command.
func New() *cobra.Command {
	f := verifyFlags{memory: 256 << 20}
	cmd := &cobra.Command{
		Use:   "verify SOURCE... --date DAYS",
		Short: "Check that the logs are as CloudTrail delivered them, by its signed digests",
		Long: `verify checks the logs of each SOURCE, s3://bucket/prefix or a directory, against the digests that
CloudTrail signs every hour. It checks all accounts, Regions and trails at once. --date names the days
on which the logs were delivered.

verify checks the signature of each digest with the public key of its Region, the SHA-256 of each log
with its digest, and each digest with the next one. It reports logs and digests that were changed,
added, moved or deleted, logs that are in no digest, and hours without a valid digest. If the trail's
own events explain such hours, for example StopLogging or DeleteTrail, verify names these events.

To check a copy without network, give the file that --save-keys wrote with --keys. A directory has no
object metadata, where S3 keeps the signatures. --save-signatures DIR writes them from S3 into files
NAME.signature.json, in the folders that aws s3 sync SOURCE DIR copies the digests into. Without these
files, verify cannot prove the newest digest of each chain.

A valid log is as CloudTrail delivered it. This does not prove that the trail logged every call.

Exit status:
  0  everything is valid
  3  nothing is invalid, but something could not be checked
  4  something is invalid
  1 and 2 as for all commands`,
		Example: `  vpcetrail verify s3://org-trail --date yesterday
  vpcetrail verify s3://org-trail --date 2026-11-01..2026-11-20 --report problems.txt --format json
  vpcetrail verify s3://org-trail --date yesterday --save-keys keys.json --save-signatures copy
  vpcetrail verify copy --keys keys.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.command(cmd.Context(), args, Now())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			return c.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	f.RegisterTrail(cmd, "check, by delivery")
	f.Digests.Register(cmd, allowedStatuses)
	set.Var(&f.expired, "expired-after", "treat what is missing and older than this many `DAYS`, such as 365d, as deleted by a lifecycle rule")
	set.StringVar(&f.format, "format", "text", "output `FORMAT`: text or json")
	set.StringVar(&f.report, "report", "", "also write each problem into this `FILE` or s3://bucket/key, one per line")
	set.StringVar(&f.saveKeys, "save-keys", "", "write the public keys that were used into this `FILE` or s3://bucket/key")
	set.StringVar(&f.signatures, "save-signatures", "", "write the signatures of the digests in S3 into files below this `DIR`")
	set.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "`NUMBER` of objects to read at once")
	set.Lookup("workers").DefValue = "one per CPU" // help and manual do not depend on the machine
	set.Var(&f.memory, "memory", "maximum memory `SIZE`; the rest goes to temporary files in TMPDIR")
	set.BoolVar(&f.quiet, "quiet", false, "do not print progress")
	flags.Heading(cmd, "keys", "How to check")
	flags.Heading(cmd, "format", "What to write")
	flags.Heading(cmd, "workers", "Other flags")
	flags.CompleteWords(cmd, "format", "text", "json")
	return flags.IncompleteOK(cmd)
}

// A command is a checked verify command.
type command struct {
	job
	flags  *verifyFlags
	result Result
}

// command checks the flags and reads the files that they name.
func (f *verifyFlags) command(ctx context.Context, sources []string, now time.Time) (*command, error) {
	if len(sources) == 0 {
		return nil, errors.New("verify needs a SOURCE: s3://bucket/prefix or a directory")
	}
	if err := checkSources(sources); err != nil {
		return nil, err
	}
	given, err := f.Input(ctx, sources, now)
	if err != nil {
		return nil, err
	}
	switch {
	case f.workers < 1:
		return nil, fmt.Errorf("--workers %d: want at least 1", f.workers)
	case f.memory < leastMemory:
		return nil, fmt.Errorf("--memory %s: want at least %d MiB", &f.memory, leastMemory>>20)
	case f.format != "text" && f.format != "json":
		return nil, fmt.Errorf("--format %q: want text or json", f.format)
	}
	for _, given := range []struct {
		flag, name string
		check      func(string) error
	}{{"--report", f.report, file.Check}, {"--save-keys", f.saveKeys, file.Check}, {"--save-signatures", f.signatures, dest.CheckName}} {
		if err := given.check(given.name); err != nil {
			return nil, fmt.Errorf("%s %w", given.flag, err)
		}
	}
	j := &command{flags: f}
	j.job = job{
		Sources: sources, Selection: given.Selection, Reading: given.Reading, Workers: f.workers, Memory: int(f.memory) / 2,
		ExpiredAfter: int(f.expired), Signatures: f.signatures, Now: now,
	}
	j.Selection.Lateness = -1 // the days are those of delivery
	j.Reading.MaxBytes = int64(f.memory) / 4
	if j.Keys, j.Moved, j.result.Allowed, err = f.Digests.Read(ctx, allowedStatuses); err != nil {
		return nil, err
	}
	j.result.Sources, j.result.Days = sources, given.Selection.Window.String()
	return j, nil
}

// run checks the trail, writes the files that were asked for, and prints the result.
func (j *command) run(ctx context.Context, out, errOut io.Writer) error {
	keys, err := j.reported(ctx, func() (*digest.Keys, error) { return j.watched(ctx, errOut) })
	if err != nil {
		return err
	}
	if name := j.flags.saveKeys; name != "" {
		text, err := digest.WriteKeys(keys.All())
		if err == nil {
			err = file.Write(ctx, name, text, file.Options{})
		}
		if err != nil {
			return fmt.Errorf("--save-keys: %w", err)
		}
	}
	return j.print(out)
}

// reported calls check, and writes the lines of --report as it finds problems. The file
// has its old content until all are found.
func (j *command) reported(ctx context.Context, check func() (*digest.Keys, error)) (*digest.Keys, error) {
	if j.flags.report == "" {
		return check()
	}
	report, err := file.Create(ctx, j.flags.report)
	if err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	defer report.Close()
	j.result.Report(report)
	keys, err := check()
	if err != nil {
		return nil, err
	}
	if err := j.result.Close(); err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	if err := report.Commit(ctx); err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	return keys, nil
}

// watched checks the trail, with progress.
func (j *command) watched(ctx context.Context, errOut io.Writer) (*digest.Keys, error) {
	stop := func() {}
	j.Watch = func(_ string, found func() (int, int64, bool), done *digest.Progress) {
		stop()
		if !j.flags.quiet {
			stop = terminal.NewProgress(terminal.NewMessages(errOut, false)).Show(watch(found, done))
		}
	}
	keys, err := j.check(ctx, &j.result)
	stop()
	return keys, err
}

// print writes the result, and returns the error that gives the exit status.
func (j *command) print(out io.Writer) error {
	r := &j.result
	if j.flags.format == "json" {
		if err := r.WriteJSON(out); err != nil {
			return err
		}
	} else if err := r.WriteText(out, grid.Style{Width: terminal.Width(out)}); err != nil {
		return err
	}
	switch {
	case r.Invalid() > 0:
		return fmt.Errorf("%w: %s", errTampered, grid.Plural(r.Invalid(), "problem"))
	case r.Digests()+r.Logs() == 0:
		return fmt.Errorf("%w: no digest and no log for %s: see --date, --accounts and --regions", errUnchecked, r.Days)
	case r.Unchecked() > 0:
		return fmt.Errorf("%w: %s", errUnchecked, grid.Plural(r.Unchecked(), "problem"))
	}
	return nil
}

// watch returns a function that reports how far the reading has come. done is nil
// while digests are read.
func watch(found func() (objects int, bytes int64, done bool), done *digest.Progress) func() terminal.Snapshot {
	start := time.Now()
	return func() terminal.Snapshot {
		objects, stored, listed := found()
		s := terminal.Snapshot{Found: int64(objects), Stored: stored, Listed: listed, Elapsed: time.Since(start)}
		if done != nil {
			s.Objects, s.Read = done.Logs.Load(), done.Stored.Load()
		}
		return s
	}
}

// leastMemory leaves room for the digests that are being read.
const leastMemory = 64 << 20
