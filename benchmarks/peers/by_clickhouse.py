"""ClickHouse, as chdb: the same as trafficSQL in workers.go, with two threads. Arguments: the trail, a directory."""
import os, sys
import chdb

trail, out = sys.argv[1], os.path.join(sys.argv[2], "clickhouse.parquet")
text = lambda *names: ", ".join(n + " Nullable(String)" for n in names)
record = f"""Tuple({text('recipientAccountId', 'awsRegion', 'eventSource', 'eventType', 'eventTime', 'sourceIPAddress',
    'userAgent', 'vpcEndpointId', 'errorCode', 'errorMessage', 'readOnly')},
    userIdentity Tuple({text('type', 'principalId', 'arn', 'accountId', 'invokedBy')},
        sessionContext Tuple(sessionIssuer Tuple({text('arn')}))),
    additionalEventData Tuple(bytesTransferredIn Nullable(Float64), bytesTransferredOut Nullable(Float64)))"""
objects = trail + "/AWSLogs/*/{CloudTrail,CloudTrail-NetworkActivity}/**/*.json.gz"
sql = f"""
SELECT substring(assumeNotNull(r.eventTime), 1, 10) AS dt, r.recipientAccountId AS account_id, r.awsRegion AS region,
    coalesce(if(r.userIdentity.type = 'AssumedRole', r.userIdentity.sessionContext.sessionIssuer.arn, NULL),
        r.userIdentity.arn, r.userIdentity.principalId) AS principal,
    r.userIdentity.type AS principal_type, r.userIdentity.accountId AS principal_account_id, r.eventSource AS service,
    multiIf(r.eventType = 'AwsServiceEvent' OR r.userIdentity.type = 'AWSService' OR r.userIdentity.invokedBy != ''
            OR r.sourceIPAddress LIKE '%.amazonaws.com' OR r.sourceIPAddress LIKE 'AWS Internal%', 'aws_service',
        r.vpcEndpointId LIKE 'vpce-%' AND NOT coalesce(r.userAgent LIKE '%S3Console/%' OR r.userAgent LIKE '%aws-internal/%', 0), 'vpce',
        r.sourceIPAddress IS NULL OR match(assumeNotNull(r.sourceIPAddress),
            '^(10|127|0|192\\\\.168|172\\\\.(1[6-9]|2[0-9]|3[01])|169\\\\.254|100\\\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\\\\.|^f[cde]|^[^0-9a-f]'), 'unknown',
        'internet') AS route,
    r.vpcEndpointId AS vpc_endpoint_id,
    count() AS calls,
    countIf(r.errorCode IN ('AccessDenied', 'AccessDeniedException', 'Client.UnauthorizedOperation', 'UnauthorizedOperation', 'VpceAccessDenied')) AS denied,
    countIf(r.errorCode != '' OR r.errorMessage != '') AS errors,
    countIf(r.readOnly = 'true') AS reads, countIf(r.readOnly = 'false') AS writes,
    sum(r.additionalEventData.bytesTransferredIn) AS bytes_in, sum(r.additionalEventData.bytesTransferredOut) AS bytes_out,
    min(r.eventTime) AS first_seen, max(r.eventTime) AS last_seen
FROM (SELECT arrayJoin(Records) AS r FROM file('{objects}', 'JSONEachRow', 'Records Array({record})'))
GROUP BY ALL ORDER BY ALL
INTO OUTFILE '{out}' TRUNCATE FORMAT Parquet
SETTINGS max_threads = 2, input_format_skip_unknown_fields = 1, input_format_json_ignore_unknown_keys_in_named_tuple = 1,
    input_format_json_defaults_for_missing_elements_in_named_tuple = 1, input_format_null_as_default = 1,
    input_format_json_read_bools_as_strings = 1, input_format_parallel_parsing = 0"""
chdb.query(sql)
print(str(chdb.query(f"SELECT sum(calls), sum(errors), sum(reads), sum(writes) FROM file('{out}')", "TSV")).replace("\t", " "), end="")
