"""tavana serve --workers N: the engine may crash, the service goes on."""

import os
import pathlib
import signal
import subprocess
import types

import psycopg

from clusters import ENDLESS, Background, running
from harness import TAVANA, wait_until


STUCK = "SELECT len(list_sort([hash(i) FOR i IN range(60000000)]))"  # looks for no cancel while it works


def workers_of(server):
    """Process ids of the workers, by name."""
    found = {}
    for each in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(each.read_text().rsplit(")", 1)[1].split()[1])
            words = (each.parent / "cmdline").read_text().split("\0")
        except (OSError, IndexError):
            continue  # it has just ended
        names = [word.partition("=")[2] for word in words if word.startswith("--worker-name=")]
        if parent == server.process.pid and names:
            found[names[0]] = int(each.parent.name)
    return found


def test_a_worker_that_crashes_is_started_again_and_its_tables_are_there(start_server, tmp_path):
    server = start_server("--workers", 2, "--database", tmp_path / "kept.db", topology="serve")
    with server.psycopg() as connection:
        connection.execute("CREATE TABLE kept AS SELECT i FROM range(1000) t(i)")
        before = workers_of(server)
        assert sorted(before) == ["worker-0", "worker-1"]
        for name, process in before.items():
            os.kill(process, signal.SIGKILL)
            assert connection.execute("SELECT sum(i) FROM kept").fetchone() == (499500,)
            wait_until(lambda: workers_of(server).get(name, process) != process, 20, "the worker to be back")
    assert server.http("/health")[0] == 200


def test_the_workers_end_with_the_server_however_it_ends(start_server):
    clean = start_server("--workers", 2, topology="serve")
    processes = list(workers_of(clean).values())
    assert len(processes) == 2
    clean.stop()
    assert not any(pathlib.Path(f"/proc/{each}").exists() for each in processes)
    killed = start_server("--workers", 2, topology="serve")
    processes = list(workers_of(killed).values())
    killed.kill()
    wait_until(lambda: not any(alive(each) for each in processes), 40, "the workers to be gone")


def test_a_worker_whose_statement_ignores_its_cancel_is_replaced(start_cluster):
    cluster = start_cluster(worker_options=["--cancel-grace-seconds", 1])
    with cluster.connect() as connection:
        stuck = Background(connection, STUCK)
        wait_until(lambda: running(cluster), 20, "the statement to run")
        connection.cancel()
        assert isinstance(stuck.join().error, psycopg.errors.QueryCanceled)  # the client is told at once all the same
    assert cluster.workers[0].process.wait(120) == 1
    assert "although it was cancelled" in cluster.workers[0].log_file.read_text()
    cluster.restart(0)
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_worker_waits_as_long_as_it_was_told_for_a_cancel_to_take_effect(start_cluster):
    cluster = start_cluster(worker_options=["--cancel-grace-seconds", 3600])
    with cluster.connect() as connection:
        stuck = Background(connection, STUCK)  # for longer than the default of 10 s
        wait_until(lambda: running(cluster), 20, "the statement to run")
        connection.cancel()
        assert isinstance(stuck.join().error, psycopg.errors.QueryCanceled)
    home = cluster.workers[0]
    wait_until(lambda: "tavana_worker_sessions 0" in home.http("/metrics")[1], 300, "the statement to end")
    assert "although it was cancelled" not in home.log_file.read_text()
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_signal_ends_the_server_while_its_workers_still_start(tmp_path):
    endless = tmp_path / "endless.sql"
    endless.write_text(f"CREATE TABLE never AS {ENDLESS};")
    process = subprocess.Popen([TAVANA, "serve", "--workers", "1", "--pg-port", "0", "--http-port", "0", "--flight-sql-port", "0", "--init", str(endless)])
    server = types.SimpleNamespace(process=process)
    try:
        wait_until(lambda: workers_of(server), 20, "the worker to start")
        worker = workers_of(server)["worker-0"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        wait_until(lambda: not alive(worker), 20, "the worker to be gone")
    finally:
        process.kill()


def test_data_that_does_not_load_is_said_at_the_start(start_server, tmp_path):
    broken = tmp_path / "broken.sql"
    broken.write_text("SELEC 1;")
    done = subprocess.run([TAVANA, "serve", "--workers", "1", "--pg-port", "0", "--http-port", "0", "--flight-sql-port", "0", "--init", str(broken)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "init SQL failed" in done.stderr and "a worker did not start" in done.stderr
