package flags

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/ingest/digest"
	"vpcetrail/report/grid"
)

// Digests are the flags, as given, of the commands that check digests.
type Digests struct {
	keys         string
	moved, allow []string
}

// Register adds the flags to a command. allowed are the statuses that --allow takes.
func (f *Digests) Register(cmd *cobra.Command, allowed []string) {
	set := cmd.Flags()
	set.StringVar(&f.keys, "keys", "", "public keys of CloudTrail: a `FILE` or s3://bucket/key from verify --save-keys (default: call ListPublicKeys in each Region)")
	set.StringArrayVar(&f.moved, "moved", nil, "the trail below s3://OLD was copied to NEW under the same names, as `OLD=NEW`; may be repeated")
	set.StringSliceVar(&f.allow, "allow", nil, "`STATUSES` that are no problem: "+grid.OneOf(allowed))
	CompleteLists(cmd, "allow", allowed...)
}

// Given reports whether any of the flags is given.
func (f *Digests) Given() bool { return f.keys != "" || len(f.moved)+len(f.allow) > 0 }

// Check checks the flags. It reads no file.
func (f *Digests) Check(allowed []string) (moved []digest.Move, allow []digest.Status, err error) {
	for _, status := range f.allow {
		if !slices.Contains(allowed, status) {
			return nil, nil, fmt.Errorf("--allow %q: want %s", status, grid.OneOf(allowed))
		}
		allow = append(allow, digest.Status(status))
	}
	for _, text := range f.moved {
		m, err := digest.ParseMove(text)
		if err != nil {
			return nil, nil, fmt.Errorf("--moved %w", err)
		}
		moved = append(moved, m)
	}
	return moved, allow, nil
}

// Read checks the flags and reads the file that they name. keys is nil without --keys.
func (f *Digests) Read(ctx context.Context, allowed []string) (keys []digest.Key, moved []digest.Move, allow []digest.Status, err error) {
	moved, allow, err = f.Check(allowed)
	if err != nil || f.keys == "" {
		return nil, moved, allow, err
	}
	if keys, err = file.Parse(ctx, "--keys", f.keys, digest.ReadKeys); err != nil {
		return nil, nil, nil, err
	}
	return append([]digest.Key{}, keys...), moved, allow, nil
}
