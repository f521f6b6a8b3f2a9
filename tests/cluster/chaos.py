"""What the chaos suites are made of: an oracle, a ledger of writes, clients of both doors, and faults."""

import collections
import contextlib
import os
import re
import signal
import subprocess
import threading
import time

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import psycopg
import pyarrow

from harness import in_process_duckdb, wait_until

ROWS = 50_000
DEADLINE_SECONDS = 30  # of a statement; what goes on for longer hangs
BATCH = 20  # rows of a write of several

# What may be said of a statement that broke with its worker, its gateway or for want of memory or disk. All else is a defect.
TOLD = {
    "40001": "lost a race with another writer",
    "57P01": "its worker is gone",
    "57P03": "its gateway is going",
    "08006": "its connection broke",
    "08007": "nobody knows whether it was committed",
    "25P02": "its transaction was lost",
    "53100": "the spill disk is full",
    "53200": "out of memory",
    "57014": "its deadline passed",
}
# After one of those a write was certainly not done.
REFUSED = {"40001", "25P02", "53100", "53200"}

FACTS = f"""SELECT i, i % 97 AS g, md5(i::VARCHAR) AS s, DATE '2020-01-01' + (i % 1000)::INTEGER AS d, i / 7 AS x,
                   CASE WHEN i % 5 > 0 THEN (i * 1.01)::DECIMAL(12, 2) END AS n
            FROM range({ROWS}) t(i)"""
MANY = "SELECT i, g, s, d, x, n FROM {facts} WHERE i < 8000 ORDER BY i"
ALL = "SELECT i, s FROM facts ORDER BY i"
READS = [
    "SELECT count(*), sum(i), sum(n), min(s), max(d) FROM {facts} WHERE i >= {k} * 2000",
    "SELECT g, count(*), sum(i), max(s) FROM {facts} WHERE mod(i, 20) = {k} GROUP BY g ORDER BY g",
    "SELECT i, s, d, x, n FROM {facts} WHERE g = {k} ORDER BY i LIMIT 50",
    "SELECT a.g, count(*), sum(b.n) FROM {facts} a JOIN {facts} b ON a.i = b.i + {k} GROUP BY a.g ORDER BY a.g",
    "SELECT g, i, row_number() OVER (PARTITION BY g ORDER BY s) FROM {facts} WHERE g < {k} ORDER BY g, s",
]
PARAMETERS = 20  # values of k
WRITES = {"write", "transaction", "copy_in", "ingest"}
# More than a worker's memory: it goes to the spill disk, or can not.
SPILLS = "SELECT count(*), sum(length(s)) FROM (SELECT DISTINCT md5(i::VARCHAR) AS s FROM range({rows}) t(i))"
SPILLS_ROWS = 3_000_000
NEVER_FITS = "SELECT length(list(i)::VARCHAR) FROM range(100000000) t(i)"
LEFT = 20  # threads and files more than at the start: of pools that grow to a fixed size, and of connections that still end
MEMORY_GB, DISK_MEGABYTES = 0.2, 256


class Oracle:
    """DuckDB in this process with the same rows."""

    def __init__(self, folder):
        self.duck, self.lock, self.known = in_process_duckdb(), threading.Lock(), {}
        self.file = folder / "facts.parquet"
        self.duck.execute(f"CREATE TABLE facts AS {FACTS}; COPY facts TO '{self.file}'")
        self.copied = b"".join(b"%d\t%s\n" % (i, s.encode()) for i, s in self.rows(ALL))

    def rows(self, sql):
        with self.lock:
            if sql not in self.known:
                self.known[sql] = self.duck.execute(sql).fetchall()
            return self.known[sql]


class Ledger:
    """What the writers know: each batch was acknowledged, refused, or nobody can tell."""

    def __init__(self):
        self.lock, self.sizes, self.outcomes, self.reasons = threading.Lock(), {}, {}, {}

    def new(self, size):
        """The number of a batch of so many rows."""
        with self.lock:
            number = len(self.sizes) + 1
            self.sizes[number], self.outcomes[number] = size, "unknown"
            return number

    def note(self, number, outcome, reason=""):
        with self.lock:
            self.outcomes[number], self.reasons[number] = outcome, reason

    def check(self, there):
        """`there`: (batch, rows, different rows) of all that is in the table."""
        numbers = {number for number, _, _ in there}
        assert [each for each in there if each[1] != each[2]] == [], "a write ran twice"
        assert [each for each in there if each[1] != self.sizes[each[0]]] == [], "a part of a write is there"
        is_in = {outcome: {number for number, its in self.outcomes.items() if its == outcome} for outcome in set(self.outcomes.values())}
        assert is_in.get("acknowledged", set()) <= numbers, "an acknowledged write is gone"
        refused = numbers & is_in.get("refused", set())
        assert not refused, f"refused writes are there: {[(number, self.reasons[number]) for number in refused]}"


