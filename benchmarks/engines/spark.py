"""Runs Spark SQL statements: one JSON string per line in, one JSON object per line out."""
import datetime
import json
import os
import sys

from pyspark.sql import SparkSession

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # all other output goes to standard error

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "1")
    # With so few rows, planning takes most of the time.
    .config("spark.sql.adaptive.enabled", "false")
    .config("spark.sql.codegen.wholeStage", "false")
    .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    .config("spark.sql.warehouse.dir", sys.argv[1])
    .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:metastore;create=true")
    .enableHiveSupport()
    .getOrCreate()
)


def text(value):
    """A value in the same text form as in the other engines."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, float):
        return "%.12g" % value
    return None if value is None else str(value)


def scanned(plan):
    """The rows that a plan has read from files."""
    leaves = plan.collectLeaves()
    total = 0
    for i in range(leaves.size()):
        metric = leaves.apply(i).metrics().get("numOutputRows")
        if metric.isDefined():
            total += metric.get().value()
    return total


def answer(statement):
    if statement.startswith("PARSE "):  # only parses the statement
        spark._jsparkSession.sessionState().sqlParser().parsePlan(statement[len("PARSE "):])
        return {}
    frame = spark.sql(statement)
    rows = frame.collect()
    return {
        "columns": frame.columns,
        "types": [kind for _, kind in frame.dtypes],
        "rows": [[text(value) for value in row] for row in rows],
        "scanned": scanned(frame._jdf.queryExecution().executedPlan()) if rows else 0,
    }


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:
        reply = {"error": str(error)[:2000]}
    answers.write(json.dumps(reply) + "\n")
    answers.flush()
