"""The 22 queries of TPC-H give the answers that come with them, through both protocols."""

import csv
import datetime
import decimal
import io

import pytest

from harness import Server, in_process_duckdb

QUERIES = range(1, 23)


@pytest.fixture(scope="module")
def scale(full):
    return "1" if full else "0.1"


@pytest.fixture(scope="module")
def expected(scale):
    with in_process_duckdb() as duck:
        duck.execute("LOAD tpch")
        texts = dict(duck.execute("SELECT query_nr, query FROM tpch_queries()").fetchall())
        answers = dict(duck.execute(f"SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = {scale}").fetchall())
    assert len(texts) == len(answers) == 22
    # Their header is PostgreSQL's: "sum" where DuckDB alone would say "sum(l_quantity)".
    return {number: (texts[number], list(csv.reader(io.StringIO(answers[number]), delimiter="|"))) for number in QUERIES}


@pytest.fixture(scope="module")
def tpch(tmp_path_factory, scale):
    init = tmp_path_factory.mktemp("tpch") / "init.sql"
    init.write_text(f"LOAD tpch;\nCALL dbgen(sf = {scale});\n")
    server = Server(tmp_path_factory.mktemp("server"), "--init", init)
    yield server
    server.stop()


def same(found, wanted):
    """`wanted` is text of the answer file; floats there have fewer digits than a double."""
    if found is None:
        return wanted in ("", "NULL")
    if isinstance(found, float):
        return found == pytest.approx(float(wanted), rel=1e-9, abs=1e-2)
    if isinstance(found, (int, decimal.Decimal)):
        return decimal.Decimal(found) == decimal.Decimal(wanted)
    if isinstance(found, datetime.date):
        return found.isoformat() == wanted
    return found == wanted


def check(cursor, header, rows):
    assert [column.name for column in cursor.description] == header
    found = cursor.fetchall()
    assert len(found) == len(rows)
    for number, (row, wanted) in enumerate(zip(found, rows)):
        for name, value, text in zip(header, row, wanted, strict=True):
            assert same(value, text), f"row {number}, {name}: {value!r}, wanted {text!r}"


@pytest.mark.parametrize("number", QUERIES)
def test_tpch_query_gives_its_answer_through_simple_query(tpch, expected, number):
    import psycopg
    query, (header, *rows) = expected[number]
    with tpch.psycopg(cursor_factory=psycopg.ClientCursor) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        check(cursor, header, rows)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("number", QUERIES)
def test_tpch_query_gives_its_answer_through_a_prepared_statement(tpch, expected, number, binary):
    query, (header, *rows) = expected[number]
    with tpch.psycopg() as connection:
        for _ in range(2):
            cursor = connection.cursor(binary=binary)
            cursor.execute(query, prepare=True)
            check(cursor, header, rows)
