package main

import (
	"fmt"
	"os"
	"strings"

	"vpcetrail/cmd/vpcetrail/exit"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newManual returns the command that writes the manual pages, for packagers.
func newManual() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write a manual page for each command",
		Long: `man writes a manual page (section 1) for each command into DIR, and creates DIR if it does not
exist. The pages have today's date, or that of the environment variable SOURCE_DATE_EPOCH.`,
		Example: `  vpcetrail man /usr/local/share/man/man1
  man vpcetrail-analyze`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.Usagef("man takes one DIR; got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("manual: write: %w", err)
			}
			version, err := version()
			if err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // it contains the date of the build
			for _, c := range append(root.Commands(), root) {
				c.Long = asMarkdown(c.Long)
			}
			header := doc.GenManHeader{Section: "1", Source: "vpcetrail " + version, Manual: "vpcetrail"}
			if err := doc.GenManTree(root, &header, args[0]); err != nil {
				return fmt.Errorf("manual: write: %w", err)
			}
			return nil
		},
	}
}

// asMarkdown makes blocks of code of the indented lines of a help text. Else a manual page runs them together.
func asMarkdown(text string) string {
	var lines []string
	was := false
	for line := range strings.Lines(text) {
		is := strings.HasPrefix(line, "  ")
		if is != was {
			lines = append(lines, "\n")
		}
		if is {
			line = "  " + line
		}
		lines, was = append(lines, line), is
	}
	return strings.Join(lines, "")
}
