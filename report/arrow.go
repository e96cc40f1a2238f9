package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"vpcetrail/report/table"
)

// Parquet and Arrow are the formats that a Run may name. Parquet is always written: readers of a report read that.
const (
	Parquet = "parquet"
	Arrow   = "arrow"
)

// arrowFolder holds the Arrow files, laid out as the Parquet files are. Athena passes over names that start so.
const arrowFolder = "_arrow/"

func (r *Run) hasArrow() bool { return slices.Contains(r.Formats, Arrow) }

// withArrow returns rows, and writes them into Arrow files too as they go by, where the run asks for that. The last
// file is staged when the rows have come to their end.
func withArrow[T any](ctx context.Context, p *publisher, t *table.Table[T], rows Rows[T]) Rows[T] {
	if !p.manifest.Run.hasArrow() {
		return rows
	}
	return func(yield func(*T, error) bool) {
		a := arrowFiles[T]{publisher: p, table: t}
		for row, err := range rows {
			if err == nil {
				err = a.add(ctx, row)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := a.finish(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// arrowFiles writes the rows of a table and day into as many Arrow files as they need, one at least.
type arrowFiles[T any] struct {
	publisher *publisher
	table     *table.Table[T]
	file      *table.Encoder[T] // nil: none is begun
	part      int
}

func (a *arrowFiles[T]) add(ctx context.Context, row *T) error {
	if a.file != nil && a.file.Full() {
		if err := a.finish(ctx); err != nil {
			return err
		}
	}
	if err := a.begin(); err != nil {
		return err
	}
	return a.file.Add(row)
}

func (a *arrowFiles[T]) begin() (err error) {
	if a.file == nil {
		a.file, err = a.table.NewArrowEncoder()
	}
	return err
}

// finish stages the file at hand, or an empty one.
func (a *arrowFiles[T]) finish(ctx context.Context) error {
	if err := a.begin(); err != nil {
		return err
	}
	data, err := a.file.Finish()
	if err != nil {
		return err
	}
	p := a.publisher
	name := fmt.Sprintf("%s%spart-%05d.arrow", arrowFolder, partition(a.table.Name, p.day), a.part)
	sum := sha256.Sum256(data)
	p.manifest.Arrow = append(p.manifest.Arrow, File{name, a.file.Rows(), len(data), hex.EncodeToString(sum[:])})
	a.file, a.part = nil, a.part+1
	return p.pub.Stage(ctx, name, data)
}
