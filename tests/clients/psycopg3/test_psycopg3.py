"""psycopg 3 as it comes from its authors."""

import datetime
import decimal
import uuid

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Json

from harness import wait_until

PARAMETERS = [
    (True, "BOOLEAN"), (7, "SMALLINT"), (-70000, "INTEGER"), (2**40, "BIGINT"), (1.25, "DOUBLE"), (0.5, "FLOAT"),
    (decimal.Decimal("12.340"), "DECIMAL(10,3)"), ("ü'x", "VARCHAR"), (b"\x00\xff", "BLOB"), (datetime.date(2024, 2, 29), "DATE"),
    (datetime.time(1, 2, 3, 4), "TIME"), (datetime.datetime(2024, 2, 29, 1, 2, 3, 4), "TIMESTAMP"),
    (datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc), "TIMESTAMPTZ"), (datetime.timedelta(days=2, seconds=3), "INTERVAL"),
    (uuid.UUID(int=5), "UUID"), ([1, None, 3], "INTEGER[]"), (["a", None, "b,c"], "VARCHAR[]"), (None, "INTEGER"),
]


@pytest.mark.parametrize("database", [None, "tavana", "main"])
def test_connects_to_the_database_it_names(server, database):
    arguments = server.connect_arguments(**({"dbname": database} if database else {}))
    with psycopg.connect(**arguments) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (database or "tavana",)
        assert connection.info.dbname == (database or "tavana")


def test_a_database_that_does_not_exist_is_refused_and_those_that_do_are_named(server):
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(**server.connect_arguments(dbname="nowhere"))
    message = str(refused.value)
    assert '"nowhere"' in message and "tavana" in message and "main" in message


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("value, kind", PARAMETERS, ids=[kind for _, kind in PARAMETERS])
def test_a_parameter_comes_back(connection, value, kind, binary):
    placeholder = "%b" if binary else "%t"
    assert connection.cursor(binary=binary).execute(f"SELECT {placeholder}::{kind}", [value]).fetchone() == (value,)


@pytest.mark.parametrize("value, kind", PARAMETERS[:-3], ids=[kind for _, kind in PARAMETERS[:-3]])
def test_a_parameter_without_a_cast_finds_its_row(connection, value, kind):
    connection.execute(f"CREATE TEMP TABLE lookup (v {kind})")
    connection.execute("INSERT INTO lookup VALUES (%s)", [value])
    assert connection.execute("SELECT count(*) FROM lookup WHERE v = %s", [value]).fetchone() == (1,)


def test_json_comes_back_as_an_object(connection):
    assert connection.execute("SELECT %s::JSON", [Json({"a": [1, None]})]).fetchone() == ({"a": [1, None]},)


def test_a_prepared_statement_runs_many_times(connection):
    for number in range(200):
        assert connection.execute("SELECT %s::INTEGER + 1", [number], prepare=True).fetchone() == (number + 1,)


def test_a_statement_is_prepared_by_itself_after_five_runs_and_survives_a_change_of_its_table(connection):
    connection.execute("CREATE TEMP TABLE changing (a INTEGER)")
    connection.execute("INSERT INTO changing VALUES (1)")
    for _ in range(10):
        assert connection.execute("SELECT a FROM changing WHERE a = %s", [1]).fetchone() == (1,)
    connection.execute("INSERT INTO changing VALUES (1)")
    assert len(connection.execute("SELECT a FROM changing WHERE a = %s", [1]).fetchall()) == 2


def test_executemany_and_its_pipeline_insert_every_row(connection):
    connection.execute("CREATE TEMP TABLE many (a INTEGER, b VARCHAR)")
    connection.cursor().executemany("INSERT INTO many VALUES (%s, %s)", [(i, f"v{i}") for i in range(500)])
    assert connection.execute("SELECT count(*), sum(a), max(b) FROM many").fetchone() == (500, 124750, "v99")


def test_a_pipeline_gives_results_in_order(connection):
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::INTEGER", [i]) for i in range(50)]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(50))


def test_an_error_in_a_pipeline_aborts_what_follows_and_the_connection_stays_usable(connection):
    with pytest.raises(psycopg.errors.UndefinedTable):
        with connection.pipeline():
            connection.execute("SELECT 1")
            connection.execute("SELECT * FROM no_such_table")
            connection.execute("SELECT 2")
    assert connection.execute("SELECT 3").fetchone() == (3,)


