package flags

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report/grid"
)

// Output are the flags, as given, of the commands that print tables of a report.
type Output struct {
	Format, Color string
	Top           int
	raw           bool
	topGiven      func() bool
}

// Colors are the values of --color.
var Colors = []string{"auto", "always", "never"}

// Register adds the flags to a command.
func (f *Output) Register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&f.Format, "format", grid.FormatTable, "output `FORMAT`: "+strings.Join(grid.Formats(), ", "))
	set.IntVar(&f.Top, "top", DefaultTop, "number of rows in a table, 0 for all (csv and json: all unless given)")
	set.StringVar(&f.Color, "color", Colors[0], "`WHEN` to colour tables: auto (on a terminal, unless NO_COLOR is set), always or never")
	set.BoolVar(&f.raw, "raw-csv", false, "csv: do not put a ' before text that starts with = + - @ ' or a tab")
	f.topGiven = func() bool { return set.Changed("top") }
	CompleteWords(cmd, "format", grid.Formats()...)
	CompleteWords(cmd, "color", Colors...)
}

// Lease is how long a run that gives no sign of life keeps its days in S3. 0 means the
// default. Tests set a shorter one.
var Lease time.Duration

// RegisterKept adds the flags for storing a report or a file in S3 to a command.
func RegisterKept(cmd *cobra.Command, kept *dest.S3Options) {
	kept.Lease = Lease
	set := cmd.Flags()
	set.StringVar(&kept.BucketOwner, "expected-out-owner", "", "`ACCOUNT` that must own the bucket that is written to")
	set.StringVar(&kept.SSE, "sse", "", "`ENCRYPTION` of what is written to S3: AES256, aws:kms or aws:kms:dsse (default that of the bucket)")
	set.StringVar(&kept.KMSKeyID, "kms-key-id", "", "KMS `KEY` for --sse aws:kms: an id, ARN or alias")
	CompleteWords(cmd, "sse", "AES256", "aws:kms", "aws:kms:dsse")
}

// CheckKept checks these flags for a command that writes one file, or to standard output.
func CheckKept(file string, kept dest.S3Options) error {
	if !list.IsS3(file) && (kept.SSE != "" || kept.BucketOwner != "") {
		return errors.New("--sse and --expected-out-owner are for -o s3://bucket/key")
	}
	return cmp.Or(kept.Check(), CheckAccounts("--expected-out-owner", NonEmpty(kept.BucketOwner)))
}

// DefaultTop is the default number of rows of a table.
const DefaultTop = 10

// Check checks the flags.
func (f *Output) Check() error {
	switch {
	case !slices.Contains(grid.Formats(), f.Format):
		return fmt.Errorf("--format %q: want %s", f.Format, grid.OneOf(grid.Formats()))
	case !slices.Contains(Colors, f.Color):
		return fmt.Errorf("--color %q: want %s", f.Color, grid.OneOf(Colors))
	case f.raw && f.Format != grid.FormatCSV:
		return errors.New("--raw-csv is for --format csv alone")
	case f.Top < 0:
		return fmt.Errorf("--top %d: want 0 for all, or more", f.Top)
	}
	if !f.topGiven() && !f.forPeople() {
		f.Top = 0
	}
	return nil
}

// forPeople reports whether the format is for people.
func (f *Output) forPeople() bool {
	return f.Format == grid.FormatTable || f.Format == grid.FormatMarkdown
}

// Style returns the style of text on out.
func (f *Output) Style(out io.Writer) grid.Style {
	style := grid.Style{Width: terminal.Width(out), Raw: f.raw}
	switch f.Color {
	case "always":
		style.Color = true
	case "auto":
		style.Color = style.Width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return style
}
