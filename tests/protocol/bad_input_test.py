import random
import socket
import struct

import pytest

import wire
from servers import wait_for
from wire import SYNC, Wire, bind, errors, kinds, parse, query, rows

MIB = 1 << 20


@pytest.fixture
def served(server):
    """After the test the next client is served, and memory is about where it was."""
    before = server.resident_bytes()
    yield server
    with Wire(server.port) as client:
        assert rows(client.ask(query("SELECT 42"))) == [[b"42"]]
    assert server.resident_bytes() < before + 200 * MIB


def closed_after(server, data):
    """What the server says to raw bytes, until it closes."""
    with Wire(server.port, start=False) as client:
        client.send(data)
        client.socket.shutdown(socket.SHUT_WR)
        said = b""
        try:
            while block := client.socket.recv(65536):
                said += block
        except ConnectionResetError:
            pass
        return said


@pytest.mark.parametrize("length", [0, 3, -1, -(2**31), 2**31 - 1, 7, 10005])
def test_a_startup_length_out_of_range_is_refused(served, length):
    said = closed_after(served, struct.pack(">i", length) + b"\0" * 16)
    assert said == b"" or b"08P01" in said


def test_an_http_request_is_refused(served):
    said = closed_after(served, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert said == b"" or b"08P01" in said


def test_a_startup_packet_without_terminator_is_refused(served):
    body = struct.pack(">i", 3 << 16) + b"user\0tavana"
    assert b"08P01" in closed_after(served, struct.pack(">i", len(body) + 4) + body)


def test_a_startup_without_user_is_refused(served):
    body = struct.pack(">i", 3 << 16) + b"\0"
    assert b"28000" in closed_after(served, struct.pack(">i", len(body) + 4) + body)


def test_random_bytes_end_in_a_clean_close(served):
    seed = 20261125
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(300):
        closed_after(served, chance.randbytes(chance.randrange(1, 200)))


def test_random_messages_after_the_startup_end_in_an_error_or_a_close(served):
    seed = 7
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(300):
        with Wire(served.port) as client:
            client.send(wire.frame(bytes([chance.choice(b"QPBDECHSdcfFp")]), chance.randbytes(chance.randrange(60))) + SYNC)
            client.socket.shutdown(socket.SHUT_WR)
            while client.receive() is not None:
                pass


@pytest.mark.parametrize("length", [0, 3, -1, 2**31 - 1])
def test_a_message_length_out_of_range_ends_the_connection(served, length):
    with Wire(served.port) as client:
        client.send(b"Q" + struct.pack(">i", length))
        messages = client.until_ready()
        assert errors(messages)[0]["C"] == "08P01" and client.receive() is None


def test_an_unknown_message_type_ends_the_connection(served):
    with Wire(served.port) as client:
        client.send(wire.frame(b"~", b"abc"))
        assert errors(client.until_ready())[0]["C"] == "08P01"


def test_a_bind_with_wrong_counts_is_refused_and_the_connection_goes_on(served):
    with Wire(served.port) as client:
        client.ask(parse("SELECT $1::integer", name="s"), SYNC)
        assert errors(client.ask(bind([b"1", b"2"], statement="s"), SYNC))[0]["C"] == "08P01"
        assert kinds(client.ask(query("SELECT 1"))) == "TDCZ"


def test_counts_beyond_the_message_allocate_nothing(served):
    with Wire(served.port) as client:
        client.send(wire.frame(b"B", b"\0\0" + struct.pack(">h", 0) + struct.pack(">h", 32767)) + SYNC)
        assert errors(client.until_ready())[0]["C"] == "08P01"


def test_invalid_utf8_is_named_and_the_connection_goes_on(served):
    with Wire(served.port) as client:
        assert errors(client.ask(wire.frame(b"Q", b"SELECT '\xff\xfe'\0")))[0]["C"] == "22021"
        assert kinds(client.ask(query("SELECT 1"))) == "TDCZ"


def test_a_statement_of_50_megabytes_is_answered(served):
    with Wire(served.port) as client:
        messages = client.ask(query("SELECT length('" + "x" * 50_000_000 + "')"))
        assert rows(messages) == [[b"50000000"]]


def test_a_client_gone_in_the_middle_of_a_message_leaves_nothing(served):
    for _ in range(50):
        with Wire(served.port) as client:
            client.send(b"Q" + struct.pack(">i", 1000) + b"SELECT")
    wait_for(lambda: served.metric("tavana_connections") == 0, "the connections to be gone")


def test_connections_beyond_the_limit_are_told_so(start_server):
    server = start_server("--max-connections", "500")
    sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(2000)]
    for one in sockets:
        one.sendall(wire.startup(user="tavana"))
    served, refused = 0, 0
    for one in sockets:
        kind = one.recv(1)
        if kind == b"R":
            served += 1
        else:
            assert kind == b"E" and b"53300" in one.recv(65536)
            refused += 1
    assert (served, refused) == (500, 1500)
    for one in sockets:
        one.close()
    wait_for(lambda: server.metric("tavana_connections") == 0, "the connections to be gone")
    with Wire(server.port) as client:
        assert rows(client.ask(query("SELECT 42"))) == [[b"42"]]
