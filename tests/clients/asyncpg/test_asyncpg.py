"""asyncpg as it comes from its authors; it prepares everything and reads binary only."""

import asyncio
import datetime
import decimal
import uuid

import asyncpg
import pytest

PARAMETERS = [
    (True, "BOOLEAN"), (7, "SMALLINT"), (-70000, "INTEGER"), (2**40, "BIGINT"), (1.25, "DOUBLE"), (0.5, "FLOAT"),
    (decimal.Decimal("12.340"), "DECIMAL(10,3)"), ("ü'x", "VARCHAR"), (b"\x00\xff", "BLOB"), (datetime.date(2024, 2, 29), "DATE"),
    (datetime.time(1, 2, 3, 4), "TIME"), (datetime.datetime(2024, 2, 29, 1, 2, 3, 4), "TIMESTAMP"),
    (datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc), "TIMESTAMPTZ"), (datetime.timedelta(days=2, seconds=3), "INTERVAL"),
    (uuid.UUID(int=5), "UUID"), (None, "INTEGER"),
]


def run(server, body, **arguments):
    async def inside():
        connection = await asyncpg.connect(host="127.0.0.1", port=server.port, user="tavana", timeout=30, **arguments)
        try:
            return await body(connection)
        finally:
            await connection.close(timeout=30)
    return asyncio.run(inside())


@pytest.mark.parametrize("database", [None, "tavana", "main"])
def test_connects_to_the_database_it_names(server, database):
    arguments = {"database": database} if database else {}
    assert run(server, lambda c: c.fetchval("SELECT current_database()"), **arguments) == (database or "tavana")


def test_a_database_that_does_not_exist_is_refused(server):
    with pytest.raises(asyncpg.InvalidCatalogNameError, match="nowhere"):
        run(server, lambda c: c.fetchval("SELECT 1"), database="nowhere")


@pytest.mark.parametrize("value, kind", PARAMETERS, ids=[kind for _, kind in PARAMETERS])
def test_a_parameter_comes_back(server, value, kind):
    assert run(server, lambda c: c.fetchval(f"SELECT $1::{kind}", value)) == value


def test_rows_have_names_and_values(server):
    row = run(server, lambda c: c.fetchrow("SELECT 1 AS a, 'x' AS b, NULL AS c, 1.50::DECIMAL(5,2) AS d"))
    assert dict(row) == {"a": 1, "b": "x", "c": None, "d": decimal.Decimal("1.50")}


def test_a_prepared_statement_runs_many_times(server):
    async def body(connection):
        statement = await connection.prepare("SELECT $1::INTEGER * 2")
        return [await statement.fetchval(i) for i in range(200)]
    assert run(server, body) == [i * 2 for i in range(200)]


def test_many_rows_and_no_rows(server):
    async def body(connection):
        statement = await connection.prepare("SELECT 1 AS a, 'x' AS b WHERE false")
        return await connection.fetch("SELECT i FROM range(250000) t(i)"), await statement.fetch(), statement.get_attributes()
    many, empty, attributes = run(server, body)
    assert [row["i"] for row in many] == list(range(250000))
    assert empty == [] and [each.name for each in attributes] == ["a", "b"]


def test_a_cursor_fetches_in_portions_inside_a_transaction(server):
    async def body(connection):
        async with connection.transaction():
            return [row["i"] async for row in connection.cursor("SELECT i FROM range(10000) t(i)", prefetch=777)]
    assert run(server, body) == list(range(10000))


def test_executemany_inserts_every_row(server):
    async def body(connection):
        await connection.execute("CREATE TEMP TABLE many (a INTEGER, b VARCHAR)")
        await connection.executemany("INSERT INTO many VALUES ($1, $2)", [(i, f"v{i}") for i in range(500)])
        return await connection.fetchrow("SELECT count(*) AS n, sum(a)::BIGINT AS s FROM many")
    assert tuple(run(server, body)) == (500, 124750)


def test_an_error_leaves_the_connection_usable_and_fails_a_transaction(server):
    async def body(connection):
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.fetch("SELECT * FROM no_such_table")
        assert await connection.fetchval("SELECT 1") == 1
        transaction = connection.transaction()
        await transaction.start()
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetch("SELECT * FROM no_such_table")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await connection.fetchval("SELECT 1")
        await transaction.rollback()
        return await connection.fetchval("SELECT 2")
    assert run(server, body) == 2


def test_a_timeout_cancels_the_statement(server):
    async def body(connection):
        with pytest.raises(asyncio.TimeoutError):
            await connection.fetchval("SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1", timeout=0.2)
        return await connection.fetchval("SELECT 1")
    assert run(server, body) == 1
    server.wait_idle()




@pytest.mark.parametrize("value, kind", [
    ([1, 2, None], "INTEGER[]"), ([1, 2], "BIGINT[]"), ([1, -1], "SMALLINT[]"), (["a", 'b "c"', None], "VARCHAR[]"), ([True, False], "BOOLEAN[]"),
    ([1.5, None], "DOUBLE[]"), ([datetime.date(2024, 2, 29)], "DATE[]"), ([datetime.datetime(2024, 2, 29, 1, 2, 3)], "TIMESTAMP[]"),
    ([decimal.Decimal("1.25")], "DECIMAL(5,2)[]"), ([uuid.UUID(int=7)], "UUID[]"), ([], "INTEGER[]")], ids=str)
def test_an_array_comes_back(server, value, kind):
    """asyncpg asks the catalog what these types are."""
    assert run(server, lambda c: c.fetchval(f"SELECT $1::{kind}", value)) == value


def test_a_pool_resets_and_reuses_its_connections(server):
    async def pooled():
        async with asyncpg.create_pool(host="127.0.0.1", port=server.port, user="tavana", database="tavana", min_size=1, max_size=2) as pool:
            for i in range(10):
                async with pool.acquire() as connection:
                    await connection.execute("SET application_name = 'borrowed'")
                    assert await connection.fetchval("SELECT $1::INTEGER", i) == i
            return await pool.fetchval("SHOW application_name")
    assert asyncio.run(pooled()) == ""
