package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
)

// An input is what a command reads and its settings: the checked readFlags, with the
// contents of the files that they name.
type input struct {
	sources   []string
	selection list.Selection
	reading   source.Options
	own       []string // accounts in addition to those of the trail
	inventory endpoints.Inventory
	ranges    *classify.Ranges
	optional  optionalInputs

	live                        bool     // EC2 must be asked: see askEC2
	regionsAsked, regionsUnread []string // that EC2 was asked for, and those that could not be read
}

// open starts reading the sources. The source - is stdin.
func (in *input) open(ctx context.Context, stdin io.Reader) (*source.Trail, error) {
	if slices.Contains(in.sources, "-") {
		stdin = interruptible(ctx, stdin)
	}
	in.reading.Stdin = stdin
	return source.Open(ctx, in.sources, in.selection, in.reading)
}

// noObject says that the sources hold nothing to read, and the possible reason.
func (in *input) noObject(passed list.PassedOver) error {
	sources, sel := strings.Join(in.sources, ", "), in.selection
	switch {
	case passed.Objects > 0:
		return fmt.Errorf("%s: no CloudTrail object: %s", sources, passed)
	case !sel.Window.IsAll():
		return fmt.Errorf("%s: no CloudTrail object for %s: see --date, --accounts and --regions", sources, sel.Window)
	case len(sel.Accounts)+len(sel.Regions) > 0:
		return fmt.Errorf("%s: no CloudTrail object of these accounts and Regions: see --accounts and --regions", sources)
	}
	return fmt.Errorf("%s: no CloudTrail object: name a folder above AWSLogs or inside it, or one of files ending in .json or .gz", sources)
}
