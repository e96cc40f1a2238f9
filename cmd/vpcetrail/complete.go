package main

import (
	"github.com/spf13/cobra"
)

// dateWords are what a window of days may be beside D and D..D.
var dateWords = []string{"yesterday", "all"}

// completeWords lets the shell complete the value of a flag from a few words.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	mustRegister(err)
}

func mustRegister(err error) {
	if err != nil {
		panic("BUG: completion of a flag that is not there: " + err.Error())
	}
}
