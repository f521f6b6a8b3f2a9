#!/usr/bin/env python3
"""Scans of a Parquet file on an S3 server that is far away: Tavana with its block cache, cold and warm, beside DuckDB's own way to read
there, and beside the same file on this machine's disk. In turns; medians.

    bench/lake.py [--scale 1] [--runs 5] [--milliseconds 20] [--markdown]

SeaweedFS holds TPC-H's lineitem as DuckDB writes it; each request to it comes so many milliseconds late (far_away.py). Nothing keeps the
file in memory on either side: DuckDB's cache of remote files is off, and Tavana's server starts again before each warm scan. Its cache
is empty before each cold one.
"""

import contextlib
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.append(sys.path.pop(0))  # copy.py in this folder is not Python's

import wire  # noqa: E402
from harness import ROOT, Server, in_process_duckdb  # noqa: E402

sys.path.insert(0, str(ROOT / "tests" / "lake"))
from real_servers import SeaweedS3  # noqa: E402

KEY, SECRET, BUCKET = "KEY", "secret", "lake"
SCANS = {
    "4 columns (TPC-H query 6)": "SELECT sum(l_extendedprice * l_discount) FROM {lineitem} WHERE l_shipdate >= DATE '1994-01-01' AND "
                                 "l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24",
    "7 columns (TPC-H query 1)": "SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), sum(l_extendedprice * (1 - l_discount)), "
                                 "sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), avg(l_quantity), count(*) FROM {lineitem} "
                                 "WHERE l_shipdate <= DATE '1998-09-02' GROUP BY ALL ORDER BY ALL",
    "all columns": "SELECT max(COLUMNS(*)) FROM {lineitem}",
}


def secret(endpoint):
    return f"CREATE OR REPLACE SECRET s (TYPE s3, KEY_ID '{KEY}', SECRET '{SECRET}', ENDPOINT '{endpoint}', USE_SSL false, URL_STYLE 'path')"


def seconds(work):
    began = time.perf_counter()
    rows = work()
    return time.perf_counter() - began, [tuple(map(str, row)) for row in rows]


class Sides:
    def __init__(self, folder, endpoint, local, remote):
        self.folder, self.endpoint, self.local, self.remote, self.runs = folder, endpoint, local, remote, 0

    @contextlib.contextmanager
    def tavana(self):
        self.runs += 1
        place = self.folder / f"server-{self.runs}"
        place.mkdir()
        server = Server(place, env={"TAVANA_CACHE_HTTPFS_DIR": str(self.folder / "blocks")}, topology="serve")
        try:
            with server.psycopg() as session:
                session.execute(secret(self.endpoint))
                session.execute("LOAD httpfs")
                yield session
        finally:
            server.stop()
            shutil.rmtree(place)

    def ours(self, sql):
        """Cold, warm, local."""
        shutil.rmtree(self.folder / "blocks", ignore_errors=True)
        with self.tavana() as session:
            cold = seconds(lambda: session.execute(sql.format(lineitem=f"'{self.remote}'")).fetchall())
        with self.tavana() as session:
            warm = seconds(lambda: session.execute(sql.format(lineitem=f"'{self.remote}'")).fetchall())
        with self.tavana() as session:
            local = seconds(lambda: session.execute(sql.format(lineitem=f"'{self.local}'")).fetchall())
        return cold, warm, local

    def theirs(self, sql):
        with in_process_duckdb() as duck:
            duck.execute("LOAD httpfs; SET enable_external_file_cache = false")
            duck.execute(secret(self.endpoint))
            return seconds(lambda: duck.execute(sql.format(lineitem=f"'{self.remote}'")).fetchall())


def results(sides, runs):
    for name, sql in SCANS.items():
        colds, warms, locals_, plains = [], [], [], []
        for _ in range(runs):
            (cold, one), (warm, two), (local, three) = sides.ours(sql)
            plain, four = sides.theirs(sql)
            assert one == two == three == four, f"{name}: different answers"
            for figures, figure in ((colds, cold), (warms, warm), (locals_, local), (plains, plain)):
                figures.append(figure * 1000)
        cold, warm, local, plain = map(statistics.median, (colds, warms, locals_, plains))
        yield f"{name}: cold, beside DuckDB", cold, plain, "ms", plain / cold
        yield f"{name}: warm, beside DuckDB", warm, plain, "ms", plain / warm
        yield f"{name}: warm, beside local disk", warm, local, "ms", local / warm


def main():
    parser = wire.option_parser(__doc__, runs=5)
    parser.add_argument("--milliseconds", type=float, default=20, help="that each request comes late (default 20)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers stop before this does
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "s3").mkdir()
        store = SeaweedS3(folder / "s3", {KEY: (SECRET, [BUCKET])})
        stack.callback(store.stop)
        local = folder / "lineitem.parquet"
        with in_process_duckdb() as duck:
            duck.execute(f"LOAD tpch; CALL dbgen(sf = {options.scale}); COPY lineitem TO '{local}'")
        store.client(KEY, SECRET).upload_file(str(local), BUCKET, "lineitem.parquet")
        far = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve().parent / "far_away.py"), store.endpoint,
                                str(options.milliseconds)], stdout=subprocess.PIPE, text=True)
        stack.callback(far.wait)
        stack.callback(far.kill)
        endpoint = f"127.0.0.1:{int(far.stdout.readline())}"
        wire.say(f"lineitem has {local.stat().st_size / 1e6:.0f} MB")
        sides = Sides(folder, endpoint, local, f"s3://{BUCKET}/lineitem.parquet")
        wire.table(results(sides, options.runs), options.markdown, ("Tavana", "the other"))


if __name__ == "__main__":
    main()
