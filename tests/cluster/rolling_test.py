"""Workers and gateways are replaced one after another while clients go on."""

import threading

import psycopg
import pytest

from harness import wait_until


class Readers:
    """Clients that read until they are told to stop. One that loses its connection makes another."""

    def __init__(self, cluster, count):
        self.cluster, self.stopping, self.failed, self.done, self.reconnects = cluster, threading.Event(), [], [0] * count, 0
        self.threads = [threading.Thread(target=self.read, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def read(self, number):
        connection = None
        while not self.stopping.is_set():
            try:
                connection = connection or self.cluster.connect(number % len(self.cluster.gateways))
                assert connection.execute("SELECT count(*), sum(i) FROM numbers").fetchone() == (100_000, 4_999_950_000)
                self.done[number] += 1
            except psycopg.OperationalError as error:
                if connection is not None and not connection.closed:
                    self.failed.append(error)  # a statement that nothing but a retry was wrong with
                connection = None
                self.reconnects += 1
            except BaseException as error:
                self.failed.append(error)
                return

    def wait_for_more(self):
        before = list(self.done)

        def all_went_on():
            assert all(thread.is_alive() for thread in self.threads), self.failed
            return all(now > then for now, then in zip(self.done, before))

        wait_until(all_went_on, 60, "every reader to go on")

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a reader hangs"


@pytest.fixture
def rolling(start_cluster):
    cluster = start_cluster(gateways=2)
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE numbers AS SELECT i FROM range(100000) t(i)")
    readers = Readers(cluster, 8)
    readers.wait_for_more()
    yield cluster, readers
    readers.stop()


def test_no_statement_fails_while_the_workers_are_replaced(rolling):
    cluster, readers = rolling
    for number in (0, 1, 0):
        cluster.replace(number)
        readers.wait_for_more()
    readers.stop()
    assert readers.failed == [] and readers.reconnects == 0


def test_no_statement_fails_while_the_gateways_are_replaced(rolling):
    cluster, readers = rolling
    for number in (0, 1):
        cluster.replace_gateway(number)
        readers.wait_for_more()
    readers.stop()
    assert readers.failed == [] and readers.reconnects > 0


def test_a_prepared_write_on_an_idle_connection_does_not_notice_that_its_worker_was_replaced(start_cluster):
    cluster = start_cluster()
    with cluster.connect(prepare_threshold=0) as connection:
        connection.execute("CREATE TABLE written (i int)")
        for number in range(3):
            connection.execute("INSERT INTO written VALUES (%s)", [number])
            cluster.replace(0)
        connection.execute("INSERT INTO written VALUES (%s)", [3])
        assert connection.execute("SELECT count(*), count(DISTINCT i) FROM written").fetchone() == (4, 4)


def test_a_session_with_a_temporary_table_has_until_the_end_of_the_grace(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TEMPORARY TABLE mine AS SELECT 1 AS i")
        connection.execute("BEGIN")
        cluster.workers[0].terminate()
        assert connection.execute("SELECT i FROM mine").fetchone() == (1,)  # the transaction holds the worker
        connection.execute("COMMIT")
        assert cluster.workers[0].process.wait(30) == 0
        cluster.restart(0)
        with pytest.raises(psycopg.errors.AdminShutdown, match="lost"):
            connection.execute("SELECT i FROM mine")
