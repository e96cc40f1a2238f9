package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"vpcetrail/fixtures"
)

// TestReadmeCommand runs the README's first command and holds what the README shows against what
// it prints.
func TestReadmeCommand(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const start = "go run ./cmd/vpcetrail "
	var args []string
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, start); ok {
			args = strings.Fields(rest)
			break
		}
	}
	if len(args) == 0 {
		t.Fatalf("the README has no line that starts with %q", start)
	}
	for i, arg := range args { // the command is run from the repository's root
		if strings.HasPrefix(arg, "fixtures/") {
			args[i] = "../../" + arg
		}
		if arg == "--out" {
			args[i+1] = t.TempDir()
		}
	}
	var out bytes.Buffer
	if err := run(context.Background(), args, strings.NewReader(""), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	fixtures.Section(t, "../../README.md", "demo", []byte("```\n"+out.String()+"```\n"))
}
