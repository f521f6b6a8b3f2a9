"""Who comes in through the Flight SQL door."""

import base64
import subprocess

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as flight
import pytest

from certificates import Authority
from flight_sql import Client
from harness import TAVANA, add_user, wait_until
from messages import basic, bearer, query
from token_test import RULES, Signer, key_set

# How pyarrow puts the statuses of gRPC.
REFUSED = (flight.FlightError, pa.ArrowException)
SECRET = "cörrect horse ✓"


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.json"
    for name in ("ada", "bob"):
        add_user(file, name, SECRET)
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


def user(users, *words, secret=""):
    subprocess.run([TAVANA, "user", *words, "--file", users], input=secret, text=True, check=True, capture_output=True)


# Nothing about why.
REFUSAL = r"authentication failed \(SQLSTATE 28000\)"


@pytest.mark.parametrize(("words", "secret"), [(["add", "ada"], "another\n"), (["remove", "ada"], "")])
@pytest.mark.parametrize("mode", ["optional", "required"])
def test_a_token_ends_with_the_password_or_the_user(start_server, users, mode, words, secret):
    server = start_server("--auth-mode", mode, "--users-file", users)
    with client_of(server) as client:
        ada, bob = bearer(token_of(client)), bearer(token_of(client, "bob"))
        for options in (ada, bob):
            assert client.get_flight_info(query("SELECT 1"), options).total_records == 1
        user(users, *words, secret=secret)
        with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
            client.get_flight_info(query("SELECT 1"), ada)
        assert client.get_flight_info(query("SELECT 1"), bob).total_records == 1


def test_the_cookie_of_another_user_is_refused(guarded):
    with Client(guarded) as client:
        for name in ("ada", "bob"):
            client.headers["authorization"] = "Basic " + base64.b64encode(f"{name}:{SECRET}".encode()).decode()
            if name == "ada":
                client.query("SELECT 1")
                assert "tavana_session" in client.cookies
                continue
            with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
                client.query("SELECT 1")


# ---- over TLS -----------------------------------------------------------------------------------------------------


def tls_client(server, authority, **options):
    return flight.connect(server.flight_uri("grpc+tls"), tls_root_certs=authority.certificate.read_bytes(),
                          generic_options=[("grpc.use_local_subchannel_pool", 1)], **options)


def whoami(client, options=None):
    info = client.get_flight_info(query("SELECT session_user AS u"), options)
    return client.do_get(info.endpoints[0].ticket, options).read_all()["u"].to_pylist()


def test_a_password_over_tls(start_tls, authority, users):
    server = start_tls("--auth-mode", "required", "--users-file", users)
    with tls_client(server, authority) as client:
        assert whoami(client, bearer(token_of(client))) == whoami(client, basic("ada", SECRET)) == ["ada"]
        with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
            whoami(client, basic("ada", "wrong"))
    with flight.connect(server.flight_uri("grpc+tls"), tls_root_certs=Authority(users.parent).certificate.read_bytes()) as client:
        with pytest.raises(flight.FlightUnavailableError):
            whoami(client, basic("ada", SECRET))


@pytest.fixture
def signer():
    return Signer("first", "ES256")


@pytest.fixture
def takes_tokens(start_tls, users, signer, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text(key_set(signer))
    user(users, "add", "job", "--method", "jwt")
    return start_tls("--auth-mode", "required", "--users-file", users, "--jwt-keys", keys, *RULES)


def test_a_json_web_token_is_a_bearer_token(takes_tokens, authority, signer):
    with tls_client(takes_tokens, authority) as client:
        good = signer.token("job")
        assert whoami(client, bearer(good.encode())) == ["job"]
        header, claims, signature = good.split(".")
        wrong = [Signer("first", "ES256").token("job"), signer.token("job", seconds=-3600), signer.token("job", aud="other"), signer.token("ada"),
                 f"{header}.{claims}.{signature[::-1]}", f"{header}.{signer.token('ada').split('.')[1]}.{signature}"]
        for token in wrong:
            with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
                whoami(client, bearer(token.encode()))


def test_a_json_web_token_in_the_passwords_place_gives_a_token_that_ends_with_it(takes_tokens, authority, signer):
    with tls_client(takes_tokens, authority) as client:
        session = bearer(token_of(client, "job", signer.token("job", seconds=3)))
        assert whoami(client, session) == ["job"]

        def refused():
            try:
                whoami(client, session)
            except flight.FlightUnauthenticatedError:
                return True
            return False

        wait_until(refused, 30, "the end of the token")
        with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
            token_of(client, "job", SECRET)


def test_a_client_certificate_proves_who_one_is(start_tls, authority, users, tmp_path):
    (tmp_path / "strange").mkdir()
    strange = Authority(tmp_path / "strange")
    server = start_tls("--auth-mode", "required", "--users-file", users, "--tls-client-ca-path", authority.certificate)

    def client_with(issuer, name):
        certificate, key = issuer.issue(name, name)
        return tls_client(server, authority, cert_chain=certificate.read_bytes(), private_key=key.read_bytes())

    with client_with(authority, "ada") as client:
        assert whoami(client) == ["ada"]
        assert whoami(client, basic("bob", SECRET)) == ["bob"]  # who proves more is who that says
        with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
            whoami(client, basic("bob", "wrong"))
    for client in (client_with(authority, "nobody"), tls_client(server, authority)):
        with client, pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
            whoami(client)
    with client_with(strange, "ada") as client, pytest.raises(REFUSED):
        whoami(client)
