"""adbc_driver_flightsql through its DB-API: every type is what DuckDB's own Arrow export gives, every row arrives."""

import datetime
import decimal

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as adbc
import adbc_driver_manager
import pyarrow
import pytest

from arrow_equal import assert_same
from background import Background
from harness import in_process_duckdb, wait_until
from typed_values import RANDOM, random_rows

COOKIES = adbc_driver_flightsql.DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value
MESSAGE_SIZE = adbc_driver_flightsql.DatabaseOptions.WITH_MAX_MSG_SIZE.value
ENDLESS = "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 3 = 1"
with in_process_duckdb() as _duck:
    EXTREME = [row[0] for row in _duck.execute("DESCRIBE FROM test_all_types()").fetchall()]


def connect(server, autocommit=True, **options):
    return adbc.connect(server.flight_uri(), db_kwargs={COOKIES: "true", **options}, autocommit=autocommit)


@pytest.fixture
def link(server):
    with connect(server) as opened:
        yield opened


@pytest.fixture
def cursor(link):
    with link.cursor() as opened:
        yield opened


@pytest.fixture
def table(cursor, request):
    """The name of a table of the test's own."""
    name = "adbc_" + "".join(c if c.isalnum() else "_" for c in request.node.name.removeprefix("test_"))[:50]
    cursor.execute(f"DROP TABLE IF EXISTS {name}")
    yield name
    cursor.execute(f"DROP TABLE IF EXISTS {name}")


def rows(cursor, sql, parameters=None):
    return cursor.execute(sql, parameters).fetchall()


# ---- queries ------------------------------------------------------------------------------------------------------


def test_the_readme_of_the_original_as_it_is_written(server):
    with adbc.connect(f"grpc://127.0.0.1:{server.flight_port}") as conn:
        with conn.cursor() as cur:
            cur.execute("SELECT range AS i, 'x' AS t FROM range(3)")
            table = cur.fetch_arrow_table()
    assert table.to_pydict() == {"i": [0, 1, 2], "t": ["x", "x", "x"]}
    assert table.schema.types == [pyarrow.int64(), pyarrow.string()]


@pytest.mark.parametrize("name", RANDOM)
def test_random_values_are_those_of_duckdb_itself(cursor, duck, rng, name):
    sql = random_rows(name, rng.randrange(1 << 30), 5000)
    assert_same(cursor.execute(sql).fetch_arrow_table(), duck.execute(sql).to_arrow_table())


@pytest.mark.parametrize("name", EXTREME)
def test_extreme_values_are_those_of_duckdb_itself(cursor, duck, name):
    sql = f'SELECT "{name}" AS v FROM test_all_types()'
    assert_same(cursor.execute(sql).fetch_arrow_table(), duck.execute(sql).to_arrow_table())


@pytest.mark.parametrize("name", RANDOM)
def test_no_rows_keep_their_schema(cursor, duck, name):
    sql = f"SELECT * FROM ({random_rows(name, 1, 10)}) WHERE i < 0"
    assert_same(cursor.execute(sql).fetch_arrow_table(), duck.execute(sql).to_arrow_table())


def test_all_types_at_once_are_those_of_duckdb_itself(cursor, duck):
    sql = "SELECT * FROM test_all_types()"
    assert_same(cursor.execute(sql).fetch_arrow_table(), duck.execute(sql).to_arrow_table())


def test_a_million_rows_arrive_whole_and_in_order(cursor):
    reader = cursor.execute("SELECT range AS i, range::VARCHAR AS t FROM range(1000000) ORDER BY i").fetch_record_batch()
    seen = 0
    for batch in reader:
        assert batch["i"].equals(pyarrow.array(range(seen, seen + batch.num_rows), pyarrow.int64()))
        assert batch["t"].equals(batch["i"].cast(pyarrow.string()))
        seen += batch.num_rows
    assert seen == 1000000


def test_a_result_that_is_left_unread_does_not_stop_the_next(link):
    for _ in range(3):
        with link.cursor() as cursor:
            reader = cursor.execute("SELECT range AS i, repeat('x', 100) AS t FROM range(3000000)").fetch_record_batch()
            assert reader.read_next_batch().num_rows > 0
    with link.cursor() as cursor:
        assert rows(cursor, "SELECT 1") == [(1,)]


def test_two_results_are_read_side_by_side(link):
    with link.cursor() as one, link.cursor() as other:
        readers = [cursor.execute(f"SELECT range + {i} AS i FROM range(500000)").fetch_record_batch() for i, cursor in enumerate((one, other))]
        sums = [0, 0]
        for batches in zip(*readers):
            for i, batch in enumerate(batches):
                sums[i] += sum(batch["i"].to_pylist())
        for i, reader in enumerate(readers):
            sums[i] += sum(sum(batch["i"].to_pylist()) for batch in reader)
        assert sums == [sum(range(500000)), sum(range(500000)) + 500000]


