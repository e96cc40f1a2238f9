// Package engines reads a published report with query engines that nobody here wrote: DuckDB, Spark SQL, whose parser takes Athena's
// declarations of tables, and Trino, Athena's own engine for queries. It declares the report to each by what vpcetrail athena
// prints, and compares what they find, row for row. It consists of tests only; Spark and Trino take part with -tags engines,
// where the script check has installed them.
package engines