class Client:
    """One session's worth of work, again and again; reconnects when it must."""

    def __init__(self, chaos, number, rng):
        self.chaos, self.rng, self.connection, self.gateway = chaos, rng, None, number % 2
        self.stopping = threading.Event()
        self.wrong, self.errors, self.slowest = [], collections.Counter(), (0.0, "")
        self.done = collections.Counter()
        self.succeeded = []  # (gateway, what, when it began, when it ended)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping.is_set():
            began, self.what = time.monotonic(), "connect"
            try:
                if self.connection is None:
                    self.connection = self.connect()
                piece = self.rng.choice(self.work)
                self.what = piece.__name__
                piece()
                self.done[self.what] += 1
                self.succeeded[:] = [*self.succeeded[-20:], (self.gateway, self.what, began, time.monotonic())]
            except Exception as error:
                state = self.state_of(error)
                self.errors[state] += 1
                if state not in TOLD:
                    self.wrong.append(f"{self.what}: {error!r}")
                self.recover()
            self.slowest = max(self.slowest, (time.monotonic() - began, self.what))
        self.recover()

    def recover(self):
        if self.connection is not None:
            with contextlib.suppress(Exception):
                self.connection.close()
        self.connection = None

    def expect(self, found, wanted, what):
        if found != wanted:
            at = next((number for number, (one, other) in enumerate(zip(found, wanted)) if one != other), min(len(found), len(wanted)))
            self.wrong.append(f"{what}: {len(found)} rows, {len(wanted)} wanted, the first difference at {at}: {found[at:at + 1]}, {wanted[at:at + 1]}")

    def some_read(self, facts):
        return self.rng.choice(READS).format(facts=facts, k=self.rng.randrange(PARAMETERS))

    def read(self):
        sql = self.some_read("facts")
        self.expect(self.rows(sql), self.chaos.oracle.rows(sql), sql)

    def read_file(self):
        sql = self.some_read(f"'{self.chaos.oracle.file}'")
        self.expect(self.rows(sql), self.chaos.oracle.rows(sql), sql)

    def spill(self):
        rows = SPILLS_ROWS if self.rng.random() < 0.05 else 10_000
        self.expect(self.rows(SPILLS.format(rows=rows)), [(rows, 32 * rows)], "a result that was on the disk")

    def session_state(self):
        """A temporary table is the session's until it is said to be lost."""
        kept = self.rng.randrange(1000)
        self.execute(f"CREATE OR REPLACE TEMPORARY TABLE kept AS SELECT {kept} AS k")
        for _ in range(3):
            self.expect(self.rows("SELECT k FROM kept"), [(kept,)], "a temporary table")

    @contextlib.contextmanager
    def writing(self, size):
        """A batch whose outcome is that of the block, which must end in a commit."""
        number = self.chaos.ledger.new(size)
        try:
            yield number
        except Exception as error:
            if self.state_of(error) in REFUSED:
                self.chaos.ledger.note(number, "refused", f"{self.what}: {error!r}")
            raise
        self.chaos.ledger.note(number, "acknowledged")

    def write(self):
        with self.writing(1) as batch:
            self.execute(f"INSERT INTO written VALUES ({batch}, 0)")

    def transaction(self):
        with self.writing(BATCH) as batch:
            self.begin()
            try:
                self.execute(f"INSERT INTO written SELECT {batch}, i FROM range({BATCH // 2}) t(i)")
                self.execute(f"INSERT INTO written SELECT {batch}, i FROM range({BATCH // 2}, {BATCH}) t(i)")
                self.expect(self.rows(f"SELECT count(*) FROM written WHERE batch = {batch}"), [(BATCH,)], "one's own rows in a transaction")
            except Exception as error:
                self.chaos.ledger.note(batch, "refused", f"never committed: {error!r}")
                raise
            self.end(commit=True)

    def rollback(self):
        batch = self.chaos.ledger.new(1)
        self.chaos.ledger.note(batch, "refused", "rolled back")
        self.begin()
        self.execute(f"INSERT INTO written VALUES ({batch}, 0)")
        self.end(commit=False)


