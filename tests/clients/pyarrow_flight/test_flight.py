"""What passes between pyarrow.flight and the server: commands, tickets, handles, endpoints, actions."""

import pyarrow
import pytest
from pyarrow import flight

from arrow_equal import assert_same
from background import Background
from flight_sql import Client, any_of, decode, field, message

ENDLESS = "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 3 = 1"
WIDE = "SELECT range AS i, repeat(md5(range::VARCHAR), 4) AS t FROM range(1500000)"  # about 200 MB


@pytest.fixture
def client(server):
    with Client(server) as opened:
        opened.query("SELECT 1")  # its session is there
        yield opened


def numbers(table):
    return table.sort_by("i")["i"].combine_chunks()


# ---- statements and tickets ---------------------------------------------------------------------------------------


def test_a_query_is_an_info_with_a_schema_and_then_its_rows(client, duck):
    info = client.execute("SELECT 42 AS answer, 'x' AS t")
    assert info.schema == pyarrow.schema([("answer", pyarrow.int32()), ("t", pyarrow.string())])
    assert len(info.endpoints) == 1
    assert_same(client.read(info), duck.execute("SELECT 42 AS answer, 'x' AS t").to_arrow_table())


def test_the_schema_of_a_query_is_told_without_running_it(client):
    sql = any_of("CommandStatementQuery", f1="SELECT nextval('flight_never') AS v, [1.5::DOUBLE] AS l")
    client.query("CREATE SEQUENCE flight_never")
    try:
        schema = client.flight.get_schema(flight.FlightDescriptor.for_command(sql)).schema
        assert schema.names == ["v", "l"] and schema.types[0] == pyarrow.int64()
        assert client.rows("SELECT nextval('flight_never')") == [(1,)]
    finally:
        client.query("DROP SEQUENCE flight_never")


def test_a_ticket_is_good_for_one_reading(client):
    info = client.execute("SELECT 1 AS i")
    assert client.read(info).num_rows == 1
    with pytest.raises(KeyError):
        client.read(info)
    assert client.rows("SELECT 2") == [(2,)]


def test_an_effect_happens_once_and_stands_without_a_reader(client):
    client.update("CREATE TABLE flight_effects (i INTEGER)")
    try:
        info = client.execute("INSERT INTO flight_effects VALUES (1) RETURNING i")
        assert client.rows("FROM flight_effects") == [(1,)]  # nobody has read the result yet
        assert client.read(info).to_pydict() == {"i": [1]}
        assert client.rows("FROM flight_effects") == [(1,)]
        client.execute("INSERT INTO flight_effects VALUES (2) RETURNING i")
        assert client.rows("SELECT count(*) FROM flight_effects") == [(2,)]
    finally:
        client.update("DROP TABLE flight_effects")


def test_an_update_tells_its_number_of_rows(client):
    client.update("CREATE TABLE flight_updates AS SELECT range AS i FROM range(10)")
    try:
        assert client.update("UPDATE flight_updates SET i = i + 1 WHERE i < 4") == 4
        assert client.update("DELETE FROM flight_updates") == 10
        assert client.update("INSERT INTO flight_updates VALUES (1), (2)") == 2
    finally:
        client.update("DROP TABLE flight_updates")


def test_an_update_that_returns_rows_is_told_like_any_other(client):
    client.update("CREATE TABLE flight_returning (i INTEGER)")
    try:
        assert client.update("INSERT INTO flight_returning VALUES (1), (2) RETURNING i") == 2
    finally:
        client.update("DROP TABLE flight_returning")


@pytest.mark.parametrize("sql", ["", " ;; ", "-- nothing", "SELECT 1; SELECT 2"])
def test_a_command_is_one_statement(client, sql):
    with pytest.raises(pyarrow.ArrowInvalid):
        client.query(sql)
    with pytest.raises(pyarrow.ArrowInvalid):
        client.update(sql)


def test_a_result_that_waits_lets_other_statements_run(client):
    info = client.execute("SELECT range AS i FROM range(2000000)")
    for i in range(5):
        assert client.rows(f"SELECT {i}") == [(i,)]
    assert numbers(client.read(info)).equals(pyarrow.array(range(2000000), pyarrow.int64()))


