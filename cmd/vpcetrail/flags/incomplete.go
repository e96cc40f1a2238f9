package flags

import (
	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/terminal"
)

// IncompleteOK adds the flag --incomplete-ok to a command that can end with status 3,
// and returns the command. Schedulers count each status but 0 as a failure.
func IncompleteOK(cmd *cobra.Command) *cobra.Command {
	ok, run := false, cmd.RunE
	cmd.Flags().BoolVar(&ok, "incomplete-ok", false, "end with status 0 instead of 3 if something could not be read or checked; it is still named")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		if !ok || exit.Code(err) != exit.Incomplete {
			return err
		}
		format := cmd.Flags().Lookup("log-format")
		terminal.NewMessages(cmd.ErrOrStderr(), format != nil && format.Value.String() == "json").Problem(err.Error())
		return nil
	}
	return cmd
}