class PostgresClient(Client):
    @property
    def work(self):
        return [self.read, self.read_prepared, self.read_file, self.stream, self.write, self.transaction, self.rollback, self.cursor,
                self.copy_out, self.copy_in, self.session_state, self.spill]

    def connect(self):
        return self.chaos.cluster.connect(self.gateway, connect_timeout=DEADLINE_SECONDS, prepare_threshold=2,
                                          options=f"-c statement_timeout={DEADLINE_SECONDS}s")

    @staticmethod
    def state_of(error):
        if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
            found = re.search(r"FATAL:", str(error))
            return "57P01" if found else "08006"  # psycopg has no state of an error while it connects
        return getattr(error, "sqlstate", None)

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def execute(self, sql):
        self.connection.execute(sql)

    def begin(self):
        self.execute("BEGIN")

    def end(self, commit):
        word = "COMMIT" if commit else "ROLLBACK"
        if self.connection.execute(word).statusmessage != word:
            raise psycopg.errors.InFailedSqlTransaction("it was rolled back")

    def read_prepared(self):
        k = self.rng.randrange(PARAMETERS)
        sql = READS[0].format(facts="facts", k="{k}")
        found = self.connection.execute(sql.format(k="%s::INTEGER"), [k]).fetchall()
        self.expect(found, self.chaos.oracle.rows(sql.format(k=k)), "a prepared read")

    def stream(self):
        with self.connection.cursor() as cursor:
            rows = list(cursor.stream(MANY.format(facts="facts")))
        self.expect(rows, self.chaos.oracle.rows(MANY.format(facts="facts")), "a stream")

    def cursor(self):
        sql = MANY.format(facts=self.rng.choice(["facts", f"'{self.chaos.oracle.file}'"]))
        self.begin()
        with self.connection.cursor(name="c") as cursor:
            cursor.itersize = 2000
            cursor.execute(sql)
            rows = []
            for row in cursor:
                rows.append(row)
                if len(rows) % 4000 == 1:
                    self.expect(self.rows("SELECT 1"), [(1,)], "a statement beside an open cursor")
        self.end(commit=True)
        self.expect(rows, self.chaos.oracle.rows(sql), "a cursor")

    def copy_out(self):
        with self.connection.cursor() as cursor, cursor.copy(f"COPY ({ALL}) TO STDOUT") as copy:
            text = b"".join(bytes(block) for block in copy)
        self.expect(text, self.chaos.oracle.copied, "a COPY")

    def copy_in(self):
        with self.writing(BATCH) as batch:
            with self.connection.cursor() as cursor, cursor.copy("COPY written FROM STDIN") as copy:
                for number in range(BATCH):
                    copy.write_row((batch, number))


