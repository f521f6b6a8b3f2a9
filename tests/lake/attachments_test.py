"""ATTACH of a user is the session's own, also where the session moves."""

import psycopg
import pytest


def names(connection):
    return [row[0] for row in connection.execute("SELECT database_name FROM duckdb_databases() ORDER BY 1").fetchall()]


def test_another_session_neither_sees_nor_names_nor_detaches_an_attachment(server):
    with server.psycopg() as a, server.psycopg() as b:
        a.execute("ATTACH ':memory:' AS mine")
        a.execute("CREATE TABLE mine.t AS SELECT 42 AS i")
        assert a.execute("FROM mine.t").fetchall() == [(42,)]
        assert "mine" in names(a) and "mine" not in names(b)
        for text in ["FROM mine.t", "SELECT * FROM query('FROM mine.t')", "DETACH mine", "USE mine", "CREATE VIEW v AS FROM mine.t"]:
            with pytest.raises(psycopg.Error):
                b.execute(text)
        assert b.execute("SELECT count(*) FROM pg_database WHERE datname = 'mine'").fetchone() == (0,)
        assert b.execute("SELECT count(*) FROM information_schema.tables WHERE table_catalog = 'mine'").fetchone() == (0,)


def test_an_attachment_ends_with_discard_all_and_with_its_session(server, tmp_path):
    file = tmp_path / "x.db"
    with server.psycopg() as a:
        a.execute(f"ATTACH '{file}' AS x")
        a.execute("CREATE TABLE x.t AS SELECT 1 AS i")
        a.execute("DISCARD ALL")
        assert "x" not in names(a)
        a.execute(f"ATTACH '{file}' AS y")
        assert a.execute("FROM y.t").fetchall() == [(1,)]
    with server.psycopg() as b:
        b.execute(f"ATTACH '{file}' AS z")
        assert b.execute("FROM z.t").fetchall() == [(1,)]


def test_the_password_of_an_attached_database_is_shown_nowhere(server, postgres):
    secret = "never-to-be-seen-attached"
    with server.psycopg() as a, server.psycopg() as b:
        a.execute(f"ATTACH 'host=127.0.0.1 port={postgres.port} user=postgres password={secret} dbname=postgres' AS pg (TYPE postgres)")
        assert a.execute("FROM postgres_query('pg', 'SELECT 42')").fetchall() == [(42,)]
        for connection in (a, b):
            for text in ["FROM duckdb_databases()", "FROM pg_stat_activity", "FROM pg_database", "PRAGMA database_size", "FROM duckdb_settings()"]:
                assert secret not in str(connection.execute(text).fetchall()), text
        with pytest.raises(psycopg.Error) as refused:
            a.execute(f"ATTACH 'host=127.0.0.1 port=1 user=postgres password={secret} dbname=postgres' AS other (TYPE postgres)")
        assert secret not in str(refused.value)
    for process in (server, *server.workers):
        assert secret not in process.log_file.read_text(errors="replace")
