"""Tickets, handles, cancel, and what a hostile client may try; through pyarrow.flight."""

import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import wait_until
from messages import act, bearer, command, message, packed, prepare, query

# How pyarrow puts the statuses of gRPC.
REFUSED = (flight.FlightError, pa.ArrowException)
ENDLESS = "SELECT count(*) FROM range(100000000000) r(i) WHERE i % 7 = 3"


@pytest.fixture
def client(server):
    with flight.connect(f"grpc://127.0.0.1:{server.flight_port}") as opened:
        yield opened


def fetch(client, sql):
    return client.do_get(client.get_flight_info(query(sql)).endpoints[0].ticket).read_all()


def test_a_ticket_is_good_once(client):
    info = client.get_flight_info(query("SELECT 42 AS answer"))
    assert info.schema == pa.schema([("answer", pa.int32())]) and info.total_records == 1
    ticket = info.endpoints[0].ticket
    assert client.do_get(ticket).read_all().to_pylist() == [{"answer": 42}]
    with pytest.raises(REFUSED, match="no result of this ticket"):
        client.do_get(ticket).read_all()


@pytest.mark.parametrize("ticket", [b"", b"garbage", b"\xff" * 100, packed("TicketStatementQuery", message(_1=b"0123")), packed("NoSuchThing", b"\xff")])
def test_garbage_for_a_ticket_is_refused(client, ticket):
    with pytest.raises(REFUSED):
        client.do_get(flight.Ticket(ticket)).read_all()
    assert fetch(client, "SELECT 1 AS a").to_pylist() == [{"a": 1}]


def test_a_statement_with_effects_runs_without_anybody_fetching_its_result(client):
    client.get_flight_info(query("CREATE OR REPLACE TABLE effect(a INT)"))
    client.get_flight_info(query("INSERT INTO effect FROM range(100000) RETURNING a"))
    assert fetch(client, "SELECT count(*) AS n FROM effect").to_pylist() == [{"n": 100_000}]


def test_a_statement_with_effects_and_a_large_result_has_run_to_its_end(client):
    client.get_flight_info(query("CREATE OR REPLACE TABLE large_effect(a BIGINT, t VARCHAR)"))
    info = client.get_flight_info(query("INSERT INTO large_effect SELECT i, repeat('x', 40) FROM range(1000000) r(i) RETURNING *"))
    assert fetch(client, "SELECT count(*) AS n FROM large_effect").to_pylist() == [{"n": 1_000_000}]
    assert client.do_get(info.endpoints[0].ticket).read_all().num_rows == 1_000_000


def test_the_results_of_one_session_do_not_disturb_each_other(client):
    infos = [client.get_flight_info(query(f"SELECT i + {n} AS i FROM range(500000) r(i)")) for n in range(3)]
    for n, info in reversed(list(enumerate(infos))):
        assert client.do_get(info.endpoints[0].ticket).read_all()["i"][0].as_py() == n


def test_get_schema_runs_nothing(client):
    assert client.get_schema(query("SELECT error('run') AS e, 1::DECIMAL(5, 2) AS d")).schema.field("d").type == pa.decimal128(5, 2)


def test_a_result_that_nobody_fetches_is_dropped(start_server):
    server = start_server("--flight-result-seconds", 1)
    ended = 'tavana_statements_total{outcome="ok"}'
    with flight.connect(server.flight_uri()) as client:
        fetch(client, "SELECT 1 AS a")
        before = server.metric(ended)
        info = client.get_flight_info(query("SELECT i FROM range(10000000) r(i)"))
        wait_until(lambda: server.metric(ended) > before, 30, "the end of the statement")
        with pytest.raises(REFUSED, match="no result of this ticket"):
            client.do_get(info.endpoints[0].ticket).read_chunk()
        assert fetch(client, "SELECT 1 AS a").to_pylist() == [{"a": 1}]


def test_a_client_that_goes_away_ends_its_statement(server):
    client = flight.connect(f"grpc://127.0.0.1:{server.flight_port}")
    with pytest.raises(flight.FlightTimedOutError):
        client.get_flight_info(query(ENDLESS), flight.FlightCallOptions(timeout=0.5))
    server.wait_idle()
    assert fetch(client, "SELECT 1 AS a").to_pylist() == [{"a": 1}]
    client.close()


def test_cancel_flight_info_ends_a_result(client):
    info = client.get_flight_info(query("SELECT i FROM range(100000000) r(i)"))
    body = message(_1=info.serialize())
    assert act(client, "CancelFlightInfo", body) == [b"\x08\x01"]  # CANCELLED
    with pytest.raises(REFUSED):
        client.do_get(info.endpoints[0].ticket).read_all()
    assert act(client, "CancelFlightInfo", body) == [b"\x08\x03"]  # NOT_CANCELLABLE


