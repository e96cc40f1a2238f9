package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/report"
)

// optionalNames are the names of the optional inputs, which are also the names of
// their flags. A day that was made with an optional input is not replaced by a run
// without it.
var optionalNames = []string{"endpoints"}

// optionalInputs hold the SHA-256 sums of each optional input of a run, by name.
type optionalInputs map[string][]string

// add adds the content of an input, or of one of its files.
func (o optionalInputs) add(name string, content []byte) {
	o[name] = append(o[name], hexSHA256(content))
}

// sums returns one SHA-256 for each input. For one file it is that of the file. For
// several different files it is that of the sorted list of their sums, one a line. So
// the files' order and names make no difference.
func (o optionalInputs) sums() map[string]string {
	sums := map[string]string{}
	for name, each := range o {
		list := sorted(each)
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

// replaceFlags say what a run may remove from published days.
type replaceFlags struct {
	incomplete bool
	without    []string
}

func (f *replaceFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.incomplete, "replace-incomplete", false, "replace a day although objects that it counts would be missing; else it stays, and the status is 1")
	flags.StringSliceVar(&f.without, "without", nil, "replace a day that was made with this optional input by one made without: "+strings.Join(optionalNames, ", "))
	completeLists(cmd, "without", optionalNames...)
}

// check checks --without against the optional inputs that are given.
func (f *replaceFlags) check(given map[string]bool) error {
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

func (f *replaceFlags) allowed() report.Replacing {
	return report.Replacing{Incomplete: f.incomplete, Without: f.without}
}

// mayPublish reports what of rep could not be read. If one of its days must stay as it
// is published, nothing of rep may be published, and the error says why.
func mayPublish(ctx context.Context, store report.Store, rep *report.Report, run *report.Run, allow report.Replacing, tell *messages) error {
	if err := report.MayReplace(ctx, store, rep, run, allow); err != nil {
		return fmt.Errorf("%s: nothing is published: %w", store, err)
	}
	return rep.Problems(tell.problem)
}
