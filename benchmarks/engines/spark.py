"""Runs statements of Spark SQL: one JSON string a line on standard input, one JSON object a line on standard output."""
import datetime
import json
import os
import sys

from pyspark.sql import SparkSession

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever else is printed goes to standard error

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "1")
    # Over so few rows the making of plans takes most of the time.
    .config("spark.sql.adaptive.enabled", "false")
    .config("spark.sql.codegen.wholeStage", "false")
    .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    .config("spark.sql.warehouse.dir", sys.argv[1])
    .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:metastore;create=true")
    .enableHiveSupport()
    .getOrCreate()
)


def text(value):
    """A value as the other engines' values are written."""
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
    if statement.startswith("PARSE "):  # takes the statement's grammar alone
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
        told = answer(json.loads(line))
    except Exception as error:
        told = {"error": str(error)[:2000]}
    answers.write(json.dumps(told) + "\n")
    answers.flush()
