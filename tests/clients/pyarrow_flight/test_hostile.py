"""What a client may send by mistake or on purpose: the right error, nothing told that should not be, and the service unharmed."""

import base64
import struct
import subprocess
import sys

import pyarrow
import pytest
from pyarrow import flight

from flight_sql import Client, any_of
from harness import ROOT, add_user, wait_until

PASSWORD = "correct horse"


@pytest.fixture
def client(server):
    with Client(server) as opened:
        opened.query("SELECT 1")
        yield opened


@pytest.fixture(autouse=True)
def unharmed(server):
    yield
    with Client(server) as other:
        assert other.rows("SELECT 1") == [(1,)]


# ---- tokens -------------------------------------------------------------------------------------------------------


def users_file(folder):
    file = folder / "users.json"
    for name in ("ada", "bob"):
        add_user(file, name, PASSWORD)
    return file


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    return users_file(tmp_path_factory.mktemp("users"))


@pytest.fixture
def guarded(start_server, users):
    return start_server("--auth-mode", "required", "--users-file", users)


def refusal(action):
    """The words of an UNAUTHENTICATED."""
    with pytest.raises(flight.FlightUnauthenticatedError) as refused:
        action()
    return str(refused.value).split(". Detail")[0].split(" Client context")[0].split(". gRPC client debug context")[0]


def test_a_password_gives_a_token_that_opens(guarded):
    with Client(guarded, "ada", PASSWORD) as ada, Client(guarded, "bob", PASSWORD) as bob:
        assert ada.rows("SELECT current_user") == [("ada",)]
        assert bob.rows("SELECT current_user") == [("bob",)]


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(guarded):
    wrong, unknown = refusal(lambda: Client(guarded, "ada", "wrong")), refusal(lambda: Client(guarded, "eve", "wrong"))
    assert wrong.replace("ada", "eve") == unknown
    assert "wrong" not in wrong


def test_without_a_token_nothing_is_answered(guarded):
    with Client(guarded) as client:
        words = refusal(lambda: client.query("SELECT 1"))
        for action in (lambda: client.update("CREATE TABLE x (i INTEGER)"), lambda: client.prepare("SELECT 1"), client.begin,
                       lambda: client.flight.do_get(flight.Ticket(b"x")).read_all(), lambda: client.info(any_of("CommandGetCatalogs"))):
            assert refusal(action) == words


def test_a_token_that_was_altered_is_refused_whatever_was_altered(guarded, rng):
    with Client(guarded, "ada", PASSWORD) as client:
        token = client.token
        said = set()
        for at in [0, len(token) - 2, *(rng.randrange(len(token)) for _ in range(40))]:
            other = rng.choice([c for c in "ABCDEFGHIJabcdefghij0123456789" if c != token[at]])
            client.headers["authorization"] = f"Bearer {token[:at]}{other}{token[at + 1:]}"
            said.add(refusal(lambda: client.query("SELECT 1")))
        for broken in ("", "x", token[:-4], token + "AAAA", token[::-1]):
            client.headers["authorization"] = f"Bearer {broken}"
            said.add(refusal(lambda: client.query("SELECT 1")))
        assert len(said) == 1, said
        client.headers["authorization"] = f"Bearer {token}"
        assert client.rows("SELECT 1") == [(1,)]


def test_a_token_that_expired_is_refused_like_any_other(start_server, users):
    server = start_server("--auth-mode", "required", "--users-file", users, "--flight-token-seconds", 1)
    with Client(server, "ada", PASSWORD) as client:

        def expired():
            try:
                client.query("SELECT 1")
                return None
            except flight.FlightUnauthenticatedError as error:
                return str(error).split(". gRPC")[0]

        words = wait_until(expired, 30, "the token to expire")
        client.headers["authorization"] = "Bearer x"
        assert expired() == words


def test_a_token_of_another_servers_key_is_refused(guarded, start_server, users):
    stranger = start_server("--auth-mode", "required", "--users-file", users)
    with Client(stranger, "ada", PASSWORD) as there, Client(guarded) as here:
        here.headers.update(there.headers)
        here.cookies.update(there.cookies)
        refusal(lambda: here.query("SELECT 1"))
        assert there.rows("SELECT 1") == [(1,)]


def test_a_session_of_another_user_is_out_of_reach(guarded):
    """The cookie is ada's, the token bob's."""
    with Client(guarded, "ada", PASSWORD) as ada, Client(guarded, "bob", PASSWORD) as bob:
        ada.update("CREATE TEMPORARY TABLE of_ada AS SELECT 42 AS i")
        handle = ada.prepare("FROM of_ada").handle
        ticket = ada.execute("SELECT 1").endpoints[0].ticket
        own = dict(bob.cookies)
        bob.cookies.clear()
        bob.cookies.update(ada.cookies)
        with pytest.raises((flight.FlightUnauthenticatedError, KeyError)):
            bob.query("FROM of_ada")
        bob.cookies.clear()
        bob.cookies.update(own)
        with pytest.raises(KeyError):
            bob.info(any_of("CommandPreparedStatementQuery", f1=handle))
        with pytest.raises(KeyError):
            bob.flight.do_get(ticket).read_all()
        assert ada.rows("FROM of_ada") == [(42,)]


