package merge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/learn"
)

const (
	folder      = "_shards/"
	indexFile   = "/index.json"
	networkFile = "network.json"
)

// format is the form of the parts. Another one cannot be read.
const format = 4

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

	Days map[string]string `json:"days"` // the SHA-256 of each day's run.json
	files
	Sum string `json:"sum"` // SHA-256 of the index with an empty Sum

	window day.Window // of Run, once read
}

// files are the parts of a shard by their kinds, as package count has them.
type files struct {
	Names    []report.File `json:"names,omitempty"`
	Objects  []report.File `json:"objects,omitempty"`
	Numbers  []report.File `json:"numbers,omitempty"` // Rows of each are its cells
	Outlines []report.File `json:"outlines,omitempty"`
	Records  []recordFile  `json:"records,omitempty"`
	// Digests are the parts of the check by digests, if there was one.
	Digests []report.File `json:"digests,omitempty"`
}

// A recordFile holds segments of records, one after the other.
type recordFile struct {
	report.File
	Segments []segment `json:"segments"`
}

// A segment is records of one partition.
type segment struct {
	Partition int    `json:"partition"`
	Bytes     int64  `json:"bytes"`
	SHA256    string `json:"sha256"`
}

// add adds a part that was staged as f.
func (all *files) add(part *count.Part, f report.File) {
	switch part.Kind {
	case count.PartNames:
		all.Names = append(all.Names, f)
	case count.PartObjects:
		all.Objects = append(all.Objects, f)
	case count.PartNumbers:
		f.Rows = int64(part.Cells)
		all.Numbers = append(all.Numbers, f)
	case count.PartOutlines:
		all.Outlines = append(all.Outlines, f)
	case count.PartRecords:
		r, rest := recordFile{File: f}, part.Text
		for _, s := range part.Segments {
			r.Segments = append(r.Segments, segment{s.Partition, int64(s.Bytes), sumOf(rest[:s.Bytes])})
			rest = rest[s.Bytes:]
		}
		all.Records = append(all.Records, r)
	}
}

// count returns how many files there are.
func (all *files) count() int { return len(all.names()) }

// names returns the names of all files.
func (all *files) names() (names []string) {
	for _, f := range slices.Concat(all.Names, all.Objects, all.Numbers, all.Outlines, all.Digests) {
		names = append(names, f.Name)
	}
	for _, f := range all.Records {
		names = append(names, f.Name)
	}
	return names
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

// indexNames lists the indexes in a folder.
func indexNames(ctx context.Context, store report.Store, folder string) ([]string, error) {
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
