import threading
import time

import pytest

from servers import wait_for
from wire import Wire, errors, kinds, query, rows

LONG = {
    "join": "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1",
    "sort": "SELECT * FROM (SELECT hash(range) h FROM range(200000000) ORDER BY h) LIMIT 1 OFFSET 100000000",
    "aggregation": "SELECT count(DISTINCT hash(range)) FROM range(1000000000)",
    "scan": "SELECT sum(sin(range)) FROM range(100000000000)",
}


def running(server):
    return server.metric("tavana_admission_running")


@pytest.mark.parametrize("name", LONG)
def test_a_cancel_request_stops_the_statement_and_not_the_next(server, name):
    with Wire(server.port) as client:
        client.send(query(LONG[name]))
        wait_for(lambda: running(server) == 1, "the statement to run")
        began = time.monotonic()
        client.cancel()
        messages = client.until_ready()
        print(f"answered in {(time.monotonic() - began) * 1000:.0f} ms")
        assert errors(messages)[0]["C"] == "57014" and messages[-1].body == b"I"
        assert rows(client.ask(query("SELECT 1"))) == [[b"1"]]


def test_a_cancel_with_nothing_running_does_nothing(server):
    with Wire(server.port) as client:
        client.cancel()
        assert kinds(client.ask(query("SELECT 1"))) == "TDCZ"


def test_a_cancel_with_a_wrong_secret_does_nothing(server):
    with Wire(server.port) as client:
        client.key = client.key[0], bytes(byte ^ 1 for byte in client.key[1])
        client.send(query("SELECT count(*) FROM range(300000000)"))
        client.cancel()
        assert kinds(client.until_ready()) == "TDCZ"


def test_a_closed_socket_stops_the_statement(server):
    with Wire(server.port) as client:
        client.send(query(LONG["scan"]))
        wait_for(lambda: running(server) == 1, "the statement to run")
    wait_for(lambda: running(server) == 0, "the statement to stop")


def test_a_cancel_in_a_block_fails_the_block(server):
    with Wire(server.port) as client:
        client.ask(query("BEGIN"))
        client.send(query(LONG["scan"]))
        wait_for(lambda: running(server) == 1, "the statement to run")
        client.cancel()
        assert client.until_ready()[-1].body == b"E"
        assert client.ask(query("ROLLBACK"))[-1].body == b"I"


def test_statement_timeout_ends_a_statement(server):
    with Wire(server.port) as client:
        client.ask(query("SET statement_timeout = '50ms'"))
        assert errors(client.ask(query(LONG["scan"])))[0]["C"] == "57014"
        client.ask(query("SET statement_timeout = 0"))
        assert kinds(client.ask(query("SELECT 1"))) == "TDCZ"


@pytest.mark.parametrize("setting, before, code", [("idle_session_timeout", "SELECT 1", "57P05"),
                                                   ("idle_in_transaction_session_timeout", "BEGIN", "25P03")])
def test_idle_timeouts_end_the_connection(server, setting, before, code):
    with Wire(server.port) as client:
        client.ask(query(f"SET {setting} = '30ms'"))
        client.send(query(before))
        messages = client.until_ready() + client.until_ready()
        assert errors(messages)[0]["C"] == code and client.receive() is None


def test_a_statement_that_can_not_be_interrupted_still_answers_its_client(server, full):
    numbers = 30_000_000 if full else 4_000_000
    with Wire(server.port) as client:
        client.ask(query(f"CREATE TEMP TABLE l AS SELECT list(hash(range)) AS l FROM range({numbers})"))
        client.send(query("SELECT length(list_sort(l)) FROM l"))
        wait_for(lambda: running(server) == 1, "the statement to run")
        began = time.monotonic()
        client.cancel()
        messages = client.until_ready()
        print(f"answered in {(time.monotonic() - began) * 1000:.0f} ms")
        # Either the cancel came in time, or the statement was quicker than it.
        assert kinds(messages) == "TDCZ" or errors(messages)[0]["C"] == "57014"
        assert rows(client.ask(query("SELECT 1"))) == [[b"1"]]
    wait_for(lambda: running(server) == 0, "the statement to end")


def test_waiting_statements_are_admitted_in_turn_and_the_queue_is_bounded(start_server):
    server = start_server("--threads", "1", env={"TAVANA_ADMISSION_QUEUE": "1"})
    clients = [Wire(server.port) for _ in range(3)]  # two slots, one may wait
    for client in clients[:2]:
        client.send(query(LONG["scan"]))
    wait_for(lambda: running(server) == 2, "both slots to be taken")
    clients[2].send(query("SELECT 1"))
    wait_for(lambda: server.metric("tavana_admission_waiting") == 1, "the third to wait")
    with Wire(server.port) as fourth:
        assert errors(fourth.ask(query("SELECT 1")))[0]["C"] == "53300"
        assert kinds(fourth.ask(query("BEGIN"))) == "CZ"  # replies of the protocol never wait
    clients[0].cancel()
    assert rows(clients[2].until_ready()) == [[b"1"]]
    clients[1].cancel()
    for client in clients:
        client.socket.close()
