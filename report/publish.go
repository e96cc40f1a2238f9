package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// Run holds the settings of a run that affect the content of its report. It holds no times
// and no numbers of workers, so a rerun over the same input writes the same bytes.
type Run struct {
	Version  string   `json:"version"`
	Sources  []string `json:"sources"`
	Window   string   `json:"window"`
	Lateness string   `json:"lateness"`
	Accounts []string `json:"accounts,omitempty"` // filter
	Regions  []string `json:"regions,omitempty"`  // filter
	Shard    string   `json:"shard,omitempty"`    // filter: 3/16 is the third of 16
	// ExcludeAccounts is also a filter: these accounts were not read.
	ExcludeAccounts []string `json:"exclude_accounts,omitempty"`
	OwnAccounts     []string `json:"own_accounts,omitempty"`   // in addition to the trail's
	Endpoints       int      `json:"endpoints"`                // in the inventory
	EndpointsFrom   []string `json:"endpoints_from,omitempty"` // files; aws means the EC2 API
	// EndpointRegions are the Regions that the run listed the endpoints of.
	// EndpointRegionsUnread are those that gave no answer.
	EndpointRegions       []string `json:"endpoint_regions,omitempty"`
	EndpointRegionsUnread []string `json:"endpoint_regions_unread,omitempty"`
	IPRanges              string   `json:"ip_ranges"`         // the date of AWS's address ranges
	NATPrice              float64  `json:"nat_price"`         // US dollars a GB (2^30 bytes), for finding detour_cost
	Formats               []string `json:"formats,omitempty"` // Parquet and Arrow; none means Parquet alone

	// Inputs maps the flag of each optional input to the SHA-256 of its content.
	Inputs map[string]string `json:"inputs,omitempty"`
}

// part returns the shard of the trail that was read, or "" for the whole trail.
func (r *Run) part() string {
	if r.Shard == "1/1" {
		return ""
	}
	return r.Shard
}

// A Manifest is the content of _runs/dt=…/run.json. It is published last: a day is complete
// when its manifest names its files.
type Manifest struct {
	Day string `json:"day"`
	Run Run    `json:"run"`
	// Balance and Objects cover the whole run, which may have published other days too.
	Balance Balance                 `json:"balance"`
	Objects map[ingest.Status]int64 `json:"objects"`
	// Counts cover this day only.
	Counts Kinds            `json:"counts"`
	Routes map[string]int64 `json:"routes"`
	// Revision is 1 for the first publication of the day. It grows by one each time the
	// tables change. A run with the same result keeps it.
	Revision int     `json:"revision,omitempty"`
	Changes  *Change `json:"changes,omitempty"` // since the previous revision; nil in the first
	// Verified is the result of the check by digests. It is nil if there was none.
	Verified *Verified `json:"verified,omitempty"`
	// Witnesses are what sources beside the trail say of the day, by the flags that name them.
	Witnesses map[string]*Witness `json:"witnesses,omitempty"`
	// Network is the snapshot that decided the causes. It is nil if there was none.
	Network *File  `json:"network,omitempty"`
	Files   []File `json:"files"`
	// Arrow lists the same tables as Arrow files, if the run was asked for them. They do
	// not affect Revision.
	Arrow []File `json:"arrow,omitempty"`
}

// Verified is what the digests of the trail say about the logs of a day.
type Verified struct {
	Mode    string           `json:"mode"`    // report or require
	Logs    map[string]int64 `json:"logs"`    // objects of the day, and missing logs, by status
	Digests map[string]int64 `json:"digests"` // digests with windows on the day, by status
	Gaps    map[string]int64 `json:"gaps"`    // times on the day without a digest, by status
	// Invalid is evidence of a change. Unchecked could not be checked. Both count logs,
	// digests and gaps.
	Invalid   int64 `json:"invalid"`
	Unchecked int64 `json:"unchecked"`
}

// Add adds the result of another day.
func (v *Verified) Add(o *Verified) {
	for _, part := range []struct{ to, from map[string]int64 }{{v.Logs, o.Logs}, {v.Digests, o.Digests}, {v.Gaps, o.Gaps}} {
		for status, n := range part.from {
			part.to[status] += n
		}
	}
	v.Invalid += o.Invalid
	v.Unchecked += o.Unchecked
}

