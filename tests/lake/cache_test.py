"""The block cache: the same answers as without it, fewer requests, and nothing for who may not read."""

import gzip
import os
import pathlib
import random
import shutil
import signal
import threading

import psycopg
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from harness import TOPOLOGY, wait_until
from object_store import ObjectStore

BLOCK = 1 << 20  # of the servers here
SCAN = "SELECT count(*), sum(n), min(t), max(t), sum(length(t)) FROM read_parquet('s3://lake/t.parquet')"


def table(rows, seed):
    rng = random.Random(seed)
    return pyarrow.table({"n": [rng.randrange(1 << 60) for _ in range(rows)],
                          "t": [rng.randbytes(12).hex() for _ in range(rows)]})


def parquet(rows=60_000, seed=1, row_group=5_000):
    """Of about 2 MB, so that it has several blocks."""
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table(rows, seed), sink, row_group_size=row_group, compression="none", use_dictionary=False)
    return sink.getvalue().to_pybytes()


class Cached:
    """A server whose processes share one cache directory, and its sessions."""

    def __init__(self, start_server, store, folder, topology=None, **environment):
        self.start_server, self.store, self.topology = start_server, store, topology
        self.directory = folder / "blocks"
        self.environment = {"TAVANA_CACHE_HTTPFS_DIR": str(self.directory), "TAVANA_CACHE_HTTPFS_BLOCK_SIZE_MB": "1", **environment}
        self.start()

    def start(self):
        self.server = self.start_server(env=self.environment, topology=self.topology)

    def session(self, key="KEYA", endpoint=None):
        session = self.server.psycopg()
        session.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{key}', SECRET 'x', ENDPOINT '{endpoint or self.store.endpoint}', USE_SSL false, URL_STYLE 'path')")
        return session

    def run(self, sql, key="KEYA", settings=()):
        with self.session(key) as session:
            for setting in settings:
                session.execute(setting)
            return session.execute(sql).fetchall()

    def figure(self, name):
        """Summed over the processes that run DuckDB."""
        return sum(process.metric(f"tavana_block_cache_{name}") for process in self.server.workers or [self.server])

    def files(self):
        return [path for path in self.directory.rglob("*-*") if path.is_file() and not path.name.startswith(".")]

    def await_written(self, objects=1):
        """A query has its rows before the last blocks are written."""
        blocks = objects * -(-len(self.store.objects["lake/t.parquet"]) // BLOCK)
        wait_until(lambda: len(self.files()) >= blocks, 20, f"{blocks} blocks on disk")


@pytest.fixture
def cached(start_server, store, tmp_path):
    store.put("KEYA", "lake", "t.parquet", parquet())
    return Cached(start_server, store, tmp_path)


def test_a_file_is_fetched_once_and_asked_about_at_every_open(cached, store):
    first = cached.run(SCAN)
    cached.await_written()
    fetched = len(store.reads)
    assert 2 <= fetched <= 3, store.reads  # one request a block
    assert cached.figure("misses_total") + cached.figure("read_ahead_total") == fetched
    store.requests.clear()
    assert cached.run(SCAN) == first
    assert len(store.reads) == fetched
    assert ("KEYA", "lake/t.parquet") in store.requests
    assert cached.figure("hits_total") > 0
    assert cached.figure("hit_bytes_total") > BLOCK


def formats(store):
    """The same rows in every form; what reads them."""
    rows = table(30_000, 2)
    sink = pyarrow.BufferOutputStream()
    pyarrow.csv.write_csv(rows, sink)
    text = sink.getvalue().to_pybytes()
    lines = "\n".join('{"n":%d,"t":"%s"}' % pair for pair in zip(rows["n"].to_pylist(), rows["t"].to_pylist())).encode()
    store.put("KEYA", "lake", "many/a.parquet", parquet(seed=3))
    store.put("KEYA", "lake", "many/b.parquet", parquet(seed=4, rows=100))
    store.put("KEYA", "lake", "t.csv", text)
    store.put("KEYA", "lake", "t.csv.gz", gzip.compress(text, mtime=0))
    store.put("KEYA", "lake", "t.json", lines)
    store.put("KEYA", "lake", "empty.csv", b"")
    return [SCAN, *(f"SELECT count(*), sum(n), min(t), max(t), sum(hash(t)::HUGEINT)::TEXT FROM '{url}'" for url in
                    ("s3://lake/many/*.parquet", "s3://lake/t.csv", "s3://lake/t.csv.gz", "s3://lake/t.json", "s3://lake/*.parquet")),
            "SELECT n FROM read_parquet('s3://lake/t.parquet') ORDER BY t LIMIT 3",
            "SELECT t FROM read_parquet('s3://lake/t.parquet', file_row_number := true) WHERE file_row_number IN (0, 59999)",
            "SELECT md5(content), size FROM read_blob('s3://lake/t.csv.gz')",
            "SELECT count(*) FROM read_text('s3://lake/empty.csv')"]


def test_answers_are_the_same_with_the_cache_cold_and_warm_and_without_it(cached, store):
    for query in formats(store):
        without = cached.run(query, settings=["SET tavana_block_cache = false"])
        assert cached.run(query) == without, query
        assert cached.run(query) == without, query
    assert cached.figure("hits_total") > 0
    assert cached.figure("damaged_total") == 0


def test_a_session_that_turns_it_off_reads_past_it_and_leaves_nothing_there(cached, store):
    assert cached.run(SCAN, settings=["SET tavana_block_cache = false"])
    assert cached.files() == []
    cached.run(SCAN)
    fetched = len(store.reads)
    cached.run(SCAN, settings=["SET tavana_block_cache = false"])
    assert len(store.reads) > fetched
    fetched = len(store.reads)
    cached.run(SCAN, settings=["SET tavana_block_cache = false", "RESET tavana_block_cache"])
    assert len(store.reads) == fetched


def test_a_server_without_a_cache_makes_no_directory(start_server, store, tmp_path):
    store.put("KEYA", "lake", "t.parquet", parquet())
    off = Cached(start_server, store, tmp_path, TAVANA_CACHE_HTTPFS_ENABLED="false")
    first = off.run(SCAN)
    fetched = len(store.reads)
    assert off.run(SCAN) == first
    assert len(store.reads) == 2 * fetched
    assert not off.directory.exists()
    assert off.run("SELECT count(*) FROM tavana_cache_stats()") == [(0,)]


@pytest.mark.parametrize("pattern", ["t.parquet", "*.parquet"])
def test_an_object_that_is_overwritten_is_read_as_it_is_now(cached, store, pattern):
    query = f"SELECT sum(n), min(t) FROM read_parquet('s3://lake/{pattern}')"
    with cached.session() as session:
        for seed in range(2, 8):
            store.put("KEYA", "lake", "t.parquet", parquet(seed=seed))  # as long as the one before
            rows = table(60_000, seed)
            expected = [(sum(rows["n"].to_pylist()), min(rows["t"].to_pylist()))]
            for _ in range(2):
                assert session.execute(query).fetchall() == expected


@pytest.mark.parametrize("pattern", ["t.parquet", "*.parquet"])
def test_a_statement_that_was_prepared_before_reads_what_is_there_now(cached, store, pattern):
    query = f"SELECT sum(n) FROM read_parquet('s3://lake/{pattern}')"
    with cached.session() as session:
        session.execute(f"PREPARE p AS {query}")
        for seed in range(2, 6):
            session.execute(query, prepare=True)
            store.put("KEYA", "lake", "t.parquet", parquet(seed=seed))
            expected = (sum(table(60_000, seed)["n"].to_pylist()),)
            assert session.execute(query, prepare=True).fetchone() == expected
            assert session.execute("EXECUTE p").fetchone() == expected


def test_who_may_not_read_is_refused_what_another_has_cached(cached, store):
    cached.run(SCAN)
    store.allowed["KEYB"] = {"other"}
    before = len(store.reads)
    for query in (SCAN, "SELECT content FROM read_blob('s3://lake/t.parquet')"):
        with pytest.raises(psycopg.Error, match="403|Forbidden|AccessDenied"):
            cached.run(query, key="KEYB")
    assert len(store.reads) == before
    hits = cached.figure("hits_total")
    with pytest.raises(psycopg.Error):
        cached.run(SCAN, key="KEYB")
    assert cached.figure("hits_total") == hits


@pytest.mark.parametrize("cache", [True, False])
def test_who_may_only_list_is_refused_what_another_has_cached(cached, store, cache):
    """A listing has everything that DuckDB wants to know of a file; it proves nothing."""
    query = "SELECT count(*), sum(n) FROM read_parquet('s3://lake/*.parquet')"
    settings = [] if cache else ["SET tavana_block_cache = false"]
    cached.run(query, settings=settings)
    store.allowed["KEYB"] = {"lake"}
    store.listing_only.add("KEYB")
    assert cached.run("SELECT count(*) FROM glob('s3://lake/*.parquet')", key="KEYB") == [(1,)]
    with pytest.raises(psycopg.Error):
        cached.run(query, key="KEYB", settings=settings)


def test_a_key_that_is_revoked_reads_nothing_more_in_the_session_that_has_it(cached, store):
    with cached.session() as session:
        session.execute(SCAN)
        store.allowed["KEYA"] = set()
        with pytest.raises(psycopg.Error):
            session.execute(SCAN)
        store.allowed["KEYA"] = {"lake"}
        assert session.execute(SCAN).fetchone()[0] == 60_000


def test_two_keys_that_may_read_one_object_share_its_blocks(cached, store):
    first = cached.run(SCAN)
    fetched = len(store.reads)
    store.allowed["KEYC"] = {"lake"}
    store.requests.clear()
    assert cached.run(SCAN, key="KEYC") == first
    assert len(store.reads) == fetched
    assert {key for key, _ in store.requests} == {"KEYC"}


@pytest.mark.parametrize("setting", ["enable_external_file_cache = true", "parquet_metadata_cache = true", "enable_http_metadata_cache = true",
                                     "validate_external_file_cache = 'NO_VALIDATION'"])
def test_no_session_turns_on_a_cache_that_takes_a_listing_for_a_proof(cached, setting):
    with cached.session() as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"SET {setting}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"SET GLOBAL {setting}")


def test_a_server_that_claims_to_have_the_same_object_neither_gets_it_nor_changes_it(cached, store):
    truth = cached.run(SCAN)
    pretender = ObjectStore()
    pretender.put("KEYA", "lake", "t.parquet", parquet(seed=66))
    pretender.etags["lake/t.parquet"] = store.etag("lake/t.parquet")
    with cached.session(endpoint=pretender.endpoint) as session:
        lie = session.execute(SCAN).fetchall()
    assert lie != truth
    assert pretender.reads
    cached.await_written(2)
    shutil.rmtree(cached.directory)
    with cached.session(endpoint=pretender.endpoint) as session:
        assert session.execute(SCAN).fetchall() == lie
    assert cached.run(SCAN) == truth
    pretender.stop()


def test_nobody_reads_the_cache_as_files(cached):
    cached.run(SCAN)
    cached.await_written()
    some = str(cached.files()[0])
    for query in (f"SELECT content FROM read_blob('{some}')", f"SELECT * FROM glob('{cached.directory}/**')",
                  f"COPY (SELECT 1) TO '{cached.directory}/x.csv'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cached.run(query)


def test_a_secret_of_requests_is_cached_for_nobody(cached, store):
    with cached.session() as session:
        session.execute("CREATE SECRET h (TYPE http, EXTRA_HTTP_HEADERS MAP {'x-who': 'me'})")
        session.execute(SCAN)
    assert cached.files() == []


def test_what_was_cached_survives_the_server_being_killed(cached, store):
    first = cached.run(SCAN)
    fetched = len(store.reads)
    cached.await_written()
    cached.server.kill()
    cached.start()
    assert cached.run(SCAN) == first
    assert len(store.reads) == fetched


def test_a_server_that_is_killed_at_any_moment_leaves_nothing_that_is_wrong(cached, store):
    truth = cached.run(SCAN, settings=["SET tavana_block_cache = false"])
    for moment in range(1, 4):
        shutil.rmtree(cached.directory, ignore_errors=True)
        answered = [0]
        killed = threading.Event()

        def kill(path, moment=moment, answered=answered, killed=killed):
            answered[0] += path == "lake/t.parquet"
            if answered[0] == moment + 1:  # the first is HEAD
                for process in cached.server.workers or [cached.server]:
                    process.process.kill()
                killed.set()

        store.before_answer = kill
        with pytest.raises(psycopg.Error):
            with cached.session() as session:
                session.execute(f"SET statement_timeout = '20s'; {SCAN}")
                assert not killed.is_set()
                raise psycopg.OperationalError("there were fewer requests")
        store.before_answer = lambda path: None
        cached.server.kill()
        cached.start()
        assert cached.run(SCAN) == truth
        assert cached.figure("damaged_total") == 0


def test_a_cache_that_is_damaged_bit_by_bit_answers_all_the_same(cached, rng):
    truth = cached.run(SCAN)
    cached.await_written()
    for _ in range(12):
        victim = pathlib.Path(rng.choice(cached.files()))
        content = bytearray(victim.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        victim.write_bytes(content)
        assert cached.run(SCAN) == truth
        cached.await_written()
    assert cached.figure("damaged_total") > 0
    for path in cached.files():
        path.write_bytes(path.read_bytes()[:-1])
    assert cached.run(SCAN) == truth


def test_a_directory_that_is_deleted_while_the_server_runs_is_filled_again(cached, store):
    truth = cached.run(SCAN)
    cached.await_written()
    shutil.rmtree(cached.directory)
    assert cached.run(SCAN) == truth
    fetched = len(store.reads)
    assert cached.run(SCAN) == truth
    assert len(store.reads) == fetched


def test_a_directory_that_can_not_be_written_stops_nobody(cached, store):
    truth = cached.run(SCAN)
    cached.await_written()
    shutil.rmtree(cached.directory)
    cached.directory.write_text("a file")  # also root cannot make a directory here
    for _ in range(2):
        assert cached.run(SCAN) == truth
    assert cached.figure("write_failures_total") > 0
    cached.server.stop()
    cached.start()
    assert cached.run(SCAN) == truth


def test_a_small_cache_stays_within_its_size(start_server, store, tmp_path):
    small = Cached(start_server, store, tmp_path, TAVANA_CACHE_HTTPFS_SIZE_GB="0.004")
    for seed in range(6):
        store.put("KEYA", "lake", f"{seed}.parquet", parquet(seed=seed))
    for _ in range(2):
        for seed in range(6):
            assert small.run(f"SELECT count(*) FROM read_parquet('s3://lake/{seed}.parquet') WHERE n >= 0 AND t > ''") == [(60_000,)]
    processes = max(1, len(small.server.workers))
    assert sum(path.stat().st_size for path in small.files()) <= 4_000_000 * processes
    assert small.figure("evicted_total") > 0


def test_an_error_is_not_kept(cached, store):
    store.allowed["KEYA"] = set()
    with pytest.raises(psycopg.Error):
        cached.run(SCAN)
    store.allowed["KEYA"] = {"lake"}
    path = "lake/t.parquet"
    content = store.objects.pop(path)
    with pytest.raises(psycopg.Error):
        cached.run(SCAN)
    store.objects[path] = content
    assert cached.run(SCAN)[0][0] == 60_000


def test_sessions_that_read_one_file_at_once_fetch_each_block_once(start_server, store, tmp_path):
    store.put("KEYA", "lake", "t.parquet", parquet())
    one = Cached(start_server, store, tmp_path, topology="serve")
    sessions = [one.session() for _ in range(6)]
    answers = []
    threads = [threading.Thread(target=lambda session=session: answers.append(session.execute(SCAN).fetchall())) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)
    assert len(store.reads) == len(set(store.reads)), store.reads


def test_the_view_shows_what_the_cache_did(cached):
    cached.run(SCAN)
    cached.run(SCAN)
    with cached.server.psycopg() as session:
        columns = [column.name for column in session.execute("SELECT * FROM tavana_cache_stats()").description]
        assert {"hits", "misses", "hit_bytes", "fetched_bytes", "saved_ms", "blocks", "bytes", "evicted"} <= set(columns)
        assert session.execute("SELECT limit_bytes, request_p50_ms FROM tavana_cache_stats()").fetchone() == (50_000_000_000, None)
    if TOPOLOGY == "serve":
        shown = cached.run("SELECT hits, fetched_bytes, bytes FROM tavana_cache_stats()")[0]
        assert shown == tuple(int(cached.figure(name)) for name in ("hits_total", "fetched_bytes_total", "bytes"))


def test_profiling_measures_requests_and_reads(start_server, store, tmp_path):
    store.put("KEYA", "lake", "t.parquet", parquet())
    profiled = Cached(start_server, store, tmp_path, topology="serve", TAVANA_CACHE_HTTPFS_PROFILING="true")
    profiled.run(SCAN)
    profiled.run(SCAN)
    assert profiled.run("SELECT request_p50_ms > 0 AND request_p99_ms >= request_p50_ms AND disk_p50_ms > 0 FROM tavana_cache_stats()") == [(True,)]


def test_a_worker_that_is_killed_finds_its_blocks_when_it_is_back(start_server, store, tmp_path):
    store.put("KEYA", "lake", "t.parquet", parquet())
    env = {"TAVANA_CACHE_HTTPFS_DIR": str(tmp_path / "blocks"), "TAVANA_CACHE_HTTPFS_BLOCK_SIZE_MB": "1"}
    server = start_server("--workers", 2, env=env, topology="serve")
    secret = f"CREATE SECRET (TYPE s3, KEY_ID 'KEYA', SECRET 'x', ENDPOINT '{store.endpoint}', USE_SSL false, URL_STYLE 'path')"
    with server.psycopg() as session:
        session.execute(secret)
        truth = session.execute(SCAN).fetchall()
    fetched = len(store.reads)
    children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)

    def answers():
        try:
            with server.psycopg() as session:
                session.execute(secret)
                return session.execute(SCAN).fetchall()
        except psycopg.Error:
            return None

    assert wait_until(answers, 60, "the workers are back") == truth
    assert len(store.reads) == fetched