def test_many_results_wait_and_are_read_in_any_order(client):
    infos = [client.execute(f"SELECT range + {i} AS i FROM range(20000)") for i in range(10)]
    for i in reversed(range(10)):
        assert client.read(infos[i])["i"][0].as_py() == i


def test_a_reader_that_goes_away_frees_the_statement(server):
    with Client(server) as client:
        reader = client.flight.do_get(client.execute(WIDE).endpoints[0].ticket)
        assert reader.read_chunk().data.num_rows > 0
        reader.cancel()
        server.wait_idle(30)
        assert client.rows("SELECT 1") == [(1,)]


# ---- parallel results ---------------------------------------------------------------------------------------------


def test_endpoints_read_one_after_the_other_give_each_row_once(client):
    info = client.execute(WIDE)
    assert numbers(client.read(info)).equals(pyarrow.array(range(1500000), pyarrow.int64()))
    for endpoint in info.endpoints:
        with pytest.raises(KeyError):
            client.flight.do_get(endpoint.ticket).read_all()


def test_endpoints_read_in_any_order_and_by_some_only_lose_nothing(client):
    info = client.execute(WIDE)
    readers = [client.flight.do_get(endpoint.ticket) for endpoint in reversed(info.endpoints)]
    assert numbers(pyarrow.concat_tables([reader.read_all() for reader in readers])).equals(pyarrow.array(range(1500000), pyarrow.int64()))


def test_each_endpoint_that_is_read_beside_the_others_carries_rows(client):
    info = client.execute(WIDE)
    assert len(info.endpoints) > 1 and not info.ordered
    readers = [client.flight.do_get(endpoint.ticket) for endpoint in info.endpoints]
    first = [pyarrow.Table.from_batches([reader.read_chunk().data]) for reader in readers]  # none of them has room for all
    rest = [thread.join().value for thread in [Background(reader.read_all) for reader in readers]]
    assert min(table.num_rows for table in first) > 0
    assert numbers(pyarrow.concat_tables(first + rest)).equals(pyarrow.array(range(1500000), pyarrow.int64()))


def test_an_error_reaches_the_readers_of_all_endpoints(client):
    failing = WIDE.replace("range AS i", "if(range = 1400000, error('late'), range) AS i")
    info = client.execute(failing)
    readers = [Background(client.flight.do_get(endpoint.ticket).read_all) for endpoint in info.endpoints[:-1]]
    for reader in readers:
        assert "late" in str(reader.join().error)
    with pytest.raises(pyarrow.ArrowException, match="late"):  # who comes after it
        client.flight.do_get(info.endpoints[-1].ticket).read_all()
    assert client.rows("SELECT 1") == [(1,)]


def test_who_gives_up_one_endpoint_ends_all(server):
    with Client(server) as client:
        info = client.execute(WIDE)
        readers = [client.flight.do_get(endpoint.ticket) for endpoint in info.endpoints]
        assert all(reader.read_chunk().data.num_rows > 0 for reader in readers)
        readers[0].cancel()
        for reader in readers[1:]:
            with pytest.raises((pyarrow.ArrowException, flight.FlightError)):
                while True:  # not read_all: it takes a cancelled call for Ctrl-C
                    reader.read_chunk()
        server.wait_idle(30)
        assert client.rows("SELECT 1") == [(1,)]


def test_a_small_result_has_one_endpoint(client):
    assert len(client.execute("SELECT range AS i FROM range(1000)").endpoints) == 1


def test_an_ordered_result_has_one_endpoint_and_keeps_its_order(client):
    info = client.execute(f"{WIDE} ORDER BY i DESC")
    assert len(info.endpoints) == 1 and info.ordered
    assert client.read(info)["i"].combine_chunks().equals(pyarrow.array(range(1499999, -1, -1), pyarrow.int64()))


# ---- prepared statements ------------------------------------------------------------------------------------------


def test_a_prepared_statement_tells_its_columns_and_parameters(client):
    statement = client.prepare("SELECT $1::INTEGER + 1 AS i, $2::VARCHAR AS t")
    assert statement.columns == pyarrow.schema([("i", pyarrow.int32()), ("t", pyarrow.string())])
    assert statement.parameters.types == [pyarrow.int32(), pyarrow.string()]
    statement.bind(pyarrow.table({"1": pyarrow.array([41], pyarrow.int32()), "2": ["x"]}))
    assert statement.query().to_pydict() == {"i": [42], "t": ["x"]}
    statement.close()


