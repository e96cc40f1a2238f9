package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// dateWords are the words for a window of days, besides D and D..D.
var dateWords = []string{"yesterday", "all"}

// completeWords lets the shell complete the value of a flag from a few words.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	mustRegister(err)
}

// completeLists is completeWords for a flag that takes several words, separated by
// commas.
func completeLists(cmd *cobra.Command, flag string, words ...string) {
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
