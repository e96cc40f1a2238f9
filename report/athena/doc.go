// Package athena makes a published report queryable. It writes databases, tables and views in the
// SQL of Athena and of other engines, sample queries, and the same tables as definitions for AWS
// Glue and CloudFormation. The columns come from report/table, so a new column needs no change
// here. All differences between engines are in dialect.go.
//
// The package opens no connection: Apply runs statements through a Service, which the command
// connects to Athena.
package athena
