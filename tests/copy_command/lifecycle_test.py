"""COPY and what surrounds it: transactions, cancels, clients that go, limits, memory."""

import socket
import struct
import threading

import psycopg
import pytest

import wire

MEGABYTE = 1 << 20
BOUND = 64 * MEGABYTE
DONE = wire.message("c")


def data(text):
    return wire.message("d", text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def table(connection):
    connection.execute("CREATE OR REPLACE TABLE t (a integer, b text)")
    return "t"


def count(connection):
    return connection.execute("SELECT count(*) FROM t").fetchone()[0]


def copy_in(connection, *rows):
    with connection.cursor().copy("COPY t FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def test_a_broken_row_at_the_end_leaves_nothing_behind(connection, table):
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as raised, connection.cursor().copy("COPY t FROM STDIN") as copy:
        for number in range(300_000):
            copy.write(f"{number}\tx\n")
        copy.write("oops\tx\n")
    assert raised.value.diag.context == 'COPY t, line 300001, column a: "oops"'
    assert count(connection) == 0


@pytest.mark.parametrize("options, text, line", [
    ("", "1\tone\n2\ttwo\n3\t\\N\n", 3),
    ("", "1\tone\n1\tuno\n", 2),
    ("", "1\tone\n2\tmuch too long\n", 2),
    ("(FORMAT csv, HEADER)", 'a,b\n1,"o\nn"\n2,two\n3,"a\n\nb"\n1,uno\n', 8),
], ids=["not null", "unique", "check", "quoted newlines"])
def test_a_constraint_that_is_broken_names_the_line(connection, options, text, line):
    connection.execute("CREATE OR REPLACE TABLE constrained (a integer PRIMARY KEY, b text NOT NULL CHECK (length(b) < 5))")
    with pytest.raises(psycopg.errors.IntegrityError) as raised, connection.cursor().copy(f"COPY constrained FROM STDIN {options}") as copy:
        copy.write(text)
    assert raised.value.diag.context == f"COPY constrained, line {line}"
    assert connection.execute("SELECT count(*) FROM constrained").fetchone() == (0,)


def test_a_constraint_that_is_broken_late_names_the_line_too(connection):
    connection.execute("CREATE OR REPLACE TABLE constrained (a integer CHECK (a <> 654321))")
    with pytest.raises(psycopg.errors.CheckViolation) as raised, connection.cursor().copy("COPY constrained FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4"])
        for number in range(700_000):
            copy.write_row((number,))
    assert raised.value.diag.context == "COPY constrained, line 654322"


def test_a_constraint_names_the_line_beside_where_sequences_and_generated_columns(connection):
    connection.execute("CREATE SEQUENCE IF NOT EXISTS numbers")
    connection.execute("CREATE OR REPLACE TABLE constrained (a integer CHECK (a < 100), n integer DEFAULT nextval('numbers'), twice integer AS (a * 2))")
    rows = "".join(f"{number}\n" for number in range(90)) + "-1\n" * 5000 + "100\n5\n"
    for where, line in (("", 5091), ("WHERE a >= 0", 5091), ("WHERE constrained.a >= 0 AND a <> 100", None)):
        connection.execute("DELETE FROM constrained")
        try:
            with connection.cursor() as cursor:
                with cursor.copy(f"COPY constrained (a) FROM STDIN {where}") as copy:
                    copy.write(rows)
                assert line is None and cursor.rowcount == 91
                assert connection.execute("SELECT count(*), count(DISTINCT n), sum(twice) FROM constrained").fetchone() == (91, 91, 8020)
        except psycopg.errors.CheckViolation as error:
            assert error.diag.context == f"COPY constrained, line {line}"
            assert connection.execute("SELECT count(*) FROM constrained").fetchone() == (0,)
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="subquery"), connection.cursor().copy("COPY constrained (a) FROM STDIN WHERE a IN (SELECT 1)") as copy:
        copy.write(rows)
    connection.execute("DROP TABLE constrained; DROP SEQUENCE numbers")


