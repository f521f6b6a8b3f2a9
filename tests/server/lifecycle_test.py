"""The process: how it starts, refuses to start, and stops."""

import collections
import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import threading

import psycopg
import pytest
from pyarrow import flight

import messages
import wire
from background import Background
from harness import TAVANA, wait_until
from wire import only, query

LONG = "SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1"


def run(*arguments, env=None):
    return subprocess.run([TAVANA, *map(str, arguments)], capture_output=True, text=True, timeout=60, env=dict(os.environ, **(env or {})))


def refused(*arguments, env=None):
    """The one line that a refused start leaves on stderr."""
    free = [word for flag in ("--pg-port", "--http-port", "--flight-sql-port") if flag not in arguments for word in (flag, 0)]
    done = run("serve", *free, *arguments, env=env)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# ---- start ----


def test_version_and_help_are_printed():
    version = run("--version")
    assert version.returncode == 0 and version.stdout.startswith("tavana ") and "DuckDB" in version.stdout
    for arguments in (["--help"], ["serve", "--help"]):
        done = run(*arguments)
        assert done.returncode == 0 and done.stderr == ""
    assert "--pg-port" in done.stdout and "PG_PORT" in done.stdout


@pytest.mark.parametrize("arguments, named", [
    (["--pg-prot", "1"], ["--pg-prot", "--pg-port"]), (["--pg-port", "70000"], ["--pg-port", "70000", "65535"]), (["--threads", "many"], ["--threads", "many"]),
    (["--log-level", "loud"], ["--log-level", "loud", "debug"]), (["--max-memory-gb", "-1"], ["--max-memory-gb", "-1"]), (["--threads"], ["--threads"]),
    (["surprise"], ["surprise"])], ids=lambda value: " ".join(value))
def test_a_wrong_option_is_named(arguments, named):
    line = refused(*arguments)
    assert all(word in line for word in named), line


def test_a_wrong_environment_variable_is_named():
    assert "PG_PORT" in refused_env({"PG_PORT": "x"})


def refused_env(env):
    done = run("serve", "--http-port", 0, env=env)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    return done.stderr


def test_an_unknown_command_is_refused():
    done = run("sevre")
    assert done.returncode == 1 and "sevre" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("flag", ["--pg-port", "--http-port", "--flight-sql-port"])
def test_a_port_in_use_is_named(flag):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in refused(flag, port)


def test_a_database_file_that_another_process_holds_is_refused(start_server, tmp_path):
    file = tmp_path / "held.db"
    start_server("--database", file)
    assert "held.db" in refused("--database", file)


def test_a_damaged_database_file_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "damaged.db"
    file.write_bytes(b"this is no database" * 1000)
    assert "damaged.db" in refused("--database", file)
    assert file.read_bytes() == b"this is no database" * 1000


def test_a_spill_directory_that_cannot_be_written_is_refused(tmp_path):
    # Below a regular file: no one can make that, root included.
    (tmp_path / "file").write_text("")
    assert "file/spill" in refused("--spill-dir", tmp_path / "file" / "spill")


def test_an_init_file_that_is_missing_or_wrong_is_refused(tmp_path):
    assert "nothing.sql" in refused("--init", tmp_path / "nothing.sql")
    wrong = tmp_path / "wrong.sql"
    wrong.write_text("CREATE TABLE a (i INTEGER);\nSELECT * FROM no_such_table;\n")
    assert "no_such_table" in refused("--init", wrong)


def test_an_init_file_runs_before_the_doors_open(start_server, tmp_path):
    init = tmp_path / "init.sql"
    init.write_text("CREATE TABLE early AS SELECT 7 AS v;\n-- a ; in a comment\nINSERT INTO early VALUES (8);\n")
    with start_server("--init", init).psycopg() as connection:
        assert connection.execute("SELECT sum(v)::INTEGER FROM early").fetchone() == (15,)


def test_options_come_from_the_environment_and_flags_win(start_server):
    server = start_server(env={"TAVANA_STATEMENT_TIMEOUT_MS": "1234", "TAVANA_MAX_CONNECTIONS": "1"})
    with server.psycopg() as connection:
        assert connection.execute("SHOW statement_timeout").fetchone()[0].removesuffix("ms") == "1234"
        with pytest.raises(psycopg.OperationalError, match="too many"):
            server.psycopg()
    flagged = start_server("--max-connections", 2, env={"TAVANA_MAX_CONNECTIONS": "1"})
    with flagged.psycopg(), flagged.psycopg():
        pass


