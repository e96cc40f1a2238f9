package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/build"
	"vpcetrail/cmd/vpcetrail/exit"
)

// newVersion returns the command that says from what the program was built.
func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version, the commit and the build of the program",
		Long: `version shows the version, the commit, and the SHA-256 of the executable.

The version of a program that was built from a commit names a tag or that commit. If the program was
built from anything else, such as changes that are not committed, then the version ends with the first
digits of the SHA-256 of the executable. Reports name the version, and merge joins only reports of the
same version.`,
		Example: `  vpcetrail version
  vpcetrail --version`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("version takes no arguments; got %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := build.Text()
			if err == nil {
				_, err = io.WriteString(cmd.OutOrStdout(), text)
			}
			return err
		},
	}
}

// writeVersion writes the version in one line.
func writeVersion(cmd *cobra.Command) error {
	v, err := version()
	if err == nil {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "vpcetrail version", v)
	}
	return err
}
