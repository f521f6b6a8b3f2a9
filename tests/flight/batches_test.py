"""What batches look like: their size, compression, and strings as views."""

import pyarrow as pa
import pytest
from pyarrow import flight

from flight_sql import Client, any_of

TEXTS = """SELECT i, CASE WHEN i % 5 > 0 THEN repeat('ü', (i % 17)::INTEGER) END AS t, [i::VARCHAR, NULL, repeat('long ', 5)] AS l,
{'s': repeat('x', (i % 20)::INTEGER)} AS s, MAP {i::VARCHAR: 'value'} AS m, '{"a": 1}'::JSON AS j, uuid7_of(i) AS u
FROM range(100000) r(i)""".replace("uuid7_of(i)", "lpad(i::VARCHAR, 32, '0')::UUID")


def types_in(kind):
    """Those of all its children, too."""
    return {kind}.union(*(types_in(kind.field(number).type) for number in range(kind.num_fields)))


def test_texts_come_as_views_where_the_session_wants_it(server):
    with Client(server) as client:
        plain = client.query(TEXTS)
        assert pa.string_view() not in set().union(*(types_in(kind) for kind in plain.schema.types))
        client.update("SET tavana.string_views = on")
        seen = client.query(TEXTS)
        assert pa.string() not in set().union(*(types_in(kind) for kind in seen.schema.types))
        seen.validate(full=True)
        assert seen.to_pylist() == plain.to_pylist()
        assert client.query("SELECT '' AS t, i FROM range(0) r(i)").schema.types[0] == pa.string_view()
        asked = flight.FlightDescriptor.for_command(any_of("CommandStatementQuery", f1="SELECT 'x' AS t"))
        assert client.flight.get_schema(asked).schema.types == [pa.string_view()]
        assert client.prepare("SELECT 'x' AS t").columns.types == [pa.string_view()]
        assert client.rows("SELECT 'a'::ENUM('a', 'b') AS e, 'text' AS t") == [("a", "text")]
        client.update("RESET tavana.string_views")
        assert client.query("SELECT 'x' AS t").schema.types == [pa.string()]


@pytest.mark.parametrize("kib", [64, 1024, 4096])
def test_batches_are_of_the_size_that_is_asked_for(start_server, kib):
    with Client(start_server("--flight-batch-kb", kib)) as client:
        info = client.execute("SELECT i, i::VARCHAR AS t, repeat('x', (i % 50)::INTEGER) AS x FROM range(1000000) r(i)")
        sizes = [batch.nbytes for endpoint in info.endpoints for batch in client.flight.do_get(endpoint.ticket).read_all().to_batches()]
        assert sum(sizes) > 40 << 20
        assert max(sizes) < 2.5 * (kib << 10)
        assert sorted(sizes)[len(sizes) // 2] > 0.5 * (kib << 10)


@pytest.mark.parametrize("kib", [64])
def test_rows_too_wide_for_a_batch_come_one_by_one(start_server, kib):
    with Client(start_server("--flight-batch-kb", kib)) as client:
        assert client.query("SELECT repeat('x', 100000) AS x FROM range(100)").to_pydict() == {"x": ["x" * 100_000] * 100}


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_batches_are_the_same_rows(server, start_server, codec):
    with Client(start_server("--flight-compression", codec)) as client, Client(server) as other:
        client.update("SET tavana.string_views = on")
        assert client.query(TEXTS).to_pylist() == other.query(TEXTS).to_pylist()
        assert client.rows("SELECT 'a'::ENUM('a', 'b') AS e") == [("a",)]