def test_a_closed_statement_is_not_found(client):
    statement = client.prepare("SELECT 1 AS i")
    assert statement.query().num_rows == 1
    statement.close()
    with pytest.raises(KeyError):
        statement.query()


def test_a_handle_of_another_session_is_not_found(server, client):
    statement = client.prepare("SELECT 1 AS i")
    with Client(server) as other:
        other.query("SELECT 1")
        assert other.cookies != client.cookies
        with pytest.raises(KeyError):
            other.info(any_of("CommandPreparedStatementQuery", f1=statement.handle))
        with pytest.raises(KeyError):
            other.put(any_of("CommandPreparedStatementQuery", f1=statement.handle), pyarrow.table({"x": [1]}))
        with pytest.raises(KeyError):
            other.put(any_of("CommandPreparedStatementUpdate", f1=statement.handle))
    assert statement.query().num_rows == 1


def test_a_transaction_of_another_session_is_not_found(server, client):
    transaction = client.begin()
    with Client(server) as other:
        other.query("SELECT 1")
        with pytest.raises(KeyError):
            other.query("SELECT 1", transaction)
        with pytest.raises(KeyError):
            other.end(transaction, commit=True)
    assert client.rows("SELECT 1", transaction) == [(1,)]
    client.end(transaction, commit=False)


def test_a_batch_of_parameters_runs_an_update_for_each_row(client):
    client.update("CREATE TABLE flight_batch (i INTEGER, t VARCHAR)")
    try:
        statement = client.prepare("INSERT INTO flight_batch VALUES (?, ?)")
        data = pyarrow.table({"i": pyarrow.array(range(5000), pyarrow.int32()), "t": [None if i % 7 == 0 else f"{i}" for i in range(5000)]})
        assert statement.update(data) == 5000
        assert client.rows("SELECT count(*), count(t), sum(i) FROM flight_batch") == [(5000, 5000 - 715, sum(range(5000)))]
    finally:
        client.update("DROP TABLE flight_batch")


# ---- transactions -------------------------------------------------------------------------------------------------


def test_a_transaction_is_seen_by_nobody_else_until_it_is_committed(server, client):
    client.update("CREATE TABLE flight_transactions (i INTEGER)")
    try:
        one, other = client.begin(), client.begin()
        assert client.update("INSERT INTO flight_transactions VALUES (1)", one) == 1
        count = "SELECT count(*) FROM flight_transactions"
        assert [client.rows(count, each) for each in (one, other, None)] == [[(1,)], [(0,)], [(0,)]]
        client.end(one, commit=True)
        assert [client.rows(count, each) for each in (other, None)] == [[(0,)], [(1,)]]
        client.end(other, commit=False)
        with pytest.raises(KeyError):
            client.rows(count, one)
    finally:
        client.update("DROP TABLE flight_transactions")


def test_ingest_is_of_its_transaction(client):
    data = pyarrow.table({"i": range(10)})
    kept, lost = client.begin(), client.begin()
    try:
        for transaction in (kept, lost):
            assert client.ingest(f"flight_{'kept' if transaction == kept else 'lost'}", data, transaction=transaction) == 10
        assert client.rows("SELECT count(*) FROM flight_kept", kept) == [(10,)]
        with pytest.raises(pyarrow.ArrowException, match="flight_kept"):
            client.query("FROM flight_kept")
        client.end(kept, commit=True)
        client.end(lost, commit=False)
        assert client.rows("SELECT count(*) FROM flight_kept") == [(10,)]
        with pytest.raises(pyarrow.ArrowException, match="flight_lost"):
            client.query("FROM flight_lost")
    finally:
        client.update("DROP TABLE IF EXISTS flight_kept")


def test_the_commit_of_a_failed_transaction_is_an_error_and_keeps_nothing(client):
    client.update("CREATE TABLE flight_failed (i INTEGER)")
    try:
        transaction = client.begin()
        client.update("INSERT INTO flight_failed VALUES (1)", transaction)
        with pytest.raises(pyarrow.ArrowException):
            client.rows("SELECT 'x'::INTEGER", transaction)
        with pytest.raises(pyarrow.ArrowException):
            client.end(transaction, commit=True)
        assert client.rows("SELECT count(*) FROM flight_failed") == [(0,)]
    finally:
        client.update("DROP TABLE flight_failed")


