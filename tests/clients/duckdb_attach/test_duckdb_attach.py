"""DuckDB's own postgres extension with this server attached, as it is with PostgreSQL."""

import datetime

import duckdb
import pytest

from harness import DEPS


@pytest.fixture
def attached(server):
    connection = duckdb.connect(config={"extension_directory": str(DEPS / "extensions"), "autoinstall_known_extensions": False})
    connection.execute("LOAD postgres_scanner")
    connection.execute(f"ATTACH 'host=127.0.0.1 port={server.port} user=tavana dbname=tavana' AS lake (TYPE postgres)")
    yield connection
    connection.close()


def test_a_table_is_made_filled_and_read(attached, server):
    attached.execute("CREATE TABLE lake.public.fetched (i INTEGER, s VARCHAR, d DECIMAL(10,2), t TIMESTAMP)")
    try:
        attached.execute("INSERT INTO lake.public.fetched SELECT range, 'x' || range, 1.5, TIMESTAMP '2024-02-29' FROM range(5000)")
        assert attached.execute("SELECT count(*), sum(i), sum(d) FROM lake.public.fetched").fetchone() == (5000, 12497500, 7500)
        assert attached.execute("SELECT s, t FROM lake.public.fetched WHERE i = 7").fetchall() == [
            ("x7", datetime.datetime(2024, 2, 29))]
        assert ("fetched",) in attached.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'").fetchall()
        with server.psycopg() as other:
            assert other.execute("SELECT count(*) FROM fetched").fetchone() == (5000,)
    finally:
        attached.execute("DROP TABLE lake.public.fetched")


def test_a_query_is_passed_through(attached):
    assert attached.execute("SELECT * FROM postgres_query('lake', 'SELECT 41 + 1 AS answer')").fetchall() == [(42,)]


def test_a_transaction_is_rolled_back(attached):
    attached.execute("CREATE TABLE lake.public.taken_back (i INTEGER)")
    try:
        attached.execute("BEGIN")
        attached.execute("INSERT INTO lake.public.taken_back VALUES (1)")
        attached.execute("ROLLBACK")
        assert attached.execute("SELECT count(*) FROM lake.public.taken_back").fetchone() == (0,)
    finally:
        attached.execute("DROP TABLE lake.public.taken_back")


def test_rows_are_not_changed_through_their_place(attached):
    """UPDATE and DELETE name rows by ctid, which there is none of here: refused, not done to the wrong rows."""
    attached.execute("CREATE TABLE lake.public.unchanged AS SELECT 1 AS i")
    try:
        with pytest.raises(duckdb.Error, match="ctid"):
            attached.execute("UPDATE lake.public.unchanged SET i = 2")
        assert attached.execute("SELECT i FROM lake.public.unchanged").fetchall() == [(1,)]
    finally:
        attached.execute("DROP TABLE lake.public.unchanged")