def test_the_description_names_types_before_any_row(cursor):
    schema = cursor.adbc_execute_schema("SELECT 1::DECIMAL(10,2) AS d, [1] AS l, 'x'::BLOB AS b")
    assert schema.types[0] == pyarrow.decimal128(10, 2) and schema.types[2] == pyarrow.binary()
    assert pyarrow.types.is_list(schema.types[1]) and schema.names == ["d", "l", "b"]


def test_partitions_hold_each_row_once(link, cursor):
    sql = "SELECT range AS i, md5(range::VARCHAR) AS t FROM range(3000000)"
    partitions, schema = cursor.adbc_execute_partitions(sql)
    seen = []
    for partition in partitions:
        with link.cursor() as reader:
            reader.adbc_read_partition(partition)
            seen.append(reader.fetch_arrow_table())
    whole = pyarrow.concat_tables(seen)
    assert whole.schema.equals(schema)
    assert whole.sort_by("i")["i"].combine_chunks().equals(pyarrow.array(range(3000000), pyarrow.int64()))


# ---- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sql", "words"), [
    ("SELECT nobody", "nobody"),
    ("SELEC 1", "SELEC"),
    ("SELECT * FROM there_is_no_such_table", "there_is_no_such_table"),
    ("SELECT 'x'::INTEGER", "x"),
])
def test_an_error_says_why_and_the_connection_goes_on(cursor, sql, words):
    with pytest.raises(adbc.Error, match=words):
        cursor.execute(sql)
        cursor.fetchall()
    assert rows(cursor, "SELECT 1") == [(1,)]


def test_an_error_after_the_first_rows_is_an_error(cursor):
    with pytest.raises(adbc.Error, match="cast|convert|Conversion"):
        cursor.execute("SELECT CASE WHEN range < 2900000 THEN '1' ELSE 'x' END::INTEGER AS v FROM range(3000000)")
        cursor.fetch_arrow_table()
    assert rows(cursor, "SELECT 1") == [(1,)]


def test_a_command_is_one_statement(cursor, table):
    with pytest.raises(adbc.Error) as error:
        cursor.execute(f"CREATE TABLE {table} (i INTEGER); SELECT 1")
    assert error.value.status_code == adbc_driver_manager.AdbcStatusCode.INVALID_ARGUMENT
    with pytest.raises(adbc.Error):
        cursor.execute(f"FROM {table}")


def test_a_value_above_the_clients_limit_is_an_error_and_does_no_harm(server):
    sql = "SELECT repeat('x', 20000000) AS v"
    with connect(server) as link, link.cursor() as cursor:
        with pytest.raises(adbc.Error, match="larger than max"):
            cursor.execute(sql).fetchall()
        assert rows(cursor, "SELECT 1") == [(1,)]
    with connect(server, **{MESSAGE_SIZE: str(64 << 20)}) as link, link.cursor() as cursor:
        assert rows(cursor, sql) == [("x" * 20000000,)]


def test_a_cancel_ends_the_statement_on_the_server_too(server, link):
    with link.cursor() as cursor:
        endless = Background(lambda: cursor.execute(ENDLESS).fetchall())
        wait_until(lambda: server.metric("tavana_admission_running") > 0, 30, "the statement to run")
        cursor.adbc_cancel()
        assert endless.join().error.status_code == adbc_driver_manager.AdbcStatusCode.CANCELLED
    server.wait_idle(30)
    with link.cursor() as cursor:
        assert rows(cursor, "SELECT 1") == [(1,)]


# ---- parameters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "value"), [
    ("BIGINT", -(1 << 63)), ("BIGINT", (1 << 63) - 1), ("DOUBLE", 1.5), ("DOUBLE", float("inf")), ("BOOLEAN", True), ("INTEGER", None),
    ("VARCHAR", ""), ("VARCHAR", "ü'x\n\\"), ("BLOB", b""), ("BLOB", b"\x00\xff"), ("DECIMAL(10,4)", decimal.Decimal("-123.4500")),
    ("DATE", datetime.date(1, 1, 1)), ("DATE", datetime.date(9999, 12, 31)), ("TIMESTAMP", datetime.datetime(2024, 2, 29, 1, 2, 3, 4)),
    ("TIME", datetime.time(23, 59, 59, 999999)), ("BIGINT[]", [1, 2, None]), ("STRUCT(a BIGINT, b VARCHAR)", {"a": 1, "b": "x"}),
])
def test_a_parameter_comes_back_as_it_went(cursor, kind, value):
    assert rows(cursor, f"SELECT ?::{kind} AS v", (value,)) == [(value,)]


