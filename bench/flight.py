#!/usr/bin/env python3
"""The Flight SQL door beside DuckDB in the client's own process, and beside DuckDB's own protocol: the same data, the same client
process, in turns; medians.

    bench/flight.py [--scale 1] [--runs 3] [--calls 2000] [--topology serve] [--quack FOLDER] [--markdown]

The client of Tavana is ADBC's Python driver as it comes, that of the others DuckDB's Python package, each read as Arrow batches.
DuckDB's protocol is its extension `quack`: FOLDER is where `pip install --target FOLDER duckdb-extension-quack==VERSION` has put
it; without one it is left out.
"""

import argparse
import contextlib
import pathlib
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.append(sys.path.pop(0))  # copy.py in this folder is not Python's

import adbc_driver_flightsql.dbapi as adbc  # noqa: E402
import pyarrow  # noqa: E402

import wire  # noqa: E402
from harness import Server, in_process_duckdb  # noqa: E402

WORK = [("lineitem, all columns", wire.ALL), ("lineitem, 3 integer columns", wire.INTEGERS)]
MAKE = "LOAD tpch; CALL dbgen(sf = {scale})"


def drain(reader):
    return sum(batch.num_rows for batch in reader)


class Tavana:
    def __init__(self, server):
        self.connection = adbc.connect(server.flight_uri(), autocommit=True)

    def read(self, sql):
        with self.connection.cursor() as cursor:
            return drain(cursor.execute(sql).fetch_record_batch())

    def ingest(self, data):
        with self.connection.cursor() as cursor:
            return cursor.adbc_ingest("ingested", data, mode="replace")

    def close(self):
        self.connection.close()


class InProcess:
    def __init__(self, duck):
        self.duck = duck

    def read(self, sql):
        return drain(self.duck.execute(sql).to_arrow_reader(100_000))

    def ingest(self, data):
        self.duck.register("given", data)
        self.duck.execute("CREATE OR REPLACE TABLE ingested AS FROM given")
        self.duck.unregister("given")
        return data.num_rows


class Quack:
    """A DuckDB in a process of its own that serves, and one here that asks it."""

    SETUP = "LOAD httpfs; LOAD '{extension}'"

    def __init__(self, extension, scale):
        self.setup = self.SETUP.format(extension=extension)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.uri = f"quack:127.0.0.1:{free.getsockname()[1]}"
        self.token = secrets.token_hex(16)
        self.server = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), "--serve-quack", self.setup, self.uri, self.token, str(scale)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.server.stdout.readline() != "ready\n":
            raise SystemExit("DuckDB's own server did not start")
        self.duck = in_process_duckdb()
        self.duck.execute(self.setup)

    @staticmethod
    def serve(setup, uri, token, scale):
        duck = in_process_duckdb()
        duck.execute(setup)
        duck.execute(MAKE.format(scale=scale))
        duck.execute("CALL quack_serve(?, token := ?, disable_ssl := true)", [uri, token])
        print("ready", flush=True)
        sys.stdin.read()

    def read(self, sql):
        asked = "FROM quack_query(?, ?, token := ?, disable_ssl := true)"
        return drain(self.duck.execute(asked, [self.uri, sql, self.token]).to_arrow_reader(100_000))

    def close(self):
        self.duck.close()
        self.server.stdin.close()
        self.server.wait()


def rates(runs, work, *sides):
    """Rows per second of each side, in turns."""
    figures = [[] for _ in sides]
    for _ in range(runs):
        for side, found in zip(sides, figures):
            began = time.perf_counter()
            rows = work(side)
            found.append(rows / (time.perf_counter() - began))
    return [statistics.median(found) for found in figures]


def latencies(calls, call):
    """p50 and p99 in microseconds, after some that warm."""
    found = []
    for number in range(calls + calls // 10):
        began = time.perf_counter()
        call()
        if number >= calls // 10:
            found.append((time.perf_counter() - began) * 1e6)
    found.sort()
    return found[len(found) // 2], found[len(found) * 99 // 100]


def results(tavana, duck, quack, options):
    sides = [tavana, duck] + ([quack] if quack else [])
    for name, sql in WORK:
        expected = duck.read(sql)
        for side in sides:
            assert side.read(sql) == expected, f"{name}: not every row came"
        ours, *others = rates(options.runs, lambda side, sql=sql: side.read(sql), *sides)
        for other, theirs in zip(("in process", "Quack"), others):
            yield f"{name}, beside {other}", ours, theirs, "rows/s", ours / theirs
    # In batches of less than 16 MiB: the driver sends no larger messages.
    data = pyarrow.Table.from_batches(list(duck.duck.execute(wire.ALL).to_arrow_reader(50_000)))
    ours, theirs = rates(options.runs, lambda side: side.ingest(data), tavana, duck)
    yield "ingest of lineitem, beside in process", ours, theirs, "rows/s", ours / theirs

    def again(cursor):
        return lambda: cursor.execute("SELECT 1").fetchall()

    def afresh(connection):
        def call():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1").fetchall()
        return call

    with tavana.connection.cursor() as cursor:
        figures = {"the same cursor": latencies(options.calls, again(cursor))}
    figures["a cursor each"] = latencies(options.calls, afresh(tavana.connection))
    theirs = latencies(options.calls, lambda: duck.duck.execute("SELECT 1").fetchall())
    for name, ours in figures.items():
        for which, mine, other in zip(("p50", "p99"), ours, theirs):
            yield f"SELECT 1, {name}: {which}, beside in process", mine, other, "us", other / mine


def main():
    parser = wire.option_parser(__doc__)
    parser.add_argument("--calls", type=int, default=2000, help="of SELECT 1 (default 2000)")
    parser.add_argument("--topology", choices=("serve", "cluster"), default="serve")
    parser.add_argument("--quack", type=pathlib.Path, help="where the extension was installed")
    parser.add_argument("--serve-quack", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_quack:
        return Quack.serve(*options.serve_quack)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers stop before this does
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        init = folder / "init.sql"
        init.write_text(MAKE.format(scale=options.scale).replace("; ", ";\n") + ";\n")
        server = Server(folder, "--init", init, topology=options.topology)
        stack.callback(server.stop)
        tavana = Tavana(server)
        stack.callback(tavana.close)
        duck = in_process_duckdb()
        duck.execute(MAKE.format(scale=options.scale))
        quack = None
        if options.quack:
            quack = Quack(next(options.quack.rglob("quack.duckdb_extension")), options.scale)
            stack.callback(quack.close)
        wire.table(results(tavana, InProcess(duck), quack, options), options.markdown, ("Tavana", "the other"))


if __name__ == "__main__":
    main()
