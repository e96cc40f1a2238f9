"""Polars: the same as trafficSQL in workers.go, with two threads. Arguments: a file with the objects' paths, a directory."""
import gzip, os, sys

os.environ["POLARS_MAX_THREADS"] = "2"
import polars as pl

text = lambda *names: {n: pl.String for n in names}
record = pl.Struct({
    **text("recipientAccountId", "awsRegion", "eventSource", "eventType", "eventTime", "sourceIPAddress", "userAgent",
           "vpcEndpointId", "errorCode", "errorMessage", "readOnly"),
    "userIdentity": pl.Struct({**text("type", "principalId", "arn", "accountId", "invokedBy"),
                               "sessionContext": pl.Struct({"sessionIssuer": pl.Struct(text("arn"))})}),
    "additionalEventData": pl.Struct(text("bytesTransferredIn", "bytesTransferredOut")),  # some are no numbers
})
identity, address = pl.col("userIdentity").struct, pl.col("sourceIPAddress")
agent, more = pl.col("userAgent"), pl.col("additionalEventData").struct
issuer = identity.field("sessionContext").struct.field("sessionIssuer").struct.field("arn")
private = (r"^(10|127|0|192\.168|172\.(1[6-9]|2[0-9]|3[01])|169\.254|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\."
           r"|^f[cde]|^[^0-9a-f]")
service = ((pl.col("eventType") == "AwsServiceEvent").fill_null(False) | (identity.field("type") == "AWSService").fill_null(False)
           | (identity.field("invokedBy") != "").fill_null(False) | address.str.ends_with(".amazonaws.com").fill_null(False)
           | address.str.starts_with("AWS Internal").fill_null(False))
console = (agent.str.contains("S3Console/", literal=True) | agent.str.contains("aws-internal/", literal=True)).fill_null(False)
endpoint = pl.col("vpcEndpointId").str.starts_with("vpce-").fill_null(False) & ~console
denials = ["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation", "VpceAccessDenied"]
key = {
    "dt": pl.col("eventTime").str.slice(0, 10), "account_id": pl.col("recipientAccountId"), "region": pl.col("awsRegion"),
    "principal": pl.coalesce(pl.when(identity.field("type") == "AssumedRole").then(issuer), identity.field("arn"), identity.field("principalId")),
    "principal_type": identity.field("type"), "principal_account_id": identity.field("accountId"), "service": pl.col("eventSource"),
    "route": pl.when(service).then(pl.lit("aws_service")).when(endpoint).then(pl.lit("vpce"))
    .when(address.is_null() | address.str.contains(private)).then(pl.lit("unknown")).otherwise(pl.lit("internet")),
    "vpc_endpoint_id": pl.col("vpcEndpointId"),
}
counts = {
    "denied": pl.col("errorCode").is_in(denials), "errors": (pl.col("errorCode") != "").fill_null(False) | (pl.col("errorMessage") != "").fill_null(False),
    "reads": pl.col("readOnly") == "true", "writes": pl.col("readOnly") == "false",
}


def rows(paths):
    """The counts of some objects."""
    objects = b"\n".join(gzip.open(path).read() for path in paths)
    records = pl.read_ndjson(objects, schema={"Records": pl.List(record)}).explode("Records").unnest("Records")
    return records.group_by(**key).agg(
        calls=pl.len(), **{name: what.sum() for name, what in counts.items()},
        bytes_in=more.field("bytesTransferredIn").cast(pl.Float64, strict=False).sum(), bytes_out=more.field("bytesTransferredOut").cast(pl.Float64, strict=False).sum(),
        first_seen=pl.col("eventTime").min(), last_seen=pl.col("eventTime").max())


paths = open(sys.argv[1]).read().split()
parts = pl.concat([rows(paths[i:i + 32]) for i in range(0, len(paths), 32)])
sums = ["calls", *counts, "bytes_in", "bytes_out"]
traffic = parts.group_by(list(key)).agg(pl.col(sums).sum(), pl.col("first_seen").min(), pl.col("last_seen").max()).sort(list(key))
traffic.write_parquet(os.path.join(sys.argv[2], "polars.parquet"))
print(*traffic.select(pl.col("calls", "errors", "reads", "writes").sum()).row(0))