# DuckDB's own casts and its Arrow export are at odds over the others; a uhugeint above 38 digits is no decimal128.
@pytest.mark.parametrize("name", sorted(set(RANDOM) - {"union", "bit", "bignum", "time_ns", "uhugeint"}))
def test_a_parameter_of_each_arrow_type_comes_back_as_it_went(cursor, duck, name):
    wanted = duck.execute(f"SELECT v FROM ({random_rows(name, 3, 40)}) WHERE v IS NOT NULL LIMIT 1").to_arrow_table()
    kind = duck.execute(f"SELECT typeof(v) FROM ({random_rows(name, 3, 1)})").fetchone()[0]
    seen = cursor.execute(f"SELECT ?::{kind} AS v", wanted.to_batches()[0]).fetch_arrow_table()
    assert_same(seen, wanted)


def test_parameters_are_numbered(cursor):
    assert rows(cursor, "SELECT $2::INTEGER - $1::INTEGER, $1::INTEGER", (1, 10)) == [(9, 1)]


def test_too_few_or_too_many_parameters_are_refused(cursor):
    for parameters in ((1,), (1, 2, 3)):
        with pytest.raises(adbc.Error):
            rows(cursor, "SELECT ?::INTEGER + ?::INTEGER", parameters)
    assert rows(cursor, "SELECT ?::INTEGER + ?::INTEGER", (1, 2)) == [(3,)]


def test_a_prepared_statement_runs_again_and_again(cursor):
    schema = cursor.adbc_prepare("SELECT ?::INTEGER * 2 AS v")
    assert schema.types == [pyarrow.int32()]
    for i in range(20):
        assert rows(cursor, "SELECT ?::INTEGER * 2 AS v", (i,)) == [(2 * i,)]


def test_executemany_inserts_each_row(cursor, table):
    cursor.execute(f"CREATE TABLE {table} (i INTEGER, t VARCHAR)")
    cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(i, f"row {i}") for i in range(1000)])
    assert cursor.rowcount in (1000, -1)
    assert rows(cursor, f"SELECT count(*), sum(i), max(t) FROM {table}") == [(1000, sum(range(1000)), "row 999")]
    cursor.executemany(f"DELETE FROM {table} WHERE i = ?", pyarrow.table({"i": pyarrow.array(range(0, 1000, 2), pyarrow.int32())}))
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(500,)]


def test_executemany_that_fails_in_the_middle_leaves_nothing(cursor, table):
    cursor.execute(f"CREATE TABLE {table} (i INTEGER PRIMARY KEY)")
    with pytest.raises(adbc.Error):
        cursor.executemany(f"INSERT INTO {table} VALUES (?)", [(1,), (2,), (1,)])
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(0,)]


def test_an_update_tells_how_many_rows_it_changed(link, cursor, table):
    cursor.execute(f"CREATE TABLE {table} AS SELECT range AS i FROM range(10)")
    with link.cursor() as other:
        other.adbc_statement.set_sql_query(f"UPDATE {table} SET i = i + 1 WHERE i < 4")
        assert other.adbc_statement.execute_update() == 4


# ---- ingest -------------------------------------------------------------------------------------------------------


def some(count, start=0):
    return pyarrow.table({"i": pyarrow.array(range(start, start + count), pyarrow.int64()),
                          "t": pyarrow.array([f"text {i}" for i in range(start, start + count)], pyarrow.string())})


def test_ingest_creates_appends_and_replaces(cursor, table):
    assert cursor.adbc_ingest(table, some(1000)) in (1000, -1)
    with pytest.raises(adbc.Error, match=table):
        cursor.adbc_ingest(table, some(1))
    cursor.adbc_ingest(table, some(500, 1000), mode="append")
    assert rows(cursor, f"SELECT count(*), sum(i), count(DISTINCT t) FROM {table}") == [(1500, sum(range(1500)), 1500)]
    cursor.adbc_ingest(table, some(3), mode="replace")
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(3,)]
    cursor.adbc_ingest(table, some(2, 3), mode="create_append")
    assert rows(cursor, f"FROM {table} ORDER BY i") == [(i, f"text {i}") for i in range(5)]


def test_ingest_to_a_table_that_is_not_there_is_refused(cursor, table):
    with pytest.raises(adbc.Error, match=table):
        cursor.adbc_ingest(table, some(1), mode="append")


