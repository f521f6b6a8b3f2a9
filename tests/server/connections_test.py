"""Many connections: what an idle one costs, and that those that come and go leave nothing."""

import subprocess

import pytest

from harness import POSTGRES_PROGRAMS, wait_until

pytestmark = pytest.mark.resident_memory


def test_an_idle_connection_costs_less_than_a_hundred_kilobytes(start_server):
    server = start_server()
    opened = []

    def open_more(count):
        for _ in range(count):
            opened.append(server.psycopg())
            opened[-1].execute("SELECT count(*) FROM range(10)")

    try:
        open_more(50)  # the threads and buffers that all share
        before = server.resident_bytes()
        open_more(440)
        assert (server.resident_bytes() - before) / 440 < 100 * 1024
    finally:
        for connection in opened:
            connection.close()


@pytest.mark.timeout(1200)  # a slow machine is no failure
def test_connections_that_come_and_go_leave_nothing(start_server, tmp_path, full):
    server = start_server()
    script = tmp_path / "one.sql"
    script.write_text("SELECT 1;\n")

    def come_and_go(each):
        command = [POSTGRES_PROGRAMS / "pgbench", "-h", "127.0.0.1", "-p", server.port, "-U", "tavana", "-n", "-C", "-c", 4, "-j", 2,
                   "-t", each, "-f", script, "tavana"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0 and "failed transactions: 0 " in done.stdout, done.stdout + done.stderr

    come_and_go(1000)
    before = server.resident_bytes()
    come_and_go(25_000 if full else 1000)
    assert server.resident_bytes() - before < 16 << 20
    with server.psycopg() as connection:
        sessions = "SELECT count(*) FROM pg_stat_activity"
        wait_until(lambda: connection.execute(sessions).fetchone() == (1,), 10, "the last of them to be gone")
