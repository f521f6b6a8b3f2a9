"""A statement stops when it is told to: by CancelRequest, by a closed socket, by a timeout. The next one is not touched.

The promise is 100 ms; timings are printed and recorded, and only a generous bound decides.
"""

import socket
import struct
import time

import pytest

import wire
from harness import wait_until
from wire import SYNC, bind, execute, only, parse, query

BOUND_SECONDS = 2
LONG = {
    "join": "SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1",
    "sort": "SELECT * FROM range(200000000) t(i) ORDER BY hash(i) LIMIT 1 OFFSET 100000000",
    "aggregation": "SELECT count(DISTINCT hash(i)) FROM range(1000000000) t(i)",
    "scan": "SELECT sum(sqrt(i)) FROM range(100000000000) t(i)",
    "window": "SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY hash(i)) AS r FROM range(300000000) t(i))",
    "recursion": "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r",
}
STUBBORN = {"list_sort": "SELECT list_sort(list(hash(i)))[1] FROM range(30000000) t(i)"}


def pytest_generate_tests(metafunc):
    if "long" in metafunc.fixturenames:
        names = [*LONG, *(STUBBORN if metafunc.config.getoption("--full") else ())]
        metafunc.parametrize("long", [({**LONG, **STUBBORN})[name] for name in names], ids=names)


def running(server, count=1):
    wait_until(lambda: server.metric("tavana_admission_running") >= count, 10, "a running statement")


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_a_cancel_request_stops_a_statement_and_not_the_next(server, record_property, long, protocol):
    server.wait_idle()
    with wire.connect(server) as client:
        client.send(query(long) if protocol == "simple" else parse(long) + bind() + execute() + SYNC)
        running(server)
        began = time.monotonic()
        wire.cancel(server, client.key)
        answer = client.ready()
        took = time.monotonic() - began
        record_property("cancel_seconds", took)
        print(f"answered {took * 1000:.1f} ms after the cancel")
        assert only(answer, "E").sqlstate == "57014"
        assert took < BOUND_SECONDS
        assert client.rows("SELECT 1") == [[b"1"]]
    server.wait_idle(120)


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_closed_socket_stops_its_statement(server, long, way):
    server.wait_idle()
    client = wire.connect(server)
    client.send(query(long))
    running(server)
    if way == "reset":
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()
    server.wait_idle(120)
    assert wire.serves(server)


def test_a_cancel_stops_a_result_that_is_being_read(server):
    with wire.connect(server) as client:
        client.send(query("SELECT * FROM range(10000000000)"))
        assert client.read().kind == "T"
        wire.cancel(server, client.key)
        last = client.until("E", "C")[-1]
        assert last.kind == "E" and last.sqlstate == "57014"
        assert client.ready()[-1].body == b"I"
        assert client.rows("SELECT 1") == [[b"1"]]


def test_a_cancel_between_statements_cancels_nothing(server):
    with wire.connect(server) as client:
        for number in range(50):
            wire.cancel(server, client.key)
            assert client.rows(f"SELECT {number}") == [[str(number).encode()]]


def test_cancels_raced_with_short_statements_hit_them_or_nothing(server, rng):
    with wire.connect(server) as client:
        for _ in range(100):
            client.send(query(f"SELECT count(*) FROM range({rng.randrange(1, 3_000_000)}) t(i) WHERE hash(i) = 0"))
            wire.cancel(server, client.key)
            errors = [m.sqlstate for m in client.ready() if m.kind == "E"]
            assert errors in ([], ["57014"])
        assert client.rows("SELECT 1") == [[b"1"]]


def test_a_cancel_in_a_transaction_fails_it(server):
    with wire.connect(server) as client:
        client.ask(query("BEGIN"))
        client.send(query(LONG["join"]))
        running(server)
        wire.cancel(server, client.key)
        answer = client.ready()
        assert (only(answer, "E").sqlstate, answer[-1].body) == ("57014", b"E")
        assert only(client.ask(query("ROLLBACK")), "C").tag == "ROLLBACK"


def test_pg_cancel_backend_cancels_and_pg_terminate_backend_ends_another_session(server):
    with wire.connect(server) as victim, server.psycopg() as other:
        pid = victim.key[0]
        victim.send(query(LONG["join"]))
        running(server)
        assert other.execute(f"SELECT pg_cancel_backend({pid})").fetchone() == (True,)
        assert only(victim.ready(), "E").sqlstate == "57014"
        assert victim.rows("SELECT 1") == [[b"1"]]
        assert other.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone() == (True,)
        assert [(m.sqlstate, m.fields["S"]) for m in victim.everything()] == [("57P01", "FATAL")]
        wait_until(lambda: other.execute(f"SELECT pg_terminate_backend({pid})").fetchone() == (False,), 10, "the session gone")


def test_a_cancel_reaches_a_statement_that_waits_for_a_slot(start_server):
    server = start_server("--statement-slots", 1)
    with wire.connect(server) as first, wire.connect(server) as second:
        first.send(query(LONG["join"]))
        running(server)
        second.send(query("SELECT 1"))
        wait_until(lambda: server.metric("tavana_admission_waiting") == 1, 10, "a waiting statement")
        wire.cancel(server, second.key)
        assert only(second.ready(), "E").sqlstate == "57014"
        wire.cancel(server, first.key)
        assert only(first.ready(), "E").sqlstate == "57014"
        assert second.rows("SELECT 2") == [[b"2"]]


def test_more_statements_than_the_queue_holds_are_refused(start_server):
    server = start_server("--statement-slots", 1, "--admission-queue", 1)
    with wire.connect(server) as first, wire.connect(server) as second, wire.connect(server) as third:
        first.send(query(LONG["join"]))
        running(server)
        second.send(query("SELECT 1"))
        wait_until(lambda: server.metric("tavana_admission_waiting") == 1, 10, "a waiting statement")
        assert only(third.ask(query("SELECT 1")), "E").sqlstate in ("53000", "53300")
        wire.cancel(server, first.key)
        first.ready()
        assert wire.kinds(second.ready()) == "TDCZ"
        assert third.rows("SELECT 3") == [[b"3"]]


@pytest.mark.parametrize("how", ["SET", "startup", "option"])
def test_statement_timeout_stops_a_statement(server, start_server, how):
    target = start_server("--statement-timeout-ms", 200) if how == "option" else server
    parameters = {"options": "-c statement_timeout=200"} if how == "startup" else {}
    with wire.connect(target, **parameters) as client:
        if how == "SET":
            client.rows("SET statement_timeout = '200ms'")
        began = time.monotonic()
        error = only(client.ask(query(LONG["join"])), "E")
        assert error.sqlstate == "57014" and "timeout" in error.fields["M"]
        assert 0.15 < time.monotonic() - began < 0.2 + BOUND_SECONDS
        assert client.rows("SELECT 1") == [[b"1"]]
        client.rows("SET statement_timeout = 0")
        assert client.rows("SHOW statement_timeout") == [[b"0"]]


def test_an_idle_transaction_is_ended_by_its_timeout(server):
    with wire.connect(server) as client:
        client.rows("SET idle_in_transaction_session_timeout = 200")
        client.ask(query("BEGIN"))
        (error,) = client.everything()
        assert (error.sqlstate, error.fields["S"]) == ("25P03", "FATAL")
    assert wire.serves(server)


def test_an_idle_session_is_ended_by_its_timeout_and_not_within_a_transaction(server):
    with wire.connect(server) as client:
        client.rows("SET idle_session_timeout = 300")
        (error,) = client.everything()
        assert (error.sqlstate, error.fields["S"]) == ("57P05", "FATAL")