# ---- data ----


def test_a_database_file_keeps_its_tables_over_a_restart(start_server, tmp_path):
    file = tmp_path / "kept.db"
    first = start_server("--database", file)
    with first.psycopg() as connection:
        connection.execute("CREATE TABLE kept AS SELECT i FROM range(1000) t(i)")
    first.stop()
    with start_server("--database", file).psycopg() as connection:
        assert connection.execute("SELECT current_database(), count(*) FROM kept").fetchone() == ("tavana", 1000)


def test_committed_rows_survive_kill_and_uncommitted_ones_do_not(start_server, tmp_path):
    file = tmp_path / "killed.db"
    first = start_server("--database", file)
    with wire.connect(first) as client:
        client.rows("CREATE TABLE t (i INTEGER)")
        client.rows("INSERT INTO t VALUES (1)")
        client.ask(query("BEGIN"))
        client.rows("INSERT INTO t VALUES (2)")
        first.kill()
    with start_server("--database", file).psycopg() as connection:
        assert connection.execute("SELECT i FROM t").fetchall() == [(1,)]


def test_without_a_file_nothing_is_left_behind(start_server, tmp_path):
    server = start_server(env={"TMPDIR": str(tmp_path)})
    with server.psycopg() as connection:
        connection.execute("CREATE TABLE gone AS SELECT 1 AS a")
    server.stop()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_spilled_is_removed_by_the_next_and_a_living_ones_is_not(start_server, tmp_path):
    environment = {"TMPDIR": str(tmp_path)}
    killed = start_server(env=environment, topology="serve")
    killed.kill()
    (left,) = tmp_path.iterdir()
    living = start_server(env=environment, topology="serve")
    assert not left.exists()
    (kept,) = tmp_path.iterdir()
    start_server(env=environment, topology="serve").stop()
    assert list(tmp_path.iterdir()) == [kept]
    living.stop()
    assert list(tmp_path.iterdir()) == []


def test_servers_share_a_spill_directory_and_not_a_file(start_server, tmp_path):
    options = ["--max-memory-gb", 0.15, "--threads", 2, "--spill-dir", tmp_path / "spill"]
    servers = [start_server(*options, topology="serve") for _ in range(2)]

    def distinct(server, first):
        with server.psycopg() as connection:
            sql = f"SELECT count(*), sum(length(s)) FROM (SELECT DISTINCT md5(i::VARCHAR) AS s FROM range({first}, {first + 2500000}) t(i))"
            return [connection.execute(sql).fetchone() for _ in range(2)]

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for rows in pool.map(distinct, servers, (0, 10_000_000)):
            assert rows == [(2_500_000, 80_000_000)] * 2
    servers[0].kill()
    assert len(list((tmp_path / "spill").iterdir())) == 2
    start_server(*options, topology="serve")  # removes what the killed one left
    assert len(list((tmp_path / "spill").iterdir())) == 2
    assert distinct(servers[1], 0) == [(2_500_000, 80_000_000)] * 2


def test_a_result_larger_than_memory_spills_and_is_right(start_server, tmp_path):
    server = start_server("--max-memory-gb", 0.2, "--threads", 2, "--spill-dir", tmp_path / "spill")
    with server.psycopg() as connection:
        row = connection.execute("SELECT count(*), min(h), max(h) FROM (SELECT hash(i)::VARCHAR || repeat('x', 50) AS h FROM range(4000000) t(i) ORDER BY h)").fetchone()
    assert row[0] == 4000000