def test_a_prepared_statement_belongs_to_its_session(server, client):
    handle = prepare(client, "SELECT 7 AS a")
    asked = command("CommandPreparedStatementQuery", message(_1=handle))
    assert client.do_get(client.get_flight_info(asked).endpoints[0].ticket).read_all().to_pylist() == [{"a": 7}]
    with flight.connect(f"grpc://127.0.0.1:{server.flight_port}", generic_options=[("grpc.use_local_subchannel_pool", 1)]) as other:
        with pytest.raises(REFUSED, match="no prepared statement"):
            other.get_flight_info(asked)
    act(client, "ClosePreparedStatement", packed("ActionClosePreparedStatementRequest", message(_1=handle)))
    with pytest.raises(REFUSED, match="no prepared statement"):
        client.get_flight_info(asked)


@pytest.mark.parametrize("action", ["BeginSavepoint", "CreatePreparedSubstraitPlan", "NoSuchAction"])
def test_what_is_not_there_is_said_not_to_be(client, action):
    with pytest.raises(pa.ArrowNotImplementedError):
        act(client, action)


def test_substrait_is_unimplemented(client):
    with pytest.raises(pa.ArrowNotImplementedError, match="Substrait"):
        client.get_flight_info(command("CommandStatementSubstraitPlan"))


def test_headers_of_32_kb_pass_and_larger_are_refused(client):
    options = flight.FlightCallOptions(headers=[(b"x-groups", b"g" * (31 << 10))])
    assert client.get_flight_info(query("SELECT 1"), options).total_records == 1
    with pytest.raises(REFUSED):
        client.get_flight_info(query("SELECT 1"), flight.FlightCallOptions(headers=[(b"x-groups", b"g" * (64 << 10))]))


@pytest.mark.parametrize("token", [b"", b"garbage", b"tavana1b.00.00.00.9999999999.00", b"a.b.c"])
def test_a_token_that_is_none_is_refused_without_a_reason(client, token):
    with pytest.raises(flight.FlightUnauthenticatedError, match="authentication failed \\(SQLSTATE 28000\\)"):
        client.get_flight_info(query("SELECT 1"), bearer(token))


def lying_batches():
    """Batches whose offsets, lengths or bytes are not what they say."""
    offsets = pa.array([0, 100, 5], pa.int32()).buffers()[1]
    yield pa.Array.from_buffers(pa.utf8(), 2, [None, offsets, pa.py_buffer(b"hello")])
    yield pa.Array.from_buffers(pa.utf8(), 1, [None, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe")])
    yield pa.DictionaryArray.from_arrays(pa.array([5], pa.int8()), pa.array(["a"]), safe=False)


@pytest.mark.parametrize("column", lying_batches())
def test_batches_that_lie_are_refused(client, column):
    ingest = command("CommandStatementIngest", message(_1=b"\x08\x01\x10\x03", _2=b"lies"))
    batch = pa.RecordBatch.from_arrays([column], ["c"])
    with pytest.raises(REFUSED):
        writer, _ = client.do_put(ingest, batch.schema)
        writer.write_batch(batch)
        writer.close()
    assert fetch(client, "SELECT 1 AS a").to_pylist() == [{"a": 1}]


def test_a_value_larger_than_a_client_takes_is_an_error_of_that_call_only(server):
    with flight.connect(f"grpc://127.0.0.1:{server.flight_port}", generic_options=[("grpc.max_receive_message_length", 16 << 20)]) as client:
        info = client.get_flight_info(query("SELECT repeat('x', 20000000) AS v"))
        with pytest.raises(REFUSED):
            client.do_get(info.endpoints[0].ticket).read_chunk()  # not read_all: it takes a call that gRPC cancels for Ctrl-C
        assert fetch(client, "SELECT 1 AS a").to_pylist() == [{"a": 1}]


def test_a_reader_that_does_not_read_holds_up_no_other_call_of_its_session(client):
    info = client.get_flight_info(query("SELECT i, repeat('x', 100) AS t FROM range(2000000) r(i)"))
    reader = client.do_get(info.endpoints[0].ticket)
    read = reader.read_chunk().data.num_rows
    for number in range(20):
        asked = flight.FlightCallOptions(timeout=60)
        info = client.get_flight_info(query(f"SELECT {number} AS i"), asked)
        assert client.do_get(info.endpoints[0].ticket, asked).read_all().to_pydict() == {"i": [number]}
    assert read + reader.read_all().num_rows == 2_000_000


def test_memory_of_a_slow_reader_is_bounded(server, client):
    reader = client.do_get(client.get_flight_info(query("SELECT i, repeat('x', 100) AS t FROM range(20000000) r(i)")).endpoints[0].ticket)
    reader.read_chunk()
    before = server.resident_bytes()
    with server.psycopg() as other:  # something that takes its time while nobody reads
        for number in range(300):
            assert other.execute("SELECT %s::integer", (number,)).fetchone() == (number,)
    assert server.resident_bytes() - before < 256 << 20
    reader.cancel()
    server.wait_idle()
