package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"vpcetrail/classify/phrase"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/replay"
)

func (f *replayFlags) run(ctx context.Context, args []string, p *replay.Plan, in io.Reader, out, errOut io.Writer) error {
	tell := terminal.NewMessages(errOut, false)
	store, err := reportIn(ctx, args)
	if err != nil {
		return err
	}
	var answer *replay.Answer
	if store != nil {
		answer, err = f.readReport(ctx, store, p, tell)
	} else {
		answer, err = f.readTrail(ctx, args, p, in, tell)
	}
	var refused *replay.EndpointPolicyError
	switch {
	case errors.As(err, &refused): // now that the type of the endpoint is known
		return exit.With(exit.Usage, fmt.Errorf("--endpoint-policy: %w", err))
	case answer == nil:
		return err
	}
	if answer.Suggestion != nil {
		return cmp.Or(f.writeSuggestion(out, errOut, answer), err)
	}
	return cmp.Or(f.write(out, errOut, answer), err)
}

// writeSuggestion writes a policy to out, and what it cannot know to standard error.
func (f *replayFlags) writeSuggestion(out, errOut io.Writer, answer *replay.Answer) error {
	words := f.lang.Words(errOut, errOut)
	for _, note := range answer.Suggestion.Notes(answer) {
		terminal.NewMessages(errOut, false).Line(words.Text(note))
	}
	_, err := fmt.Fprintln(out, answer.Suggestion.Policy())
	return err
}

// reportIn opens the report in the only argument, or returns nil if it is none.
func reportIn(ctx context.Context, args []string) (report.Store, error) {
	where := args[0]
	switch {
	case len(args) > 1 || where == "-":
		return nil, nil
	case strings.HasPrefix(where, "s3://"):
	case strings.Contains(where, "://"):
		return nil, nil
	default:
		if _, err := os.Stat(filepath.Join(where, "_runs")); err != nil {
			return nil, nil
		}
	}
	store, err := openReport(ctx, where)
	if err != nil {
		return nil, err
	}
	days, err := report.Days(ctx, store)
	if err != nil || len(days) == 0 {
		return nil, err
	}
	return store, nil
}

// recordFlags are flags that have no effect on a report.
var recordFlags = []string{"lateness", "accounts", "exclude-accounts", "regions", "requester-pays", "expected-source-owner", "networks", "ip-ranges"}

// readReport replays the calls of a report.
func (f *replayFlags) readReport(ctx context.Context, store report.Store, p *replay.Plan, tell *terminal.Messages) (*replay.Answer, error) {
	for _, flag := range recordFlags {
		if f.given(flag) {
			return nil, exit.Usagef("--%s is for the records of a trail: %s is a report", flag, store)
		}
	}
	given, err := f.input(ctx, nil, p, tell)
	if err != nil {
		return nil, err
	}
	span, err := report.ReadSpan(ctx, store, given.Selection.Window)
	if err != nil {
		return nil, err
	}
	return replay.ReadTables(ctx, span, p, given.Own)
}

// input checks the flags for reading, and describes the endpoints.
func (f *replayFlags) input(ctx context.Context, sources []string, p *replay.Plan, tell *terminal.Messages) (*flags.Input, error) {
	given, err := f.Input(ctx, sources, time.Now())
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if err := given.AskEC2(ctx, tell); err != nil {
		return nil, err
	}
	p.Networks = given.Networks
	for _, id := range p.Endpoints {
		if e, ok := given.Inventory[id]; ok {
			p.Describe(e)
		}
	}
	return given, p.CheckEndpointPolicy()
}

// replayMemory bounds what waits in memory until a trail is read, in bytes.
const replayMemory = 128 << 20

// errUnreplayed says that some objects could not be read, and the rest was replayed.
var errUnreplayed = exit.New(exit.Incomplete, "not all is replayed")

// readTrail replays the records of a trail. It returns an answer and an error if objects could not be read.
func (f *replayFlags) readTrail(ctx context.Context, sources []string, p *replay.Plan, in io.Reader, tell *terminal.Messages) (*replay.Answer, error) {
	given, err := f.input(ctx, sources, p, tell)
	if err != nil {
		return nil, err
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	trail, err := given.Open(ctx, in)
	if err != nil {
		return nil, err
	}
	defer trail.Close()
	collectors := make([]*replay.Collector, runtime.GOMAXPROCS(0))
	sinks := make([]ingest.Sink, len(collectors))
	for i := range collectors {
		collectors[i] = replay.NewCollector(p, replay.Options{Ranges: given.Ranges, Disk: disk, Memory: replayMemory / len(collectors)})
		sinks[i] = collectors[i]
	}
	var done ingest.Progress
	if !f.quiet {
		defer terminal.NewProgress(tell).Show(terminal.Watch(trail, &done))()
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: given.Selection.Window, Progress: &done}); err != nil {
		return nil, err
	}
	passed := trail.PassedOver()
	answer, err := replay.ReadRecords(ctx, collectors, p, &replay.Known{
		TrailAccounts: trail.Accounts(), OwnAccounts: given.Own, Inventory: given.Inventory, Memory: replayMemory,
	})
	switch {
	case errors.Is(err, replay.ErrNoCall) && done.Objects.Load() == 0:
		return nil, given.NoObject(passed)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", strings.Join(sources, ", "), err)
	}
	return answer, unreplayed(answer, &done, passed.Objects, tell)
}

// unreplayed reports what could not be read, and returns an error for it.
func unreplayed(answer *replay.Answer, done *ingest.Progress, passed int64, tell *terminal.Messages) error {
	for _, problem := range answer.Problems {
		tell.Problem(problem)
	}
	var missing []phrase.Phrase
	if n := done.Unread.Load(); n > 0 {
		missing = append(missing, phrase.Of("%s of %s could not be read whole", grid.Number(n), phrase.Count(done.Objects.Load(), "object")))
	}
	if passed > 0 {
		missing = append(missing, report.NamePassedOver(passed))
	}
	if len(missing) == 0 {
		return nil
	}
	answer.Incomplete = slices.Concat(answer.Incomplete, missing)
	return fmt.Errorf("%w: %s", errUnreplayed, phrase.Join("; ", missing))
}

func (f *replayFlags) write(out, errOut io.Writer, answer *replay.Answer) error {
	if f.format == "json" {
		return writeJSON(out, answer)
	}
	return answer.WriteText(out, f.lang.Style(&flags.Output{Format: grid.FormatTable, Color: "auto"}, out, errOut))
}
