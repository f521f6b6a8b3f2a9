"""COPY as psql, psycopg 3, psycopg2 and asyncpg do it."""

import asyncio
import datetime
import decimal
import io
import subprocess
import uuid

import asyncpg
import psycopg
import psycopg2
import pytest

COLUMNS = "a integer, b text, c numeric(10,2), d timestamptz, e uuid, f bytea, g double precision, h boolean, i date, j integer[]"
ROW = (1, "tab\tand \"quotes\", é", decimal.Decimal("12.50"), datetime.datetime(2020, 2, 3, 4, 5, 6, 700000, datetime.timezone.utc),
       uuid.UUID(int=0x1234), b"\x00\xff\\", 1.5, True, datetime.date(2020, 2, 29), [1, None, 3])
ROWS = [ROW, (2,) + (None,) * 9]


@pytest.fixture
def table(connection):
    connection.execute(f"CREATE OR REPLACE TABLE copied ({COLUMNS})")
    yield "copied"
    connection.execute("DROP TABLE copied")


def rows(connection):
    return connection.execute("SELECT * FROM copied ORDER BY a").fetchall()


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_psycopg_writes_and_reads_rows(connection, table, binary):
    options = "(FORMAT binary)" if binary else ""
    types = ["int4", "text", "numeric", "timestamptz", "uuid", "bytea", "float8", "bool", "date", "int4[]"]
    cursor = connection.cursor()
    with cursor.copy(f"COPY copied FROM STDIN {options}") as copy:
        copy.set_types(types)
        for row in ROWS:
            copy.write_row(row)
    assert cursor.rowcount == 2
    assert rows(connection) == ROWS
    with connection.cursor().copy(f"COPY (SELECT * FROM copied ORDER BY a) TO STDOUT {options}") as copy:
        copy.set_types(types)
        assert list(copy.rows()) == ROWS


def test_psycopg_that_raises_in_a_copy_leaves_nothing_behind(connection, table):
    with pytest.raises(ZeroDivisionError), connection.cursor().copy("COPY copied (a) FROM STDIN") as copy:
        copy.write_row([1])
        1 / 0
    assert rows(connection) == []


def test_psycopg2_copies_files(server, connection, table):
    theirs = psycopg2.connect(**server.connect_arguments())
    with theirs, theirs.cursor() as cursor:
        cursor.copy_expert("COPY copied (a, b) FROM STDIN WITH CSV HEADER", io.StringIO('a,b\n1,"x,y"\n2,\n'))
        assert cursor.rowcount == 2
        cursor.copy_from(io.StringIO("3\tz\n"), "copied", columns=("a", "b"))
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT a, b FROM copied ORDER BY a) TO STDOUT WITH CSV", out)
        assert out.getvalue() == '1,"x,y"\n2,\n3,z\n'
        out = io.StringIO()
        cursor.copy_to(out, "copied", columns=("b", "a"))
        assert sorted(out.getvalue().splitlines()) == ["\\N\t2", "x,y\t1", "z\t3"]
    theirs.close()


def psql(server, script, **options):
    return subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", server.conninfo() + " dbname=tavana"], input=script, text=True,
                          capture_output=True, timeout=60, **options)


def test_psql_copies_from_and_to_files_and_its_own_input(server, connection, table, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('a,b\n1,"two\nlines"\n2,\n')
    done = psql(server, f"\\copy copied (a, b) from '{source}' with (format csv, header match)\n"
                        f"\\copy (select a, b from copied order by a) to '{target}' csv header\n"
                        "COPY copied (a, b) FROM STDIN;\n3\tx\n4\t\\N\n\\.\n"
                        "COPY (SELECT a, b FROM copied WHERE a > 2 ORDER BY a) TO STDOUT;\n")
    assert done.returncode == 0, done.stderr
    assert target.read_text() == source.read_text()
    assert done.stdout == "3\tx\n4\t\\N\n"


def test_psql_names_the_line_and_the_column_of_an_error(server, table):
    done = psql(server, "COPY copied (a, b) FROM STDIN;\n1\tx\ny\tz\n\\.\n")
    assert done.returncode == 3
    assert done.stderr.splitlines() == ['ERROR:  invalid input syntax for type integer: "y"', 'CONTEXT:  COPY copied, line 2, column a: "y"']


def test_asyncpg_copies_records_tables_and_queries(server, connection, table):
    async def scenario():
        theirs = await asyncpg.connect(**server.connect_arguments(), database="tavana")
        columns = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
        assert await theirs.copy_records_to_table("copied", records=[row[:9] for row in ROWS], columns=columns) == "COPY 2"
        out = io.BytesIO()
        assert await theirs.copy_from_query("SELECT a, b FROM copied WHERE a >= 1 ORDER BY a", output=out, format="csv") == "COPY 2"
        assert out.getvalue() == b'1,"tab\tand ""quotes"", \xc3\xa9"\n2,\n'
        whole = io.BytesIO()
        assert await theirs.copy_from_table("copied", output=whole, format="binary") == "COPY 2"
        whole.seek(0)
        assert await theirs.copy_to_table("copied", source=whole, format="binary") == "COPY 2"
        assert await theirs.fetchval("SELECT count(*) FROM copied") == 4
        with pytest.raises(asyncpg.BadCopyFileFormatError):
            await theirs.copy_to_table("copied", source=io.BytesIO(b"nonsense"), format="binary")
        assert await theirs.fetchval("SELECT 1") == 1
        await theirs.close()

    asyncio.run(scenario())
    assert rows(connection)[0][:9] == ROW[:9]


def test_copy_to_a_slow_reader_and_from_a_fast_writer_are_whole(connection, table):
    count = 300_000
    with connection.cursor().copy("COPY copied (a, b) FROM STDIN") as copy:
        copy.write("".join(f"{number}\tvalue {number}\n" for number in range(count)))
    assert connection.execute("SELECT count(*), sum(a), count(DISTINCT b) FROM copied").fetchone() == (count, count * (count - 1) // 2, count)
    with connection.cursor().copy("COPY copied (a, b) TO STDOUT") as copy:
        lines = b"".join(bytes(block) for block in copy).splitlines()
    assert sorted(int(line.split(b"\t")[0]) for line in lines) == list(range(count))


def test_psycopg_pipelines_and_copies_share_a_connection(server):
    with psycopg.connect(**server.connect_arguments()) as connection:
        connection.execute("CREATE TEMP TABLE mine (a integer)")
        with connection.cursor().copy("COPY mine FROM STDIN") as copy:
            copy.write_row([1])
        assert connection.execute("SELECT a FROM mine").fetchall() == [(1,)]
        connection.rollback()
