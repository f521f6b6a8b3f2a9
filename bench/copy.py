#!/usr/bin/env python3
"""COPY of Tavana beside PostgreSQL 15: the same lineitem out and in, the same client, in turns; medians of several runs.

    bench/copy.py [--scale 1] [--runs 3] [--markdown] [--database]

Figures come from wirebench (wirebench.cc). Both tables are empty and new before each COPY FROM; Tavana's are in memory, or
in a file with --database.
"""

import pathlib
import shutil
import statistics
import tempfile

import wire
from harness import Postgres, Server, in_process_duckdb

FORMATS = ["text", "csv", "binary"]
INTEGERS = "l_orderkey, l_partkey, l_suppkey"


def load(postgres, scale):
    with in_process_duckdb() as duck:
        duck.execute(f"LOAD tpch; CALL dbgen(sf = {scale})")
        columns = duck.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'lineitem' ORDER BY column_index").fetchall()
        definition = ", ".join(f"{name} {wire.POSTGRES_TYPES.get(kind) or kind.replace('DECIMAL', 'numeric')}" for name, kind in columns)
    return wire.load_postgres(postgres, pathlib.Path(tempfile.gettempdir()), scale), definition


def unload(postgres, sql, path):
    with postgres.psycopg() as connection, connection.cursor().copy(sql) as copy, path.open("wb") as target:
        for block in copy:
            target.write(block)


def run(mode, server, *arguments):
    return wire.run_client([wire.BINARY, mode, server.conninfo(), *arguments])


def compare_out(servers, rows, runs):
    for columns, what in (("*", "all columns"), (INTEGERS, "3 integer columns")):
        for form in FORMATS:
            seconds = {server: [] for server in servers}
            for _ in range(runs):
                for server in servers:
                    done = run("drain", server, "text", f"COPY (SELECT {columns} FROM lineitem) TO STDOUT (FORMAT {form})")
                    assert done["rows"] == rows + (form == "binary"), "not every row came"
                    seconds[server].append(done["seconds"])
            ours, theirs = (rows / statistics.median(each) for each in seconds.values())
            yield f"COPY TO, {what}, {form}", ours, theirs, "rows/s", ours / theirs


def compare_in(servers, postgres, definition, folder, rows, runs):
    for columns, what in (("*", "all columns"), (INTEGERS, "3 integer columns")):
        for form in FORMATS:
            path = folder / "data"
            unload(postgres, f"COPY (SELECT {columns} FROM lineitem) TO STDOUT (FORMAT {form})", path)
            target = definition if columns == "*" else ", ".join(f"{name} bigint" for name in INTEGERS.split(", "))
            seconds = {server: [] for server in servers}
            for _ in range(runs):
                for server in servers:
                    with server.psycopg() as connection:
                        connection.execute("DROP TABLE IF EXISTS loaded")
                        connection.execute(f"CREATE TABLE loaded ({target})")
                        seconds[server].append(run("load", server, f"COPY loaded FROM STDIN (FORMAT {form})", path)["seconds"])
                        assert connection.execute("SELECT count(*) FROM loaded").fetchone() == (rows,)
                        connection.execute("DROP TABLE loaded")
            ours, theirs = (rows / statistics.median(each) for each in seconds.values())
            yield f"COPY FROM, {what}, {form}", ours, theirs, "rows/s", ours / theirs


def main():
    parser = wire.option_parser(__doc__)
    parser.add_argument("--database", action="store_true", help="keep Tavana's tables in a file")
    options = parser.parse_args()
    wire.compile_client()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-bench-"))
    postgres = tavana = None
    try:
        wire.say("starting PostgreSQL 15 and loading lineitem")
        postgres = Postgres(wire.POSTGRES_SETTINGS)
        rows, definition = load(postgres, options.scale)
        wire.say("starting Tavana and making the same lineitem")
        init = folder / "init.sql"
        init.write_text(f"LOAD tpch;\nCALL dbgen(sf = {options.scale});\n")
        tavana = Server(folder, "--init", init, *(["--database", folder / "bench.db"] if options.database else []))
        servers = (tavana, postgres)
        for server in servers:
            run("drain", server, "text", "SELECT * FROM lineitem")  # warm

        def results():
            yield from compare_out(servers, rows, options.runs)
            yield from compare_in(servers, postgres, definition, folder, rows, options.runs)

        wire.table(results(), options.markdown)
    finally:
        if tavana is not None:
            tavana.stop()
        if postgres is not None:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
