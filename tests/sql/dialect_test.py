"""tavana.dialect: one text, two meanings. What each statement answers is compared with PostgreSQL in tests/differential."""

import psycopg
import pytest

import wire

TWO_MEANINGS = {
    "SELECT 7/2": ([(3.5,)], [(3,)]),
    "SELECT 'abc' ~ 'b'": ([(False,)], [(True,)]),
    "SELECT 'a_c' LIKE 'a\\_c'": ([(False,)], [(True,)]),
    "SELECT x FROM (VALUES (1), (NULL)) t(x) ORDER BY x DESC": ([(1,), (None,)], [(None,), (1,)]),
    "WITH q AS (SELECT x FROM (VALUES (1), (NULL)) t(x) ORDER BY x DESC LIMIT 1) SELECT * FROM q": ([(1,)], [(None,)]),
    "SELECT generate_series(1, 2)": ([([1, 2],)], [(1,), (2,)]),
}


@pytest.fixture
def connection(server):
    with psycopg.connect(host="127.0.0.1", port=server.port, user="ada", dbname="tavana", autocommit=True) as opened:
        yield opened


@pytest.mark.parametrize("sql", TWO_MEANINGS)
def test_the_setting_decides_what_a_statement_means(connection, sql):
    duckdb, postgres = TWO_MEANINGS[sql]
    assert connection.execute(sql).fetchall() == duckdb
    connection.execute("SET tavana.dialect = postgres")
    assert connection.execute(sql).fetchall() == postgres
    connection.execute("RESET tavana.dialect")
    assert connection.execute(sql).fetchall() == duckdb


def test_division_by_zero_is_an_error_and_only_where_it_is_asked_for(connection):
    connection.execute("SET tavana.dialect = postgres")
    for sql in ("SELECT 1 / 0", "SELECT 1 % 0", "SELECT 1.5 / 0", "SELECT 10 / (i - 5) FROM range(10) t(i)"):
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute(sql)
    guarded = "SELECT sum(CASE WHEN i = 5 THEN 0 ELSE 10 / (i - 5) END) FROM range(100000) t(i)"
    assert connection.execute(guarded).fetchone() == (5,)


def test_set_local_and_the_connections_options_choose_it_too(server, connection):
    with connection.transaction():
        connection.execute("SET LOCAL tavana.dialect = postgres")
        assert connection.execute("SELECT 7/2").fetchone() == (3,)
    assert connection.execute("SELECT 7/2").fetchone() == (3.5,)
    with psycopg.connect(host="127.0.0.1", port=server.port, user="ada", dbname="tavana", options="-c tavana.dialect=postgres") as other:
        assert other.execute("SELECT 7/2").fetchone() == (3,)


def test_a_prepared_statement_keeps_the_meaning_that_it_was_prepared_with(server):
    with wire.connect(server) as client:
        client.ask(wire.query("CREATE TABLE dialect_t (x int)"))
        client.ask(wire.query("INSERT INTO dialect_t VALUES (7)"))
        client.ask(wire.query("PREPARE halves AS SELECT x / 2 FROM dialect_t"))
        client.ask(wire.query("SET tavana.dialect = postgres"))
        client.ask(wire.query("INSERT INTO dialect_t VALUES (9)"))  # so that the statement is planned anew
        rows = [each.values for each in client.ask(wire.query("EXECUTE halves")) if each.kind == "D"]
        assert rows == [[b"3.5"], [b"4.5"]]
        client.ask(wire.query("DROP TABLE dialect_t"))


def test_an_unknown_dialect_is_refused_with_the_known_ones(connection):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="mysql") as refused:
        connection.execute("SET tavana.dialect = mysql")
    assert "duckdb, postgres" in refused.value.diag.message_hint
    assert connection.execute("SHOW tavana.dialect").fetchone() == ("duckdb",)


def test_similar_to_still_wants_the_whole_text(connection):
    for dialect in ("duckdb", "postgres"):
        connection.execute(f"SET tavana.dialect = {dialect}")
        assert connection.execute("SELECT 'abc' SIMILAR TO 'b', 'abc' NOT SIMILAR TO 'b', relname SIMILAR TO 'g_clas' FROM pg_class WHERE relname = 'pg_class'").fetchone() == (False, True, False)
