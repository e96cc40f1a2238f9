package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// stageTables stages the tables of a day, and notes their files in the day's manifest. Table resources, which has most of
// the rows, is made beside the others.
func stageTables(ctx context.Context, pub Publication, d *Day, m *Manifest) error {
	shared := &sharedPublication{pub: pub}
	files := func() *tableFiles {
		return &tableFiles{pub: shared, day: d.Day, arrow: m.Run.hasArrow(), fileBytes: table.FileBytes}
	}
	objects, traffic, principals, services, endpoints, resources, findings := files(), files(), files(), files(), files(), files(), files()
	// First to be visible: of a publication cut short the objects are never the manifest's.
	if err := stage(ctx, objects, &table.Objects, d.Objects); err != nil {
		return err
	}
	group, running := errgroup.WithContext(ctx)
	for _, lane := range [][]func() error{{
		func() error { return stageGroups(running, resources, &table.Resources, d.ResourceGroups, d.Resources) },
	}, {
		func() error {
			return stageGroups(running, traffic, &table.Traffic, m.countRouteGroups(d.TrafficGroups), m.countRoutes(d.Traffic))
		},
		func() error { return stage(running, principals, &table.Principals, d.Principals) },
		func() error { return stage(running, services, &table.Services, d.Services) },
		func() error { return stage(running, endpoints, &table.Endpoints, d.Endpoints) },
		func() error { return stage(running, findings, &table.Findings, d.Findings) },
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
	if err := group.Wait(); err != nil {
		return err
	}
	for _, f := range []*tableFiles{objects, traffic, principals, services, endpoints, resources, findings} {
		m.Files, m.Arrow = append(m.Files, f.parquetFiles...), append(m.Arrow, f.arrowFiles...)
	}
	return nil
}

// countRoutes returns traffic, and counts its calls in the manifest as it goes by.
func (m *Manifest) countRoutes(traffic Rows[table.TrafficRow]) Rows[table.TrafficRow] {
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

// countRouteGroups is countRoutes for row groups; nil where groups is.
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

// tableFiles are the files of one table and day.
type tableFiles struct {
	pub       *sharedPublication
	day       day.Day
	arrow     bool // Arrow files too
	fileBytes int  // a file of so many is ended

	parquetFiles, arrowFiles []File // those that are staged
}

func partition(table string, d day.Day) string { return table + "/dt=" + d.String() + "/" }

// stage writes the rows of a table into as many files as they need, one at least; none where rows is nil.
func stage[T any](ctx context.Context, f *tableFiles, t *table.Table[T], rows Rows[T]) error {
	if rows == nil {
		return nil
	}
	file, err := t.NewEncoder()
	if err != nil {
		return err
	}
	finish := func() error {
		name := fmt.Sprintf("%spart-%05d.parquet", partition(t.Name, f.day), len(f.parquetFiles))
		return finish(ctx, f, &f.parquetFiles, name, file)
	}
	for row, err := range withArrow(ctx, f, t, ahead(rows)) {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil && file.Written() >= f.fileBytes {
			if err = finish(); err == nil {
				file, err = t.NewEncoder()
			}
		}
		if err == nil {
			err = file.Add(row)
		}
		if err != nil {
			return err
		}
	}
	return finish()
}

// stageGroups writes a table by row groups where there are such, else by rows.
func stageGroups[T any](ctx context.Context, f *tableFiles, t *table.Table[T], groups Groups, rows Rows[T]) error {
	if groups == nil || f.arrow {
		return stage(ctx, f, t, rows)
	}
	file, err := t.NewEncoder()
	if err != nil {
		return err
	}
	for group, err := range groups {
		if err == nil {
			err = file.AddGroup(group)
		}
		if err != nil {
			return err
		}
	}
	return finish(ctx, f, &f.parquetFiles, partition(t.Name, f.day)+"part-00000.parquet", file)
}

// finish stages what an encoder holds as a file, and notes it.
func finish[T any](ctx context.Context, f *tableFiles, files *[]File, name string, file *table.Encoder[T]) error {
	data, err := file.Finish()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	*files = append(*files, File{name, file.Rows(), len(data), hex.EncodeToString(sum[:])})
	return f.pub.stage(ctx, name, data)
}

// A sharedPublication stages one file at a time. It is safe for concurrent use.
type sharedPublication struct {
	mu  sync.Mutex // held to use both
	pub Publication
	err error // of the first file that could not be staged: none is begun behind it, to be broken off at once
}

func (p *sharedPublication) stage(ctx context.Context, name string, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = p.pub.Stage(ctx, name, data)
	}
	return p.err
}
