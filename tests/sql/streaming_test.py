"""A result of any size streams: the server's memory does not grow with it, however slow the reader is."""

import socket
import struct

import pytest

import wire

MEGABYTE = 1 << 20
BOUND = 64 * MEGABYTE


@pytest.fixture
def fresh(start_server):
    """A server whose memory is its own, warmed up so that pools are not counted as growth."""
    server = start_server()
    with server.psycopg() as connection:
        assert len(connection.execute("SELECT * FROM range(300000)").fetchall()) == 300000
    return server


def drain_rows(client, sample, every):
    """Counts DataRows to ReadyForQuery without keeping them; calls `sample` each `every` bytes."""
    rows, total, next_sample, pending, skip = 0, 0, every, b"", 0
    while True:
        chunk = client.socket.recv(1 << 18)
        assert chunk, "the server closed the connection"
        total += len(chunk)
        data, position = pending + chunk, skip
        while position + 5 <= len(data):
            kind, size = data[position], struct.unpack_from("!i", data, position + 1)[0]
            if kind == ord("D"):
                rows += 1
            elif kind == ord("Z"):
                return rows
            else:
                assert kind != ord("E"), data[position:position + size + 1]
            position += 1 + size
        pending, skip = (data[position:], 0) if position <= len(data) else (b"", position - len(data))
        if total >= next_sample:
            sample()
            next_sample += every


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_a_huge_result_read_row_by_row_keeps_memory_flat(fresh, full, protocol):
    count = 100_000_000 if full else 5_000_000
    sql = f"SELECT * FROM range({count})"
    before, samples = fresh.resident_bytes(), []
    with wire.connect(fresh) as client:
        if protocol == "simple":
            client.send(wire.query(sql))
        else:
            client.send(wire.parse(sql), wire.bind(result_formats=[1]), wire.execute(), wire.SYNC)
        rows = drain_rows(client, lambda: samples.append(fresh.resident_bytes()), 8 * MEGABYTE)
    assert rows == count
    print(f"growth {(max(samples) - before) / MEGABYTE:.1f} MiB")
    assert max(samples) - before < BOUND


def test_psycopg_streams_every_row_in_order_with_flat_memory(fresh, full):
    count = 5_000_000 if full else 500_000
    before, most = fresh.resident_bytes(), 0
    with fresh.psycopg() as connection:
        for number, row in enumerate(connection.cursor().stream(f"SELECT * FROM range({count})")):
            assert row[0] == number
            if number % 100_000 == 0:
                most = max(most, fresh.resident_bytes())
    assert number == count - 1
    assert most - before < BOUND


@pytest.mark.parametrize("sql", ["SELECT * FROM range(100000000)", "SELECT i, repeat('x', 1000) FROM range(10000000) t(i)"],
                         ids=["narrow rows", "wide rows"])
def test_a_slow_reader_does_not_make_the_server_buffer(fresh, sql):
    before, most, taken = fresh.resident_bytes(), 0, 0
    client = wire.connect(fresh, receive_buffer=4096)
    client.send(wire.query(sql))
    while taken < 2 * MEGABYTE:
        taken += len(client.socket.recv(1024))
        if taken % (16 * 1024) < 1024:
            most = max(most, fresh.resident_bytes())
    client.socket.close()
    assert most - before < BOUND
    fresh.wait_idle()
    assert wire.serves(fresh)


def test_a_reader_that_never_reads_holds_bounded_memory_and_others_are_served(fresh):
    before = fresh.resident_bytes()
    stuck = [wire.connect(fresh, receive_buffer=4096) for _ in range(3)]
    for client in stuck:
        client.send(wire.query("SELECT i, repeat('x', 1000) FROM range(10000000) t(i)"))
        assert client.read().kind == "T"
    for _ in range(100):
        assert wire.serves(fresh)
    assert fresh.resident_bytes() - before < len(stuck) * BOUND
    for client in stuck:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
    fresh.wait_idle()


def test_an_error_late_in_a_result_comes_after_its_rows_and_not_as_success(server):
    with wire.connect(server) as client:
        answer = client.ask(wire.query("SELECT CASE WHEN i = 900000 THEN error('late') ELSE i END FROM range(1000000) t(i)"))
        assert "C" not in wire.kinds(answer)
        assert "late" in wire.only(answer, "E").fields["M"]
        assert client.rows("SELECT 1") == [[b"1"]]


def test_a_very_long_value_arrives_whole(server):
    with server.psycopg() as connection:
        value = connection.execute("SELECT repeat('0123456789', 3000000)").fetchone()[0]
    assert value == "0123456789" * 3_000_000
