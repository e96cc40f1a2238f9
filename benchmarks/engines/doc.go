// Package engines reads a published report with independent query engines: DuckDB, Spark
// SQL and Trino. Spark SQL's parser accepts Athena's table declarations. Trino is
// Athena's own query engine. The package declares the report to each engine with the
// output of vpcetrail athena, and compares the results row for row. It contains only
// tests. Spark and Trino take part with -tags engines, where the script check has
// installed them.
package engines