def test_ingest_of_other_columns_is_refused_and_leaves_nothing(cursor, table):
    cursor.execute(f"CREATE TABLE {table} (i BIGINT, t VARCHAR)")
    with pytest.raises(adbc.Error):
        cursor.adbc_ingest(table, pyarrow.table({"i": ["not a number"], "t": ["x"]}), mode="append")
    with pytest.raises(adbc.Error):
        cursor.adbc_ingest(table, pyarrow.table({"i": [1], "t": ["x"], "more": [1]}), mode="append")
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_temporary_ingest_is_of_its_session_and_twice_is_refused(server, link, cursor, table):
    cursor.adbc_ingest(table, some(10), temporary=True)
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(10,)]
    with pytest.raises(adbc.Error):
        cursor.adbc_ingest(table, some(10), temporary=True)
    cursor.adbc_ingest(table, some(5, 10), mode="append", temporary=True)
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(15,)]
    with connect(server) as other, other.cursor() as foreign, pytest.raises(adbc.Error, match=table):
        foreign.execute(f"SELECT count(*) FROM {table}")


def test_ingest_into_a_schema(cursor):
    cursor.execute("CREATE SCHEMA adbc_schema")
    try:
        cursor.adbc_ingest("inside", some(7), db_schema_name="adbc_schema")
        assert rows(cursor, "SELECT count(*) FROM adbc_schema.inside") == [(7,)]
    finally:
        cursor.execute("DROP SCHEMA adbc_schema CASCADE")


def test_a_name_is_a_name_however_it_is_written(cursor):
    name = 'we"ird; DROP TABLE x --'
    cursor.adbc_ingest(name, some(2))
    quoted = '"' + name.replace('"', '""') + '"'
    assert rows(cursor, f"SELECT count(*) FROM {quoted}") == [(2,)]
    cursor.execute(f"DROP TABLE {quoted}")


@pytest.mark.parametrize("name", sorted(set(RANDOM) - {"union", "uhugeint"}))
def test_each_type_is_ingested_as_it_is(cursor, duck, table, name):
    wanted = duck.execute(random_rows(name, 7, 3000)).to_arrow_table()
    cursor.adbc_ingest(table, wanted)
    duck.register("sent", wanted)
    # What DuckDB itself makes of the Arrow it gave: a uuid is text by then.
    assert_same(cursor.execute(f"FROM {table} ORDER BY i").fetch_arrow_table(), duck.execute("FROM sent ORDER BY i").to_arrow_table())


def test_a_million_rows_are_ingested_whole(cursor, table):
    batches = (some(100000, 100000 * i).to_batches()[0] for i in range(10))
    cursor.adbc_ingest(table, pyarrow.RecordBatchReader.from_batches(some(0).schema, batches))
    assert rows(cursor, f"SELECT count(*), sum(i), count(DISTINCT t) FROM {table}") == [(1000000, sum(range(1000000)), 1000000)]


def test_an_ingest_that_fails_leaves_no_table(cursor, table):
    def batches():
        yield some(1000).to_batches()[0]
        raise ValueError("the source is gone")

    with pytest.raises((adbc.Error, ValueError)):
        cursor.adbc_ingest(table, pyarrow.RecordBatchReader.from_batches(some(0).schema, batches()))
    with pytest.raises(adbc.Error, match=table):
        cursor.execute(f"FROM {table}")


# ---- transactions -------------------------------------------------------------------------------------------------


def test_commit_keeps_and_rollback_forgets(server, cursor, table):
    cursor.execute(f"CREATE TABLE {table} (i INTEGER)")
    with connect(server, autocommit=False) as link, link.cursor() as inside:
        inside.execute(f"INSERT INTO {table} VALUES (1)")
        assert rows(inside, f"SELECT count(*) FROM {table}") == [(1,)]
        assert rows(cursor, f"SELECT count(*) FROM {table}") == [(0,)]
        link.rollback()
        assert rows(inside, f"SELECT count(*) FROM {table}") == [(0,)]
        inside.executemany(f"INSERT INTO {table} VALUES (?)", [(2,), (3,)])
        link.commit()
    assert rows(cursor, f"FROM {table} ORDER BY i") == [(2,), (3,)]


