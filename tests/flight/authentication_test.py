"""Who comes in through the Flight SQL door."""

import base64
import subprocess

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import TAVANA
from messages import bearer, query

# How pyarrow puts the statuses of gRPC.
REFUSED = (flight.FlightError, pa.ArrowException)
SECRET = "cörrect horse ✓"


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.json"
    for name in ("ada", "bob"):
        subprocess.run([TAVANA, "user", "add", name, "--file", file], input=SECRET + "\n", text=True, check=True, capture_output=True)
    return file


@pytest.fixture
def guarded(start_server, users):
    return start_server("--auth-mode", "required", "--users-file", users, "--flight-token-seconds", 2)


def client_of(server):
    return flight.connect(f"grpc://127.0.0.1:{server.flight_port}", generic_options=[("grpc.use_local_subchannel_pool", 1)])


def token_of(client, user="ada", password=SECRET):
    return client.authenticate_basic_token(user.encode(), password.encode())[1].removeprefix(b"Bearer ")


def test_a_password_is_exchanged_for_a_token_that_names_its_session(guarded):
    with client_of(guarded) as client:
        options = bearer(token_of(client))
        client.get_flight_info(query("CREATE TEMP TABLE own AS SELECT 1 AS a"), options)
    with client_of(guarded) as client:  # over another connection
        info = client.get_flight_info(query("SELECT a, current_user AS u FROM own"), options)
        assert client.do_get(info.endpoints[0].ticket, options).read_all().to_pylist()[0]["a"] == 1


def test_a_wrong_password_a_wrong_name_and_nothing_are_all_refused_alike(guarded):
    with client_of(guarded) as client:
        told = set()
        for user, password in (("ada", "wrong"), ("nobody", SECRET)):
            with pytest.raises(flight.FlightUnauthenticatedError) as refused:
                token_of(client, user, password)
            told.add(str(refused.value).split(". ")[0])
        with pytest.raises(flight.FlightUnauthenticatedError) as refused:
            client.get_flight_info(query("SELECT 1"))
        told.add(str(refused.value).split(". ")[0])
        assert len({text.split("Detail")[0].split(" Client")[0] for text in told}) == 1, told


def test_an_expired_an_altered_and_a_foreign_token_are_refused_alike(guarded, start_server, users):
    other = start_server("--auth-mode", "required", "--users-file", users)
    with client_of(guarded) as client, client_of(other) as stranger:
        token = token_of(client)
        assert client.get_flight_info(query("SELECT 1"), bearer(token)).total_records == 1
        altered = token.replace(b"616461", b"626f62")  # ada, bob
        assert altered != token
        for wrong in (altered, token_of(stranger), token[:-1] + (b"0" if token[-1:] != b"0" else b"1")):
            with pytest.raises(flight.FlightUnauthenticatedError):
                client.get_flight_info(query("SELECT 1"), bearer(wrong))

        def expired():
            try:
                client.get_flight_info(query("SELECT 1"), bearer(token))
            except flight.FlightUnauthenticatedError:
                return True
            return False

        from harness import wait_until
        wait_until(expired, 10, "the token's end")


def test_tickets_of_one_user_are_nothing_to_another(guarded):
    with client_of(guarded) as client:
        ada, bob = bearer(token_of(client)), bearer(token_of(client, "bob"))
        info = client.get_flight_info(query("SELECT 1 AS a"), ada)
        with pytest.raises(REFUSED, match="no result of this ticket"):
            client.do_get(info.endpoints[0].ticket, bob).read_all()


def test_adbc_with_a_user_and_a_password(guarded):
    address = f"grpc://127.0.0.1:{guarded.flight_port}"
    with flight_sql.connect(address, db_kwargs={"username": "ada", "password": SECRET}, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ada'")
            assert cursor.fetchone()[0] >= 1
    with pytest.raises(adbc_driver_manager.Error, match="(?i)unauthenticated"):
        flight_sql.connect(address, db_kwargs={"username": "ada", "password": "wrong"}).cursor().execute("SELECT 1")


def test_a_basic_header_does_without_a_handshake(guarded):
    header = b"Basic " + base64.b64encode(f"ada:{SECRET}".encode())
    with client_of(guarded) as client:
        options = flight.FlightCallOptions(headers=[(b"authorization", header)])
        assert client.get_flight_info(query("SELECT 1"), options).total_records == 1


def test_tls_with_a_certificate_made_at_the_start(start_server):
    server = start_server("--tls-enabled", "--tls-self-signed")
    with flight.connect(f"grpc+tls://127.0.0.1:{server.flight_port}", disable_server_verification=True) as client:
        assert client.get_flight_info(query("SELECT 1")).total_records == 1
