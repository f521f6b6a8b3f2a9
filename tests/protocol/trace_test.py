"""The same exchange on PostgreSQL 15 and on Tavana gives the same messages."""

import struct

import pytest

import wire
from wire import SYNC, FLUSH, bind, close, describe, execute, parse, query

TABLE = "CREATE TEMP TABLE trace (a INTEGER, b TEXT)"
# Each exchange: rounds, each sent at once and read to ReadyForQuery.
EXCHANGES = {
    "constants": [[query("SELECT 1 AS a, 'x'::text AS b, NULL::integer AS c, true AS d, 1.5::float8 AS e")]],
    "an empty query": [[query("")], [query(";")], [query(" -- comment")]],
    "several statements": [[query("SELECT 1 AS a; SELECT 2 AS b")], [query("SELECT 1 AS a;")]],
    "no rows": [[query("SELECT 1 AS a WHERE false")]],
    "tags of changes": [[query(TABLE)], [query("INSERT INTO trace VALUES (1, 'x'), (2, 'y')")], [query("UPDATE trace SET b = 'z' WHERE a = 1")],
                        [query("DELETE FROM trace")], [query("INSERT INTO trace SELECT 1, 'x' WHERE false")], [query("DROP TABLE trace")]],
    "tags of definitions": [[query("CREATE TABLE trace_t (a INTEGER)")], [query("CREATE VIEW trace_v AS SELECT * FROM trace_t")], [query("DROP VIEW trace_v")],
                            [query("ALTER TABLE trace_t ADD COLUMN c INTEGER")], [query("CREATE INDEX trace_i ON trace_t (a)")], [query("DROP INDEX trace_i")],
                            [query("DROP TABLE trace_t")], [query("CREATE SCHEMA trace_s")], [query("DROP SCHEMA trace_s")],
                            [query("CREATE SEQUENCE trace_q")], [query("DROP SEQUENCE trace_q")], [query("CREATE TEMP TABLE trace_c AS SELECT 1 AS a")]],
    "returning": [[query(TABLE)], [query("INSERT INTO trace VALUES (1, 'x') RETURNING a, b")]],
    "a transaction": [[query("BEGIN")], [query("SELECT 1 AS a")], [query("COMMIT")], [query("START TRANSACTION")], [query("ROLLBACK")]],
    "a failed transaction": [[query("BEGIN")], [query("SELECT * FROM no_such_table")], [query("SELECT 1")], [query("COMMIT")]],
    "transaction commands out of place": [[query("COMMIT")], [query("ROLLBACK")], [query("BEGIN")], [query("BEGIN")], [query("ROLLBACK")]],
    "errors": [[query("SELECT * FROM no_such_table")], [query("SELEC 1")], [query("SELECT no_such_column")], [query("SELECT 'x'::integer")],
               [query("SELECT no_such_function(1)")], [query("SELECT 100000::smallint")], [query("DROP TABLE no_such_table")],
               [query("SELECT * FROM no_such_schema.t")]],
    "duplicate and constraint errors": [[query("CREATE TEMP TABLE con (a INTEGER PRIMARY KEY, b INTEGER NOT NULL CHECK (b > 0))")], [query("CREATE TEMP TABLE con (a INTEGER)")],
                                        [query("INSERT INTO con VALUES (1, 1)")], [query("INSERT INTO con VALUES (1, 1)")],
                                        [query("INSERT INTO con VALUES (2, NULL)")], [query("INSERT INTO con VALUES (3, -1)")]],
    "extended": [[parse("SELECT $1::integer AS n, $2::text AS t"), bind([b"1", b"x"]), describe("P"), execute(), SYNC]],
    "extended in binary": [[parse("SELECT $1::integer AS n, $2::float8 AS f, $3::text AS t"), bind([struct.pack("!i", 7), struct.pack("!d", 1.5), None], formats=[1, 1, 0], result_formats=[1]),
                            describe("P"), execute(), SYNC]],
    "describe a statement": [[parse("SELECT $1::integer AS n, $2::text AS t", "s"), describe("S", "s"), SYNC], [close("S", "s"), SYNC], [describe("S", "s"), SYNC]],
    "row limits": [[parse("SELECT * FROM (VALUES (1), (2), (3), (4), (5)) t(n)"), bind(), execute(rows=2), execute(rows=2), execute(rows=2), SYNC]],
    "a limit met exactly": [[parse("SELECT * FROM (VALUES (1), (2)) t(n)"), bind(), execute(rows=2), execute(rows=2), SYNC]],
    "skip until sync": [[parse("SELECT * FROM no_such_table"), bind(), execute(), parse("SELECT 1"), SYNC], [parse("SELECT 1 AS a"), bind(), execute(), SYNC]],
    "wrong names": [[bind((), "nothing"), SYNC], [execute("nothing"), SYNC], [describe("P", "nothing"), SYNC], [close("P", "nothing"), SYNC]],
    "a name twice": [[parse("SELECT 1", "d"), SYNC], [parse("SELECT 1", "d"), SYNC], [parse("SELECT 1"), parse("SELECT 2"), SYNC]],
    "wrong counts": [[parse("SELECT $1::integer AS n"), bind(), SYNC], [parse("SELECT $1::integer AS n"), bind([b"x"]), SYNC],
                     [parse("SELECT $1::integer AS n"), bind([b"12345"], formats=[1]), SYNC], [parse("SELECT 1; SELECT 2"), SYNC]],
    "a transaction through the extended protocol": [[parse("BEGIN"), bind(), execute(), SYNC], [parse("SELECT 1 AS a"), bind(), execute(), SYNC],
                                                    [parse("COMMIT"), bind(), describe("P"), execute(), SYNC]],
    "sql prepare": [[query("PREPARE p AS SELECT 1 AS a")], [query("EXECUTE p")], [query("DEALLOCATE p")], [query("EXECUTE p")], [query("DEALLOCATE p")],
                    [query("DEALLOCATE ALL")]],
    "sql prepare with parameters": [[query("PREPARE p(integer, text) AS SELECT $1 AS n, $2 AS t")], [query("EXECUTE p(1, 'x')")], [query("EXECUTE p(2 + 3, NULL)")],
                                    [query("EXECUTE p(1)")], [query("PREPARE p AS SELECT 1")], [query("EXECUTE p('x', 'y')")]],
    "sql prepare and the protocol share names": [[query("PREPARE q(integer) AS SELECT $1 AS n")], [bind([b"7"], "q"), describe("P"), execute(), SYNC],
                                                 [parse("SELECT $1::integer AS m", "r"), SYNC], [query("EXECUTE r(5)")], [query("DEALLOCATE r")],
                                                 [bind([b"7"], "r"), SYNC]],
    "sql prepare of a change": [[query(TABLE)], [query("PREPARE i(integer) AS INSERT INTO trace VALUES ($1, 'x')")], [query("EXECUTE i(1)")],
                                [query("EXECUTE i(2)")], [query("SELECT a FROM trace ORDER BY a")]],
    "execute through the extended protocol": [[query("PREPARE p AS SELECT 1 AS a")], [parse("EXECUTE p"), describe("S"), bind(result_formats=[1]), execute(), SYNC]],
    "a cursor": [[query("BEGIN")], [query("DECLARE c CURSOR FOR SELECT n::integer AS n FROM generate_series(1, 5) t(n)")], [query("FETCH c")], [query("FETCH 2 FROM c")],
                 [query("FETCH 0 FROM d")], [query("ROLLBACK")], [query("FETCH c")]],
    "cursor directions": [[query("BEGIN")], [query("DECLARE c NO SCROLL CURSOR FOR SELECT n::integer AS n FROM generate_series(1, 20) t(n)")], [query("FETCH FIRST FROM c")],
                          [query("FETCH RELATIVE 2 FROM c")], [query("FETCH ABSOLUTE 6 IN c")], [query("MOVE 2 IN c")], [query("FETCH NEXT FROM c")],
                          [query("MOVE FORWARD 3 FROM c")], [query("FETCH FORWARD ALL FROM c")], [query("FETCH c")], [query("MOVE ALL IN c")], [query("CLOSE c")], [query("COMMIT")]],
    "the last row of a cursor": [[query("BEGIN")], [query("DECLARE c CURSOR FOR SELECT n::integer AS n FROM generate_series(1, 9000) t(n)")], [query("FETCH LAST FROM c")],
                                 [query("FETCH c")], [query("COMMIT")]],
    "a cursor does not go back": [[query("BEGIN")], [query("DECLARE c NO SCROLL CURSOR FOR SELECT n::integer AS n FROM generate_series(1, 5) t(n)")], [query("FETCH 3 FROM c")],
                                  [query("FETCH PRIOR FROM c")], [query("ROLLBACK")]],
    "cursors out of place": [[query("DECLARE c CURSOR FOR SELECT 1")], [query("FETCH c")], [query("CLOSE c")], [query("CLOSE ALL")], [query("BEGIN")],
                             [query("DECLARE c CURSOR FOR SELECT 1")], [query("DECLARE c CURSOR FOR SELECT 1")], [query("ROLLBACK")]],
    "a cursor with hold": [[query("BEGIN")], [query("DECLARE h CURSOR WITH HOLD FOR SELECT n::integer AS n FROM generate_series(1, 5) t(n)")], [query("FETCH h")], [query("COMMIT")],
                           [query("FETCH 2 FROM h")], [query("BEGIN")], [query("ROLLBACK")], [query("FETCH h")], [query("CLOSE h")], [query("FETCH h")],
                           [query("BEGIN")], [query("DECLARE h CURSOR WITH HOLD FOR SELECT 1")], [query("ROLLBACK")], [query("FETCH h")]],
    "a cursor with hold outside of a block": [[query("DECLARE h CURSOR WITH HOLD FOR SELECT 1 AS a")], [query("FETCH h")], [query("DISCARD ALL")], [query("FETCH h")]],
    "a cursor shows what was there when it was declared": [[query(TABLE)], [query("INSERT INTO trace VALUES (1, 'x')")], [query("BEGIN")],
                                                           [query("DECLARE c CURSOR FOR SELECT a FROM trace")], [query("INSERT INTO trace VALUES (2, 'y')")],
                                                           [query("FETCH ALL FROM c")], [query("COMMIT")]],
    "two cursors in turns": [[query("BEGIN")], [query("DECLARE a CURSOR FOR SELECT n::integer AS n FROM generate_series(1, 9000) t(n)")],
                             [query("DECLARE b CURSOR FOR SELECT n::integer AS n FROM generate_series(10001, 19000) t(n)")], [query("FETCH 2 FROM a")], [query("FETCH 2 FROM b")],
                             [query("FETCH 2 FROM a")], [query("SELECT 1 AS x")], [query("FETCH 2 FROM b")], [query("COMMIT")]],
    "a binary cursor": [[query("BEGIN")], [query("DECLARE c BINARY CURSOR FOR SELECT 7::integer AS n, 'x'::text AS t")], [query("FETCH c")], [query("COMMIT")]],
    "a cursor through the extended protocol": [[query("BEGIN")], [parse("DECLARE c CURSOR FOR SELECT $1::integer + n::integer AS n FROM generate_series(1, 5) t(n)"), bind([b"10"]), execute(), SYNC],
                                               [describe("P", "c"), SYNC], [parse("FETCH 2 FROM c"), describe("S"), bind(), execute(), SYNC],
                                               [parse("FETCH 2 FROM c"), bind(result_formats=[1]), execute(), SYNC], [query("COMMIT")]],
    "savepoints": [[query("BEGIN")], [query("SAVEPOINT a")], [query("SELECT 1 AS n")], [query("SAVEPOINT b")], [query("ROLLBACK TO a")], [query("ROLLBACK TO SAVEPOINT b")],
                   [query("ROLLBACK TO a")], [query("RELEASE a")], [query("RELEASE SAVEPOINT a")], [query("COMMIT")]],
    "a savepoint mends a failed block": [[query("BEGIN")], [query("SAVEPOINT a")], [query("SELECT * FROM no_such_table")], [query("SELECT 1 AS n")], [query("ROLLBACK TO a")],
                                         [query("SELECT 2 AS n")], [query("COMMIT")]],
    "savepoints out of place": [[query("SAVEPOINT a")], [query("ROLLBACK TO a")], [query("RELEASE a")]],
    "a savepoint goes back to its settings": [[query("BEGIN")], [query("SET application_name = 'one'")], [query("SAVEPOINT a")], [query("SET application_name = 'two'")],
                                              [query("ROLLBACK TO a")], [query("SHOW application_name")], [query("COMMIT")], [query("SHOW application_name")]],
    "the time zone goes back with its transaction": [[query("SET TIME ZONE 'Asia/Tokyo'")], [query("BEGIN")], [query("SET TIME ZONE 'America/New_York'")], [query("ROLLBACK")],
                                                     [query("SELECT extract(hour FROM '2024-01-01 00:00:00+00'::timestamptz)::integer AS h, '2024-01-01 00:00:00+00'::timestamptz AS t")]],
    "settings": [[query("SET application_name = 'trace'")], [query("SHOW application_name")], [query("RESET application_name")],
                 [query("SET no_such_setting_at_all = 1")], [query("DISCARD ALL")]],
    "copy of nothing and flush": [[parse("SELECT 1 AS a"), FLUSH, bind(), FLUSH, execute(), FLUSH, SYNC]],
}


def masked(messages):
    """What must be equal: kinds, tags, states, values, column names and types, SQLSTATEs and severities."""
    seen = []
    for each in messages:
        if each.kind in "EN":
            seen.append((each.kind, each.fields["S"], each.sqlstate))  # the words may differ
        elif each.kind == "T":
            seen.append((each.kind, each.columns))
        elif each.kind == "D":
            seen.append((each.kind, each.values))
        elif each.kind == "C":
            seen.append((each.kind, each.tag))
        else:
            seen.append((each.kind, each.body))
    return seen


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_is_the_same_as_on_postgresql(server, postgres, name):
    with wire.connect(server) as tavana, wire.connect(postgres) as reference:
        found = [masked(tavana.ask(*messages)) for messages in EXCHANGES[name]]
        wanted = [masked(reference.ask(*messages)) for messages in EXCHANGES[name]]
    assert found == wanted
