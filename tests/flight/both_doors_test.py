"""One world behind both doors: what is made through one is there through the other, and what is a session's stays its own."""

import psycopg
import pyarrow
import pytest
from pyarrow import flight

from background import Background
from flight_sql import Client
from harness import wait_until


@pytest.fixture
def client(server):
    with Client(server) as opened:
        opened.query("SELECT 1")
        yield opened


@pytest.fixture
def table(connection):
    connection.execute("CREATE TABLE both_doors (i INTEGER, t VARCHAR)")
    yield "both_doors"
    connection.execute("DROP TABLE IF EXISTS both_doors")


def test_a_table_of_one_door_is_read_and_written_through_the_other(client, connection, table):
    connection.execute("INSERT INTO both_doors VALUES (1, 'postgres')")
    assert client.rows("FROM both_doors") == [(1, "postgres")]
    client.update("INSERT INTO both_doors VALUES (2, 'flight')")
    client.ingest("both_doors", pyarrow.table({"i": pyarrow.array([3], pyarrow.int32()), "t": ["ingest"]}), create=False, exists=2)
    assert connection.execute("FROM both_doors ORDER BY i").fetchall() == [(1, "postgres"), (2, "flight"), (3, "ingest")]
    client.update("ALTER TABLE both_doors ADD COLUMN more INTEGER")
    assert connection.execute("SELECT more FROM both_doors WHERE i = 1").fetchone() == (None,)
    client.ingest("of_flight", pyarrow.table({"v": [1.5]}))
    try:
        assert connection.execute("SELECT v FROM of_flight").fetchone() == (1.5,)
    finally:
        connection.execute("DROP TABLE of_flight")
    with pytest.raises(pyarrow.ArrowException, match="of_flight"):
        client.query("FROM of_flight")


def test_copy_through_one_door_is_ingested_data_through_the_other(client, connection, table):
    with connection.cursor() as cursor, cursor.copy("COPY both_doors FROM STDIN (FORMAT csv)") as copy:
        copy.write("1,one\n2,two\n")
    assert client.rows("FROM both_doors ORDER BY i") == [(1, "one"), (2, "two")]


def test_a_transaction_of_one_door_is_isolated_from_the_other(client, connection, table):
    count = "SELECT count(*) FROM both_doors"
    with connection.transaction():
        connection.execute("INSERT INTO both_doors VALUES (1, 'x')")
        assert client.rows(count) == [(0,)]
    assert client.rows(count) == [(1,)]

    transaction = client.begin()
    client.update("INSERT INTO both_doors VALUES (2, 'y')", transaction)
    assert connection.execute(count).fetchone() == (1,)
    assert client.rows(count, transaction) == [(2,)]
    with connection.transaction():
        assert connection.execute(count).fetchone() == (1,)
        client.end(transaction, commit=True)
        assert connection.execute(count).fetchone() == (1,)  # its snapshot is from before
    assert connection.execute(count).fetchone() == (2,)

    transaction = client.begin()
    client.update("DELETE FROM both_doors", transaction)
    client.end(transaction, commit=False)
    assert connection.execute(count).fetchone() == (2,)


def test_writers_of_the_same_row_through_both_doors_do_not_both_win(client, connection, table):
    connection.execute("INSERT INTO both_doors VALUES (1, 'x')")
    transaction = client.begin()
    client.update("UPDATE both_doors SET t = 'flight'", transaction)
    with pytest.raises(psycopg.errors.SerializationFailure):
        connection.execute("UPDATE both_doors SET t = 'postgres'")
    client.end(transaction, commit=True)
    assert connection.execute("SELECT t FROM both_doors").fetchall() == [("flight",)]


def test_set_is_of_its_session(server, client, connection):
    zone = "SELECT current_setting('TimeZone')"
    client.update("SET TimeZone = 'Asia/Tokyo'")
    connection.execute("SET TimeZone = 'America/New_York'")
    with Client(server) as other:
        assert [each.rows(zone)[0][0] for each in (client, other)] == ["Asia/Tokyo", "UTC"]
    assert connection.execute(zone).fetchone() == ("America/New_York",)
    assert client.rows("SELECT '2024-01-01 00:00:00+00'::TIMESTAMPTZ::VARCHAR") == [("2024-01-01 09:00:00+09",)]


def test_temporary_tables_are_of_their_session(server, client, connection):
    client.update("CREATE TEMPORARY TABLE of_session AS SELECT 1 AS i")
    connection.execute("CREATE TEMPORARY TABLE of_session AS SELECT 2 AS i")
    assert client.rows("FROM of_session") == [(1,)]
    assert connection.execute("FROM of_session").fetchall() == [(2,)]
    with Client(server) as other, pytest.raises(pyarrow.ArrowException, match="of_session"):
        other.query("FROM of_session")


def test_pg_stat_activity_shows_the_sessions_of_both_doors(client, connection):
    client.update("SET TimeZone = 'UTC'")
    mark = "SELECT query FROM pg_stat_activity WHERE query LIKE '%of_this_flight%'"
    seen = client.rows(f"{mark} /* of_this_flight */")
    assert len(seen) == 1  # the session sees itself
    postgres = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
    sessions = connection.execute("SELECT pid, usename, state, backend_type FROM pg_stat_activity WHERE query LIKE '%of_this_flight%'"
                                  f" AND pid <> {postgres}").fetchall()
    assert len(sessions) == 1
    assert sessions[0][2:] == ("idle", "client backend")


def test_a_running_statement_of_flight_is_seen_and_cancelled_from_postgresql(server, client, connection):
    endless = Background(lambda: client.rows("SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 3 = 1 AND 'flight_endless' <> ''"))
    find = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%flight_endless%' AND pid <> pg_backend_pid()"
    (pid,), = wait_until(lambda: connection.execute(find).fetchall(), 30, "the statement to be seen")
    assert connection.execute(f"SELECT pg_cancel_backend({pid})").fetchone() == (True,)
    assert isinstance(endless.join().error, (pyarrow.ArrowException, flight.FlightCancelledError))
    server.wait_idle(30)
    assert client.rows("SELECT 1") == [(1,)]


def test_both_doors_answer_a_query_with_the_same_values(client, connection):
    sql = "SELECT range AS i, range * 1.5 AS d, DATE '2024-01-01' + range::INTEGER AS day, 'ü' || range AS t FROM range(5000) ORDER BY i"
    assert client.rows(sql) == connection.execute(sql).fetchall()
