"""Sessions of Flight SQL clients whose calls come to one gateway and another."""

import base64
import itertools
import signal
import subprocess
import sys

import grpc
import pyarrow
import pytest
from pyarrow import flight

from background import Background
from certificates import Authority
from clusters import ENDLESS
from flight_sql import Client, any_of, decode, field, message
from gateways_test import cluster_tls
from harness import ROOT, TAVANA, Process, add_user, wait_until
from messages import bearer, query
from raw_flight import RawClient, descriptor_of

KEY = "0123456789abcdef" * 4
SECRET = "cörrect horse"


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "token.key"
    file.write_text(KEY + "\n")
    return file


@pytest.fixture
def start_gateways(start_cluster, key):
    def start(*options, **more):
        return start_cluster(gateways=2, gateway_options=["--token-key-file", key, *options], **more)

    return start


class Doors:
    """Of gateways, for a client's connections in turn."""

    def __init__(self, *gateways):
        self.ports = itertools.cycle([gateway.ready["flight_sql_port"] for gateway in gateways])

    def flight_uri(self, scheme="grpc"):
        return f"{scheme}://127.0.0.1:{next(self.ports)}"


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.json"
    for name in ("ada", "bob"):
        add_user(file, name, SECRET)
    return file


def running(cluster):
    return sum(gateway.metric("tavana_admission_running") for gateway in cluster.gateways)


def use_everything(client):
    """Each of its calls comes to the other gateway."""
    client.update("CREATE TEMPORARY TABLE own AS SELECT 1 AS i")
    assert [client.rows("FROM own") for _ in range(3)] == [[(1,)]] * 3
    statement = client.prepare("SELECT $1::INTEGER + 1 AS i")
    statement.bind(pyarrow.table({"1": pyarrow.array([41], pyarrow.int32())}))
    assert statement.query().to_pydict() == {"i": [42]}
    assert client.prepare("INSERT INTO own VALUES ($1)").update(pyarrow.table({"1": [2, 3, 4]})) == 3
    transaction = client.begin()
    assert client.update("CREATE TABLE kept AS FROM range(1000) t(i)", transaction) is not None
    assert client.rows("SELECT count(*) FROM kept", transaction) == [(1000,)]
    client.end(transaction, commit=True)
    large = pyarrow.table({"i": range(300_000), "t": ["x" * 100] * 300_000})
    assert client.ingest("ingested", large) == 300_000
    assert client.query("FROM ingested ORDER BY i").equals(large)
    client.action("SetSessionOptions", field(1, message({1: "TimeZone", 2: field(1, "Asia/Tokyo")})))
    assert [client.rows("SELECT current_setting('TimeZone')") for _ in range(3)] == [[("Asia/Tokyo",)]] * 3
    with pytest.raises(pyarrow.ArrowInvalid, match="SQLSTATE 22P02"):
        client.query("SELECT 'x'::INTEGER FROM own")
    with pytest.raises(KeyError):
        client.info(any_of("CommandPreparedStatementQuery", f1=b"nobody's"))
    assert client.query("SELECT i FROM range(0) t(i)").schema.names == ["i"]
    assert len(client.flight.get_schema(flight.FlightDescriptor.for_command(any_of("CommandStatementQuery", f1="FROM own"))).schema) == 1
    info = client.execute("SELECT range AS i FROM range(5000000)")
    (answer,) = client.action("CancelFlightInfo", field(1, info.serialize()))
    assert decode(answer)[1][0] in (1, 2)
    client.action("CloseSession", b"")


def test_a_session_named_by_a_cookie_is_found_from_either_gateway(start_gateways):
    cluster = start_gateways()
    for gateways in (cluster.gateways, cluster.gateways[::-1]):
        with Client(Doors(*gateways)) as client:
            use_everything(client)
            (cookie,) = client.cookies  # one session, and none that another gateway has made
        with cluster.connect() as connection:
            connection.execute("DROP TABLE kept; DROP TABLE ingested")


def test_a_session_named_by_a_token_is_found_from_either_gateway(start_gateways, users):
    cluster = start_gateways("--auth-mode", "required", "--users-file", users)
    with Client(Doors(*cluster.gateways), "ada", SECRET) as client:
        client.cookies.clear()
        use_everything(client)
    with flight.connect(Doors(cluster.gateways[1]).flight_uri()) as stranger:
        with pytest.raises(flight.FlightUnauthenticatedError):
            stranger.get_flight_info(query("SELECT 1"), bearer(client.token.replace("616461", "626f62").encode()))  # ada, bob


