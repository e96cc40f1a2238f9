package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/report/grid"
)

// outputFlags are the flags, as given, of the commands that print tables of a report.
type outputFlags struct {
	format, color string
	top           int
	raw           bool
	topGiven      func() bool
}

// colors are the values of --color.
var colors = []string{"auto", "always", "never"}

// register adds the flags to a command.
func (f *outputFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", grid.FormatTable, "how it is written: "+strings.Join(grid.Formats(), ", "))
	flags.IntVar(&f.top, "top", defaultTop, "rows of a table, 0 for all (csv and json: all, unless it is given)")
	flags.StringVar(&f.color, "color", colors[0], "colours in tables: auto (on a terminal, unless NO_COLOR is set), always or never")
	flags.BoolVar(&f.raw, "raw-csv", false, "csv: text as it is, without the ' before text that starts with = + - @ ' or a tab")
	f.topGiven = func() bool { return flags.Changed("top") }
	completeWords(cmd, "format", grid.Formats()...)
	completeWords(cmd, "color", colors...)
}

// lease is how long a run that gives no sign of life keeps its days in S3. 0 means the
// default. Tests set a shorter one.
var lease time.Duration

// registerKept adds the flags for storing a report in S3 to a command.
func registerKept(cmd *cobra.Command, kept *dest.S3Options) {
	kept.Lease = lease
	flags := cmd.Flags()
	flags.StringVar(&kept.BucketOwner, "expected-out-owner", "", "account that must own the bucket of an S3 destination")
	flags.StringVar(&kept.SSE, "sse", "", "how an S3 destination is encrypted: AES256, aws:kms or aws:kms:dsse (else as its bucket says)")
	flags.StringVar(&kept.KMSKeyID, "kms-key-id", "", "KMS key for --sse aws:kms: an id, ARN or alias")
	completeWords(cmd, "sse", "AES256", "aws:kms", "aws:kms:dsse")
}

// defaultTop is the default number of rows of a table.
const defaultTop = 10

// check checks the flags.
func (f *outputFlags) check() error {
	switch {
	case !slices.Contains(grid.Formats(), f.format):
		return fmt.Errorf("--format %q: want %s", f.format, grid.OneOf(grid.Formats()))
	case !slices.Contains(colors, f.color):
		return fmt.Errorf("--color %q: want %s", f.color, grid.OneOf(colors))
	case f.raw && f.format != grid.FormatCSV:
		return errors.New("--raw-csv is for --format csv alone")
	case f.top < 0:
		return fmt.Errorf("--top %d: want 0 for all, or more", f.top)
	}
	if !f.topGiven() && !f.forPeople() {
		f.top = 0
	}
	return nil
}

// forPeople reports whether the format is for people.
func (f *outputFlags) forPeople() bool {
	return f.format == grid.FormatTable || f.format == grid.FormatMarkdown
}

// style returns the style of text on out.
func (f *outputFlags) style(out io.Writer) grid.Style {
	style := grid.Style{Width: widthOf(out), Raw: f.raw}
	switch f.color {
	case "always":
		style.Color = true
	case "auto":
		style.Color = style.Width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return style
}

// widthOf returns the number of columns if out is a terminal, else 0.
func widthOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return anyWidth
	}
	return width
}