def test_a_connection_that_closes_in_a_transaction_leaves_nothing(server, cursor, table):
    cursor.execute(f"CREATE TABLE {table} (i INTEGER)")
    with connect(server, autocommit=False) as link, link.cursor() as inside:
        inside.execute(f"INSERT INTO {table} VALUES (1)")
    assert rows(cursor, f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_failed_transaction_only_rolls_back(server, cursor, table):
    cursor.execute(f"CREATE TABLE {table} (i INTEGER)")
    with connect(server, autocommit=False) as link, link.cursor() as inside:
        inside.execute(f"INSERT INTO {table} VALUES (1)")
        with pytest.raises(adbc.Error):
            inside.execute("SELECT nobody")
        with pytest.raises(adbc.Error, match="aborted"):
            rows(inside, "SELECT 1")
        link.rollback()
        assert rows(inside, f"SELECT count(*) FROM {table}") == [(0,)]
        link.rollback()


# ---- metadata -----------------------------------------------------------------------------------------------------


@pytest.fixture
def objects(cursor):
    cursor.execute("CREATE SCHEMA adbc_objects")
    cursor.execute("CREATE TABLE adbc_objects.parent (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, price DECIMAL(10,2), tags VARCHAR[])")
    cursor.execute("CREATE TABLE adbc_objects.child (id INTEGER, parent_id INTEGER REFERENCES adbc_objects.parent(id))")
    cursor.execute("CREATE VIEW adbc_objects.seen AS SELECT id FROM adbc_objects.parent")
    yield
    cursor.execute("DROP SCHEMA adbc_objects CASCADE")


def found(link, catalog, **options):
    """{schema: {table: (type, [columns])}} of one catalog."""
    catalogs = {each["catalog_name"]: each for each in link.adbc_get_objects(**options).read_all().to_pylist()}
    return {schema["db_schema_name"]: {table["table_name"]: (table["table_type"], [column["column_name"] for column in table["table_columns"] or []])
                                       for table in schema["db_schema_tables"] or []}
            for schema in catalogs[catalog]["catalog_db_schemas"] or []}


def test_objects_at_each_depth(link, objects):
    catalog = link.adbc_current_catalog
    assert catalog == "tavana"
    assert found(link, catalog, depth="catalogs") == {}
    assert found(link, catalog, depth="db_schemas").keys() >= {"adbc_objects", "public"}
    columns = {"parent": ["id", "name", "price", "tags"], "child": ["id", "parent_id"], "seen": ["id"]}
    only = {"depth": "tables", "db_schema_filter": "adbc_objects"}
    kinds = {name: kind for name, (kind, _) in found(link, catalog, **only)["adbc_objects"].items()}
    assert kinds == {"parent": "TABLE", "child": "TABLE", "seen": "VIEW"}
    for depth in ("columns", "all"):
        tables = found(link, catalog, depth=depth, db_schema_filter="adbc_objects")["adbc_objects"]
        assert {name: names for name, (_, names) in tables.items()} == columns


def test_objects_are_filtered(link, objects):
    catalog = link.adbc_current_catalog
    only = found(link, catalog, depth="all", catalog_filter=catalog, db_schema_filter="adbc\\_obj%", table_name_filter="par_nt")
    assert only == {"adbc_objects": {"parent": (only["adbc_objects"]["parent"][0], ["id", "name", "price", "tags"])}}
    views = found(link, catalog, depth="tables", db_schema_filter="adbc_objects", table_types_filter=["VIEW"])
    assert views == {"adbc_objects": {"seen": ("VIEW", [])}}
    names = found(link, catalog, depth="columns", db_schema_filter="adbc_objects", table_name_filter="parent", column_name_filter="%a%")
    assert names["adbc_objects"]["parent"][1] == ["name", "tags"]


def test_the_schema_of_a_table_is_that_of_its_rows(link, cursor, objects):
    schema = link.adbc_get_table_schema("parent", db_schema_filter="adbc_objects")
    wanted = cursor.execute("FROM adbc_objects.parent").fetch_arrow_table().schema
    assert schema.names == wanted.names and schema.types == wanted.types
    with pytest.raises(adbc.Error):
        link.adbc_get_table_schema("nobody", db_schema_filter="adbc_objects")


def test_table_types_and_info(link):
    assert {"VIEW"} <= set(link.adbc_get_table_types())
    info = link.adbc_get_info()
    assert info["vendor_name"] == "Tavana" and info["vendor_version"]


def test_where_the_connection_is(link):
    assert (link.adbc_current_catalog, link.adbc_current_db_schema) == ("tavana", "public")


def test_options_of_the_session(link, cursor):
    prefix = adbc_driver_flightsql.ConnectionOptions.OPTION_SESSION_OPTION_PREFIX.value
    link.adbc_connection.set_options(**{f"{prefix}TimeZone": "Asia/Tokyo"})
    assert rows(cursor, "SELECT current_setting('TimeZone')") == [("Asia/Tokyo",)]
    assert link.adbc_connection.get_option(f"{prefix}TimeZone") == "Asia/Tokyo"
