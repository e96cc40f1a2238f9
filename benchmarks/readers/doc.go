// Package readers reads a published report in S3 by DuckDB while runs replace its day and are
// killed, and starts two runs for one day at once. It contains only tests. The script check
// installs what they need.
package readers
