"""psql 15 as Debian has it."""

import os
import signal
import subprocess

from harness import wait_until

BASE = ["psql", "-X", "-h", "127.0.0.1", "-U", "tavana", "-v", "VERBOSITY=verbose"]


def psql(server, *arguments, script=None):
    command = [*BASE, "-p", str(server.port), *arguments]
    return subprocess.run(command, input=script, capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, LC_ALL="C.UTF-8", PSQLRC="/dev/null"))


def test_a_query_prints_its_rows(server):
    done = psql(server, "-c", "SELECT 1 AS a, 'x' AS b, NULL AS c, true AS d, [1,2] AS e")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout == " a | b | c | d |   e   \n---+---+---+---+-------\n 1 | x |   | t | {1,2}\n(1 row)\n\n"


def test_zero_rows_keep_their_header(server):
    assert psql(server, "-c", "SELECT 1 AS a WHERE false").stdout == " a \n---\n(0 rows)\n\n"


def test_the_database_is_the_users_name_or_the_one_given(server):
    assert psql(server, "-At", "-c", "SELECT current_database()").stdout == "tavana\n"
    assert psql(server, "-At", "-d", "main", "-c", "SELECT current_database()").stdout == "main\n"


def test_a_database_that_does_not_exist_is_refused_and_those_that_do_are_named(server):
    done = psql(server, "-d", "nowhere", "-c", "SELECT 1")
    assert done.returncode == 2
    assert '"nowhere"' in done.stderr and "main" in done.stderr and "tavana" in done.stderr


def test_a_script_goes_on_after_an_error_and_shows_where_it_was(server):
    done = psql(server, "-At", script="SELECT 1;\nSELECT nothing_here;\nSELECT 2;\n")
    assert done.stdout == "1\n2\n"
    assert "42703" in done.stderr and "LINE 1: SELECT nothing_here" in done.stderr


def test_a_script_of_every_kind_of_statement_prints_postgresqls_tags(server):
    script = ("CREATE TEMP TABLE t (a INTEGER);\nINSERT INTO t VALUES (1), (2);\nUPDATE t SET a = 3 WHERE a = 2;\nBEGIN;\nDELETE FROM t;\n"
              "ROLLBACK;\nCREATE TEMP VIEW v AS SELECT * FROM t;\nDROP VIEW v;\nALTER TABLE t ADD COLUMN b INTEGER;\nDROP TABLE t;\n")
    done = psql(server, script=script)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["CREATE TABLE", "INSERT 0 2", "UPDATE 1", "BEGIN", "DELETE 2", "ROLLBACK", "CREATE VIEW", "DROP VIEW",
                                        "ALTER TABLE", "DROP TABLE"]


def test_a_failed_transaction_ends_in_rollback(server):
    done = psql(server, script="BEGIN;\nSELECT * FROM no_such_table;\nSELECT 1;\nCOMMIT;\n")
    assert done.stdout.splitlines() == ["BEGIN", "ROLLBACK"]
    assert "42P01" in done.stderr and "25P02" in done.stderr


def test_a_result_is_fetched_in_pieces(server):
    done = psql(server, "-At", "-v", "FETCH_COUNT=1000", "-c", "SELECT i FROM range(25000) t(i)")  # psql declares a cursor
    assert done.stdout.split() == [str(i) for i in range(25000)]


def test_a_scrollable_cursor_is_refused_with_a_hint(server):
    done = psql(server, script="BEGIN;\nDECLARE c SCROLL CURSOR FOR SELECT 1;\n")
    assert "0A000" in done.stderr and "HINT" in done.stderr


def test_many_rows_arrive(server):
    lines = psql(server, "-At", "-c", "SELECT i FROM range(300000) t(i)").stdout.split()
    assert lines == [str(i) for i in range(300000)]


def test_interrupt_cancels_the_statement_and_the_next_runs(server):
    command = [*BASE, "-p", str(server.port), "-At", "-c", "SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1",
               "-c", "SELECT error('the next one ran')"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: server.metric("tavana_admission_running") > 0, 10, "a running statement")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    # After an interrupt psql prints no more rows, but still errors.
    assert "57014" in err and "the next one ran" in err
    assert out == ""
