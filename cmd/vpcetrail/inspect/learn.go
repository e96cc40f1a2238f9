package inspect

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/learn"

	"github.com/spf13/cobra"
)

// learnFrom returns what the events of the sources show besides their own calls, and how
// many objects were passed over. It reports each problem. Without sources there is
// nothing to learn. Days without an object are an error, unless mayBeEmpty.
func learnFrom(ctx context.Context, given *flags.Input, in io.Reader, tell *terminal.Messages, quiet, mayBeEmpty bool) (*learn.Trail, int64, error) {
	if len(given.Sources) == 0 {
		return &learn.Trail{}, 0, nil
	}
	trail, err := given.Open(ctx, in)
	if err != nil {
		return nil, 0, err
	}
	defer trail.Close()
	collectors := make([]*learn.Collector, runtime.GOMAXPROCS(0))
	sinks := make([]ingest.Sink, len(collectors))
	for i := range collectors {
		collectors[i] = &learn.Collector{}
		sinks[i] = collectors[i]
	}
	var done ingest.Progress
	if !quiet {
		defer terminal.NewProgress(tell).Show(terminal.Watch(trail, &done))()
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: given.Selection.Window, Progress: &done}); err != nil {
		return nil, 0, err
	}
	learned, passed := learn.Gather(collectors, trail.Accounts(), given.Own), trail.PassedOver()
	switch {
	case learned.Objects == 0 && passed.Objects == 0 && mayBeEmpty:
		tell.Note(given.NoObject(passed).Error())
	case learned.Objects == 0:
		return nil, 0, given.NoObject(passed)
	case passed.Objects > 0:
		tell.Problem(passed.String())
	}
	for _, problem := range learned.Problems {
		tell.Problem(problem)
	}
	return learned, passed.Objects, nil
}

// snapshotFlags are the flags of endpoints and network, as given.
type snapshotFlags struct {
	flags.Read
	out   string
	kept  dest.S3Options
	quiet bool
}

// run checks the flags, asks AWS, reads the sources, and writes what add makes of all. kind
// is what messages call the result.
func (f *snapshotFlags) run(cmd *cobra.Command, sources []string, kind string, add func(*flags.Input, *learn.Trail) (text []byte, holds string, err error)) error {
	ctx, tell := cmd.Context(), terminal.NewMessages(cmd.ErrOrStderr(), false)
	if err := file.Check(f.out); err != nil {
		return exit.Usagef("-o %w", err)
	}
	if err := flags.CheckKept(f.out, f.kept); err != nil {
		return exit.With(exit.Usage, err)
	}
	in, err := f.Input(ctx, sources, time.Now())
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	if err := checkFile(f.out); err != nil {
		return err
	}
	if err := in.AskEC2(ctx, tell); err != nil {
		return err
	}
	if err := in.AskNetwork(ctx, tell); err != nil {
		return err
	}
	known := len(f.Endpoints)+len(f.Network) > 0
	trail, passed, err := learnFrom(ctx, in, cmd.InOrStdin(), tell, f.quiet, known && !in.Selection.Window.IsAll())
	if err != nil {
		return err
	}
	text, holds, err := add(in, trail)
	if err != nil {
		return err
	}
	if err := f.write(ctx, cmd.OutOrStdout(), text, holds); err != nil {
		return err
	}
	if missing := missingOf(in, trail, passed); len(missing) > 0 {
		return exit.With(exit.Incomplete, fmt.Errorf("the %s is written, but incomplete: %s", kind, strings.Join(missing, "; ")))
	}
	return nil
}

// missingOf says what of the sources and of AWS could not be read.
func missingOf(in *flags.Input, trail *learn.Trail, passed int64) (missing []string) {
	if n := len(trail.Problems); n > 0 {
		missing = append(missing, fmt.Sprintf("%d of %d objects could not be read whole", n, trail.Objects))
	}
	if passed > 0 {
		missing = append(missing, report.NamePassedOver(passed).String())
	}
	if n := len(in.NetworkUnread); n > 0 {
		missing = append(missing, grid.Plural(int64(n), "call")+" to AWS could not be made")
	}
	if len(in.RegionsUnread) > 0 {
		missing = append(missing, "EC2 did not list the endpoints of "+strings.Join(in.RegionsUnread, ", "))
	}
	return missing
}

// checkFile checks that a file on disk can be written, because reading may take an hour. - and no
// name are standard output.
func checkFile(name string) error {
	if name == "" || name == "-" || list.IsS3(name) {
		return nil
	}
	return dest.CheckFile(name)
}

// write writes text to standard output, or replaces the file and says what it holds.
func (f *snapshotFlags) write(ctx context.Context, out io.Writer, text []byte, holds string) error {
	text = grid.JSONText(text)
	if f.out == "" || f.out == "-" {
		_, err := out.Write(text)
		return err
	}
	if err := file.Write(ctx, f.out, text, file.Options{Kept: f.kept}); err != nil {
		return err
	}
	if !f.quiet {
		fmt.Fprintf(out, "%s: %s\n", grid.Clean(f.out), holds)
	}
	return nil
}