def test_a_copy_in_a_block_is_undone_with_it_and_kept_with_it(connection, table):
    with pytest.raises(ZeroDivisionError), connection.transaction():
        copy_in(connection, (1, "x"))
        assert count(connection) == 1
        1 / 0
    assert count(connection) == 0
    with connection.transaction():
        copy_in(connection, (1, "x"))
        copy_in(connection, (2, "y"))
    assert count(connection) == 2


def test_an_error_in_a_block_fails_the_block(server, table):
    with wire.connect(server) as client:
        client.ask(wire.query("BEGIN"))
        client.ask(wire.query("INSERT INTO t VALUES (1, 'x')"))
        client.send(wire.query("COPY t FROM STDIN"))
        client.until("G")
        answer = client.ask(data("1\n"), DONE)
        assert wire.only(answer, "E").sqlstate == "22P04" and answer[-1].body == b"E"
        assert wire.only(client.ask(wire.query("COMMIT")), "C").tag == "ROLLBACK"
        assert client.rows("SELECT count(*) FROM t") == [[b"0"]]


def test_constraints_hold_and_say_so(connection):
    connection.execute("CREATE OR REPLACE TABLE t (a integer PRIMARY KEY, b text NOT NULL, CHECK (a < 100))")
    copy_in(connection, (1, "x"))
    for rows, error in [([(2, "x"), (1, "y")], psycopg.errors.UniqueViolation), ([(3, None)], psycopg.errors.NotNullViolation),
                        ([(100, "x")], psycopg.errors.CheckViolation), ([(4, "x"), (4, "y")], psycopg.errors.UniqueViolation)]:
        with pytest.raises(error):
            copy_in(connection, *rows)
        assert count(connection) == 1
    connection.execute("DROP TABLE t")


def test_defaults_sequences_and_generated_columns(connection):
    connection.execute("CREATE SEQUENCE IF NOT EXISTS s START 5")
    connection.execute("CREATE OR REPLACE TABLE g (a integer, b integer DEFAULT nextval('s'), c text DEFAULT upper('d'), d integer AS (a * 2))")
    with connection.cursor().copy("COPY g (a) FROM STDIN") as copy:
        copy.write("1\n2\n")
    assert connection.execute("SELECT * FROM g ORDER BY a").fetchall() == [(1, 5, "D", 2), (2, 6, "D", 4)]
    with pytest.raises(psycopg.Error):
        with connection.cursor().copy("COPY g (a, d) FROM STDIN") as copy:
            copy.write("1\t2\n")
    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.execute("DROP TABLE g; DROP SEQUENCE s")


def test_types_that_the_engine_casts(connection):
    connection.execute("CREATE OR REPLACE TABLE k (a hugeint, b interval, c json, d varchar[], e struct(x integer), f timestamp_ns, g utinyint)")
    row = b'170141183460469231731687303715884105727\t1 year 2 days\t{"a": [1, "x\\ty"]}\t{a,NULL}\t{"x": 5}\t2020-01-02 03:04:05\t255\n'
    with connection.cursor().copy("COPY k FROM STDIN") as copy:
        copy.write(row.replace(b"\\ty", b"y"))
    assert connection.execute("SELECT a::text, b::text, c->>'a', d[1], e.x, f::text, g FROM k").fetchone() == (
        "170141183460469231731687303715884105727", "1 year 2 days", '[1,"xy"]', "a", 5, "2020-01-02 03:04:05", 255)
    with pytest.raises(psycopg.Error), connection.cursor().copy("COPY k (c) FROM STDIN") as copy:
        copy.write("{nonsense\n")
    connection.execute("DROP TABLE k")


def test_a_table_is_found_by_schema_database_and_search_path(connection):
    connection.execute("CREATE SCHEMA IF NOT EXISTS sc; CREATE OR REPLACE TABLE sc.u (a integer)")
    for name in ("sc.u", "tavana.sc.u", '"sc"."U"'):
        with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
            copy.write("1\n")
    assert connection.execute("SELECT count(*) FROM sc.u").fetchone() == (3,)
    connection.execute("CREATE OR REPLACE TABLE v (a integer)")
    for name, where in (("public.v", ""), ("tavana.public.v", ""), ("main.v", ""), ("public.v", "WHERE a > 0")):
        with connection.cursor().copy(f"COPY {name} FROM STDIN {where}") as copy:
            copy.write("1\n")
    assert connection.execute("SELECT count(*) FROM v").fetchone() == (4,)
    connection.execute("DROP TABLE v")
    with pytest.raises(psycopg.errors.UndefinedTable), connection.cursor().copy("COPY nope FROM STDIN"):
        pass
    connection.execute("DROP SCHEMA sc CASCADE")