// NewVerified returns a result without any log.
func NewVerified(mode string) *Verified {
	return &Verified{Mode: mode, Logs: map[string]int64{}, Digests: map[string]int64{}, Gaps: map[string]int64{}}
}

// Proved reports whether the digests prove every log of the day, apart from those that the
// run was allowed to publish without.
func (v *Verified) Proved() bool {
	return v != nil && v.Invalid == 0 && (v.Unchecked == 0 || v.Mode == "require")
}

// String says the result in one line.
func (v *Verified) String() string { return v.Phrase().String() }

// Phrase says the result in one line.
func (v *Verified) Phrase() phrase.Phrase {
	var logs int64
	for _, n := range v.Logs {
		logs += n
	}
	parts := []phrase.Phrase{phrase.Of("%s of %s proved by digests", grid.Number(v.Logs["valid"]+v.Logs["listed_twice"]), phrase.Count(logs, "log"))}
	for _, part := range []struct {
		of     phrase.Noun
		counts map[string]int64
	}{{"log", v.Logs}, {"digest", v.Digests}, {"gap", v.Gaps}} {
		for _, status := range slices.Sorted(maps.Keys(part.counts)) {
			if status != "valid" && status != "listed_twice" {
				parts = append(parts, phrase.Of("%s %s", phrase.Count(part.counts[status], part.of), status))
			}
		}
	}
	return phrase.Of("%s", phrase.Join(phrase.Comma, parts))
}

// A Change shows what a revision of a day changed.
type Change struct {
	Routes  map[string]BeforeAfter `json:"routes"`  // calls, by the routes that changed
	Objects BeforeAfter            `json:"objects"` // rows of table objects
}

// BeforeAfter is a count in the previous revision and in this one.
type BeforeAfter struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// A File is one Parquet or Arrow file of a day.
type File struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Parts are the ranges that the file is read in: its row groups and its footer, each
	// with its own hash. Days from older versions have no parts, and may have several files
	// per table.
	Parts table.Parts `json:"parts,omitempty"`
}

// same reports whether two files have the same name and content.
func (f File) same(other File) bool { return f.Name == other.Name && f.SHA256 == other.SHA256 }

// Complete reports whether the run could read all of the trail. See Runs for the sources beside it.
func (m *Manifest) Complete() bool {
	for status, n := range m.Objects {
		if status != ingest.OK && n > 0 {
			return false
		}
	}
	return true
}

// Part returns the shard of the trail that the day covers, such as 3/16, or "" for the whole
// trail.
func (m *Manifest) Part() string { return m.Run.part() }

// HasTrail reports whether the calls of the day are known. They are not if only sources beside the
// trail were read.
func (m *Manifest) HasTrail() bool { return m.Has(table.Traffic.Name) }

// Has reports whether the day has a table of that name. The table may be empty.
func (m *Manifest) Has(table string) bool {
	return slices.ContainsFunc(m.Files, func(f File) bool { return strings.HasPrefix(f.Name, table+"/") })
}

// revise sets the revision of m from the manifest that m will replace. It returns that manifest,
// or nil if there is none.
func (m *Manifest) revise(ctx context.Context, store Store, d day.Day) (before *Manifest, err error) {
	before, err = ReadManifest(ctx, store, d)
	switch {
	case errors.Is(err, ErrNoReport), errors.Is(err, ErrBrokenManifest):
		m.Revision = 1
	case err != nil:
		return nil, err
	case slices.EqualFunc(before.Files, m.Files, File.same):
		m.Revision, m.Changes = before.Revision, before.Changes
	default:
		m.Revision, m.Changes = max(before.Revision, 1)+1, changeOf(before, m)
	}
	return before, nil
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
			n += f.Rows
		}
	}
	return n
}

// runFolder returns the folder of what a run says of day d.
func runFolder(d day.Day) string { return "_runs/dt=" + d.String() + "/" }

// ManifestName returns the name of the manifest of day d.
func ManifestName(d day.Day) string { return runFolder(d) + "run.json" }

// Staged holds the days of a report that are staged and not yet visible.
type Staged struct {
	// Manifests maps each day to the SHA-256 of its run.json.
	Manifests map[string]string

	writer Writer
	days   []stagedDay
}