def test_a_statement_beyond_memory_and_spill_fails_and_the_server_goes_on(start_server):
    server = start_server("--max-memory-gb", 0.2, "--spill-limit-gb", 0.05, "--threads", 2)
    with server.psycopg() as connection:
        with pytest.raises(psycopg.Error) as failed:
            connection.execute("SELECT * FROM (SELECT sha256(i::VARCHAR) || sha256(hash(i)::VARCHAR) AS h FROM range(6000000) t(i)) ORDER BY h LIMIT 1 OFFSET 5000000")
        assert failed.value.sqlstate in ("53200", "53100", "53400")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def while_memory_is_taken(server, write):
    """`write` of 0, 100, .. 700 at once, beside sessions that want all memory there is."""
    done = threading.Event()

    def take_all():
        with server.psycopg() as connection:
            while not done.is_set():
                with pytest.raises(psycopg.OperationalError):
                    connection.execute("SELECT length(list(i)::VARCHAR) FROM range(100000000) t(i)")

    with concurrent.futures.ThreadPoolExecutor(11) as pool:
        greedy = [pool.submit(take_all) for _ in range(3)]
        try:
            for each in [pool.submit(write, first) for first in range(0, 800, 100)]:
                each.result()
        finally:
            done.set()
        for each in greedy:
            each.result()


def test_a_write_that_fails_for_want_of_memory_is_not_there_and_one_that_succeeds_is(start_server, tmp_path):
    server = start_server("--database", tmp_path / "kept.db", "--max-memory-gb", 0.2, "--threads", 2, "--spill-limit-gb", 0.1, "--statement-slots", 16)
    succeeded, refused = set(), collections.Counter()

    def write(first):
        with server.psycopg() as connection:
            for number in range(first, first + 100):
                try:
                    connection.execute(f"INSERT INTO written VALUES ({number})")
                    succeeded.add(number)
                except psycopg.Error as error:
                    refused[error.sqlstate] += 1

    with server.psycopg() as connection:
        connection.execute("CREATE TABLE written (i int)")
        while_memory_is_taken(server, write)
        assert {number for (number,) in connection.execute("SELECT i FROM written").fetchall()} == succeeded
    assert set(refused) <= {"53200", "53100"}


def test_a_transaction_that_memory_does_not_suffice_for_can_be_ended_and_is_either_there_or_not(start_server, tmp_path):
    server = start_server("--max-memory-gb", 0.2, "--threads", 2, "--spill-limit-gb", 0.1, "--statement-slots", 16)
    succeeded, refused = set(), collections.Counter()

    def write(first):
        with server.psycopg() as connection:
            for number in range(first, first + 100):
                said = None
                try:
                    for said in ("BEGIN", f"INSERT INTO written VALUES ({number})", "COMMIT"):
                        connection.execute(said)
                    succeeded.add(number)
                except psycopg.Error as error:
                    refused[error.sqlstate] += 1
                    if said != "COMMIT":
                        connection.execute("ROLLBACK")
                assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE

    with server.psycopg() as connection:
        connection.execute("CREATE TABLE written (i int)")
        while_memory_is_taken(server, write)
        assert {number for (number,) in connection.execute("SELECT i FROM written").fetchall()} == succeeded
    assert set(refused) <= {"53200", "53100"}


def test_health_ready_and_metrics_answer(server):
    assert server.http("/health")[0] == 200
    assert server.http("/ready")[0] == 200
    assert server.http("/nothing")[0] == 404
    status, text = server.http("/metrics")
    assert status == 200
    for name in ("tavana_connections", "tavana_statements_total", "tavana_rows_sent_total", "tavana_admission_running", "tavana_build_info"):
        assert f"# TYPE {name} " in text


def test_metrics_count_connections_statements_and_rows(start_server):
    server = start_server()
    with server.psycopg() as connection:
        assert server.metric("tavana_connections") == 1
        connection.execute("SELECT * FROM range(1234)").fetchall()
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 'x'::INTEGER")
        wait_until(lambda: server.metric("tavana_rows_sent_total") == 1234, 10, "1,234 rows counted")
        assert server.metric('tavana_statements_total{outcome="ok"}') == 1
        wait_until(lambda: 'tavana_statements_total{outcome="22P02"} 1' in server.http("/metrics")[1], 10, "the failure counted")


def test_idle_sessions_are_told_and_the_exit_is_clean(start_server):
    server = start_server()
    with wire.connect(server) as client:
        server.terminate()
        (error,) = client.everything()
        assert (error.sqlstate, error.fields["S"]) == ("57P01", "FATAL")
    server.stop()


