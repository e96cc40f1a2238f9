package flags

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/report"
	"vpcetrail/report/access"
	"vpcetrail/report/measured"
	"vpcetrail/report/resolver"
)

// optionalNames are the names of the optional inputs, which are also the names of
// their flags. A day that was made with an optional input is not replaced by a run
// without it.
var optionalNames = []string{"endpoints", "network", "networks", "verify", access.Flag, resolver.Flag, measured.Flag, "prices"}

// OptionalInputs hold the SHA-256 sums of each optional input of a run, by name.
type OptionalInputs map[string][]string

// Add adds the content of an input, or of one of its files.
func (o OptionalInputs) Add(name string, content []byte) {
	o[name] = append(o[name], hexSHA256(content))
}

// Sums returns one SHA-256 for each input. For one file it is that of the file. For
// several different files it is that of the sorted list of their sums, one a line. So
// the files' order and names make no difference.
func (o OptionalInputs) Sums() map[string]string {
	sums := map[string]string{}
	for name, each := range o {
		list := Sorted(each)
		if sums[name] = list[0]; len(list) > 1 {
			sums[name] = hexSHA256([]byte(strings.Join(list, "\n") + "\n"))
		}
	}
	return sums
}

func hexSHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Replace are the flags that say what a run may remove from published days.
type Replace struct {
	incomplete bool
	without    []string
}

// Register adds the flags to a command.
func (f *Replace) Register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.BoolVar(&f.incomplete, "replace-incomplete", false, "replace a day even if objects that it counts were not read now")
	set.StringSliceVar(&f.without, "without", nil, "replace a day even if it was made with these optional `INPUTS` and this run lacks them: "+strings.Join(optionalNames, ", "))
	CompleteLists(cmd, "without", optionalNames...)
}

// Check checks --without against the optional inputs that are given.
func (f *Replace) Check(given map[string]bool) error {
	for _, name := range f.without {
		if !slices.Contains(optionalNames, name) {
			return fmt.Errorf("--without %q: want the name of an optional input: %s", name, strings.Join(optionalNames, ", "))
		}
		if given[name] {
			return fmt.Errorf("--without %s: --%s is given too: give one of the two", name, name)
		}
	}
	return nil
}

// Allowed returns what the flags allow.
func (f *Replace) Allowed() report.Replacing {
	return report.Replacing{Incomplete: f.incomplete, Without: f.without}
}

// Sorted returns the different values of a list, sorted.
func Sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
