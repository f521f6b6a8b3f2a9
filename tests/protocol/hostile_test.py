"""Bad input of every kind: the right error or a clean close, the next client is served, memory stays flat."""

import pathlib
import resource
import socket
import struct

import pytest

import wire
from harness import wait_until
from wire import Closed, SYNC, bind, execute, message, parse, query

MEGABYTE = 1 << 20


@pytest.fixture
def fresh(start_server):
    """A server of its own: its memory and connections are counted."""
    server = start_server()
    assert wire.serves(server)
    return server


def answer_of(client):
    """What comes until the server closes; a reset counts as a close."""
    messages = client.everything()
    assert all(m.kind in "ENRSKZ" for m in messages), messages
    return messages


FIRST_PACKETS = {
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(193),
    "length 0": struct.pack("!ii", 0, wire.PROTOCOL_3),
    "length 3": struct.pack("!ii", 3, wire.PROTOCOL_3),
    "length 7": struct.pack("!ii", 7, wire.PROTOCOL_3),
    "a negative length": struct.pack("!ii", -1, wire.PROTOCOL_3),
    "the largest length": struct.pack("!ii", 2**31 - 1, wire.PROTOCOL_3),
    "no terminator": struct.pack("!ii", 8 + 11, wire.PROTOCOL_3) + b"user\0tavana",
    "a name without a value": struct.pack("!ii", 8 + 6, wire.PROTOCOL_3) + b"user\0\0",
    "nothing but zero bytes": bytes(64),
    "a short cancel request": struct.pack("!iii", 12, wire.CANCEL_REQUEST, 1),
}


@pytest.mark.parametrize("name", FIRST_PACKETS)
def test_a_bad_first_packet_is_refused_and_the_next_client_served(server, name):
    with wire.Client(server.port) as client:
        client.send(FIRST_PACKETS[name])
        messages = answer_of(client)
        assert all(m.kind == "E" and m.fields["S"] == "FATAL" for m in messages)
    assert wire.serves(server)


@pytest.mark.parametrize("length", [0, 3, -1, -2**31, 2**31 - 1])
def test_a_message_of_an_impossible_length_ends_the_session(server, length):
    with wire.connect(server) as client:
        client.send(b"Q" + struct.pack("!i", length) + b"SELECT 1\0")
        (error,) = answer_of(client)
        assert (error.sqlstate, error.fields["S"]) == ("08P01", "FATAL")
    assert wire.serves(server)


@pytest.mark.parametrize("bad", [message("!", b"x"), message("\x00"), message("Q", b"SELECT 1"), message("P", b"x"), message("B", b"\0"),
                                 message("D", b"X\0"), message("E", b"\0"), message("C", b"?\0"), message("S", b"more"), message("p", b"secret\0"),
                                 message("B", b"\0\0" + struct.pack("!hh", 0, 1) + struct.pack("!i", 2**31 - 1)), message("P", b"\0SELECT 1\0" + struct.pack("!h", 32767))],
                         ids=["unknown type", "zero type", "no terminator", "short parse", "short bind", "describe of X", "short execute", "close of ?",
                              "sync with a body", "unasked password", "bind beyond its end", "parse beyond its end"])
def test_a_malformed_message_is_a_protocol_error(server, bad):
    with wire.connect(server) as client:
        client.send(bad, SYNC)
        first = client.until("E", "Z")[-1]
        assert first.kind == "E" and first.sqlstate in ("08P01", "26000"), first
    assert wire.serves(server)


def test_random_bytes_never_stop_the_server(fresh, rng, full):
    before = fresh.resident_bytes()
    for _ in range(3000 if full else 300):
        with wire.Client(fresh.port) as client:
            client.send(rng.randbytes(rng.randrange(1, 300)))
            client.socket.shutdown(socket.SHUT_WR)
            answer_of(client)
    assert wire.serves(fresh)
    assert fresh.resident_bytes() - before < 32 * MEGABYTE


def test_random_messages_in_a_session_never_stop_the_server(fresh, rng, full):
    before = fresh.resident_bytes()
    for _ in range(1000 if full else 150):
        with wire.connect(fresh) as client:
            for _ in range(rng.randrange(1, 10)):
                kind = rng.choice("QPBDECSHFdcfp") if rng.random() < 0.9 else chr(rng.randrange(1, 127))
                client.send(message(kind, rng.randbytes(rng.randrange(0, 60))))
            client.socket.shutdown(socket.SHUT_WR)
            client.everything()
    assert wire.serves(fresh)
    assert fresh.resident_bytes() - before < 64 * MEGABYTE


def test_mutated_conversations_never_stop_the_server(fresh, rng, full):
    conversation = parse("SELECT $1::INTEGER, $2::VARCHAR", "s", [23, 25]) + bind([b"1", b"x"], "s") + execute() + SYNC + query("SELECT 1")
    for _ in range(1000 if full else 150):
        mutated = bytearray(conversation)
        for _ in range(rng.randrange(1, 6)):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        with wire.connect(fresh) as client:
            client.send(bytes(mutated))
            client.socket.shutdown(socket.SHUT_WR)
            client.everything()
    assert wire.serves(fresh)