def test_a_password_in_the_header_of_each_call_opens_too(guarded):
    with Client(guarded) as client:
        client.headers["authorization"] = "Basic " + base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
        assert client.rows("SELECT current_user") == [("ada",)]
        client.headers["authorization"] = "Basic " + base64.b64encode(b"ada:wrong").decode()
        client.cookies.clear()
        refusal(lambda: client.query("SELECT 1"))


def test_no_password_and_no_token_is_in_the_log(guarded):
    with Client(guarded, "ada", PASSWORD) as client:
        client.query("SELECT 1")
        token = client.token
    refusal(lambda: Client(guarded, "ada", "wrong horse"))
    log = guarded.log_file.read_text()
    assert "correct horse" not in log and "wrong horse" not in log and token not in log


# ---- headers ------------------------------------------------------------------------------------------------------


def test_headers_of_32_kilobytes_pass_and_far_larger_ones_are_refused(client):
    client.headers["x-groups"] = "g" * (32 << 10)
    assert client.rows("SELECT 1") == [(1,)]
    client.headers["x-groups"] = "g" * (256 << 10)
    with pytest.raises((pyarrow.ArrowException, flight.FlightError)):
        client.rows("SELECT 1")


# ---- commands and tickets -----------------------------------------------------------------------------------------


def refused(action):
    """A clear refusal of what was asked, not a failure of the server or of the connection."""
    with pytest.raises((pyarrow.ArrowInvalid, KeyError, NotImplementedError)) as error:
        action()
    return str(error.value)


def test_garbage_for_a_ticket_is_refused(client, rng):
    for ticket in [b"", b"\0", b"x", b"\xff" * 100, bytes(100000), *(rng.randbytes(rng.randrange(1, 200)) for _ in range(50))]:
        refused(lambda: client.flight.do_get(flight.Ticket(ticket)).read_all())


def test_a_ticket_that_was_altered_is_refused_and_the_real_one_is_still_good(client, rng):
    info = client.execute("SELECT 1 AS i")
    ticket = info.endpoints[0].ticket.ticket
    for _ in range(50):
        at = rng.randrange(ticket.index(b"/"), len(ticket))  # the host of a type's URL means nothing
        altered = ticket[:at] + bytes([ticket[at] ^ 1 << rng.randrange(8)]) + ticket[at + 1:]
        refused(lambda: client.flight.do_get(flight.Ticket(altered)).read_all())
    for length in range(len(ticket)):
        refused(lambda: client.flight.do_get(flight.Ticket(ticket[:length])).read_all())
    assert client.read(info).to_pydict() == {"i": [1]}


def test_garbage_for_a_command_is_refused(client, rng):
    whole = any_of("CommandStatementQuery", f1="SELECT 1")
    for command in [b"", b"\xff\xff", any_of("ThereIsNoSuchCommand", f1="x"), *(whole[:n] for n in range(1, len(whole))),
                    *(rng.randbytes(rng.randrange(1, 100)) for _ in range(50))]:
        refused(lambda: client.info(command))
        refused(lambda: client.put(command))


def test_garbage_for_an_action_is_refused(client, rng):
    for name in ("CreatePreparedStatement", "ClosePreparedStatement", "EndTransaction", "CancelFlightInfo", "SetSessionOptions"):
        for body in (b"\xff", b"\x0a\xff\xff\xff\x7f", *(rng.randbytes(rng.randrange(1, 60)) for _ in range(10))):
            refused(lambda: client.action(name, body))


def test_a_path_is_no_command(client):
    refused(lambda: client.flight.get_flight_info(flight.FlightDescriptor.for_path("x", "y")))


def test_statements_that_are_not_utf8_are_refused(client):
    refused(lambda: client.execute(b"SELECT '\xff\xfe'"))
    refused(lambda: client.prepare(b"SELECT '\xc3'"))


def test_handles_and_transactions_of_garbage_are_not_found(client, rng):
    for _ in range(20):
        handle = rng.randbytes(rng.randrange(1, 80))
        for action in (lambda: client.info(any_of("CommandPreparedStatementQuery", f1=handle)),
                       lambda: client.put(any_of("CommandPreparedStatementUpdate", f1=handle)),
                       lambda: client.query("SELECT 1", handle), lambda: client.update("SELECT 1", handle), lambda: client.end(handle, True)):
            with pytest.raises(KeyError):
                action()


# ---- batches ------------------------------------------------------------------------------------------------------


def raw(kind, length, *buffers):
    """A batch of these bytes, which pyarrow looks at only from afar."""
    return batch_of(pyarrow.Array.from_buffers(kind, length, [None, *map(pyarrow.py_buffer, buffers)]))


def batch_of(array):
    return pyarrow.RecordBatch.from_arrays([array], ["v"])