class FlightClient(Client):
    OPTIONS = adbc_driver_flightsql.DatabaseOptions
    LIMITS = {option.value: str(2 * DEADLINE_SECONDS) for option in (OPTIONS.TIMEOUT_FETCH, OPTIONS.TIMEOUT_QUERY, OPTIONS.TIMEOUT_UPDATE)}

    @property
    def work(self):
        return [self.read, self.read_prepared, self.read_file, self.stream, self.write, self.transaction, self.rollback, self.ingest,
                self.session_state, self.spill]

    def connect(self):
        uri = self.chaos.cluster.gateways[self.gateway].flight_uri()
        options = {self.OPTIONS.WITH_COOKIE_MIDDLEWARE.value: "true", **self.LIMITS}
        return flight_sql.connect(uri, db_kwargs=options, autocommit=True)

    @staticmethod
    def state_of(error):
        found = re.search(r"\(SQLSTATE (\w{5})\)", str(error))
        if found:
            return found[1]
        codes = adbc_driver_manager.AdbcStatusCode
        lost = isinstance(error, adbc_driver_manager.Error) and error.status_code in (codes.IO, codes.CANCELLED)
        # The driver connects to a gateway that is away, and believes afterwards that it can do nothing.
        return "08006" if lost or "does not report transaction support" in str(error) else None

    def rows(self, sql, parameters=None):
        with self.connection.cursor() as cursor:
            return cursor.execute(sql, parameters).fetchall()

    def execute(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def begin(self):
        self.connection.adbc_connection.set_autocommit(False)

    def end(self, commit):
        link = self.connection.adbc_connection
        try:
            link.commit() if commit else link.rollback()
        except adbc_driver_manager.Error as error:
            if "BeginTransaction" not in str(error):
                raise
            return self.recover()  # the driver begins the next one at once, which failed; this one has ended
        link.set_autocommit(True)

    def read_prepared(self):
        k = self.rng.randrange(PARAMETERS)
        sql = READS[0].format(facts="facts", k="{k}")
        self.expect(self.rows(sql.format(k="$1::INTEGER"), (k,)), self.chaos.oracle.rows(sql.format(k=k)), "a prepared read")

    def stream(self):
        sql = MANY.format(facts=self.rng.choice(["facts", f"'{self.chaos.oracle.file}'"]))
        with self.connection.cursor() as cursor:
            rows = cursor.execute(sql).fetch_arrow_table().to_pylist()
        self.expect([tuple(row.values()) for row in rows], self.chaos.oracle.rows(sql), "a stream")

    def ingest(self):
        with self.writing(BATCH) as batch:
            rows = pyarrow.table({"batch": pyarrow.array([batch] * BATCH, pyarrow.int64()), "i": pyarrow.array(range(BATCH), pyarrow.int64())})
            with self.connection.cursor() as cursor:
                cursor.adbc_ingest("written", rows, mode="append")


class SpillDisk:
    """A small file system where this process may mount one; else the workers' own limit."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "none", folder]
        self.mounted = subprocess.run(command, capture_output=True).returncode == 0

    def options(self):
        return ["--max-memory-gb", MEMORY_GB, "--threads", 2, "--spill-dir", self.folder,
                "--spill-limit-gb", 16 if self.mounted else DISK_MEGABYTES / 1000]

    @contextlib.contextmanager
    def full(self):
        filler = self.folder / "filler"
        try:
            if self.mounted:
                with filler.open("wb") as file, contextlib.suppress(OSError):
                    while True:
                        os.write(file.fileno(), bytes(1 << 20))
            yield
        finally:
            filler.unlink(missing_ok=True)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)


class Chaos:
    """A cluster of two gateways and three workers, its clients, and what is done to it. Each fault returns once it is over."""

    FAULTS = ["kill", "kill_gateway", "stop", "cut", "hold", "delay", "half_open", "drain", "full_disk", "out_of_memory"]

    def __init__(self, start_cluster, folder, rng):
        self.rng, self.ledger = rng, Ledger()
        self.oracle, self.disk = Oracle(folder), SpillDisk(folder / "spill")
        self.cluster = start_cluster(workers=3, gateways=2, gated=True, worker_options=self.disk.options())
        self.faults, self.wrong, self.clients = collections.Counter(), [], []
        self.sizes_before = self.sizes()
        with self.cluster.connect() as connection:
            connection.execute(f"CREATE TABLE facts AS FROM '{self.oracle.file}'")
            connection.execute("CREATE TABLE written (batch bigint, i bigint)")

    def start(self, kind, count):
        self.clients = [kind(self, number, type(self.rng)(self.rng.random())) for number in range(count)]

    def fault(self, kind):
        self.faults[kind] += 1
        getattr(self, kind)(self.rng.randrange(3))

    def pause(self):
        """Now and then for so long that the other side gives it up."""
        time.sleep(self.rng.uniform(0.2, 1.5) if self.rng.random() < 0.7 else 7)

    def kill(self, number):
        self.cluster.restart(number)

    def kill_gateway(self, number):
        self.cluster.restart_gateway(number % 2)

    def stop(self, number):
        self.cluster.workers[number].process.send_signal(signal.SIGSTOP)
        self.pause()
        self.cluster.workers[number].process.send_signal(signal.SIGCONT)

    def cut(self, number):
        self.cluster.gates[number].cut()

    def hold(self, number):
        self.cluster.gates[number].hold(True)
        self.pause()
        self.cluster.gates[number].hold(False)

    def delay(self, number):
        self.cluster.gates[number].delay(self.rng.uniform(0.02, 0.3))
        self.pause()
        self.cluster.gates[number].delay(0)

    def half_open(self, number):
        self.cluster.gates[number].half_open(self.rng.choice(["gateway", "worker"]), self.rng.randrange(1, 16))

    def drain(self, number):
        self.cluster.replace(number)

    def full_disk(self, _):
        with self.disk.full():
            self.fails_with(SPILLS.format(rows=SPILLS_ROWS * 10))

    def out_of_memory(self, _):
        self.fails_with(NEVER_FITS)

    def fails_with(self, sql):
        """For want of disk or memory (who else wants some decides which), at both gateways at once; the session that asked for too much
        goes on."""
        before = [worker.process.pid for worker in self.cluster.workers]

        def ask(gateway):
            try:
                with self.cluster.connect(gateway, connect_timeout=DEADLINE_SECONDS) as connection:
                    try:
                        found = f"rows: {connection.execute(sql).fetchall()}"
                    except psycopg.Error as error:
                        found = error.sqlstate
                    if found not in ("53100", "53200", "57P01"):  # what an earlier fault broke may show here
                        self.wrong.append(f"{found} for want of disk or memory: {sql}")
                    if connection.execute("SELECT 42").fetchone() != (42,):
                        self.wrong.append("a session that asked for too much does not go on")
            except psycopg.OperationalError as error:
                self.wrong.append(f"the session of {sql}: {error!r}")

        threads = [threading.Thread(target=ask, args=(gateway,)) for gateway in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [worker.process.pid for worker in self.cluster.workers if worker.process.poll() is None] == before, "a worker ended"

    def until_restored(self, seconds):
        """How long it takes until at each gateway a read and a write that began now have succeeded."""
        calm, wanted = time.monotonic(), {(gateway, kind) for gateway in range(2) for kind in ("read", "write")}

        def restored():
            at = {}
            for client in self.clients:
                for gateway, what, began, ended in list(client.succeeded):
                    kind = "write" if what in WRITES else "read"
                    if began >= calm:
                        at[gateway, kind] = min(at.get((gateway, kind), ended), ended)
            return at if set(at) == wanted else None

        return max(wait_until(restored, seconds, "reads and writes at both gateways").values()) - calm

    def dismiss(self, clients):
        """Each of them does one more piece of work and comes to its end."""
        before = [client.done.total() for client in clients]
        wait_until(lambda: all(client.done.total() > then for client, then in zip(clients, before)), 120, "every client to go on")
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.thread.join(2 * DEADLINE_SECONDS)
            assert not client.thread.is_alive(), "a client hangs"

    def abandon(self):
        for client in self.clients:
            client.stopping.set()
        self.disk.close()

    def report(self):
        def summed(counters):
            return dict(sum(counters, collections.Counter()).most_common())

        return "\n".join([f"faults: {dict(self.faults)}", f"done: {summed(client.done for client in self.clients)}",
                          f"told: {summed(client.errors for client in self.clients)}",
                          f"the slowest: {max(client.slowest for client in self.clients)}"])

    def check(self):
        wrong = self.wrong + [wrong for client in self.clients for wrong in client.wrong]
        assert not wrong, "\n".join(wrong[:20])
        slowest = max(client.slowest for client in self.clients)
        assert slowest[0] < 3 * DEADLINE_SECONDS, f"a client waited for {slowest}"
        with self.cluster.connect() as connection:
            self.ledger.check(connection.execute("SELECT batch, count(*), count(DISTINCT i) FROM written GROUP BY batch").fetchall())
        for worker in self.cluster.workers:
            wait_until(lambda: worker.metric("tavana_worker_sessions") == 0, 60, "every session to end")
        for gateway in self.cluster.gateways:
            for left in ("tavana_admission_running", "tavana_admission_waiting", "tavana_connections"):
                wait_until(lambda: gateway.metric(left) == 0, 10, f"{left} to be 0")

        for name, before, now in zip(("gateways", "workers"), self.sizes_before, self.sizes()):
            for what, then, left in zip(("threads", "open files"), before, now):
                assert left <= then + LEFT, f"{name} had at most {then} {what} before any client, and have {left} after the last"

    def sizes(self):
        """(threads, open files) of the largest gateway, and of the largest worker."""
        return [tuple(map(max, zip(*(each.size() for each in group)))) for group in (self.cluster.gateways, self.cluster.workers)]
