package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/klauspost/compress/gzip"
)

// workers are the peers without a command of their own. This command runs itself for
// them.
var workers = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"inflate": inflate,
	"duckdb":  duckDB,
}

// inflate inflates every object of a list through a window like the product's, and prints
// the number of bytes.
func inflate(_ context.Context, args []string, out io.Writer) error {
	paths, err := readList(args[0])
	if err != nil {
		return err
	}
	var zr gzip.Reader
	window := make([]byte, 256<<10)
	size := int64(0)
	for _, path := range paths {
		gz, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := zr.Reset(bytes.NewReader(gz)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{&zr}, window)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		size += n
	}
	_, err = fmt.Fprintln(out, size)
	return err
}

// readList returns the lines of a file.
func readList(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	return strings.Split(strings.TrimSpace(string(text)), "\n"), err
}

// readObject returns an object's stored size and its text.
func readObject(path string) (stored int, text []byte, err error) {
	gz, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, err
	}
	zr, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return 0, nil, err
	}
	text, err = io.ReadAll(zr)
	return len(gz), text, err
}

// trafficSQL makes a table like traffic from the objects, %[1]s, and writes it as Parquet
// to %[2]s.
//
// It does less than the product. It counts all records, including duplicates, shared
// copies, network events and corrections. It does not find the owner and the type of an
// endpoint. It compares addresses as text, without AWS's ranges, so internet has no
// origin. Principals have two fallbacks instead of seven. There are no sessions, no
// evidence and none of the other tables. newline_delimited is DuckDB's fastest way, a
// fifth less work than the default: CloudTrail writes an object as one line.
const trafficSQL = `COPY (
SELECT strftime(r.eventTime, '%%Y-%%m-%%d') AS dt, r.recipientAccountId AS account_id, r.awsRegion AS region,
	coalesce(CASE WHEN r.userIdentity.type = 'AssumedRole' THEN r.userIdentity.sessionContext.sessionIssuer.arn END,
		r.userIdentity.arn, r.userIdentity.principalId) AS principal,
	r.userIdentity.type AS principal_type, r.userIdentity.accountId AS principal_account_id, r.eventSource AS service,
	CASE
	WHEN r.eventType = 'AwsServiceEvent' OR r.userIdentity.type = 'AWSService' OR r.userIdentity.invokedBy != ''
		OR r.sourceIPAddress LIKE '%%.amazonaws.com' OR r.sourceIPAddress LIKE 'AWS Internal%%' THEN 'aws_service'
	WHEN r.vpcEndpointId LIKE 'vpce-%%' AND NOT coalesce(r.userAgent LIKE '%%S3Console/%%' OR r.userAgent LIKE '%%aws-internal/%%', false) THEN 'vpce'
	WHEN r.sourceIPAddress IS NULL OR regexp_matches(r.sourceIPAddress,
		'^(10|127|0|192\.168|172\.(1[6-9]|2[0-9]|3[01])|169\.254|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\.|^f[cde]|^[^0-9a-f]') THEN 'unknown'
	ELSE 'internet' END AS route,
	r.vpcEndpointId AS vpc_endpoint_id,
	count(*) AS calls,
	count(*) FILTER (r.errorCode IN ('AccessDenied', 'AccessDeniedException', 'Client.UnauthorizedOperation', 'UnauthorizedOperation', 'VpceAccessDenied')) AS denied,
	count(*) FILTER (r.errorCode != '' OR r.errorMessage != '') AS errors,
	count(*) FILTER (r.readOnly = 'true') AS reads, count(*) FILTER (r.readOnly = 'false') AS writes,
	sum(r.additionalEventData.bytesTransferredIn) AS bytes_in, sum(r.additionalEventData.bytesTransferredOut) AS bytes_out,
	min(r.eventTime) AS first_seen, max(r.eventTime) AS last_seen
FROM (SELECT unnest(Records) AS r FROM read_json([%[1]s], format = 'newline_delimited', compression = 'gzip', maximum_object_size = 134217728,
	columns = {Records: 'STRUCT(recipientAccountId VARCHAR, awsRegion VARCHAR, eventSource VARCHAR, eventType VARCHAR, eventTime TIMESTAMP,
		sourceIPAddress VARCHAR, userAgent VARCHAR, vpcEndpointId VARCHAR, errorCode VARCHAR, errorMessage VARCHAR, readOnly VARCHAR,
		userIdentity STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, invokedBy VARCHAR,
			sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR))),
		additionalEventData STRUCT(bytesTransferredIn DOUBLE, bytesTransferredOut DOUBLE))[]'}))
GROUP BY ALL ORDER BY ALL
) TO %[2]s (FORMAT parquet, COMPRESSION zstd)`

// duckDB runs trafficSQL with two threads over the objects, and prints the sums of calls,
// errors, reads and writes. args are the list of the objects and an output directory.
func duckDB(ctx context.Context, args []string, out io.Writer) (err error) {
	db, err := sql.Open("duckdb", "?threads=2&preserve_insertion_order=false")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	paths, err := readList(args[0])
	if err != nil {
		return err
	}
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = "'" + strings.ReplaceAll(path, "'", "''") + "'"
	}
	table := "'" + strings.ReplaceAll(filepath.Join(args[1], "traffic.parquet"), "'", "''") + "'"
	if _, err := db.ExecContext(ctx, fmt.Sprintf(trafficSQL, strings.Join(quoted, ", "), table)); err != nil {
		return err
	}
	var calls, errs, reads, writes int64
	const sums = "SELECT sum(calls)::BIGINT, sum(errors)::BIGINT, sum(reads)::BIGINT, sum(writes)::BIGINT FROM read_parquet("
	if err := db.QueryRowContext(ctx, sums+table+")").Scan(&calls, &errs, &reads, &writes); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, calls, errs, reads, writes)
	return err
}
