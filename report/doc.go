// Package report is the contract of a published report: its Store, its manifests, and how
// its days are published and read.
//
// Stage and Commit write the tables of each day as Parquet into a Store. Each table and day
// is one file, and each file is replaced in one step. The same events give the same bytes,
// in any order. Each record has exactly one place in the Balance.
//
// The package holds one row group of a table in memory at a time. It opens no network
// connection: the caller passes the Store.
//
// Its subpackages:
//
//   - access makes the table of S3 access logs.
//   - analyze reads a trail and counts its days.
//   - athena declares the tables to query engines.
//   - audit checks the tables against rules.
//   - changes compares a day with the day before it.
//   - count counts the events.
//   - dated reads the objects of sources beside the trail.
//   - diff compares two reports.
//   - explain shows what the tables count of a single record.
//   - findings finds the calls and endpoints that need attention.
//   - grid lays out the text that the others print.
//   - learn collects what the events show about endpoints and accounts.
//   - metrics reads what CloudWatch measured at endpoints.
//   - measured makes the table of what CloudWatch measured.
//   - merge merges reports that were made with --mergeable.
//   - overview reads the totals, ranks and money of a report for summary and page.
//   - page writes a report as one HTML page.
//   - policy reads IAM policies and evaluates their Deny statements.
//   - readiness finds the callers that a policy would stop.
//   - recommend says which endpoints to create, keep or remove.
//   - replay finds what policies would do to recorded calls.
//   - resolver makes the table of DNS queries.
//   - restate finds the days that gained records since they were published.
//   - summary shows the totals of a report.
//   - table defines the tables, and reads and writes their files.
//   - tabulate makes a Report from what count has counted.
//   - why groups the calls past the endpoints by the change that moves them.
//   - words says sentences in a language.
package report
