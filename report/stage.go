package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// stageTables stages the tables that a day has, and counts its routes in m, its manifest. Table
// resources has most of the rows, so it is written concurrently with the others.
func stageTables(ctx context.Context, pub Publication, d *Day, m *Manifest, arrow bool) (*staging, error) {
	s := &staging{pub: pub, day: d.Day, arrow: arrow, files: map[string]File{}}
	// Table objects becomes visible first. So if a publication is interrupted, the objects
	// never match the manifest.
	if err := stage(ctx, s, &table.Objects, nil, d.Objects); err != nil {
		return nil, err
	}
	if err := stage(ctx, s, &table.Digests, nil, d.Digests); err != nil {
		return nil, err
	}
	var group errgroup.Group
	for _, lane := range [][]func() error{{
		func() error { return stage(ctx, s, &table.Resources, d.ResourceGroups, d.Resources) },
	}, {
		func() error {
			return stage(ctx, s, &table.Traffic, m.countRouteGroups(d.TrafficGroups), m.countRoutes(d.Traffic))
		},
		func() error { return stage(ctx, s, &table.Principals, nil, d.Principals) },
		func() error { return stage(ctx, s, &table.Services, nil, d.Services) },
		func() error { return stage(ctx, s, &table.Endpoints, nil, d.Endpoints) },
		func() error { return stage(ctx, s, &table.Findings, nil, d.Findings) },
		func() error { return stage(ctx, s, &table.Causes, nil, d.Causes) },
		func() error { return stage(ctx, s, &table.S3Access, nil, d.S3Access) },
		func() error { return stage(ctx, s, &table.DNS, nil, d.DNS) },
		func() error { return stage(ctx, s, &table.EndpointMetrics, nil, d.EndpointMetrics) },
	}} {
		group.Go(func() error {
			for _, stage := range lane {
				if err := stage(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return s, group.Wait()
}

// Restage stages the tables that d has, and the manifest of the day with its check by digests and
// its witnesses. The other files of the day stay as before, its manifest, names them.
func Restage(ctx context.Context, store Store, w Writer, d *Day, before *Manifest) (*Staged, error) {
	pub, err := w.Lock(ctx, UnitOf(d.Day))
	if err != nil {
		return nil, err
	}
	m := *before
	m.Files, m.Arrow, m.Witnesses = nil, nil, map[string]*Witness{}
	maps.Copy(m.Witnesses, before.Witnesses)
	maps.Copy(m.Witnesses, d.Witnesses)
	m.Verified = cmp.Or(d.Verified, before.Verified)
	s, err := stageTables(ctx, pub, d, &m, len(before.Arrow) > 0 || d.wantsArrow())
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(before.Files, before.Arrow) {
		if _, again := s.files[f.Name]; !again {
			s.files[f.Name] = f
		}
	}
	s.list(&m)
	staged := &Staged{Manifests: map[string]string{}, writer: w, days: []stagedDay{{day: d.Day, pub: pub}}}
	return staged, staged.manifest(ctx, store, &staged.days[0], &m)
}

// wantsArrow reports whether a run that read a witness without a trail was asked for Arrow files.
func (d *Day) wantsArrow() bool {
	for _, w := range d.Witnesses {
		if w.Run != nil && w.Run.hasArrow() {
			return true
		}
	}
	return false
}

// list adds the staged files to the day's manifest.
func (s *staging) list(m *Manifest) {
	for _, t := range order {
		if f, ok := s.files[parquetName(t, s.day)]; ok {
			m.Files = append(m.Files, f)
		}
		if f, ok := s.files[arrowName(t, s.day)]; ok {
			m.Arrow = append(m.Arrow, f)
		}
	}
}

// order is the order of a day's files in its manifest.
var order = []string{
	table.Objects.Name, table.Traffic.Name, table.Principals.Name, table.Services.Name, table.Endpoints.Name,
	table.Resources.Name, table.Findings.Name, table.Causes.Name, table.Digests.Name,
	table.S3Access.Name, table.DNS.Name, table.EndpointMetrics.Name,
}

// countRoutes returns traffic, and adds its calls to the manifest while it is read. It returns nil
// if traffic is nil.
func (m *Manifest) countRoutes(traffic Rows[table.TrafficRow]) Rows[table.TrafficRow] {
	if traffic == nil {
		return nil
	}
	return func(yield func(*table.TrafficRow, error) bool) {
		for row, err := range traffic {
			if err == nil {
				m.Routes[row.Route] += row.Calls
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// countRouteGroups is countRoutes for row groups. It returns nil if groups is nil.
func (m *Manifest) countRouteGroups(groups Groups) Groups {
	if groups == nil {
		return nil
	}
	route, calls := table.Traffic.Place("route"), table.Traffic.Place("calls")
	return func(yield func([]table.Vector, error) bool) {
		for group, err := range groups {
			if err == nil {
				for i, rank := range group[route].Ranks {
					m.Routes[group[route].Dict[rank]] += group[calls].Numbers[i]
				}
			}
			if !yield(group, err) {
				return
			}
		}
	}
}

// fileName is the name, without its extension, of the one file of each table and day. There is
// exactly one, so the table is replaced in one step.
const fileName = "part-00000"

func partition(table string, d day.Day) string { return table + "/dt=" + d.String() + "/" }

func parquetName(table string, d day.Day) string { return partition(table, d) + fileName + ".parquet" }

// stage writes a table into its Parquet file, and into its Arrow file if that is requested. It
// writes row groups if there are any, else rows. It writes no file if rows is nil.
func stage[T any](ctx context.Context, s *staging, t *table.Table[T], groups Groups, rows Rows[T]) error {
	if rows == nil {
		return nil
	}
	parquet, err := startFile(ctx, s, parquetName(t.Name, s.day), t.NewWriter)
	if err != nil {
		return err
	}
	files := []*tableFile[T]{parquet}
	if s.arrow {
		arrow, err := startFile(ctx, s, arrowName(t.Name, s.day), t.NewArrowWriter)
		if err != nil {
			return err
		}
		files = append(files, arrow)
	}
	if groups != nil {
		err = each(ctx, groups, files, (*tableFile[T]).AddGroup)
	} else {
		err = each(ctx, ahead(rows), files, (*tableFile[T]).Add)
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := f.finish(s); err != nil {
			return err
		}
	}
	return nil
}

// each adds every row or row group of made to each file.
func each[F, V any](ctx context.Context, made iter.Seq2[V, error], files []F, add func(F, V) error) error {
	for v, err := range made {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := add(f, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// A tableFile is a file of a table that is being staged.
type tableFile[T any] struct {
	*table.Writer[T]
	to *stagedFile
}

func startFile[T any](ctx context.Context, s *staging, name string, start func(io.Writer) (*table.Writer[T], error)) (*tableFile[T], error) {
	to, err := s.create(ctx, name)
	if err != nil {
		return nil, err
	}
	w, err := start(to)
	return &tableFile[T]{w, to}, err
}

// finish closes the file and records it in s.
func (f *tableFile[T]) finish(s *staging) error {
	parts, err := f.Close()
	if err == nil {
		err = f.to.Close()
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[f.to.name] = File{f.to.name, parts.Rows(), parts.Bytes(), hex.EncodeToString(f.to.sum.Sum(nil)), parts}
	return nil
}

// staging stages the tables of one day, several concurrently.
type staging struct {
	pub   Publication
	day   day.Day
	arrow bool // Arrow files too

	mu    sync.Mutex
	files map[string]File // the staged files, by name
	err   error           // from the first file that failed; all other files stop, and no new one starts
}

// A stagedFile hashes what is written to it.
type stagedFile struct {
	staging *staging
	name    string
	to      io.WriteCloser
	sum     hash.Hash
}

// fail records the error that ends the staging, and returns that error.
func (s *staging) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	return s.err
}

func (s *staging) create(ctx context.Context, name string) (*stagedFile, error) {
	if err := s.fail(nil); err != nil {
		return nil, err
	}
	to, err := s.pub.Create(ctx, name)
	return &stagedFile{s, name, to, sha256.New()}, s.fail(err)
}

func (f *stagedFile) Write(data []byte) (int, error) {
	if err := f.staging.fail(nil); err != nil {
		return 0, err
	}
	n, err := f.to.Write(data)
	_, _ = f.sum.Write(data[:n]) // never fails
	return n, f.staging.fail(err)
}

func (f *stagedFile) Close() error { return f.staging.fail(f.to.Close()) }