def altered(array, old, new):
    """The batch after the last `old` became `new` in the message that carries it."""
    batch = batch_of(array)
    sent = batch.serialize().to_pybytes()
    at = sent.rindex(old)
    return pyarrow.ipc.read_record_batch(pyarrow.py_buffer(sent[:at] + new + sent[at + len(old):]), batch.schema)


def offsets(*numbers):
    return struct.pack(f"<{len(numbers)}i", *numbers)


def size(number):
    return struct.pack("<q", number)


def coded(codes):
    return batch_of(pyarrow.DictionaryArray.from_arrays(pyarrow.array(codes, pyarrow.int8()), ["a"], safe=False))


TEXTS = pyarrow.array(["abc", "defg"])
LIES = {
    "texts beyond their bytes": lambda: altered(TEXTS, offsets(0, 3, 7), offsets(0, 3, 100_000_000)),
    "texts that end before they begin": lambda: raw(pyarrow.string(), 3, offsets(0, 3, 1, 3), b"abc"),
    "texts at a negative place": lambda: raw(pyarrow.string(), 2, offsets(0, -5, 3), b"abc"),
    "bytes beyond their bytes": lambda: altered(TEXTS.cast(pyarrow.binary()), offsets(0, 3, 7), offsets(0, 3, 2**31 - 1)),
    "texts that are not UTF-8": lambda: raw(pyarrow.string(), 1, offsets(0, 2), b"\xc3\x28"),
    "more numbers than bytes": lambda: altered(pyarrow.array([0] * 100_001, pyarrow.int64()), size(800_008), size(64)),
    "more nulls than bits": lambda: altered(pyarrow.array([None] + [0] * 9_999, pyarrow.int64()), size(1_250), size(1)),
    "lists beyond their values": lambda: altered(pyarrow.array([[11, 12], [13]]), offsets(0, 2, 3), offsets(0, 2, 5_000_000)),
    "a code that is in no dictionary": lambda: coded([0, 77]),
    "a negative code": lambda: coded([-100]),
    "a decimal beyond its precision": lambda: raw(pyarrow.decimal128(4, 1), 1, b"\xff" * 15 + b"\x0f"),
    "times beyond a day": lambda: raw(pyarrow.time64("us"), 1, struct.pack("<q", 1 << 60)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_batch_that_lies_is_refused_as_parameters_and_as_rows(client, lie):
    batch = LIES[lie]()
    statement = client.prepare("SELECT count(?)")

    def run():
        statement.bind(batch)
        statement.query()

    refused(run)
    refused(lambda: client.ingest("flight_lies", batch))
    refused(lambda: client.prepare("SELECT ?").update(batch))
    with pytest.raises(pyarrow.ArrowException, match="flight_lies"):
        client.query("FROM flight_lies")


def test_parameters_that_do_not_fit_the_statement_are_refused(client):
    for data in (pyarrow.table({"a": ["x"]}), pyarrow.table({"a": [1], "b": [2]}), pyarrow.table({}), pyarrow.table({"a": [[1]]})):
        statement = client.prepare("SELECT ?::INTEGER + 1 AS v")

        def run():
            statement.bind(data)
            statement.query()

        refused(run)
    statement = client.prepare("SELECT ?::INTEGER + 1 AS v")
    refused(statement.query)  # nothing was bound
    statement.bind(pyarrow.table({"a": pyarrow.array([1], pyarrow.int32())}))
    assert statement.query().to_pydict() == {"v": [2]}


def test_a_value_of_20_megabytes_goes_and_comes(client):
    value = "x" * 20_000_000
    statement = client.prepare("SELECT ?::VARCHAR AS v, length($1) AS n")
    statement.bind(pyarrow.table({"v": [value]}))
    assert statement.query().to_pylist() == [{"v": value, "n": len(value)}]


def test_deep_nesting_is_refused(client):
    kind = pyarrow.int32()
    for _ in range(500):
        kind = pyarrow.list_(kind)
    refused(lambda: client.ingest("flight_deep", pyarrow.table({"v": pyarrow.array([None], kind)})))


# ---- what is never fetched ----------------------------------------------------------------------------------------


UPLOAD = """
import os, sys, pyarrow
from pyarrow import flight
sys.path.insert(0, sys.argv[2])
from flight_sql import any_of
data = pyarrow.table({"i": pyarrow.array(range(100000), pyarrow.int64())})
command = any_of("CommandStatementIngest", f1=bytes([8, 1, 16, 1]), f2="flight_half")
writer, _ = flight.FlightClient(sys.argv[1]).do_put(flight.FlightDescriptor.for_command(command), data.schema)
writer.write_table(data)
os._exit(0)
"""


def test_an_upload_of_a_client_that_dies_leaves_nothing(server, client):
    subprocess.run([sys.executable, "-c", UPLOAD, server.flight_uri(), str(ROOT / "tests" / "flight")], check=True, timeout=60)
    server.wait_idle(30)
    with pytest.raises(pyarrow.ArrowException, match="flight_half"):
        client.query("FROM flight_half")
