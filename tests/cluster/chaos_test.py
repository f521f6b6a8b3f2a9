"""Two gateways and three workers under mixed work while workers are killed, stopped, cut off and replaced: an oracle knows
every answer, nothing hangs, nothing is lost, and all is well within seconds of the last fault."""

import signal
import threading
import time

import psycopg
import pytest

from harness import wait_until

SESSIONS = 24
FULL_SESSIONS = 200
ROWS = 50_000


class Ledger:
    """What the writers know: each number was acknowledged, refused, or nobody can tell."""

    def __init__(self):
        self.lock, self.acknowledged, self.unknown, self.next = threading.Lock(), set(), set(), 0

    def take(self):
        with self.lock:
            self.next += 1
            return self.next

    def note(self, number, known):
        with self.lock:
            (self.acknowledged if known else self.unknown).add(number)


class Client:
    """One session's worth of work, again and again; reconnects when it must."""

    def __init__(self, chaos, number, rng):
        self.chaos, self.number, self.rng, self.connection = chaos, number, rng, None
        self.wrong, self.done, self.errors, self.slowest = [], 0, 0, 0.0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        work = [self.read, self.stream, self.write, self.transaction, self.cursor, self.files, self.copy]
        while not self.chaos.stopping.is_set():
            began = time.monotonic()
            try:
                if self.connection is None or self.connection.closed:
                    self.connection = self.chaos.cluster.connect(self.rng.randrange(2), connect_timeout=60)
                self.rng.choice(work)(self.connection)
                self.done += 1
            except psycopg.OperationalError:  # said, not hidden: that is what is wanted
                self.errors += 1
                self.recover()
            except psycopg.Error as error:
                if error.sqlstate not in ("40001", "25P02"):
                    self.wrong.append(repr(error))
                self.recover()
            except BaseException as error:
                self.wrong.append(repr(error))
                self.recover()
            self.slowest = max(self.slowest, time.monotonic() - began)
        if self.connection is not None:
            self.connection.close()

    def recover(self):
        try:
            self.connection.rollback()
        except Exception:
            if self.connection is not None:
                self.connection.close()
            self.connection = None

    def expect(self, found, wanted, what):
        if found != wanted:
            self.wrong.append(f"{what}: {found} instead of {wanted}")

    def read(self, connection):
        low = self.rng.randrange(ROWS)
        found = connection.execute("SELECT count(*), sum(i) FROM numbers WHERE i >= %s", [low]).fetchone()
        self.expect(found, (ROWS - low, sum(range(low, ROWS))), f"read from {low}")

    def stream(self, connection):
        seen = 0
        with connection.cursor() as cursor:
            for (number, text) in cursor.stream("SELECT i, 'row ' || i FROM numbers ORDER BY i"):
                if (number, text) != (seen, f"row {seen}"):
                    self.wrong.append(f"stream: {(number, text)} instead of row {seen}")
                    return
                seen += 1
        self.expect(seen, ROWS, "rows of a stream that ended without an error")

    def write(self, connection):
        number = self.chaos.ledger.take()
        try:
            connection.execute("INSERT INTO written VALUES (%s)", [number])
            self.chaos.ledger.note(number, True)
        except psycopg.Error:
            self.chaos.ledger.note(number, False)
            raise

    def transaction(self, connection):
        first, second = self.chaos.ledger.take(), self.chaos.ledger.take()
        try:
            with connection.transaction():
                connection.execute("INSERT INTO written VALUES (%s)", [first])
                connection.execute("INSERT INTO written VALUES (%s)", [second])
            self.chaos.ledger.note(first, True)
            self.chaos.ledger.note(second, True)
        except psycopg.Error:
            self.chaos.ledger.note(first, False)
            self.chaos.ledger.note(second, False)
            raise

    def cursor(self, connection):
        with connection.transaction(), connection.cursor(name="c") as cursor:
            cursor.itersize = 1000
            cursor.execute("SELECT i FROM numbers ORDER BY i")
            rows = [number for (number,) in cursor]
        self.expect(rows, list(range(ROWS)), "a cursor's rows")

    def files(self, connection):
        found = connection.execute(f"SELECT count(*), sum(i) FROM '{self.chaos.parquet}'").fetchone()
        self.expect(found, (ROWS, sum(range(ROWS))), "a file")

    def copy(self, connection):
        with connection.cursor() as cursor, cursor.copy("COPY (SELECT i FROM numbers ORDER BY i) TO STDOUT") as copy:
            rows = sum(bytes(block).count(b"\n") for block in copy)
        self.expect(rows, ROWS, "rows of a COPY")


