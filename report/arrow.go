package report

import (
	"slices"

	"vpcetrail/ingest/day"
)

// Parquet and Arrow are the formats that a Run may name. Parquet is always written, because
// readers of a report read Parquet.
const (
	Parquet = "parquet"
	Arrow   = "arrow"
)

// arrowFolder holds the Arrow files, in the same layout as the Parquet files. Athena ignores
// names that start with an underscore.
const arrowFolder = "_arrow/"

func (r *Run) hasArrow() bool { return slices.Contains(r.Formats, Arrow) }

func arrowName(table string, d day.Day) string {
	return arrowFolder + partition(table, d) + fileName + ".arrow"
}