def test_a_statement_of_fifty_megabytes_is_answered(server):
    sql = "SELECT length('" + "x" * (50 * MEGABYTE) + "') AS n"
    with wire.connect(server) as client:
        answer = client.ask(query(sql))
        rows = [m.values for m in answer if m.kind == "D"]
        errors = [m.sqlstate for m in answer if m.kind == "E"]
        assert rows == [[str(50 * MEGABYTE).encode()]] or errors in (["54000"], ["08P01"]), errors
    assert wire.serves(server)


def test_memory_is_not_taken_for_a_length_before_its_bytes_are_there(fresh):
    before = fresh.resident_bytes()
    clients = [wire.connect(fresh) for _ in range(50)]
    for client in clients:
        client.send(b"Q" + struct.pack("!i", 60 * MEGABYTE) + b"SELECT 1")
    assert wire.serves(fresh)
    assert fresh.resident_bytes() - before < 100 * MEGABYTE
    for client in clients:
        client.socket.close()
    assert wire.serves(fresh)


@pytest.mark.parametrize("cut", [b"Q", b"Q\0\0", query("SELECT 1")[:-3], parse("SELECT 1")[:7]], ids=["type", "length", "body", "parse"])
def test_a_client_gone_in_the_middle_of_a_message_leaves_nothing_behind(fresh, cut):
    client = wire.connect(fresh)
    client.send(cut)
    client.socket.close()
    wait_until(lambda: fresh.metric("tavana_connections") == 0, 10, "no connection")
    assert wire.serves(fresh)


def test_connections_above_the_limit_are_refused_and_those_below_work(start_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    server = start_server("--max-connections", 500)
    clients, accepted, refused = [], [], []
    try:
        for _ in range(2000):
            client = wire.Client(server.port)
            clients.append(client)
            client.send(wire.startup({"user": "tavana"}))
        for client in clients:
            last = client.until("Z", "E")[-1]
            (accepted if last.kind == "Z" else refused).append((client, last))
        assert (len(accepted), len(refused)) == (500, 1500)
        assert {error.sqlstate for _, error in refused} == {"53300"}
        for client, _ in accepted:
            client.send(query("SELECT 1"))
        for client, _ in accepted:
            assert wire.kinds(client.ready()) == "TDCZ"
    finally:
        for client in clients:
            client.socket.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    wait_until(lambda: server.metric("tavana_connections") == 0, 30, "no connection")
    assert wire.serves(server)


def test_sixty_four_connections_are_served_without_a_thread_each(start_server):
    server = start_server("--threads", 2)

    def threads():
        return len(list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()))

    with wire.connect(server):
        before = threads()
        clients = [wire.connect(server) for _ in range(64)]
        for client in clients:
            client.send(query("SELECT count(*) FROM range(100000)"))
        for client in clients:
            assert wire.kinds(client.ready()) == "TDCZ"
        assert threads() == before
        for client in clients:
            client.socket.close()


def test_a_client_that_never_starts_is_dropped_and_holds_no_place(start_server):
    server = start_server("--startup-timeout-seconds", 1, "--max-connections", 5)
    silent = [wire.Client(server.port) for _ in range(20)]
    assert wire.serves(server)
    for client in silent:
        assert wire.kinds(client.everything()) in ("", "E")
    assert wire.serves(server)


@pytest.mark.resident_memory
def test_many_connections_come_and_go_with_flat_memory(fresh, full):
    for _ in range(300):
        assert wire.serves(fresh)
    before = fresh.resident_bytes()
    for _ in range(5000 if full else 700):
        assert wire.serves(fresh)
    assert fresh.resident_bytes() - before < 16 * MEGABYTE


@pytest.mark.resident_memory
def test_statements_without_end_in_one_session_keep_memory_flat(fresh):
    with wire.connect(fresh) as client:
        for number in range(3000):
            client.send(parse(f"SELECT {number}"), bind(), execute(), SYNC)
            client.ready()
            if number == 500:
                before = fresh.resident_bytes()
    assert fresh.resident_bytes() - before < 32 * MEGABYTE


def test_named_statements_are_bounded_by_an_error_and_not_by_memory(fresh):
    with wire.connect(fresh) as client:
        try:
            for number in range(11_000):
                client.send(parse("SELECT 1", f"s{number}"), SYNC)
                errors = [m.sqlstate for m in client.ready() if m.kind == "E"]
                if errors:
                    assert errors == ["54000"] or errors == ["53400"]
                    break
            else:
                raise AssertionError("11,000 prepared statements were taken")
        except Closed:
            raise AssertionError("the session was closed") from None
        assert client.rows("SELECT 1") == [[b"1"]]
