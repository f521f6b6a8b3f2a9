"""Statements, updates, parameters, transactions and ingest, through ADBC."""

import adbc_driver_manager
import pyarrow as pa
import pytest


def rows(cursor, sql, parameters=None):
    cursor.execute(sql, parameters)
    return cursor.fetchall()


def test_every_type_and_value_of_duckdb_arrives_as_its_own_export_gives_it(cursor, duck):
    names = [name for name, *_ in duck.execute("DESCRIBE FROM test_all_types()").fetchall()]
    assert len(names) > 40
    for name in names:
        sql = f'SELECT "{name}" AS v FROM test_all_types()'
        cursor.execute(sql)
        mine, theirs = cursor.fetch_arrow_table(), duck.execute(sql).to_arrow_table()
        assert mine.schema.equals(theirs.schema, check_metadata=True), name
        assert mine.equals(theirs) or ("double" in name or "float" in name) and str(mine) == str(theirs), name  # NaN


def test_a_large_result_arrives_whole_and_in_order(cursor):
    cursor.execute("SELECT i, 'row ' || i AS t FROM range(2000000) r(i)")
    table = cursor.fetch_arrow_table()
    assert table.num_rows == 2_000_000
    assert table["i"].to_pylist() == list(range(2_000_000))


def test_a_result_without_rows_keeps_its_columns(cursor):
    cursor.execute("SELECT 1::BIGINT AS a, 'x' AS b WHERE false")
    table = cursor.fetch_arrow_table()
    assert table.schema == pa.schema([("a", pa.int64()), ("b", pa.string())])
    assert table.num_rows == 0


@pytest.mark.parametrize("sql, state", [("SELECT nope", "42703"), ("SELEC 1", "42601"), ("SELECT 1; SELECT 2", "42601"),
                                        ("SELECT 1/'x'::INT", "22P02"), ("COPY t FROM STDIN", "0A000")])
def test_errors_name_their_sqlstate(cursor, sql, state):
    with pytest.raises(adbc_driver_manager.Error, match=f"SQLSTATE {state}"):
        rows(cursor, sql)
    assert rows(cursor, "SELECT 1") == [(1,)]


def test_an_error_after_the_first_batches_ends_the_result_as_an_error(cursor):
    cursor.execute("SELECT CASE WHEN i = 9999999 THEN error('late') ELSE i END FROM range(10000000) r(i)")
    with pytest.raises(adbc_driver_manager.Error, match="late"):
        cursor.fetch_arrow_table()


def test_parameters_are_typed_by_the_statement(cursor):
    assert rows(cursor, "SELECT a + ? FROM (VALUES (1), (2)) t(a) WHERE a > ?", (10, 1)) == [(12,)]
    assert rows(cursor, "SELECT ?::DATE + 1, ?::VARCHAR", ("2024-02-28", None))[0][1] is None


def test_several_rows_of_parameters_are_all_executed_or_none(cursor):
    cursor.execute("CREATE OR REPLACE TABLE many(a INT CHECK (a < 5), b VARCHAR)")
    cursor.executemany("INSERT INTO many VALUES (?, ?)", [(1, "a"), (2, None), (3, "c")])
    assert cursor.rowcount == 3
    with pytest.raises(adbc_driver_manager.Error, match="23514"):
        cursor.executemany("INSERT INTO many VALUES (?, ?)", [(4, "d"), (5, "e")])
    assert rows(cursor, "SELECT count(*) FROM many") == [(3,)]


def test_the_wrong_number_of_parameters_is_refused(cursor):
    with pytest.raises(adbc_driver_manager.Error):
        rows(cursor, "SELECT ? + ?", (1,))
    assert rows(cursor, "SELECT 1") == [(1,)]


def test_an_insert_says_how_many_rows(cursor):
    cursor.execute("CREATE OR REPLACE TABLE counted(a INT)")
    cursor.execute("INSERT INTO counted FROM range(7)")
    assert cursor.rowcount == 7
    assert rows(cursor, "DELETE FROM counted WHERE a < 2 RETURNING a") == [(0,), (1,)]


def test_a_transaction_is_seen_by_nobody_else_until_it_commits(adbc, connection):
    writer = adbc()
    cursor = writer.cursor()
    cursor.execute("CREATE OR REPLACE TABLE isolated(a INT)")
    writer.commit()
    cursor.execute("INSERT INTO isolated VALUES (1)")
    assert rows(cursor, "SELECT count(*) FROM isolated") == [(1,)]
    assert connection.execute("SELECT count(*) FROM isolated").fetchone() == (0,)
    writer.rollback()
    cursor.execute("INSERT INTO isolated VALUES (2)")
    writer.commit()
    assert connection.execute("SELECT a FROM isolated").fetchall() == [(2,)]
    cursor.close()


