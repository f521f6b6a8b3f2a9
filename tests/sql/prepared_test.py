"""Prepared statements beside writers: an execution answers as if the statement had just been prepared."""

import random
import threading

import psycopg
import pytest

QUERIES = [
    "SELECT a, n FROM words ORDER BY 1, 2",
    "SELECT count(*) FROM words WHERE a > 'f'",
    "SELECT count(*) FROM words WHERE n IS NULL",
    "SELECT a, count(*) FROM words GROUP BY a ORDER BY a",
    "SELECT min(n), max(n), count(n) FROM words WHERE n > 100",
]


def test_executions_between_writes_answer_like_new_statements(server):
    random_words = random.Random(5)
    with server.psycopg(prepare_threshold=0) as prepared, server.psycopg(prepare_threshold=None) as fresh:
        fresh.execute("CREATE TABLE words (a text, n integer)")
        for _ in range(150):
            if random_words.random() < 0.2:
                prepared.execute("DELETE FROM words WHERE n < %s", [random_words.randrange(1000)])
            word = "".join(random_words.choices("abcdefgh", k=random_words.randrange(24)))
            number = random_words.choice([None, random_words.randrange(10), random_words.randrange(10**9)])
            random_words.choice([prepared, fresh]).execute("INSERT INTO words VALUES (%s, %s)", [word, number])
            for query in QUERIES:
                assert prepared.execute(query).fetchall() == fresh.execute(query).fetchall(), query
        fresh.execute("DROP TABLE words")


def test_a_reader_beside_a_writer_sees_whole_words_and_every_committed_row(server):
    """Each INSERT is longer than all before it: a plan that is kept over one would cut it."""
    written, problems = [0], []

    def write():
        with server.psycopg() as connection:
            for length in range(1, 300):
                connection.execute("INSERT INTO growing VALUES (%s)", ["x" * length])
                written[0] = length

    with server.psycopg(prepare_threshold=0) as reader:
        reader.execute("CREATE TABLE growing (a text)")
        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            at_least = written[0]
            lengths = [row[0] for row in reader.execute("SELECT a FROM growing ORDER BY a").fetchall()]
            if lengths != ["x" * length for length in range(1, len(lengths) + 1)] or len(lengths) < at_least:
                problems.append((at_least, lengths[-3:]))
        writer.join()
        assert problems == []
        assert written[0] == 299
        reader.execute("DROP TABLE growing")


def test_a_statement_whose_columns_changed_is_refused_as_postgres_does(server, postgres):
    answers = []
    for each in (server, postgres):
        with each.psycopg() as connection:
            connection.execute("CREATE TABLE widened (a integer)")
            connection.execute("PREPARE everything AS SELECT * FROM widened")
            connection.execute("EXECUTE everything")
            connection.execute("ALTER TABLE widened ADD COLUMN b integer")
            with pytest.raises(psycopg.Error) as caught:
                connection.execute("EXECUTE everything")
            answers.append((caught.value.sqlstate, caught.value.diag.message_primary))
            connection.execute("DROP TABLE widened")
    assert answers[0] == answers[1] == ("0A000", "cached plan must not change result type")


def test_a_repeated_statement_answers_as_if_nobody_had_asked_before(server):
    with server.psycopg(cursor_factory=psycopg.ClientCursor) as mine, server.psycopg() as other:
        other.execute("CREATE TYPE size AS ENUM ('small', 'large')")
        other.execute("CREATE MACRO answer() AS 1")
        steps = [
            ("SELECT 1", other, "SELECT 2", ("1", "1")),
            ("SELECT getvariable('x')::text", mine, "SET VARIABLE x = 'set'", (None, "set")),
            ("SELECT answer()::text", other, "CREATE OR REPLACE MACRO answer() AS 2", ("1", "2")),
            ("SELECT current_setting('pivot_limit')::text", mine, "SET pivot_limit = 7", ("100000", "7")),
            ("SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00'", mine, "SET TimeZone = 'Asia/Tokyo'",
             ("2020-01-01 00:00:00+00", "2020-01-01 09:00:00+09")),
            ("SELECT 'small'::size = 'small'", other, "DROP TYPE size", ("t", "UndefinedObject")),
        ]

        def ask(query):
            result = mine.pgconn.exec_(query.encode())
            if result.error_message:
                return psycopg.errors.lookup(result.error_field(ord("C")).decode()).__name__
            value = result.get_value(0, 0)
            return value and value.decode()

        try:
            for query, who, change, (before, after) in steps:
                assert [ask(query), ask(query)] == [before, before], query
                who.execute(change)
                assert [ask(query), ask(query)] == [after, after], query
        finally:
            other.execute("DROP MACRO answer")


@pytest.mark.parametrize("prepared", [True, False])
@pytest.mark.parametrize("clock", ["now()", "current_timestamp", "localtimestamp", "localtime", "clock_timestamp()", "current_time"])
def test_the_clock_goes_on_between_executions(connection, clock, prepared):
    moments = {connection.execute(f"SELECT {clock}::text", prepare=prepared).fetchone() for _ in range(3)}
    assert len(moments) == 3