type stagedDay struct {
	day   day.Day
	pub   Publication
	stale []string // files of earlier publications
}

// LockDays locks every day of r. Call it before you read the published days to decide whether
// they may be replaced.
func LockDays(ctx context.Context, w Writer, r *Report) error {
	for _, d := range r.Days {
		if _, err := w.Lock(ctx, UnitOf(d.Day)); err != nil {
			return err
		}
	}
	return nil
}

// Stage locks every day of r and stages its tables. A day that LockDays has already locked
// stays locked: Lock returns the same publication again. Nothing is visible before Commit.
func Stage(ctx context.Context, store Store, w Writer, r *Report, run Run) (*Staged, error) {
	if err := LockDays(ctx, w, r); err != nil {
		return nil, err
	}
	s := &Staged{Manifests: map[string]string{}, writer: w}
	for _, d := range r.Days {
		pub, err := w.Lock(ctx, UnitOf(d.Day))
		if err != nil {
			return nil, err
		}
		s.days = append(s.days, stagedDay{day: d.Day, pub: pub})
	}
	for i, d := range r.Days {
		if ctx.Err() != nil { // a directory never checks it, and a day without rows never reads it
			return nil, context.Cause(ctx)
		}
		m := Manifest{
			Day: d.Day.String(), Run: run, Balance: r.Balance, Objects: r.Statuses,
			Counts: d.Kinds, Routes: map[string]int64{}, Verified: d.Verified, Witnesses: d.Witnesses,
		}
		if err := s.stage(ctx, store, &s.days[i], d, &m); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// stage stages a day's tables and then its manifest.
func (s *Staged) stage(ctx context.Context, store Store, to *stagedDay, d *Day, m *Manifest) error {
	tables, err := stageTables(ctx, to.pub, d, m, m.Run.hasArrow())
	if err != nil {
		return err
	}
	tables.list(m)
	if err := stageNetwork(ctx, to.pub, d, m); err != nil {
		return err
	}
	return s.manifest(ctx, store, to, m)
}

// manifest stages the manifest of a day with its tables.
func (s *Staged) manifest(ctx context.Context, store Store, to *stagedDay, m *Manifest) error {
	before, err := m.revise(ctx, store, to.day)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: write: %w", err)
	}
	f, err := StageFile(ctx, to.pub, ManifestName(to.day), append(text, '\n'))
	if err != nil {
		return err
	}
	s.Manifests[m.Day] = f.SHA256
	to.stale, err = m.stale(ctx, store, to.day, before)
	return err
}

// StageFile stages a file that is in memory.
func StageFile(ctx context.Context, pub Publication, name string, data []byte) (File, error) {
	out, err := pub.Create(ctx, name)
	if err == nil {
		_, err = out.Write(data)
	}
	if err == nil {
		err = out.Close()
	}
	sum := sha256.Sum256(data)
	return File{Name: name, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}, err
}

// Commit makes the days visible, one after the other.
func (s *Staged) Commit(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx = context.WithoutCancel(ctx) // from here on the publication is not interrupted
	for i, d := range s.days {
		if slices.ContainsFunc(d.stale, severalParts) {
			s.writer.Note(fmt.Sprintf("%s had several files a table: while they are replaced by one, this once, queries may see rows of both", d.day))
		}
		if err := d.pub.Commit(ctx, d.stale); err != nil {
			if i > 0 {
				err = fmt.Errorf("%w (%d of %d days are published)", err, i, len(s.days))
			}
			return err
		}
	}
	return nil
}

// severalParts reports whether a file is one of several of its table and day. Only older
// versions wrote such files.
func severalParts(name string) bool {
	return strings.HasSuffix(name, ".parquet") && !strings.HasSuffix(name, "/"+fileName+".parquet")
}

// stale lists the files of earlier publications of day d that this publication does not
// replace. before is the manifest of the last one, or nil.
func (m *Manifest) stale(ctx context.Context, store Store, d day.Day, before *Manifest) ([]string, error) {
	var stale []string
	if m.Network == nil && before != nil && before.Network != nil {
		stale = append(stale, NetworkName(d))
	}
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