# ---- actions ------------------------------------------------------------------------------------------------------


def test_the_server_lists_its_actions(client):
    names = {action.type for action in client.flight.list_actions()}
    assert names >= {"CreatePreparedStatement", "ClosePreparedStatement", "BeginTransaction", "EndTransaction", "CancelFlightInfo",
                     "SetSessionOptions", "GetSessionOptions", "CloseSession"}


def test_a_cancelled_info_is_not_read_any_more(client):
    info = client.execute("SELECT range AS i FROM range(5000000)")
    (answer,) = client.action("CancelFlightInfo", field(1, info.serialize()))
    assert decode(answer)[1][0] in (1, 2)  # cancelled, or soon
    with pytest.raises((KeyError, flight.FlightCancelledError)):
        client.read(info)
    assert client.rows("SELECT 1") == [(1,)]


def test_a_client_that_gives_up_leaves_no_statement_running(server):
    with Client(server) as client:
        client.query("SELECT 1")
        command, patience = any_of("CommandStatementQuery", f1=ENDLESS), flight.FlightCallOptions(timeout=2)

        def run():
            info = client.flight.get_flight_info(flight.FlightDescriptor.for_command(command), patience)
            client.flight.do_get(info.endpoints[0].ticket, patience).read_all()

        assert isinstance(Background(run).join().error, flight.FlightTimedOutError)
        server.wait_idle(30)
        assert client.rows("SELECT 1") == [(1,)]


def test_options_are_of_their_session(server, client):
    def option(name, value):
        return field(1, message({1: name, 2: field(1, value)}))

    def options(which):
        (answer,) = which.action("GetSessionOptions", b"")
        return {decode(entry)[1][0].decode(): decode(decode(entry)[2][0]) for entry in decode(answer).get(1, [])}

    client.action("SetSessionOptions", option("TimeZone", "Asia/Tokyo"))
    assert client.rows("SELECT current_setting('TimeZone')") == [("Asia/Tokyo",)]
    assert options(client)["TimeZone"][1] == [b"Asia/Tokyo"]
    with Client(server) as other:
        assert other.rows("SELECT current_setting('TimeZone')") == [("UTC",)]
    (answer,) = client.action("SetSessionOptions", option("there_is_no_such_option", "1"))
    assert len(decode(answer)[1]) == 1  # an error, of this option


def test_a_closed_session_takes_what_it_had_with_it(server):
    with Client(server) as client:
        client.update("CREATE TEMPORARY TABLE flight_gone (i INTEGER)")
        assert client.rows("SELECT count(*) FROM flight_gone") == [(0,)]
        statement = client.prepare("SELECT 1")
        client.action("CloseSession", b"")
        with pytest.raises(flight.FlightUnavailableError, match="session lost"):
            statement.query()
    with Client(server) as client, pytest.raises(pyarrow.ArrowException, match="flight_gone"):
        client.query("SELECT count(*) FROM flight_gone")


def test_what_is_not_offered_says_so(client):
    with pytest.raises(NotImplementedError):
        client.info(any_of("CommandStatementSubstraitPlan", f1=b""))
    with pytest.raises(NotImplementedError):
        client.action("ThereIsNoSuchAction", b"")
    with pytest.raises(NotImplementedError):
        client.flight.do_exchange(flight.FlightDescriptor.for_command(b"x"))[1].read_chunk()
    assert client.rows("SELECT 1") == [(1,)]


# ---- metadata -----------------------------------------------------------------------------------------------------


@pytest.fixture
def objects(client):
    client.update("CREATE SCHEMA flight_objects")
    client.update("CREATE TABLE flight_objects.parent (id INTEGER, part INTEGER, name VARCHAR, PRIMARY KEY (id, part))")
    client.update("CREATE TABLE flight_objects.child (id INTEGER PRIMARY KEY, parent_id INTEGER, parent_part INTEGER,"
                  " FOREIGN KEY (parent_id, parent_part) REFERENCES flight_objects.parent (id, part))")
    client.update("CREATE VIEW flight_objects.seen AS SELECT id FROM flight_objects.parent")
    yield
    client.update("DROP SCHEMA flight_objects CASCADE")


def listed(client, command, **fields):
    return client.read(client.info(any_of(command, **fields)))


