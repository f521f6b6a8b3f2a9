"""Workers that die, hang and come back: never a short result, never a hang, never a write twice."""

import signal
import time

import psycopg
import pytest

from clusters import ENDLESS, Background, running
from harness import wait_until


def test_a_query_whose_worker_is_killed_before_a_row_simply_succeeds(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE numbers AS SELECT i FROM range(20000) t(i)")
        query = Background(connection, "SELECT count(*), sum(a.i) FROM numbers a, numbers b WHERE (a.i * b.i) % 7 = 3")
        wait_until(lambda: running(cluster), 10, "the query to run")
        cluster.restart(0)
        done = query.join()
    assert done.error is None
    with cluster.connect() as connection:
        assert connection.execute("SELECT count(*), sum(a.i) FROM numbers a, numbers b WHERE (a.i * b.i) % 7 = 3").fetchall() == done.rows


def test_a_result_whose_worker_is_killed_in_the_middle_ends_in_an_error(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        seen = 0
        with pytest.raises(psycopg.errors.AdminShutdown) as raised, connection.cursor() as cursor:
            for (number,) in cursor.stream("SELECT i FROM range(100000000) t(i)"):
                assert number == seen
                seen += 1
                if seen == 100_000:
                    cluster.workers[0].kill()
        assert 100_000 <= seen < 100_000_000
        assert "worker-0" in raised.value.diag.message_detail
        cluster.restart(0)
        assert connection.execute("SELECT 42").fetchone() == (42,)


def test_a_write_whose_worker_is_killed_is_not_run_again(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE written (i bigint)")
        write = Background(connection, f"INSERT INTO written {ENDLESS}")
        wait_until(lambda: running(cluster), 10, "the write to run")
        cluster.restart(0)
        assert isinstance(write.join().error, psycopg.errors.AdminShutdown)
        assert connection.execute("SELECT count(*) FROM written").fetchone() == (0,)


def test_a_transaction_dies_with_its_worker_and_the_session_goes_on(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept (i int)")
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO kept VALUES (1)")
        cluster.restart(0)
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("SELECT count(*) FROM kept")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert connection.execute("SELECT '2024-07-01 12:00:00+00'::timestamptz::text").fetchone() == ("2024-07-01 08:00:00-04",)


def test_prepared_statements_and_settings_survive_a_restart(start_cluster):
    cluster = start_cluster()
    with cluster.connect(prepare_threshold=0) as connection:
        connection.execute("SET tavana.dialect = postgres")
        for _ in range(3):
            assert connection.execute("SELECT %s::int / 2", [7]).fetchone() == (3,)
        cluster.restart(0)
        assert connection.execute("SELECT %s::int / 2", [7]).fetchone() == (3,)


def test_a_commit_whose_answer_is_lost_has_an_unknown_outcome(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT i, md5(i::text) AS s FROM range(2000000) t(i)")
        connection.execute("BEGIN")
        connection.execute("UPDATE kept SET s = s || s")  # so that the COMMIT takes a while
        commit = Background(connection, "COMMIT")
        wait_until(lambda: running(cluster), 10, "the COMMIT to run")
        cluster.restart(0)
        commit.join()
        assert commit.error.sqlstate == "08007"
        whole = connection.execute("SELECT count(*) FROM kept WHERE length(s) = 64").fetchone()[0]
        assert whole in (0, 2_000_000)  # nobody knows which, but never a part


def test_a_worker_that_hangs_is_given_up_and_the_client_is_told(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept (i int)")
        cluster.workers[0].process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("INSERT INTO kept VALUES (1)")
        assert time.monotonic() - began < 30
        cluster.workers[0].process.send_signal(signal.SIGCONT)
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("told", ["gateway", "worker"])
@pytest.mark.parametrize("number", [0, 1])  # results and control have a connection each
def test_a_connection_that_is_half_open_is_given_up_by_the_side_that_was_not_told(start_cluster, number, told):
    cluster = start_cluster(workers=1, gated=True)
    with cluster.connect() as connection:
        endless = Background(connection, ENDLESS)
        wait_until(lambda: running(cluster), 10, "the statement to run")
        wait_until(lambda: cluster.gates[0].connections() == 2, 10, "both connections")
        cluster.gates[0].half_open(told, 1 << number)
        again = wait_until(lambda: one(cluster), 30, "a new session")
        assert again == (1,)
        connection.cancel()
        assert endless.join().error.sqlstate in ("57P01", "57014")
    wait_until(lambda: cluster.workers[0].metric("tavana_worker_sessions") == 0, 30, "every session to end")


def one(cluster):
    try:
        with cluster.connect() as connection:
            return connection.execute("SELECT 1").fetchone()
    except psycopg.OperationalError:
        return None


def test_what_a_session_had_of_its_own_is_said_to_be_lost(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("CREATE TEMPORARY TABLE mine (i int)")
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)
        cluster.restart(0)
        with pytest.raises(psycopg.errors.AdminShutdown, match="lost"):
            connection.execute("SELECT count(*) FROM mine")
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_tables_that_were_in_memory_are_said_to_be_gone(start_cluster):
    cluster = start_cluster(durable=False)
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept (i int)")
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        cluster.restart(0)
        with pytest.raises(psycopg.errors.AdminShutdown, match="in memory"):
            connection.execute("SELECT count(*) FROM kept")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT count(*) FROM kept")


def test_files_are_read_by_the_worker_that_has_less_to_do_and_by_another_when_it_dies(start_cluster, tmp_path, duck):
    path = tmp_path / "numbers.parquet"
    duck.execute(f"COPY (SELECT i FROM range(3000000) t(i)) TO '{path}'")
    cluster = start_cluster()
    sql = f"SELECT count(*), sum(i) FROM '{path}'"
    with cluster.connect() as busy, cluster.connect() as connection:
        endless = Background(busy, ENDLESS)
        wait_until(lambda: running(cluster), 10, "the home to be busy")
        assert connection.execute(sql).fetchone() == (3_000_000, 4_499_998_500_000)
        slow = f"SELECT count(*) FROM '{path}' a, '{path}' b WHERE (a.i * b.i) % 1000003 = 1 AND a.i < 500"
        query = Background(connection, slow)
        wait_until(lambda: running(cluster) == 2, 10, "the query to run")
        cluster.workers[1].kill()
        busy.cancel()
        assert isinstance(endless.join().error, psycopg.errors.QueryCanceled)
        assert query.join(120).error is None


def test_without_its_workers_a_gateway_says_so(start_cluster):
    cluster = start_cluster()
    cluster.workers[0].kill()
    status = wait_until(lambda: (lambda answer: answer if answer[0] == 503 else None)(cluster.gateway.http("/ready")), 20, "not ready")
    assert "out of reach" in status[1]
    cluster.restart(0)
    wait_until(lambda: cluster.gateway.http("/ready")[0] == 200, 20, "ready again")


def test_a_worker_ends_by_itself_what_a_stopped_gateway_would_have_ended(start_cluster):
    cluster = start_cluster()
    with cluster.connect() as connection:
        connection.execute("SET statement_timeout = '6s'")  # before the lease is over, after the gateway has stopped
        query = Background(connection, ENDLESS)
        wait_until(lambda: running(cluster), 5, "the query to run")
        cluster.gateway.process.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: "a limit of its session is over" in cluster.workers[0].stderr(), 30, "the worker to end it")
        finally:
            cluster.gateway.process.send_signal(signal.SIGCONT)
        # The gateway may find first that it has not heard of its worker, either.
        assert isinstance(query.join().error, (psycopg.errors.QueryCanceled, psycopg.errors.AdminShutdown))


def test_a_session_that_cannot_be_opened_within_the_startup_timeout_is_refused(start_cluster):
    cluster = start_cluster(gateway_options=("--startup-timeout-seconds", 1))
    cluster.workers[0].process.send_signal(signal.SIGSTOP)
    with pytest.raises(psycopg.OperationalError, match="within the startup timeout"):
        cluster.connect()
