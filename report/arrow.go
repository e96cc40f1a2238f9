package report

import (
	"slices"

	"vpcetrail/ingest/day"
)

// Parquet and Arrow are the formats that a Run may name. Parquet is always written: readers of a report read that.
const (
	Parquet = "parquet"
	Arrow   = "arrow"
)

// arrowFolder holds the Arrow files, laid out as the Parquet files are. Athena passes over names that start so.
const arrowFolder = "_arrow/"

func (r *Run) hasArrow() bool { return slices.Contains(r.Formats, Arrow) }

func arrowName(table string, d day.Day) string {
	return arrowFolder + partition(table, d) + fileName + ".arrow"
}
