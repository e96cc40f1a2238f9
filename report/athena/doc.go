// Package athena writes what makes a published report queryable: databases, tables and views in the words of
// Athena and of other engines, sample queries, and the same tables as definitions for AWS Glue and CloudFormation. The
// columns come from report/table, so that a new one comes by itself; how engines differ stands in dialect.go alone.
//
// It opens no connection: Apply runs statements through a Service, which the command wires to Athena.
package athena
