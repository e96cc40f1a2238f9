// Package sqlcheck reads a published report by SQL, as Athena's users do, but with
// DuckDB. It compares every table with what the trail's generator expects. It contains
// only tests.
package sqlcheck
