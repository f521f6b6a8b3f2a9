#!/usr/bin/env python3
"""Tavana beside PostgreSQL 15 over the wire: the same data, the same client, in turns; medians of several runs.

    bench/wire.py [--scale 1] [--runs 3] [--seconds 3] [--markdown]

Both servers have the same TPC-H lineitem. Every figure comes from wirebench (wirebench.cc), compiled here.
"""

import argparse
import json
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from harness import Postgres, ROOT, Server, in_process_duckdb  # noqa: E402

BINARY = ROOT / "build" / "wirebench"
ALL = "SELECT * FROM lineitem"
INTEGERS = "SELECT l_orderkey, l_partkey, l_suppkey FROM lineitem"
# Name, mode, arguments of wirebench after the connection. PostgreSQL's tables have DuckDB's column types.
WORK = [
    ("lineitem, all columns, text", "drain", ["text", ALL]),
    ("lineitem, all columns, binary", "drain", ["binary", ALL]),
    ("lineitem, 3 integer columns, text", "drain", ["text", INTEGERS]),
    ("lineitem, 3 integer columns, binary", "drain", ["binary", INTEGERS]),
    ("SELECT 1, simple, 1 connection", "qps", [1, "simple"]),
    ("SELECT 1, prepared, 1 connection", "qps", [1, "prepared"]),
    ("SELECT 1, simple, 64 connections", "qps", [64, "simple"]),
    ("SELECT 1, prepared, 64 connections", "qps", [64, "prepared"]),
]
POSTGRES_TYPES = {"BIGINT": "bigint", "INTEGER": "integer", "VARCHAR": "text", "DATE": "date"}
POSTGRES_SETTINGS = {"shared_buffers": "2GB", "max_connections": "200", "max_wal_size": "8GB", "jit": "on"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def compile_client():
    source = HERE / "wirebench.cc"
    if BINARY.exists() and BINARY.stat().st_mtime > source.stat().st_mtime:
        return
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    include = subprocess.run(["pg_config", "--includedir"], capture_output=True, text=True, check=False).stdout.strip()
    subprocess.run(["g++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", "-I", include or "/usr/include/postgresql", str(source),
                    "-o", str(BINARY), "-lpq", "-lssl", "-lcrypto", "-pthread"], check=True)


def load_postgres(postgres, folder, scale):
    """DuckDB makes lineitem and exports it; PostgreSQL copies it in, vacuums, and has it in memory."""
    csv = folder / "lineitem.csv"
    with in_process_duckdb() as duck:
        duck.execute(f"LOAD tpch; CALL dbgen(sf = {scale})")
        columns = duck.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'lineitem' ORDER BY column_index").fetchall()
        duck.execute(f"COPY lineitem TO '{csv}' (FORMAT csv, HEADER false)")
        (count,) = duck.execute("SELECT count(*) FROM lineitem").fetchone()
    definition = ", ".join(f"{name} {POSTGRES_TYPES.get(kind) or kind.replace('DECIMAL', 'numeric')}" for name, kind in columns)
    with postgres.psycopg() as connection:
        connection.execute(f"CREATE TABLE lineitem ({definition})")
        with csv.open("rb") as source, connection.cursor().copy("COPY lineitem FROM STDIN (FORMAT csv)") as copy:
            while block := source.read(1 << 20):
                copy.write(block)
        connection.execute("VACUUM (FREEZE, ANALYZE) lineitem")
        assert connection.execute("SELECT count(*) FROM lineitem").fetchone() == (count,)
    csv.unlink()
    return count


def run_client(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
    return json.loads(done.stdout)


def measure(server, mode, arguments, options):
    if mode == "drain":
        command = [BINARY, "drain", server.conninfo(), *arguments]
    else:
        connections, protocol = arguments
        command = [BINARY, "qps", server.conninfo(), connections, options.seconds, protocol, "SELECT 1"]
    return run_client(command)


def compare(tavana, postgres, rows, options):
    """One row for each kind of work: name, Tavana, PostgreSQL, unit, and how many times better Tavana is."""
    for name, mode, arguments in WORK:
        runs = {"tavana": [], "postgres": []}
        for _ in range(options.runs):
            for server, key in ((tavana, "tavana"), (postgres, "postgres")):
                runs[key].append(measure(server, mode, arguments, options))
        middle = lambda key, figure: statistics.median(figure(run) for run in runs[key])  # noqa: E731
        if mode == "drain":
            assert all(run["rows"] == rows for each in runs.values() for run in each), f"{name}: not every row came"
            ours, theirs = (middle(key, lambda run: run["rows"] / run["seconds"]) for key in ("tavana", "postgres"))
            yield name, ours, theirs, "rows/s", ours / theirs
        else:
            ours, theirs = (middle(key, lambda run: run["qps"]) for key in ("tavana", "postgres"))
            yield name, ours, theirs, "queries/s", ours / theirs
            for figure in ("p50_us", "p99_us"):
                ours, theirs = (middle(key, lambda run: run[figure]) for key in ("tavana", "postgres"))
                yield f"  {figure.removesuffix('_us')} of it", ours, theirs, "us", theirs / ours


def option_parser(doc, runs=3):
    """The parser of what every benchmark is told."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1, help="TPC-H scale factor (default 1)")
    parser.add_argument("--runs", type=int, default=runs, help=f"runs of each; the median counts (default {runs})")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    return parser


def table(results, markdown, servers=("Tavana", "PostgreSQL 15")):
    if markdown:
        print(f"| work | {servers[0]} | {servers[1]} | unit | times better |\n| --- | ---: | ---: | --- | ---: |", flush=True)
    else:
        print(f"{'work':<40} {servers[0]:>14} {servers[1]:>14} {'unit':<10} {'times better':>12}", flush=True)
    for name, ours, theirs, unit, ratio in results:
        digits = 2 if theirs < 100 else 0
        if markdown:
            print(f"| {name.strip()} | {ours:,.{digits}f} | {theirs:,.{digits}f} | {unit} | {ratio:.2f} |", flush=True)
        else:
            print(f"{name:<40} {ours:>14,.{digits}f} {theirs:>14,.{digits}f} {unit:<10} {ratio:>12.2f}", flush=True)


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="length of a SELECT 1 run (default 3)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers stop before this does
    compile_client()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-bench-"))
    postgres = tavana = None
    try:
        say("starting PostgreSQL 15 and loading lineitem")
        postgres = Postgres(POSTGRES_SETTINGS)
        rows = load_postgres(postgres, folder, options.scale)
        say("starting Tavana and making the same lineitem")
        init = folder / "init.sql"
        init.write_text(f"LOAD tpch;\nCALL dbgen(sf = {options.scale});\n")
        tavana = Server(folder, "--init", init)
        for server in (tavana, postgres):
            measure(server, "drain", ["text", ALL], options)  # warm
        table(compare(tavana, postgres, rows, options), options.markdown)
    finally:
        if tavana is not None:
            tavana.stop()
        if postgres is not None:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
