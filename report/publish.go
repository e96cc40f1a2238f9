package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// Run says how a report was made, as far as it bears on what the report says. It holds no times and
// no numbers of workers, so that a rerun over the same input writes the same bytes.
type Run struct {
	Version  string   `json:"version"`
	Sources  []string `json:"sources"`
	Window   string   `json:"window"`
	Lateness string   `json:"lateness"`
	Accounts []string `json:"accounts,omitempty"` // filter
	Regions  []string `json:"regions,omitempty"`  // filter
	Shard    string   `json:"shard,omitempty"`    // filter: 3/16 is the third of 16
	// ExcludeAccounts is a filter too: accounts that were not read.
	ExcludeAccounts []string `json:"exclude_accounts,omitempty"`
	OwnAccounts     []string `json:"own_accounts,omitempty"`   // beside the trail's
	Endpoints       int      `json:"endpoints"`                // in the inventory
	EndpointsFrom   []string `json:"endpoints_from,omitempty"` // files, and aws for EC2 itself
	// EndpointRegions were asked for their endpoints, and EndpointRegionsUnread gave no answer.
	EndpointRegions       []string `json:"endpoint_regions,omitempty"`
	EndpointRegionsUnread []string `json:"endpoint_regions_unread,omitempty"`
	IPRanges              string   `json:"ip_ranges"`         // the date of AWS's address ranges
	NATPrice              float64  `json:"nat_price"`         // US dollars a GB (2^30 bytes), for finding detour_cost
	Formats               []string `json:"formats,omitempty"` // Parquet and Arrow; none means Parquet alone

	// Inputs are the optional inputs of the run by the names of their flags, each with the SHA-256 of what it held.
	Inputs map[string]string `json:"inputs,omitempty"`
}

// part returns the shard of the trail that was read, "" for all of the trail.
func (r *Run) part() string {
	if r.Shard == "1/1" {
		return ""
	}
	return r.Shard
}

// A Manifest is the content of _runs/dt=…/run.json. It is published last: a day whose manifest
// names its files is whole.
type Manifest struct {
	Day string `json:"day"`
	Run Run    `json:"run"`
	// Balance and Objects are of the whole run, which may have reported other days too.
	Balance Balance                 `json:"balance"`
	Objects map[ingest.Status]int64 `json:"objects"`
	// Counts are of this day alone.
	Counts Kinds            `json:"counts"`
	Routes map[string]int64 `json:"routes"`
	// Revision counts how often the day's tables have changed since they were first published, which is
	// revision 1. A run that finds the same again leaves it.
	Revision int     `json:"revision,omitempty"`
	Changes  *Change `json:"changes,omitempty"` // against the revision before; nil in the first
	Files    []File  `json:"files"`
	// Arrow are the same tables as Arrow files, where the run was asked for them. They make no revision.
	Arrow []File `json:"arrow,omitempty"`
}

// A Change says what a revision of a day has changed.
type Change struct {
	Routes  map[string]BeforeAfter `json:"routes"`  // calls, of the routes that have changed
	Objects BeforeAfter            `json:"objects"` // rows of table objects
}

// BeforeAfter is a count in the revision before and in this one.
type BeforeAfter struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// A File is one Parquet or Arrow file of a day.
type File struct {
	Name   string `json:"name"`
	Rows   int    `json:"rows"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Complete reports whether all input of the run could be read.
func (m *Manifest) Complete() bool {
	for status, n := range m.Objects {
		if status != ingest.OK && n > 0 {
			return false
		}
	}
	return true
}

// Part returns the shard of the trail that the day was made of, such as 3/16; "" for all of the trail.
func (m *Manifest) Part() string { return m.Run.part() }

// Has reports whether the day has a table of that name, be it an empty one.
func (m *Manifest) Has(table string) bool {
	return slices.ContainsFunc(m.Files, func(f File) bool { return strings.HasPrefix(f.Name, table+"/") })
}

// revise numbers the revision by the manifest that m is to replace.
func (m *Manifest) revise(ctx context.Context, store Store, d day.Day) error {
	before, err := ReadManifest(ctx, store, d)
	switch {
	case errors.Is(err, ErrNoReport), errors.Is(err, ErrBrokenManifest):
		m.Revision = 1
	case err != nil:
		return err
	case slices.Equal(before.Files, m.Files):
		m.Revision, m.Changes = before.Revision, before.Changes
	default:
		m.Revision, m.Changes = max(before.Revision, 1)+1, changeOf(before, m)
	}
	return nil
}

func changeOf(before, after *Manifest) *Change {
	c := &Change{Routes: map[string]BeforeAfter{}, Objects: BeforeAfter{before.rows(table.Objects.Name), after.rows(table.Objects.Name)}}
	for _, m := range []*Manifest{before, after} {
		for route := range m.Routes {
			if before.Routes[route] != after.Routes[route] {
				c.Routes[route] = BeforeAfter{before.Routes[route], after.Routes[route]}
			}
		}
	}
	return c
}

// rows returns how many rows the day has in a table.
func (m *Manifest) rows(table string) (n int64) {
	for _, f := range m.Files {
		if strings.HasPrefix(f.Name, table+"/") {
			n += int64(f.Rows)
		}
	}
	return n
}

// ManifestName returns the name of the manifest of day d.
func ManifestName(d day.Day) string { return "_runs/dt=" + d.String() + "/run.json" }

// Publish stages the tables of every day of r and then makes them visible: all or, where staging
// fails, none. Of a day published before, every file is replaced or removed.
func Publish(ctx context.Context, store Store, pub Publication, r *Report, run Run) error {
	var stale []string
	for _, d := range r.Days {
		if ctx.Err() != nil { // a directory never looks at it, and a day without rows has none to stop at
			return context.Cause(ctx)
		}
		m := Manifest{
			Day: d.Day.String(), Run: run, Balance: r.Balance, Objects: r.Statuses,
			Counts: d.Kinds, Routes: map[string]int64{},
		}
		if err := stageTables(ctx, pub, d, &m); err != nil {
			return err
		}
		if err := m.revise(ctx, store, d.Day); err != nil {
			return err
		}
		if err := m.stage(ctx, pub, d.Day); err != nil {
			return err
		}
		old, err := m.stale(ctx, store, d.Day)
		if err != nil {
			return err
		}
		stale = append(stale, old...)
	}
	return pub.Commit(ctx, stale)
}

func (m *Manifest) stage(ctx context.Context, pub Publication, d day.Day) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: write: %w", err)
	}
	return pub.Stage(ctx, ManifestName(d), append(text, '\n'))
}

// stale lists the files of earlier publications of day d that this one does not replace.
func (m *Manifest) stale(ctx context.Context, store Store, d day.Day) ([]string, error) {
	var stale []string
	files := slices.Concat(m.Files, m.Arrow)
	for _, t := range table.Tables() {
		for _, folder := range []string{"", arrowFolder} {
			names, err := store.List(ctx, folder+partition(t.Name, d))
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				if !slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
					stale = append(stale, name)
				}
			}
		}
	}
	return stale, nil
}