def test_an_error_outside_a_transaction_leaves_the_connection_usable(connection):
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM no_such_table")
    with pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("SELEC 1")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        connection.execute("SELECT no_such_column FROM range(1)")
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_error_inside_a_transaction_fails_it_until_rollback(server):
    with server.psycopg(autocommit=False) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM no_such_table")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_commit_of_a_failed_transaction_is_a_rollback_and_says_so(connection):
    connection.execute("CREATE TEMP TABLE kept (a INTEGER)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO kept VALUES (1)")
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT 'x'::INTEGER")
    assert connection.execute("COMMIT").statusmessage == "ROLLBACK"
    assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_transaction_blocks_commit_and_roll_back(server, connection):
    connection.execute("CREATE OR REPLACE TABLE psycopg3_blocks (a INTEGER)")
    with server.psycopg(autocommit=False) as other:
        with other.transaction():
            other.execute("INSERT INTO psycopg3_blocks VALUES (1)")
            assert connection.execute("SELECT count(*) FROM psycopg3_blocks").fetchone() == (0,)
        with pytest.raises(ZeroDivisionError), other.transaction():
            other.execute("INSERT INTO psycopg3_blocks VALUES (2)")
            raise ZeroDivisionError
    assert connection.execute("SELECT a FROM psycopg3_blocks").fetchall() == [(1,)]
    connection.execute("DROP TABLE psycopg3_blocks")


def test_many_rows_and_no_rows_are_described_and_complete(connection):
    assert connection.execute("SELECT i FROM range(250000) t(i)").fetchall() == [(i,) for i in range(250000)]
    empty = connection.execute("SELECT 1 AS a, 'x' AS b WHERE false")
    assert ([c.name for c in empty.description], empty.fetchall()) == (["a", "b"], [])


def test_a_dict_row_has_the_column_names(connection):
    assert connection.cursor(row_factory=dict_row).execute("SELECT 1 AS a, 'x' AS b").fetchone() == {"a": 1, "b": "x"}


def test_rowcount_counts_what_changed(connection):
    connection.execute("CREATE TEMP TABLE counted (a INTEGER)")
    assert connection.execute("INSERT INTO counted SELECT * FROM range(7)").rowcount == 7
    assert connection.execute("UPDATE counted SET a = a + 1 WHERE a > 4").rowcount == 2
    assert connection.execute("DELETE FROM counted").rowcount == 7


def test_cancel_stops_the_statement_and_not_the_next(server, connection):
    import threading
    def stop():
        wait_until(lambda: server.metric("tavana_admission_running") > 0, 10, "a running statement")
        connection.cancel()
    canceller = threading.Thread(target=stop)
    canceller.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1")
    canceller.join()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_cursor_takes_parameters_and_reads_in_pieces(server):
    with server.psycopg(autocommit=False) as connection, connection.cursor("pieces") as cursor:
        cursor.execute("SELECT i::INTEGER AS i FROM range(%s::BIGINT) t(i)", [5000])
        assert [column.name for column in cursor.description] == ["i"]
        assert cursor.fetchone() == (0,)
        cursor.scroll(9)
        assert cursor.fetchmany(3) == [(10,), (11,), (12,)]
        assert len(cursor.fetchall()) == 4987


def test_a_binary_server_cursor_reads_the_same(server):
    with server.psycopg(autocommit=False) as connection, connection.cursor("pieces", binary=True) as cursor:
        cursor.execute("SELECT i::INTEGER, i::DOUBLE, i::VARCHAR FROM range(1000) t(i)")
        assert cursor.fetchall() == [(i, float(i), str(i)) for i in range(1000)]


def test_nested_transactions_are_savepoints(server):
    with server.psycopg() as connection:
        with connection.transaction():
            with pytest.raises(psycopg.errors.UndefinedTable), connection.transaction():
                connection.execute("SELECT * FROM no_such_table")
            connection.execute("CREATE TEMP TABLE kept_by_the_outer AS SELECT 1 AS a")
        assert connection.execute("SELECT a FROM kept_by_the_outer").fetchone() == (1,)
