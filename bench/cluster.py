#!/usr/bin/env python3
"""A gateway with workers beside `tavana serve`: the same data, the same client, in turns; medians of several runs.

    bench/cluster.py [--scale 1] [--runs 3] [--seconds 3] [--markdown]
"""

import pathlib
import shutil
import statistics
import tempfile
import time

import wire
from harness import Server, in_process_duckdb


def run(mode, server, *arguments):
    return wire.run_client([wire.BINARY, mode, server.conninfo(), *arguments])


def tpch(server, queries):
    with server.psycopg() as connection:
        began = time.monotonic()
        for sql in queries:
            connection.execute(sql).fetchall()
        return time.monotonic() - began


def main():
    parser = wire.option_parser(__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each latency run (default 3)")
    options = parser.parse_args()
    wire.compile_client()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-bench-"))
    servers = []
    try:
        init = folder / "init.sql"
        init.write_text(f"LOAD tpch;\nCALL dbgen(sf = {options.scale});\n")
        with in_process_duckdb() as duck:
            duck.execute("LOAD tpch")
            queries = [sql for _, sql in duck.execute("FROM tpch_queries()").fetchall()]
        for topology in ("cluster", "serve"):
            (folder / topology).mkdir()
            servers.append(Server(folder / topology, "--init", init, topology=topology))
        for server in servers:
            rows = run("drain", server, "text", wire.ALL)["rows"]  # warm

        def in_turns(measure):
            figures = [[measure(server) for server in servers] for _ in range(options.runs)]
            return [statistics.median(each) for each in zip(*figures)]

        def results():
            for name, form, sql in (("lineitem, all columns, text", "text", wire.ALL), ("lineitem, all columns, binary", "binary", wire.ALL),
                                    ("lineitem, 3 integer columns, binary", "binary", wire.INTEGERS)):
                cluster, serve = (rows / seconds for seconds in in_turns(lambda server: run("drain", server, form, sql)["seconds"]))
                yield name, cluster, serve, "rows/s", cluster / serve
            for connections, form in ((1, "simple"), (1, "prepared"), (64, "simple")):
                cluster, serve = in_turns(lambda server: run("qps", server, connections, options.seconds, form, "SELECT 1")["p50_us"])
                yield f"SELECT 1, {form}, {connections} connections: p50", cluster, serve, "us", serve / cluster
            cluster, serve = in_turns(lambda server: tpch(server, queries))
            yield "TPC-H, 22 queries", cluster, serve, "s", serve / cluster

        wire.table(results(), options.markdown, ("cluster", "serve"))
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
