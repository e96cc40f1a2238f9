// Package flags holds the flags that several commands share. Each type holds the flags as given,
// adds them to a command, and checks them.
package flags

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// DateWords are the words for a window of days, besides D and D..D.
var DateWords = []string{"yesterday", "all"}

// CompleteWords lets the shell complete the value of a flag from a few words.
func CompleteWords(cmd *cobra.Command, flag string, words ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	mustRegister(err)
}

// CompleteLists is CompleteWords for a flag that takes several words, separated by
// commas.
func CompleteLists(cmd *cobra.Command, flag string, words ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var lists []string
		for _, word := range words {
			if !slices.Contains(strings.Split(before, ","), word) {
				lists = append(lists, before+word)
			}
		}
		return lists, cobra.ShellCompDirectiveNoFileComp
	})
	mustRegister(err)
}

func mustRegister(err error) {
	if err != nil {
		panic("BUG: completion of a flag that is not there: " + err.Error())
	}
}
