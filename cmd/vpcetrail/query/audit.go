package query

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report/audit"
	"vpcetrail/report/grid"
)

// auditFlags are the flags of audit as given.
type auditFlags struct {
	flags.Days
	policy, example, format, junit, failOn string
}

// errViolated says that the report violates a rule of an audit.
var errViolated = exit.New(exit.Violated, "the audit is not passed")

// errUnproven says that no rule is violated, but that the report is incomplete.
var errUnproven = exit.New(exit.Incomplete, "no rule is violated by what the report has, but it is incomplete: run analyze again for what is missing, or set require_complete: false")

// NewAudit returns the command.
func NewAudit() *cobra.Command {
	f := auditFlags{}
	cmd := &cobra.Command{
		Use:   "audit DEST --policy FILE",
		Short: "Check a report against your rules: who must reach what by which route",
		Long: `audit checks the report in DEST against the rules of a YAML file. A rule says which route or endpoints
the calls of some services, resources, principals or accounts must use. --example NAME prints a file to
start from: ` + strings.Join(audit.Examples(), ", ") + `.

Rules that name resources or actions are checked against table resources, which has the calls that
name a resource. Other rules are checked against table traffic, which has every call. By default,
rules do not judge denied calls and calls made by AWS services. Calls of unknown route are shown, but
violate a rule only if the rule says so.

A report that lacks days, or objects that could not be read, does not pass, unless the rules contain
require_complete: false.

Exit status:
  0  no rule is violated
  3  no rule is violated, but the report is incomplete
  4  a rule is violated
  1 and 2 as for all commands`,
		Example: `  vpcetrail audit --example sensitive-resources > rules.yaml
  vpcetrail audit out --policy rules.yaml
  vpcetrail audit s3://audit-reports/vpcetrail --policy rules.yaml --from 2026-11-01 --to 2026-11-30 --junit audit.xml`,
		Args: destUnless(&f.example),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.example != "" {
				return f.printExample(args, cmd.OutOrStdout())
			}
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.policy, "policy", "", "YAML `FILE` with the rules")
	set.StringVar(&f.example, "example", "", "print the rule file of this `NAME`, with comments: "+strings.Join(audit.Examples(), ", "))
	f.Register(cmd)
	set.StringVar(&f.format, "format", "text", "output `FORMAT`: text, json or junit")
	flags.CompleteWords(cmd, "format", "text", "json", "junit")
	flags.CompleteWords(cmd, "example", audit.Examples()...)
	set.StringVar(&f.junit, "junit", "", "also write the result as JUnit XML into this `FILE`")
	set.StringVar(&f.failOn, "fail-on", "info", "lowest `SEVERITY` of a violated rule that ends with status 4: "+strings.Join(audit.Severities(), ", "))
	flags.CompleteWords(cmd, "fail-on", audit.Severities()...)
	return flags.IncompleteOK(cmd)
}

func (f *auditFlags) printExample(args []string, out io.Writer) error {
	if len(args) > 0 || f.policy != "" {
		return exit.Usagef("--example prints a rule file: give neither DEST nor --policy")
	}
	text, err := audit.Example(f.example)
	if err != nil {
		return exit.Usagef("--example: %w", err)
	}
	_, err = io.WriteString(out, text)
	return err
}

// check checks the flags and reads the file that they name.
func (f *auditFlags) check(ctx context.Context, now time.Time) (rules *audit.Rules, window day.Window, err error) {
	switch {
	case f.policy == "":
		return nil, window, errors.New("--policy is missing: want a file of rules; vpcetrail audit --example sensitive-resources prints one")
	case f.format != "text" && f.format != "json" && f.format != "junit":
		return nil, window, fmt.Errorf("--format %q: want text, json or junit", f.format)
	case f.junit == "-":
		return nil, window, errors.New("--junit -: want a file: standard output holds the result already; --format junit writes it there as JUnit XML")
	case !slices.Contains(audit.Severities(), f.failOn):
		return nil, window, fmt.Errorf("--fail-on %q: want one of %s", f.failOn, strings.Join(audit.Severities(), ", "))
	}
	if err := file.Check(f.junit); err != nil {
		return nil, window, fmt.Errorf("--junit %w", err)
	}
	if rules, err = file.Parse(ctx, "--policy", f.policy, audit.Parse); err != nil {
		return nil, window, err
	}
	window, err = f.Window(now)
	return rules, window, err
}

func (f *auditFlags) run(ctx context.Context, where string, out io.Writer) error {
	rules, window, err := f.check(ctx, time.Now())
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	span, err := openSpan(ctx, where, window)
	if err != nil {
		return err
	}
	result, err := audit.Run(ctx, span, rules)
	if err != nil {
		return err
	}
	if err := f.write(ctx, out, result); err != nil {
		return err
	}
	switch n := result.Violations(f.failOn); {
	case n > 0:
		return fmt.Errorf("%w: %d of %d rules violated", errViolated, n, len(result.Results))
	case len(result.Unproved) > 0:
		return fmt.Errorf("%w: %s", errViolated, result.Unverified())
	case !result.Whole() && result.RequireComplete:
		return errUnproven
	}
	return nil
}

// write writes the result in the chosen format.
func (f *auditFlags) write(ctx context.Context, out io.Writer, result *audit.Audit) error {
	if f.junit != "" {
		var text bytes.Buffer
		err := result.WriteJUnit(&text)
		if err == nil {
			err = file.Write(ctx, f.junit, text.Bytes(), file.Options{})
		}
		if err != nil {
			return fmt.Errorf("--junit: %w", err)
		}
	}
	switch f.format {
	case "json":
		return writeJSON(out, result.Document())
	case "junit":
		return result.WriteJUnit(out)
	}
	return result.WriteText(out, grid.Style{Width: terminal.Width(out)})
}
