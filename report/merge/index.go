package merge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/learn"
)

const (
	folder      = "_shards/"
	indexFile   = "/index.json"
	networkFile = "network.json"
)

// format is the form of the parts. Another one cannot be read.
const format = 3

// An Index says how a report was made, as far as it takes to merge it, and names the parts of its shard.
type Index struct {
	Format    int                 `json:"format"`
	Run       report.Run          `json:"run"`
	Lateness  int                 `json:"lateness_days"` // days after a day: their folders were read for it too
	SHA256    bool                `json:"sha256"`        // the logs were digested
	Inventory endpoints.Inventory `json:"inventory,omitempty"`
	Network   *report.File        `json:"network,omitempty"`  // the snapshot that decides causes; nil: nobody asked
	Networks  bool                `json:"networks,omitempty"` // named networks are in the numbers

	TrailAccounts []string      `json:"trail_accounts"`
	PassedOver    int64         `json:"passed_over,omitempty"` // objects that may hold calls and were not read
	Learned       learn.Learned `json:"learned"`

	Days  map[string]string `json:"days"` // the SHA-256 of each day's run.json
	Parts []report.File     `json:"parts"`
	// Digests are the parts of the check by digests, if there was one.
	Digests []report.File `json:"digests,omitempty"`
	Sum     string        `json:"sum"` // SHA-256 of the index with an empty Sum

	window day.Window // of Run, once read
}

// encode sets Sum, and returns the index as it is kept.
func (x *Index) encode() ([]byte, error) {
	if err := x.sum(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("shard: write: %w", err)
	}
	return append(text, '\n'), nil
}

func (x *Index) sum() error {
	x.Sum = ""
	text, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("shard: write: %w", err)
	}
	x.Sum = sumOf(text)
	return nil
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// readIndex reads the index of a window's shard.
func readIndex(ctx context.Context, store report.Store, name string) (*Index, error) {
	text, err := store.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	var x Index
	if err := json.Unmarshal(text, &x); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", store, name, errDamaged)
	}
	if x.Format != format {
		return nil, fmt.Errorf("%s: %s: is of form %d, and this version reads %d: analyze again", store, name, x.Format, format)
	}
	was := x.Sum
	if err := x.sum(); err != nil || x.Sum != was || name != folder+x.Run.Window+indexFile {
		return nil, fmt.Errorf("%s: %s: %w", store, name, errDamaged)
	}
	if x.window, err = day.ParseWindow(x.Run.Window, time.Time{}); err != nil { // a run's window is never relative
		return nil, fmt.Errorf("%s: %s: %w", store, name, errDamaged)
	}
	return &x, nil
}

// indexNames lists the indexes of a report.
func indexNames(ctx context.Context, store report.Store) ([]string, error) {
	all, err := store.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range all {
		if strings.HasSuffix(name, indexFile) {
			names = append(names, name)
		}
	}
	return names, nil
}

// published reports whether the run of x published d.
func (x *Index) published(d day.Day) bool {
	_, ok := x.Days[d.String()]
	return ok
}
