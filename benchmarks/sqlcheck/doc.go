// Package sqlcheck reads a published report by SQL, as Athena's users do, with DuckDB in its place,
// and holds every table against what the trail's generator expects. It consists of tests only.
package sqlcheck
