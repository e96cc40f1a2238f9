package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures"
)

// TestReadmeCommands runs the README's commands of the small trail, and compares their
// output with what the README shows.
func TestReadmeCommands(t *testing.T) {
	for _, name := range []string{"analyze", "explain"} {
		t.Run(name, func(t *testing.T) {
			args := readmeCommand(t, "go run ./cmd/vpcetrail "+name+" ")
			for i, arg := range args {
				if arg == "--out" {
					args[i+1] = t.TempDir()
				}
			}
			t.Chdir("../..") // the command is run from the repository's root
			var out bytes.Buffer
			if err := run(context.Background(), append([]string{name}, args...), strings.NewReader(""), &out, io.Discard); err != nil {
				t.Fatal(err)
			}
			section := map[string]string{"analyze": "demo", "explain": "explain"}[name]
			fixtures.Section(t, "README.md", section, []byte("```\n"+out.String()+"```\n"))
		})
	}
}

// TestReadmeReports runs the README's commands that read the small trail's report, and
// compares their output too.
func TestReadmeReports(t *testing.T) {
	out := t.TempDir()
	mustRun(t, 0, "analyze", "../../fixtures/demo", "--endpoints", "../../fixtures/demo/endpoints.json", "--out", out, "--quiet")
	for section, start := range map[string]string{"summary": "vpcetrail summary out ", "diff": "vpcetrail diff out "} {
		args := append([]string{section, out}, readmeCommand(t, start)...)
		fixtures.Section(t, "../../README.md", section, []byte("```\n"+mustRun(t, 0, args...).out+"```\n"))
	}
}

// TestReadmeQuestions runs the README's commands that ask the workshop's report.
func TestReadmeQuestions(t *testing.T) {
	t.Chdir("../..")
	dir := t.TempDir()
	ctx := context.Background()
	if err := run(ctx, []string{"analyze", "fixtures/workshop/AWSLogs", "--endpoints", "fixtures/workshop/endpoints.json", "--out", dir, "--quiet"}, strings.NewReader(""), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	for name, status := range map[string]int{"readiness": 0, "audit": exit.Violated} {
		args := append([]string{name, dir}, readmeCommandIn(t, "README.md", "vpcetrail "+name+" workshop ")...)
		for i, arg := range args {
			if arg == "--junit" {
				args[i+1] = filepath.Join(t.TempDir(), args[i+1])
			}
		}
		var out bytes.Buffer
		if err := run(ctx, args, strings.NewReader(""), &out, io.Discard); exit.Code(err) != status {
			t.Fatal(err)
		}
		fixtures.Section(t, "README.md", name, []byte("```\n"+out.String()+"```\n"))
	}
}

// readmeCommand returns the arguments of the README's first line that starts with
// start.
func readmeCommand(t *testing.T, start string) []string {
	t.Helper()
	return readmeCommandIn(t, "../../README.md", start)
}

func readmeCommandIn(t *testing.T, path, start string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, start); ok {
			return strings.Fields(rest)
		}
	}
	t.Fatalf("the README has no line that starts with %q", start)
	return nil
}
