"""Isolation levels as PostgreSQL names them: all of them are snapshot isolation here."""
import psycopg
import pytest


def connect(server):
    return psycopg.connect(server.conninfo(), autocommit=True)


@pytest.fixture
def table(server):
    with connect(server) as connection:
        connection.execute("CREATE OR REPLACE TABLE isolated AS SELECT i, 0 AS n FROM range(3) r(i)")
    yield
    with connect(server) as connection:
        connection.execute("DROP TABLE isolated")


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED"])
def test_every_level_reads_one_snapshot_and_serializable_says_what_it_is(server, table, level):
    with connect(server) as first, connect(server) as second:
        notices = []
        first.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        first.execute(f"BEGIN ISOLATION LEVEL {level}")
        assert first.execute("SELECT sum(n) FROM isolated").fetchone() == (0,)
        second.execute("UPDATE isolated SET n = 1")
        assert first.execute("SELECT sum(n) FROM isolated").fetchone() == (0,)
        first.execute("COMMIT")
        assert first.execute("SELECT sum(n) FROM isolated").fetchone() == (3,)
        assert [("snapshot isolation" in notice) for notice in notices] == [True] * (level == "SERIALIZABLE")


def test_the_second_of_two_that_write_one_row_gets_a_serialization_failure(server, table):
    with connect(server) as first, connect(server) as second:
        first.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        second.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        first.execute("UPDATE isolated SET n = 1 WHERE i = 0")
        with pytest.raises(psycopg.errors.SerializationFailure):
            second.execute("UPDATE isolated SET n = 2 WHERE i = 0")
        assert second.execute("ROLLBACK").statusmessage == "ROLLBACK"
        first.execute("COMMIT")
        assert second.execute("SELECT n FROM isolated WHERE i = 0").fetchone() == (1,)
