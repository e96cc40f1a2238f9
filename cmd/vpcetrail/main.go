// Command vpcetrail reads a CloudTrail trail and reports the route by which every API
// call reached AWS.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vpcetrail/cmd/vpcetrail/build"
	"vpcetrail/cmd/vpcetrail/deploy"
	"vpcetrail/cmd/vpcetrail/doctor"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/inspect"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/metrics"
	"vpcetrail/cmd/vpcetrail/notify"
	"vpcetrail/cmd/vpcetrail/publish"
	"vpcetrail/cmd/vpcetrail/query"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/cmd/vpcetrail/verify"
)

// version returns the version that reports name. Tests change it.
var version = build.Version

func main() {
	status, ok, err := memory.Supervise()
	tell := terminal.NewMessages(os.Stderr, terminal.WantsJSON(os.Args[1:]))
	if err != nil {
		tell.Failed(err)
		os.Exit(exit.Failed)
	}
	if ok {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	ctx, end := context.WithCancelCause(memory.UntilForwarded(ctx))
	ctx = memory.WithEnding(ctx, end)
	if tell.JSON != nil {
		slog.SetDefault(tell.JSON) // libraries log in JSON too
	}
	err = run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		terminal.SayLast(ctx, func() { tell.Failed(err) })
	}
	os.Exit(exit.Code(err))
}

// Cobra keeps the functions of its templates in a global map without a lock.
func init() { cobra.AddTemplateFunc("flagUsages", flags.Usages) }

// newRoot returns the program's command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "vpcetrail",
		Short: "Show which AWS API calls went through VPC endpoints, and which over the internet",
		Long: `vpcetrail reads a CloudTrail trail and decides for each API call whether it went through a VPC
endpoint, over the internet, or was made by an AWS service. It writes the counts per principal,
service and endpoint as Parquet files for Athena.

Start with analyze, which publishes a report. Then read the report with summary, html or athena.

Exit status:
  0    done and complete
  1    failed; nothing is published unless the message says so
  2    wrong usage
  3    done, but some input could not be read or checked
  4    a rule is violated, a log or digest is invalid, or a path goes past the endpoint
  130  interrupted`,
		Example: `  vpcetrail analyze fixtures/demo --out out
  vpcetrail summary out --by principal
  vpcetrail explain record.json`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return refuseEmpty(cmd) },
		// Without a command there is nothing to do. An unknown command is an error.
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(args[0])
			}
			return nil
		},
	}
	show := root.Flags().BoolP("version", "v", false, "show the version")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *show {
			return writeVersion(cmd)
		}
		return cmd.Help()
	}
	addGroup(root, "trail", "Commands that read a trail:", publish.NewAnalyze(version), inspect.NewExplain(), verify.New())
	addGroup(root, "kept", "Commands that keep endpoints, networks and metrics:", inspect.NewEndpoints(), metrics.New(), inspect.NewNetwork())
	addGroup(root, "report", "Commands that read a report:", query.NewAthena(), query.NewAudit(), query.NewDiff(), query.NewHTML(),
		publish.NewMerge(version), notify.New(), query.NewReadiness(), query.NewRecommend(), query.NewReplay(), query.NewSummary(), query.NewWhy())
	addGroup(root, "machine", "Commands that check the machine they run on:", doctor.New())
	root.AddCommand(deploy.New(), newManual(), newVersion())
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(),
		"\n\nFlags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}", "\n{{flagUsages . | trimTrailingWhitespaces}}", 1))
	return root
}

// addGroup adds commands to root, which its help lists below a heading.
func addGroup(root *cobra.Command, id, heading string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: id, Title: heading})
	for _, cmd := range commands {
		cmd.GroupID = id
		root.AddCommand(cmd)
	}
}

// run executes one command line. Results go to out, progress and problems to errOut.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	refuseUnknown(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if cmd == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			return unknownCommand(args[0]) // so its flags are unknown too
		}
		return flagError(cmd, err)
	})
	return terminal.UntilInterrupted(ctx, root.ExecuteContext)
}

// refuseUnknown makes cobra's own commands refuse arguments that they do not know.
// Otherwise they print help with status 0, and a shell that sources a completion would
// run that text.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if found, _, err := root.Find(args); err != nil || found == root && len(args) > 0 {
					return unknownCommand(args[0])
				}
				return nil
			}
		case "completion":
			cmd.Args = cobra.ArbitraryArgs
			cmd.RunE = func(_ *cobra.Command, args []string) error {
				return exit.Usagef("completion takes one shell, bash, zsh, fish or powershell; got %q", strings.Join(args, " "))
			}
		}
	}
}

// refuseEmpty returns an error for a flag with an empty value. The value may come from
// an unset variable. The command would then do something else than intended, such as
// read all days or all Regions.
func refuseEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		values := []string{flag.Value.String()}
		switch flag.Value.Type() {
		case "string":
		case "stringSlice", "stringArray":
			values = flag.Value.(pflag.SliceValue).GetSlice()
		default:
			return
		}
		if err == nil && (len(values) == 0 || slices.Contains(values, "")) {
			err = exit.Usagef("--%s: a value is empty: give one, or leave the flag out: see %s --help", flag.Name, cmd.CommandPath())
		}
	})
	return err
}

func unknownCommand(name string) error {
	return exit.Usagef("unknown command %q: see vpcetrail --help", name)
}

// wanted describes in plain words what a flag of each type takes.
var wanted = map[string]string{"int": "a whole number", "duration": "a duration such as 24h", "bool": "true or false", "float64": "a number", "size": "a size such as 512MiB or 2GiB", "days": "a number of days such as 30d", "shard": "one part of N, such as 3/16, or auto"}

func flagError(cmd *cobra.Command, err error) error {
	var wrong *pflag.InvalidValueError
	if errors.As(err, &wrong) {
		if want := wanted[wrong.GetFlag().Value.Type()]; want != "" {
			err = fmt.Errorf("--%s %q: want %s", wrong.GetFlag().Name, wrong.GetValue(), want)
		}
	}
	return exit.Usagef("%w: see %s --help", err, cmd.CommandPath())
}
