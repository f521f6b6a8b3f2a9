"""psycopg2 as it comes from its authors; it speaks the simple protocol only."""

import datetime
import decimal

import psycopg2
import psycopg2.extras
import pytest


@pytest.fixture
def link(server):
    opened = psycopg2.connect(host="127.0.0.1", port=server.port, user="tavana")
    yield opened
    opened.close()


def test_the_example_of_the_readme_runs(server):
    connection = psycopg2.connect(host="127.0.0.1", port=server.port, user="tavana", database="main")
    cursor = connection.cursor()
    cursor.execute("SELECT 42")
    assert cursor.fetchall() == [(42,)]
    cursor.execute("SELECT current_database()")
    assert cursor.fetchall() == [("main",)]
    connection.close()


def test_a_database_that_does_not_exist_is_refused_by_name(server):
    with pytest.raises(psycopg2.OperationalError, match='"nowhere"'):
        psycopg2.connect(host="127.0.0.1", port=server.port, user="tavana", database="nowhere")


@pytest.mark.parametrize("value", [
    True, 7, 2**40, 1.25, decimal.Decimal("12.340"), "ü'x\\", datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 4),
    datetime.datetime(2024, 2, 29, 1, 2, 3, 4), [1, 2, 3], ["a", "b,c"], None], ids=repr)
def test_a_parameter_comes_back(link, value):
    cursor = link.cursor()
    cursor.execute("SELECT %s", [value])
    assert cursor.fetchone() == (value,)


def test_bytes_come_back(link):
    cursor = link.cursor()
    value = bytes(range(256))
    cursor.execute("SELECT %s", [psycopg2.Binary(value)])
    assert bytes(cursor.fetchone()[0]) == value


def test_an_error_fails_the_transaction_until_rollback(link):
    cursor = link.cursor()
    with pytest.raises(psycopg2.errors.UndefinedTable):
        cursor.execute("SELECT * FROM no_such_table")
    with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
        cursor.execute("SELECT 1")
    link.rollback()
    cursor.execute("SELECT 1")
    assert cursor.fetchone() == (1,)


def test_a_commit_of_a_failed_transaction_keeps_nothing(link):
    cursor = link.cursor()
    cursor.execute("CREATE TEMP TABLE kept (a INTEGER)")
    link.commit()
    cursor.execute("INSERT INTO kept VALUES (1)")
    with pytest.raises(psycopg2.Error):
        cursor.execute("SELECT 'x'::INTEGER")
    cursor.execute("COMMIT")
    assert cursor.statusmessage == "ROLLBACK"
    cursor.execute("SELECT count(*) FROM kept")
    assert cursor.fetchone() == (0,)


def test_execute_values_inserts_every_row(link):
    cursor = link.cursor()
    cursor.execute("CREATE TEMP TABLE many (a INTEGER, b VARCHAR)")
    psycopg2.extras.execute_values(cursor, "INSERT INTO many VALUES %s", [(i, f"v{i}") for i in range(1000)])
    cursor.execute("SELECT count(*), sum(a) FROM many")
    assert cursor.fetchone() == (1000, 499500)


def test_a_named_cursor_reads_in_pieces_with_other_statements_between(link):
    with link.cursor("pieces") as cursor:
        cursor.itersize = 1000
        cursor.execute("SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE i::VARCHAR END FROM range(30000) t(i)")
        seen = []
        for row in cursor:
            if row[0] % 5000 == 0:
                with link.cursor() as other:
                    other.execute("SELECT 1")
            seen.append(row)
    assert seen == [(i, None if i % 3 == 0 else str(i)) for i in range(30000)]


def test_a_named_cursor_with_hold_outlives_its_transaction(link):
    with link.cursor("kept", withhold=True) as cursor:
        cursor.execute("SELECT i FROM range(10000) t(i)")
        assert cursor.fetchmany(2) == [(0,), (1,)]
        link.commit()
        assert cursor.fetchmany(2) == [(2,), (3,)]
        assert len(cursor.fetchall()) == 9996


def test_many_rows_and_no_rows(link):
    cursor = link.cursor()
    cursor.execute("SELECT i FROM range(100000) t(i)")
    assert cursor.fetchall() == [(i,) for i in range(100000)]
    cursor.execute("SELECT 1 AS a, 'x' AS b WHERE false")
    assert ([c.name for c in cursor.description], cursor.fetchall()) == (["a", "b"], [])


def test_autocommit_keeps_each_statement(link):
    link.autocommit = True
    cursor = link.cursor()
    cursor.execute("CREATE TEMP TABLE auto (a INTEGER)")
    cursor.execute("INSERT INTO auto VALUES (1), (2)")
    assert cursor.rowcount == 2
    with pytest.raises(psycopg2.Error):
        cursor.execute("SELECT * FROM no_such_table")
    cursor.execute("SELECT count(*) FROM auto")
    assert cursor.fetchone() == (2,)