def test_a_cancel_in_mid_copy_ends_it_and_leaves_nothing_behind(server, connection, table):
    with wire.connect(server) as client:
        client.send(wire.query("COPY t FROM STDIN"))
        client.until("G")
        client.send(data("1\tx\n" * 50_000))
        wire.cancel(server, client.key)
        answer = client.until("Z")
        assert wire.only(answer, "E").sqlstate == "57014"
        assert client.ask(data("2\tx\n"), DONE, wire.query("SELECT 1"))[-2].tag == "SELECT 1"  # the rest is dropped
        assert client.rows("SELECT count(*) FROM t") == [[b"0"]]
    server.wait_idle()


def test_a_cancel_in_the_middle_of_a_message_leaves_the_connection_usable(server, table):
    with wire.connect(server) as client:
        client.send(wire.query("COPY t FROM STDIN"))
        client.until("G")
        message = data("1\tx\n" * 1000)
        client.send(message[:2000])
        wire.cancel(server, client.key)
        assert wire.only(client.until("Z"), "E").sqlstate == "57014"
        client.send(message[2000:], DONE)
        assert client.rows("SELECT count(*) FROM t") == [[b"0"]]


def test_a_cancel_of_copy_to_ends_it(server):
    with wire.connect(server, receive_buffer=4096) as client:
        client.send(wire.query("COPY (SELECT * FROM range(100000000)) TO STDOUT"))
        client.until("d")
        wire.cancel(server, client.key)
        assert wire.only([m for m in client.until("Z") if m.kind != "d"], "E").sqlstate == "57014"
        assert client.rows("SELECT 1") == [[b"1"]]
    server.wait_idle()


@pytest.mark.parametrize("sql", ["COPY t FROM STDIN", "COPY (SELECT * FROM range(100000000)) TO STDOUT"])
def test_a_client_that_goes_in_mid_copy_ends_it(server, connection, table, sql):
    client = wire.connect(server, receive_buffer=4096)
    client.send(wire.query(sql))
    client.until("G", "H")
    if "FROM STDIN" in sql:
        client.send(data("1\tx\n"))
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()
    server.wait_idle()
    assert count(connection) == 0


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_statement_timeout_ends_a_client_that_sends_nothing(server, table, protocol):
    with wire.connect(server) as client:
        client.ask(wire.query("SET statement_timeout = 200"))
        if protocol == "simple":
            client.send(wire.query("COPY t FROM STDIN"))
        else:
            client.send(wire.parse("COPY t FROM STDIN"), wire.bind(), wire.execute(), wire.FLUSH)
        error = client.until("E")[-1]
        assert error.sqlstate == "57014" and "statement timeout" in error.fields["M"]
        if protocol == "extended":
            assert client.ask(wire.SYNC)[-1].body == b"I"
        else:
            client.until("Z")
        assert client.rows("SELECT 1") == [[b"1"]]


def test_a_server_that_stops_ends_a_copy(start_server):
    server = start_server("--shutdown-grace-seconds", 1)
    client = wire.connect(server)
    client.ask(wire.query("CREATE TABLE t (a integer)"))
    client.send(wire.query("COPY t FROM STDIN"))
    client.until("G")
    server.stop()
    assert client.everything()[-1].sqlstate == "57P01"


