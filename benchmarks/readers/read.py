"""Reads tables of a day by DuckDB again and again until standard input ends, and prints a line of JSON for each.

read.py EXTENSION keep|new FOLDER TABLE...   keep: one session for all; new: a session for each query
"""
import json, os, sys, threading
import duckdb

extension, sessions, folder, *tables = sys.argv[1:]
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()


def connect():
    con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    if folder.startswith("s3://"):
        con.execute(f"LOAD '{extension}'")
        con.execute(f"SET s3_endpoint='{os.environ['ENDPOINT']}'; SET s3_use_ssl=false; SET s3_url_style='path'; SET s3_region='us-east-1'")
        con.execute("SET s3_access_key_id='AKIDEXAMPLE'; SET s3_secret_access_key='secret'; SET threads=2")
    return con


con = connect()
while True:
    for table in tables:
        if sessions == "new":
            con = connect()
        try:
            rows, prints = con.execute(
                f"SELECT count(*), sum(hash(t)) FROM read_parquet('{folder}/{table}/dt=2026-11-20/part-00000.parquet', hive_partitioning=false) t"
            ).fetchone()
            print(json.dumps({"table": table, "print": f"{rows} {prints}"}), flush=True)
        except duckdb.Error as err:
            print(json.dumps({"table": table, "error": str(err)}), flush=True)
    if ended.is_set():
        break
