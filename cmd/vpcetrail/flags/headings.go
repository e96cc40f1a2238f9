package flags

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	headingKey = "heading" // the annotation of the first flag below a heading
	helpWidth  = 100       // columns of a terminal that help fits into
)

// Heading starts a group of flags in a command's help. The group has the named flag and
// those that were registered after it, up to the next heading.
func Heading(cmd *cobra.Command, first, heading string) {
	if err := cmd.Flags().SetAnnotation(first, headingKey, []string{heading}); err != nil {
		panic("BUG: heading of a flag that is not there: " + err.Error())
	}
}

// Usages returns the flags of a command as its help shows them, in groups.
func Usages(cmd *cobra.Command) string {
	var text strings.Builder
	heading, group := "Flags", pflag.NewFlagSet("", pflag.ContinueOnError)
	end := func() {
		if group.HasAvailableFlags() {
			text.WriteString("\n" + heading + ":\n" + group.FlagUsagesWrapped(helpWidth))
		}
		group = pflag.NewFlagSet("", pflag.ContinueOnError)
		group.SortFlags = false
	}
	end()
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if next := flag.Annotations[headingKey]; next != nil {
			end()
			heading = next[0]
		}
		group.AddFlag(flag)
	})
	end()
	return text.String()
}