def test_a_statement_that_fails_before_it_runs_is_counted_too(start_server):
    server = start_server()
    with wire.connect(server) as client:
        assert only(client.ask(query("SELECT * FROM no_such_table")), "E").sqlstate == "42P01"
        assert server.metric('tavana_statements_total{outcome="42P01"}') == 1
        assert only(client.ask(wire.parse("SELECT * FROM no_such_table"), wire.SYNC), "E").sqlstate == "42P01"
        assert server.metric('tavana_statements_total{outcome="42P01"}') == 2


def test_sigint_stops_it_too(start_server):
    server = start_server()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0


def test_while_it_drains_statements_end_and_new_clients_are_refused(start_server):
    server = start_server("--shutdown-grace-seconds", 60)
    with wire.connect(server) as client:
        client.send(query("SELECT i, repeat('x', 1000) FROM range(50000) t(i)"))
        assert client.read().kind == "T"
        server.terminate()
        wait_until(lambda: server.http("/ready")[0] == 503, 10, "not ready")
        assert server.http("/health")[0] == 200
        with wire.Client(server.port) as late:
            late.send(wire.startup({"user": "tavana"}))
            (error,) = late.everything()
            assert (error.sqlstate, error.fields["S"]) == ("57P03", "FATAL")
        answer = client.until("C", "E")
        assert (answer[-1].kind, answer[-1].tag, len(answer)) == ("C", "SELECT 50000", 50001)
    server.stop()


def test_while_it_drains_statements_of_flight_end_and_are_fetched(start_server):
    server = start_server("--shutdown-grace-seconds", 60)
    options = {"generic_options": [("grpc.use_local_subchannel_pool", 1)]}
    with flight.connect(server.flight_uri(), **options) as client, flight.connect(server.flight_uri(), **options) as late:
        running = Background(lambda: client.get_flight_info(messages.query("SELECT count(*) AS n FROM range(100000) a, range(10000) b WHERE a.range + b.range = 7")))
        wait_until(lambda: server.metric("tavana_admission_running") == 1, 10, "a running statement")
        server.terminate()
        wait_until(lambda: server.http("/ready")[0] == 503, 10, "not ready")
        with pytest.raises(flight.FlightUnavailableError, match="shutting down"):
            late.get_flight_info(messages.query("SELECT 1"))
        with pytest.raises(flight.FlightUnavailableError, match="shutting down"):
            late.authenticate_basic_token(b"late", b"")
        running.join()
        assert running.error is None
        assert client.do_get(running.value.endpoints[0].ticket).read_all().to_pydict() == {"n": [8]}
    server.stop()


def test_a_statement_of_flight_that_outlasts_the_grace_is_ended(start_server):
    server = start_server("--shutdown-grace-seconds", 1)
    with flight.connect(server.flight_uri()) as client:
        running = Background(lambda: client.get_flight_info(messages.query(LONG)))
        wait_until(lambda: server.metric("tavana_admission_running") == 1, 10, "a running statement")
        server.terminate()
        assert "SQLSTATE 57P01" in str(running.join().error)
    server.stop()


def test_a_statement_that_outlasts_the_grace_is_ended(start_server):
    server = start_server("--shutdown-grace-seconds", 1)
    with wire.connect(server) as client:
        client.send(query(LONG))
        wait_until(lambda: server.metric("tavana_admission_running") == 1, 10, "a running statement")
        server.terminate()
        errors = [m for m in client.everything() if m.kind == "E"]
        assert errors and {error.sqlstate for error in errors} == {"57P01"}
    server.stop()


def test_a_second_signal_ends_it_at_once(start_server):
    server = start_server("--shutdown-grace-seconds", 600)
    with wire.connect(server) as client:
        client.send(query(LONG))
        wait_until(lambda: server.metric("tavana_admission_running") == 1, 10, "a running statement")
        server.terminate()
        wait_until(lambda: server.http("/ready")[0] == 503, 10, "not ready")
        server.terminate()
        server.process.wait(10)


def test_the_ready_file_appears_whole_and_names_the_ports(start_server):
    server = start_server()
    assert json.loads(server.ready_file.read_text()) == {
        "pg_port": server.port, "http_port": server.http_port, "flight_sql_port": server.flight_port, "pid": server.process.pid}
