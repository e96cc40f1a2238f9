package flags

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/report/grid"
	"vpcetrail/report/words"
)

// Lang is the flag, as given, for the language of text for people. The environment does not change
// the language: the same command gives the same output everywhere.
type Lang struct{ tag string }

// Register adds the flag to a command.
func (f *Lang) Register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tag, "lang", words.Tags()[0], "`LANGUAGE` of text for people: en or ja (Japanese); codes, csv, json and errors stay as they are")
	CompleteWords(cmd, "lang", words.Tags()...)
}

// Check checks the flag.
func (f *Lang) Check() error {
	if !slices.Contains(words.Tags(), f.tag) {
		return fmt.Errorf("--lang %q: want %s", f.tag, grid.OneOf(words.Tags()))
	}
	return nil
}

// Style returns the style of text on out, in the language.
func (f *Lang) Style(o *Output, out, errOut io.Writer) grid.Style {
	style := o.Style(out)
	if o.forPeople() {
		style.Words = f.Words(out, errOut)
	}
	return style
}

// Words returns the language for text on out. It is English if out is a terminal that cannot show
// the language, and a line on errOut says so.
func (f *Lang) Words(out, errOut io.Writer) *words.Language {
	if f.tag != "en" && terminal.Width(out) > 0 && !terminal.IsUTF8() {
		terminal.NewMessages(errOut, false).Line("--lang " + f.tag + ": this terminal is not set to UTF-8 (see LC_ALL, LC_CTYPE and LANG), so the text is in English")
		return nil
	}
	return words.In(f.tag)
}