def test_a_ticket_is_good_at_either_gateway_and_for_its_user_only(start_gateways, users):
    cluster = start_gateways("--auth-mode", "required", "--users-file", users)
    with Client(Doors(cluster.gateways[0])) as here, Client(Doors(cluster.gateways[1])) as there:  # sessions of their own
        here.headers["authorization"] = there.headers["authorization"] = basic("ada", SECRET).decode()
        there.query("SELECT 1")
        assert there.read(here.execute("SELECT range AS i FROM range(100000)")).num_rows == 100_000
        info = here.execute("SELECT range AS i FROM range(5000000)")
        (renewed,) = there.action("RenewFlightEndpoint", field(1, info.endpoints[0].serialize()))
        assert decode(renewed)[1] == decode(info.endpoints[0].serialize())[1]
        there.headers["authorization"] = basic("bob", SECRET).decode()
        there.cookies.clear()
        with pytest.raises(KeyError):
            there.read(info)
        there.headers["authorization"] = basic("ada", SECRET).decode()
        there.cookies.clear()
        (answer,) = there.action("CancelFlightInfo", field(1, info.serialize()))
        assert decode(answer)[1][0] in (1, 2)
        with pytest.raises((KeyError, flight.FlightCancelledError)):
            here.read(info)
        info = here.execute("SELECT 1 AS i")
        cluster.gateways.pop(0).kill()
        with pytest.raises(flight.FlightUnavailableError, match="session lost"):
            there.read(info)
        assert there.rows("SELECT 2") == [(2,)]


def basic(user, password):
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


def test_results_that_nobody_reads_hold_up_no_other_call(start_gateways):
    cluster = start_gateways("--statement-slots", 64)
    forwards = Doors(cluster.gateways[1]).flight_uri()
    with flight.connect(forwards) as slow, flight.connect(forwards, generic_options=[("grpc.use_local_subchannel_pool", 1)]) as client:
        unread = []
        for _ in range(20):  # each in a session of its own
            options = flight.FlightCallOptions(headers=[(b"cookie", f"tavana_session={cookie_of(cluster.gateways[0])}".encode())])
            info = slow.get_flight_info(query("SELECT i, repeat('x', 1000) AS t FROM range(20000) r(i)"), options)
            unread.append(slow.do_get(info.endpoints[0].ticket, options))
            assert unread[-1].read_chunk().data.num_rows > 0
        options = flight.FlightCallOptions(headers=[(b"cookie", f"tavana_session={cookie_of(cluster.gateways[0])}".encode())], timeout=60)
        for number in range(5):
            info = client.get_flight_info(query(f"SELECT {number} AS i"), options)
            assert client.do_get(info.endpoints[0].ticket, options).read_all().to_pydict() == {"i": [number]}
        assert unread[0].read_all().num_rows > 10_000
        for reader in unread:
            reader.cancel()


def test_the_client_that_a_session_shows_is_not_the_gateway_that_forwards(start_gateways):
    cluster = start_gateways()
    with Client(Doors(*cluster.gateways)) as client:
        client.cookies.update(tavana_session=cookie_of(cluster.gateways[0]))
        shown = {client.rows("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")[0][0] for _ in range(2)}
    assert len(shown) == 1 and "grpc" in shown.pop()


def cookie_of(gateway):
    with Client(Doors(gateway)) as other:
        other.query("SELECT 1")
        return other.cookies["tavana_session"]


def test_the_sessions_of_a_gateway_that_died_are_lost(start_gateways):
    cluster = start_gateways()
    with Client(Doors(*cluster.gateways)) as client:
        client.update("CREATE TEMPORARY TABLE own AS SELECT 1 AS i")
        client.connections[0].close()
        waiting = Background(lambda: client.connections[1].get_flight_info(query(ENDLESS)))
        wait_until(lambda: running(cluster), 30, "the statement to run")
        cluster.gateways.pop(0).kill()
        with pytest.raises(flight.FlightUnavailableError, match="session lost"):
            raise waiting.join().error
        for _ in range(3):
            with pytest.raises(flight.FlightUnavailableError, match="session lost"):
                client.connections[1].get_flight_info(query("SELECT 1"))
        client.cookies.clear()
        assert client.connections[1].get_flight_info(query("SELECT 1")).total_records == 1