def test_a_message_that_has_no_place_in_a_copy_ends_it(server, table):
    with wire.connect(server) as client:
        client.send(wire.query("COPY t FROM STDIN"))
        client.until("G")
        answer = client.ask(data("1\tx\n"), wire.query("SELECT 1"))
        assert wire.only(answer, "E").sqlstate == "08P01"
        assert client.ready()[-2].tag == "SELECT 1"
        assert client.rows("SELECT count(*) FROM t") == [[b"0"]]


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(start_server):
    server = start_server()
    with server.psycopg() as connection:
        connection.execute("CREATE TABLE t (a text)")
        before = server.resident_bytes()
        with pytest.raises(psycopg.errors.ProgramLimitExceeded), connection.cursor().copy("COPY t FROM STDIN") as copy:
            for _ in range(200):
                copy.write(b"x" * MEGABYTE)
        assert server.resident_bytes() - before < 256 * MEGABYTE
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_value_of_many_megabytes_goes_in_and_out(connection, table):
    value = "0123456789abcde\n" * (2 * MEGABYTE)
    copy_in(connection, (1, value))
    with connection.cursor().copy("COPY t TO STDOUT") as copy:
        assert b"".join(copy) == b"1\t" + value.replace("\n", "\\n").encode() + b"\n"


def test_a_savepoint_cannot_be_rolled_back_to_after_a_copy(server, table):
    with wire.connect(server) as client:
        client.ask(wire.query("BEGIN"), )
        client.ask(wire.query("SAVEPOINT s"))
        client.send(wire.query("COPY t FROM STDIN"))
        client.until("G")
        client.ask(data("1\tx\n"), DONE)
        assert wire.only(client.ask(wire.query("ROLLBACK TO s")), "E").sqlstate == "0A000"


def test_copies_run_beside_each_other(server, connection, table):
    failures = []

    def run(number):
        try:
            with server.psycopg() as mine:
                with mine.cursor().copy("COPY t FROM STDIN") as copy:
                    for row in range(20_000):
                        copy.write(f"{number}\t{row}\n")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert connection.execute("SELECT count(*), count(DISTINCT (a, b)) FROM t").fetchone() == (160_000, 160_000)


def test_a_large_copy_from_keeps_memory_flat(start_server, tmp_path, full):
    rows = 10_000_000 if full else 2_000_000
    block = "".join(f"{number}\tsome text of row {number}\n" for number in range(10_000)).encode()
    server = start_server("--database", tmp_path / "copied.db", "--max-memory-gb", "0.064")
    with server.psycopg() as connection:
        connection.execute("CREATE TABLE t (a integer, b text)")
        # The engine's cache of the file's blocks takes its memory first, so that what grows is the COPY's own.
        connection.execute("CREATE TABLE fills_the_cache AS SELECT i, md5(i::text) AS b FROM range(3000000) r(i)")
        connection.execute("SELECT max(b) FROM fills_the_cache")
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(block * 100)
        before, most = server.resident_bytes(), 0
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for _ in range(rows // 10_000):
                copy.write(block)
                most = max(most, server.resident_bytes())
        most = max(most, server.resident_bytes())
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (rows + 1_000_000,)
    print(f"growth {(most - before) / MEGABYTE:.1f} MiB")
    assert most - before < BOUND


def test_a_large_copy_to_keeps_memory_flat(start_server, full):
    rows = 10_000_000 if full else 2_000_000
    server = start_server()
    with server.psycopg() as connection:
        sql = "COPY (SELECT i, 'some text of row ' || i FROM range({}) t(i)) TO STDOUT"
        with connection.cursor().copy(sql.format(300_000)) as copy:
            assert sum(1 for _ in copy) == 300_000
        before, most, seen = server.resident_bytes(), 0, 0
        with connection.cursor().copy(sql.format(rows)) as copy:
            for _ in copy:
                seen += 1
                if seen % 100_000 == 0:
                    most = max(most, server.resident_bytes())
    assert seen == rows
    print(f"growth {(most - before) / MEGABYTE:.1f} MiB")
    assert most - before < BOUND


def test_a_condition_that_cannot_be_is_said_before_the_data(server, table):
    with wire.connect(server) as client:
        assert wire.kinds(client.ask(wire.query("COPY t FROM STDIN WHERE no_such_column > 1"))) == "EZ"
        assert wire.kinds(client.ask(wire.query("COPY t FROM STDIN WHERE a > 1); DROP TABLE t; --"))).startswith("E")
        assert client.rows("SELECT count(*) FROM t") == [[b"0"]]
