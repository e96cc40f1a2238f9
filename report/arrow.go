package report

import (
	"context"
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
func withArrow[T any](ctx context.Context, f *tableFiles, t *table.Table[T], rows Rows[T]) Rows[T] {
	if !f.arrow {
		return rows
	}
	return func(yield func(*T, error) bool) {
		a := arrowWriter[T]{files: f, table: t}
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

// An arrowWriter writes the rows of a table and day into as many Arrow files as they need, one at least.
type arrowWriter[T any] struct {
	files *tableFiles
	table *table.Table[T]
	file  *table.Encoder[T] // nil: none is begun
}

func (a *arrowWriter[T]) add(ctx context.Context, row *T) error {
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

func (a *arrowWriter[T]) begin() (err error) {
	if a.file == nil {
		a.file, err = a.table.NewArrowEncoder()
	}
	return err
}

// finish stages the file at hand, or an empty one.
func (a *arrowWriter[T]) finish(ctx context.Context) error {
	if err := a.begin(); err != nil {
		return err
	}
	file, f := a.file, a.files
	a.file = nil
	name := fmt.Sprintf("%s%spart-%05d.arrow", arrowFolder, partition(a.table.Name, f.day), len(f.arrowFiles))
	return finish(ctx, f, &f.arrowFiles, name, file)
}