def test_catalogs_schemas_tables_and_their_kinds(client, objects):
    assert "tavana" in listed(client, "CommandGetCatalogs")["catalog_name"].to_pylist()
    schemas = listed(client, "CommandGetDbSchemas", f1="tavana", f2="flight\\_%").to_pylist()
    assert schemas == [{"catalog_name": "tavana", "db_schema_name": "flight_objects"}]
    tables = listed(client, "CommandGetTables", f2="flight\\_objects")
    assert tables.schema.names == ["catalog_name", "db_schema_name", "table_name", "table_type"]
    assert [(row["table_name"], row["table_type"]) for row in tables.to_pylist()] == [("child", "TABLE"), ("parent", "TABLE"), ("seen", "VIEW")]
    assert listed(client, "CommandGetTables", f2="flight\\_objects", f4=["VIEW"])["table_name"].to_pylist() == ["seen"]
    assert {"TABLE", "VIEW"} <= set(listed(client, "CommandGetTableTypes")["table_type"].to_pylist())


def test_tables_come_with_the_schemas_of_their_rows(client, objects):
    for row in listed(client, "CommandGetTables", f2="flight\\_objects", f5=1).to_pylist():
        schema = pyarrow.ipc.read_schema(pyarrow.py_buffer(row["table_schema"]))
        wanted = client.execute(f"FROM flight_objects.{row['table_name']}").schema
        assert (schema.names, schema.types) == (wanted.names, wanted.types)


def test_primary_and_foreign_keys(client, objects):
    keys = listed(client, "CommandGetPrimaryKeys", f2="flight_objects", f3="parent")
    assert keys.schema.names == ["catalog_name", "db_schema_name", "table_name", "column_name", "key_name", "key_sequence"]
    assert [(row["column_name"], row["key_sequence"]) for row in keys.to_pylist()] == [("id", 1), ("part", 2)]
    wanted = [("parent", "id", "child", "parent_id", 1), ("parent", "part", "child", "parent_part", 2)]
    for command, fields in (("CommandGetImportedKeys", {"f2": "flight_objects", "f3": "child"}),
                            ("CommandGetExportedKeys", {"f2": "flight_objects", "f3": "parent"}),
                            ("CommandGetCrossReference", {"f2": "flight_objects", "f3": "parent", "f5": "flight_objects", "f6": "child"})):
        rows = listed(client, command, **fields).to_pylist()
        assert [tuple(row[name] for name in ("pk_table_name", "pk_column_name", "fk_table_name", "fk_column_name", "key_sequence"))
                for row in rows] == wanted, command


@pytest.mark.parametrize(("command", "fields"), [
    ("CommandGetCatalogs", {}), ("CommandGetDbSchemas", {}), ("CommandGetTables", {}), ("CommandGetTables", {"f5": 1}), ("CommandGetTableTypes", {}),
    ("CommandGetPrimaryKeys", {"f3": "nobody"}), ("CommandGetImportedKeys", {"f3": "nobody"}), ("CommandGetExportedKeys", {"f3": "nobody"}),
    ("CommandGetCrossReference", {"f3": "nobody", "f6": "nobody"}), ("CommandGetXdbcTypeInfo", {}), ("CommandGetSqlInfo", {}),
])
def test_the_schema_that_an_info_tells_is_that_of_the_rows(client, command, fields):
    info = client.info(any_of(command, **fields))
    assert info.schema.equals(client.read(info).schema, check_metadata=True)


def test_sql_info_tells_who_this_is_and_what_is_asked_for(client):
    every = listed(client, "CommandGetSqlInfo")
    assert every.num_rows > 50
    known = {row["info_name"]: row["value"] for row in every.to_pylist()}
    assert known[0] == "Tavana"
    some = listed(client, "CommandGetSqlInfo", f1=[0, 3])
    assert some["info_name"].to_pylist() == [0, 3]


def test_every_type_of_the_engine_is_in_the_xdbc_type_info(client):
    names = {name.upper() for name in listed(client, "CommandGetXdbcTypeInfo")["type_name"].to_pylist()}
    assert names >= {"INTEGER", "BIGINT", "VARCHAR", "DECIMAL", "TIMESTAMP", "DOUBLE", "BLOB", "BOOLEAN", "DATE"}
    assert "INTEGER" in (some := listed(client, "CommandGetXdbcTypeInfo", f1=4)["type_name"].to_pylist()) and "VARCHAR" not in some