def test_a_failed_transaction_does_not_commit_in_silence(adbc):
    connection = adbc()
    with connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE TABLE failing(a INT)")
        connection.commit()
        cursor.execute("INSERT INTO failing VALUES (1)")
        with pytest.raises(adbc_driver_manager.Error):
            rows(cursor, "SELECT 'x'::INT")
        with pytest.raises(adbc_driver_manager.Error, match="25P02"):
            rows(cursor, "SELECT 1")
        with pytest.raises(adbc_driver_manager.Error, match="25P02"):
            connection.commit()
    with adbc(autocommit=True).cursor() as cursor:
        assert rows(cursor, "SELECT count(*) FROM failing") == [(0,)]


@pytest.mark.parametrize("mode, count", [("create", 3), ("append", 3), ("replace", 2), ("create_append", 2)])
def test_ingest_in_every_mode(cursor, mode, count):
    first, second = pa.table({"a": [1], "b": ["x"]}), pa.table({"a": [2, 3], "b": ["y", None]})
    cursor.execute(f"DROP TABLE IF EXISTS ingested_{mode}")
    cursor.adbc_ingest(f"ingested_{mode}", first, mode="create") if mode != "create_append" else None
    if mode == "create":
        with pytest.raises(adbc_driver_manager.Error, match="42P07"):
            cursor.adbc_ingest(f"ingested_{mode}", second, mode=mode)
        return
    assert cursor.adbc_ingest(f"ingested_{mode}", second, mode=mode) == 2
    assert rows(cursor, f"SELECT count(*) FROM ingested_{mode}") == [(count,)]


def test_ingest_into_a_transaction_goes_with_it(adbc):
    connection = adbc()
    with connection.cursor() as cursor:
        cursor.adbc_ingest("rolled_back", pa.table({"a": [1]}), mode="create")
        assert rows(cursor, "SELECT a FROM rolled_back") == [(1,)]
        connection.rollback()
        with pytest.raises(adbc_driver_manager.Error, match="42P01"):
            rows(cursor, "SELECT a FROM rolled_back")
        connection.rollback()


def test_ingest_into_a_temporary_table_is_the_session_s_own(adbc):
    with adbc(autocommit=True).cursor() as mine, adbc(autocommit=True).cursor() as other:
        mine.adbc_ingest("own", pa.table({"a": [1]}), mode="create", temporary=True)
        assert rows(mine, "SELECT a FROM own") == [(1,)]
        with pytest.raises(adbc_driver_manager.Error, match="42P01"):
            rows(other, "SELECT a FROM own")


def test_settings_are_the_session_s_own(adbc):
    with adbc(autocommit=True).cursor() as mine, adbc(autocommit=True).cursor() as other:
        mine.execute("SET TimeZone = 'Europe/Paris'")
        assert rows(mine, "SHOW TimeZone") == [("Europe/Paris",)]
        assert rows(mine, "SELECT '2024-07-01 12:00:00+00'::TIMESTAMPTZ::VARCHAR") == [("2024-07-01 14:00:00+02",)]
        assert rows(other, "SHOW TimeZone") == [("UTC",)]


def test_statement_timeout_ends_a_statement(cursor):
    cursor.execute("SET statement_timeout = '200ms'")
    with pytest.raises(adbc_driver_manager.Error, match="statement timeout"):
        rows(cursor, "SELECT count(*) FROM range(10000000000) r(i) WHERE i % 7 = 3")
    cursor.execute("RESET statement_timeout")
    assert rows(cursor, "SELECT 1") == [(1,)]


def test_sessions_are_shown_to_the_other_door(adbc, connection):
    with adbc(autocommit=True).cursor() as cursor:
        rows(cursor, "SELECT 'look at me'")
        assert connection.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%look at me%' AND pid <> pg_backend_pid()").fetchone() == (1,)


def test_metadata_of_adbc(adbc):
    connection = adbc(autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS shop")
        cursor.execute("CREATE OR REPLACE TABLE shop.items(id INT PRIMARY KEY, name VARCHAR)")
    objects = connection.adbc_get_objects(depth="all", catalog_filter="tavana", db_schema_filter="shop").read_all().to_pylist()
    tables = objects[0]["catalog_db_schemas"][0]["db_schema_tables"]
    assert [(table["table_name"], table["table_type"]) for table in tables] == [("items", "TABLE")]
    assert [column["column_name"] for column in tables[0]["table_columns"]] == ["id", "name"]
    assert connection.adbc_get_table_schema("items", db_schema_filter="shop").names == ["id", "name"]
    assert connection.adbc_get_info()["vendor_name"] == "Tavana"
    assert set(connection.adbc_get_table_types()) == {"TABLE", "VIEW", "LOCAL TEMPORARY"}
