package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"vpcetrail/cmd/vpcetrail/exit"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ours returns the program and its commands, without cobra's own.
func ours() []*cobra.Command {
	root := newRoot()
	return append([]*cobra.Command{root}, root.Commands()...)
}

// Every command has a long description and an example, and completes its words.
func TestEveryCommandExplainsItself(t *testing.T) {
	for _, cmd := range ours() {
		if cmd.Short == "" || len(cmd.Long) < len(cmd.Short) || cmd.Example == "" {
			t.Errorf("%s: Short, Long or Example is missing", cmd.CommandPath())
		}
		if strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: Short is no sentence: %s", cmd.CommandPath(), cmd.Short)
		}
		for _, flag := range []string{"format", "by", "color", "date", "log-format", "engine", "condition", "example", "fail-on", "sse"} {
			_, completes := cmd.GetFlagCompletionFunc(flag)
			if cmd.Flags().Lookup(flag) != nil && !completes {
				t.Errorf("%s: --%s does not complete its words", cmd.CommandPath(), flag)
			}
		}
	}
}

// The help of every command has each of its flags once, and fits a terminal.
func TestHelpShowsEveryFlag(t *testing.T) {
	for _, cmd := range ours() {
		help := cmd.UsageString()
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			want := 1
			if flag.Hidden {
				want = 0
			}
			line := regexp.MustCompile(`(?m)^  (    |-., )--` + flag.Name + ` `)
			if n := len(line.FindAllString(help, -1)); n != want {
				t.Errorf("%s shows --%s %d times, want %d:\n%s", cmd.CommandPath(), flag.Name, n, want, help)
			}
		})
		_, flags, _ := strings.Cut(help, cmd.Example)
		for line := range strings.Lines(cmd.Long + "\n" + flags) {
			if utf8.RuneCountInString(line) > 115 {
				t.Errorf("%s: the line is too long: %s", cmd.CommandPath(), line)
			}
		}
	}
}

// The commands and flags in the examples exist.
func TestExamplesAreTrue(t *testing.T) {
	calls := 0
	for _, cmd := range ours() {
		for line := range strings.Lines(cmd.Example) {
			_, call, found := strings.Cut(" "+line, " vpcetrail ")
			if !found {
				continue
			}
			calls++
			checkCall(t, call)
		}
	}
	if calls < len(ours()) {
		t.Errorf("%d examples of %d commands", calls, len(ours()))
	}
}

func TestCompletion(t *testing.T) {
	for _, tc := range []struct{ typed, want string }{
		{"summary out --by ", "principal service endpoint resource finding account region day bucket name measured"},
		{"summary out --format ", "table csv json markdown"},
		{"summary out --from ", "yesterday"},
		{"diff out --day ", "yesterday all"},
		{"diff out --color ", "auto always never"},
		{"analyze trail --date ", "yesterday all"},
		{"analyze trail --format parquet,", "parquet,arrow"},
		{"analyze trail --log-format ", "text json"},
		{"verify trail --format ", "text json"},
		{"explain trail --format ", "text json"},
		{"summ", "summary"},
	} {
		got := mustRun(t, 0, append([]string{"__complete"}, strings.Split(tc.typed, " ")...)...)
		lines := strings.Split(strings.TrimSpace(got.out), "\n")
		for i, line := range lines {
			lines[i], _, _ = strings.Cut(line, "\t") // a command's Short follows
		}
		if words := strings.Join(lines[:len(lines)-1], " "); words != tc.want { // the last line is a directive for the shell
			t.Errorf("%q completes to %q, want %q", tc.typed, words, tc.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := mustRun(t, 0, "completion", shell); !strings.Contains(got.out, "vpcetrail") {
			t.Errorf("%s has no completion", shell)
		}
	}
}

func TestManualPages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1795132800")
	dir := filepath.Join(t.TempDir(), "man1")
	for range 2 { // over those that exist
		if got := mustRun(t, 0, "man", dir); got != (finished{}) {
			t.Errorf("it says %+v", got)
		}
	}
	pages := tree(t, dir)
	for _, cmd := range ours() {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		if cmd.Hidden {
			if _, ok := pages[name]; ok {
				t.Errorf("%s is hidden, but has a page", name)
			}
			continue
		}
		page := pages[name]
		for _, part := range []string{".TH", "Nov 2026", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH EXAMPLE", ".SH SEE ALSO"} {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %q", name, part)
			}
		}
		if !strings.HasPrefix(page, ".nh\n") {
			t.Errorf("%s is no manual page: %.40q", name, page)
		}
	}
	if !strings.Contains(pages["vpcetrail.1"], "\n2    wrong usage\n3    ") {
		t.Error("lists are run together")
	}
	got := vpcetrail(t.Context(), "man", filepath.Join(dir, "vpcetrail.1"))
	if got.code != exit.Failed || !strings.HasPrefix(got.errOut, "vpcetrail: manual: write: ") {
		t.Errorf("into a file: %+v", got)
	}
}