def test_a_gateway_that_stands_still_is_not_waited_for(start_gateways):
    cluster = start_gateways()
    still = cluster.gateways[0].process
    with Client(Doors(*cluster.gateways)) as client:
        client.query("SELECT 1")
        here = client.connections[1]
        reader = here.do_get(here.get_flight_info(query("SELECT i, repeat('x', 1000) AS t FROM range(1000000) r(i)")).endpoints[0].ticket)
        assert reader.read_chunk().data.num_rows > 0
        waiting = Background(lambda: here.get_flight_info(query(ENDLESS)))
        wait_until(lambda: running(cluster) == 1, 30, "the statement to run")  # what is ready for the reader needs no slot
        still.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(flight.FlightUnavailableError, match="session lost"):
                raise waiting.join().error
            with pytest.raises(flight.FlightUnavailableError, match="session lost"):
                raise Background(lambda: here.get_flight_info(query("SELECT 1"))).join().error
            with pytest.raises(flight.FlightUnavailableError, match="session lost"):
                raise Background(reader.read_all).join().error
            assert Client(Doors(cluster.gateways[1])).rows("SELECT 1") == [(1,)]
        finally:
            still.send_signal(signal.SIGCONT)
        wait_until(lambda: running(cluster) == 0, 30, "no running statement")

    with Client(Doors(cluster.gateways[1])) as client:
        client.cookies["tavana_session"] = cookie_of(cluster.gateways[0])

        def is_back():
            try:
                return client.rows("SELECT 2") == [(2,)]
            except flight.FlightUnavailableError:
                return False

        wait_until(is_back, 30, "calls to be forwarded again")


def test_a_polled_statement_is_found_from_either_gateway(start_gateways):
    cluster = start_gateways()
    with RawClient(Doors(*cluster.gateways)) as raw, Client(Doors(*cluster.gateways)) as stranger:
        poll = raw.poll(descriptor_of(any_of("CommandStatementQuery", f1="SELECT max(md5(md5(i::VARCHAR))) AS m FROM range(3000000) r(i)")))
        assert poll.again is not None
        while poll.again is not None:
            poll = raw.poll(poll.again)
        assert len(stranger.flight.do_get(flight.Ticket(poll.tickets[0])).read_all()) == 1
        raw.cookie = None  # the descriptor is enough, for the same user
        poll = raw.poll(descriptor_of(any_of("CommandStatementQuery", f1=ENDLESS)))
        for _ in range(2):
            raw.cookie = None
            with pytest.raises(grpc.RpcError) as gave_up:
                raw.poll(poll.again, seconds=0.5)
            assert gave_up.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        (answer,) = stranger.action("CancelFlightInfo", poll.cancel_request())
        assert decode(answer)[1][0] == 1
        with pytest.raises(grpc.RpcError) as refused:
            raw.poll(poll.again)
        assert refused.value.code() == grpc.StatusCode.CANCELLED
        wait_until(lambda: running(cluster) == 0, 30, "no running statement")


def test_a_gateway_started_again_does_not_know_the_sessions_it_had(start_gateways, tmp_path, key):
    cluster = start_gateways()
    options = ["gateway", "--pg-port", 0, "--flight-sql-port", 0, "--worker-addr", cluster.addresses, "--token-key-file", key]
    folders = [tmp_path / f"again-{number}" for number in range(2)]
    for folder in folders:
        folder.mkdir()
    first = Process(folders[0], *options)
    cookie = cookie_of(first)
    address = gateway_in(cookie).split("@")[1]
    first.kill()
    again = Process(folders[1], *options, "--peer-address", address)
    try:
        for gateway in (again, cluster.gateways[0]):
            with Client(Doors(gateway)) as client, pytest.raises(flight.FlightUnavailableError, match="session lost"):
                client.cookies["tavana_session"] = cookie
                client.query("SELECT 1")
    finally:
        again.stop()


def gateway_in(token):
    return bytes.fromhex(token.split(".")[3]).decode()


