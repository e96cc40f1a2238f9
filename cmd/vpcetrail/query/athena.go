package query

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/athenaapi"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/athena"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// athenaFlags are the flags of athena, as given.
type athenaFlags struct {
	engine, format, database, workGroup, location, results string
	apply                                                  bool
}

// NewAthena returns the command.
func NewAthena() *cobra.Command {
	var f athenaFlags
	cmd := &cobra.Command{
		Use:   "athena DEST",
		Short: "Print or create tables, views and queries for Athena, DuckDB, Trino or Spark",
		Long: `athena prints SQL to paste into Athena: an external table for each table of the report, views, and ten
sample queries. The tables find new days without any further command.

With --apply, athena runs the statements through Athena's API and prints what each did. It adds the
columns that tables of an older version lack. A second run changes nothing. athena never changes
tables that it did not create.`,
		Example: `  vpcetrail athena s3://audit-reports/vpcetrail
  vpcetrail athena s3://audit-reports/vpcetrail --apply --workgroup audit
  vpcetrail athena out --location s3://audit-reports/vpcetrail --format cloudformation
  vpcetrail athena out --engine duckdb | duckdb report.duckdb`,
		Args: oneDest,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), args[0], cmd.OutOrStdout()) },
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.engine, "engine", "athena", "print SQL for this `ENGINE`: athena, duckdb, trino or spark")
	flags.CompleteWords(cmd, "engine", "athena", "duckdb", "trino", "spark")
	set.StringVar(&f.format, "format", "sql", "output `FORMAT`: sql, glue (input of Glue's CreateTable, one table per line) or cloudformation (a template)")
	flags.CompleteWords(cmd, "format", "sql", "glue", "cloudformation")
	set.StringVar(&f.database, "database", "vpcetrail", "`DATABASE` of the tables; created if it does not exist")
	set.StringVar(&f.workGroup, "workgroup", "primary", "Athena work `GROUP` for --apply, and for the queries of --format cloudformation")
	set.StringVar(&f.location, "location", "", "`PLACE` where the engine finds the report, such as s3://bucket/prefix (default DEST)")
	set.BoolVar(&f.apply, "apply", false, "run the statements through Athena's API")
	set.StringVar(&f.results, "results", "", "with --apply: `PLACE` for Athena's results, s3://bucket/prefix (default that of the work group)")
	return cmd
}

func (f *athenaFlags) run(ctx context.Context, destination string, out io.Writer) error {
	if err := f.check(); err != nil {
		return exit.With(exit.Usage, err)
	}
	location, err := f.place(destination)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	store, err := openReport(ctx, destination)
	if err != nil {
		return err
	}
	r := &athena.Report{Engine: athena.Engine(f.engine), Database: f.database, Location: location}
	days, err := report.DaysWithin(ctx, store, day.All())
	if err != nil {
		return err
	}
	r.First = days[0]
	if r.Engine == athena.DuckDB {
		if r.Empty, err = emptyTables(ctx, store); err != nil {
			return err
		}
	}
	return f.give(ctx, r, out)
}

// give prints the requested statements, or applies them.
func (f *athenaFlags) give(ctx context.Context, r *athena.Report, out io.Writer) error {
	switch {
	case f.apply:
		client, err := athenaapi.New(ctx, athenaapi.Options{WorkGroup: f.workGroup, Results: f.results})
		if err != nil {
			return err
		}
		return r.Apply(ctx, client, func(s athena.Step) {
			fmt.Fprintf(out, "%-30s %s%s\n", s.Name, grid.Clean(s.What), took(s.Took))
		})
	case f.format == "glue":
		return r.WriteGlue(out)
	case f.format == "cloudformation":
		return r.WriteCloudFormation(out, f.workGroup)
	}
	return r.WriteSQL(out)
}

func took(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.1f s)", d.Seconds())
}

// databaseName matches the database names that Athena and Glue accept.
var databaseName = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)

func (f *athenaFlags) check() error {
	switch {
	case !slices.Contains(athena.Engines, athena.Engine(f.engine)):
		return fmt.Errorf("--engine %q: want athena, duckdb, trino or spark", f.engine)
	case !slices.Contains([]string{"sql", "glue", "cloudformation"}, f.format):
		return fmt.Errorf("--format %q: want sql, glue or cloudformation", f.format)
	case f.engine != "athena" && f.format != "sql":
		return fmt.Errorf("--format %s is for --engine athena alone", f.format)
	case f.apply && (f.engine != "athena" || f.format != "sql"):
		return fmt.Errorf("--apply is for --engine athena --format sql alone")
	case f.results != "" && !f.apply:
		return fmt.Errorf("--results is for --apply alone")
	case f.results != "" && !strings.HasPrefix(f.results, "s3://"):
		return fmt.Errorf("--results %q: want s3://bucket/prefix", f.results)
	case !databaseName.MatchString(f.database):
		return fmt.Errorf("--database %q: want small letters, digits and underscores", f.database)
	}
	return nil
}

// place returns where the engine finds the report.
func (f *athenaFlags) place(destination string) (string, error) {
	place := f.location
	if place == "" {
		place = destination
	}
	place = strings.TrimRight(place, "/")
	inS3 := strings.HasPrefix(place, "s3://") && len(place) > len("s3://")
	switch {
	case grid.Clean(place) != place:
		return "", fmt.Errorf("%q: holds characters that cannot be seen, which SQL may take for the end of a line: want a place without them", place)
	case strings.HasPrefix(place, "s3://arn:"):
		return "", fmt.Errorf("%s: tables take no access point's ARN: give its alias or the bucket as --location s3://…", place)
	case f.engine == "athena" && !inS3 && f.location != "":
		return "", fmt.Errorf("--location %q: Athena reads from S3 alone: want s3://bucket/prefix", f.location)
	case f.engine == "athena" && !inS3 && strings.HasPrefix(destination, "s3://"):
		return "", fmt.Errorf("%s: names no bucket: want s3://bucket/prefix", destination)
	case f.engine == "athena" && !inS3:
		return "", fmt.Errorf("%s: Athena reads from S3 alone: give the report's place there as --location s3://bucket/prefix", destination)
	case strings.Contains(place, "://"):
		return place, nil
	}
	path, err := filepath.Abs(place)
	if err != nil {
		return "", err
	}
	if f.engine == "duckdb" {
		return filepath.ToSlash(path), nil
	}
	return "file://" + filepath.ToSlash(path), nil
}

// emptyTables returns the tables that have no file in the report.
func emptyTables(ctx context.Context, store report.Store) (map[string]bool, error) {
	empty := map[string]bool{}
	for _, t := range table.Tables() {
		names, err := store.List(ctx, t.Name+"/")
		if err != nil {
			return nil, err
		}
		empty[t.Name] = len(names) == 0
	}
	return empty, nil
}