class Chaos:
    def __init__(self, cluster, parquet):
        self.cluster, self.parquet, self.stopping, self.ledger = cluster, parquet, threading.Event(), Ledger()


FAULTS = ["kill", "stop", "cut", "hold", "drain"]


def fault(cluster, kind, number, rng):
    """One fault and its end."""
    pause = rng.uniform(0.2, 1.5)
    if kind == "kill":
        cluster.restart(number)
    elif kind == "stop":
        cluster.workers[number].process.send_signal(signal.SIGSTOP)
        time.sleep(pause)
        cluster.workers[number].process.send_signal(signal.SIGCONT)
    elif kind == "cut":
        cluster.gates[number].cut()
    elif kind == "hold":
        cluster.gates[number].hold(True)
        time.sleep(pause)
        cluster.gates[number].hold(False)
    elif kind == "drain":
        cluster.replace(number)


@pytest.mark.timeout(1500)
def test_nothing_is_wrong_short_or_stuck_while_everything_breaks(start_cluster, tmp_path, duck, rng, full):
    parquet = tmp_path / "numbers.parquet"
    duck.execute(f"COPY (SELECT i FROM range({ROWS}) t(i)) TO '{parquet}'")
    cluster = start_cluster(workers=3, gateways=2, gated=True)
    with cluster.connect() as connection:
        connection.execute(f"CREATE TABLE numbers AS SELECT i FROM range({ROWS}) t(i)")
        connection.execute("CREATE TABLE written (i bigint)")
    chaos = Chaos(cluster, parquet)
    clients = [Client(chaos, number, type(rng)(rng.random())) for number in range(FULL_SESSIONS if full else SESSIONS)]
    ends, faults = time.monotonic() + (600 if full else 45), []
    while time.monotonic() < ends:
        kind, number = rng.choice(FAULTS), rng.randrange(3)
        faults.append((kind, number))
        fault(cluster, kind, number, rng)
        time.sleep(rng.uniform(0.1, 1.0))
    calm = time.monotonic()
    before = [client.done for client in clients]
    wait_until(lambda: any(client.done > then for client, then in zip(clients, before)), 15, "the service to be back")
    back = time.monotonic() - calm
    wait_until(lambda: all(client.done > then for client, then in zip(clients, before)), 60, "every client to go on")
    chaos.stopping.set()
    for client in clients:
        client.thread.join(90)
        assert not client.thread.is_alive(), "a client hangs"
    print(f"{len(faults)} faults, {sum(client.done for client in clients)} pieces of work, {sum(client.errors for client in clients)} errors told, "
          f"back after {back:.1f} s, the slowest took {max(client.slowest for client in clients):.1f} s")
    assert [wrong for client in clients for wrong in client.wrong] == []
    assert max(client.slowest for client in clients) < 60
    with cluster.connect() as connection:
        there = connection.execute("SELECT i, count(*) FROM written GROUP BY i").fetchall()
    assert all(count == 1 for _, count in there), "a write ran twice"
    numbers = {number for number, _ in there}
    assert chaos.ledger.acknowledged <= numbers, "an acknowledged write is gone"
    assert numbers <= chaos.ledger.acknowledged | chaos.ledger.unknown, "a refused write is there"
    wait_until(lambda: all(worker.metric("tavana_worker_sessions") == 0 for worker in cluster.workers), 60, "every session to end")
    for gateway in cluster.gateways:
        for left in ("tavana_admission_running", "tavana_connections"):
            wait_until(lambda: gateway.metric(left) == 0, 10, f"{left} to be 0")