def test_only_gateways_are_heard_where_gateways_talk(start_gateways):
    cluster = start_gateways()
    cookie = cookie_of(cluster.gateways[0])
    peer = gateway_in(cookie).split("@")[1]
    with flight.connect(f"grpc://{peer}") as stranger:
        for headers in ([], [(b"cookie", b"tavana_session=" + cookie.encode())], [(b"tavana-forwarded", cookie.encode())]):
            for call in (lambda options: stranger.get_flight_info(query("SELECT 1"), options),
                         lambda options: stranger.do_get(flight.Ticket(b"x"), options).read_all()):
                with pytest.raises(flight.FlightUnauthenticatedError):
                    call(flight.FlightCallOptions(headers=headers))
        with pytest.raises(NotImplementedError):
            stranger.authenticate_basic_token("ada", "x")


def test_gateways_without_a_key_in_common_do_not_know_each_others_sessions(start_cluster):
    cluster = start_cluster(gateways=2)
    with Client(Doors(*cluster.gateways)) as client:
        client.execute("SELECT 1")
        with pytest.raises(flight.FlightUnavailableError, match="session lost"):
            client.execute("SELECT 1")


def test_a_client_that_gives_up_ends_its_statement_at_the_other_gateway(start_gateways):
    cluster = start_gateways()
    with Client(Doors(*cluster.gateways)) as client:
        client.query("SELECT 1")
        for connection in client.connections:
            with pytest.raises(flight.FlightTimedOutError):
                connection.get_flight_info(query(ENDLESS), flight.FlightCallOptions(timeout=1))
            wait_until(lambda: running(cluster) == 0, 30, "no running statement")
        reader = client.connections[1].do_get(client.execute("SELECT i, repeat('x', 100) FROM range(10000000) r(i)").endpoints[0].ticket)
        assert reader.read_chunk().data.num_rows > 0
        reader.cancel()
        wait_until(lambda: running(cluster) == 0, 30, "no running statement")
        assert client.rows("SELECT 1") == [(1,)]


UPLOAD = """
import os, sys
sys.path[:0] = sys.argv[2:]
import pyarrow
from pyarrow import flight
from flight_sql import any_of, message
client = flight.connect(sys.argv[1])
options = flight.FlightCallOptions(headers=[(b"cookie", sys.stdin.buffer.read())])
command = any_of("CommandStatementIngest", f1=message({1: 1, 2: 1}), f2="half")
batch = pyarrow.record_batch({"i": list(range(1000))})
writer, _ = client.do_put(flight.FlightDescriptor.for_command(command), batch.schema, options)
for _ in range(100):
    writer.write_batch(batch)
os._exit(0)
"""


def test_an_upload_whose_client_dies_leaves_nothing_at_the_other_gateway(start_gateways):
    cluster = start_gateways()
    cookie = cookie_of(cluster.gateways[0])
    subprocess.run([sys.executable, "-c", UPLOAD, Doors(cluster.gateways[1]).flight_uri(), str(ROOT / "tests" / "flight")],
                   input=f"tavana_session={cookie}".encode(), check=True, timeout=60)
    wait_until(lambda: running(cluster) == 0, 30, "no running statement")
    with Client(Doors(*cluster.gateways)) as client, pytest.raises(pyarrow.ArrowException, match="half"):
        client.query("SELECT count(*) FROM half")


def test_gateways_show_each_other_certificates(start_gateways, tmp_path):
    authority = Authority(tmp_path)
    cluster = start_gateways(*cluster_tls(authority, "gateway"), scheme="https", worker_options=cluster_tls(authority, "worker"))
    with Client(Doors(*cluster.gateways)) as client:
        use_everything(client)


def test_what_gateways_need_to_share_sessions_is_said_at_the_start(tmp_path, key):
    def refused(*arguments):
        words = ["gateway", "--pg-port", 0, "--http-port", 0, "--flight-sql-port", 0, "--worker-addr", "http://127.0.0.1:1", *arguments]
        done = subprocess.run([TAVANA, *map(str, words)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and KEY not in done.stderr, done.stderr
        return done.stderr

    assert "no such" in refused("--token-key-file", tmp_path / "no such").lower()
    (tmp_path / "short").write_text("short\n")
    assert "32 bytes" in refused("--token-key-file", tmp_path / "short")
    assert "host:port" in refused("--token-key-file", key, "--peer-address", "127.0.0.1:x")
    assert "in clear" in refused("--token-key-file", key, "--peer-address", "10.255.255.1:1")
