"""Bearer tokens, made and signed by PyJWT: as the password of any driver, and by OAUTHBEARER of the libpq in psycopg's wheel."""

import ctypes
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import time

import jwt
import psycopg
import psycopg2
import psycopg_binary
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import wire
from harness import TAVANA

ISSUER = "https://id.example/realms/lake"
RULES = ["--jwt-issuer", ISSUER, "--jwt-audience", "tavana"]


class Signer:
    def __init__(self, key_id, algorithm):
        self.key_id, self.algorithm = key_id, algorithm
        self.key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)

    def public(self):
        encode = jwt.get_algorithm_by_name(self.algorithm).to_jwk
        return {**encode(self.key.public_key(), as_dict=True), "kid": self.key_id, "use": "sig"}

    def token(self, role, seconds=60, **claims):
        claims = {"iss": ISSUER, "aud": ["account", "tavana"], "sub": role, "exp": int(time.time()) + seconds, **claims}
        return jwt.encode(claims, self.key, self.algorithm, {"kid": self.key_id})


def key_set(*signers):
    return json.dumps({"keys": [signer.public() for signer in signers]})


@pytest.fixture(scope="module")
def signer():
    return Signer("first", "RS256")


@pytest.fixture
def keys(tmp_path, signer):
    file = tmp_path / "keys.json"
    file.write_text(key_set(signer))
    return file


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.json"
    for name, options, secret in (("ada", [], "secret\n"), ("job", ["--method", "jwt", "--connection-limit", "1"], ""), ("web", ["--method", "oauth"], "")):
        subprocess.run([TAVANA, "user", "add", name, *options, "--file", file], input=secret, text=True, check=True, capture_output=True, timeout=60)
    return file


@pytest.fixture
def start(start_server, authority):
    def start_with_tls(*arguments):
        certificate, key = authority.issue("server", "server")
        return start_server("--tls-enabled", "--tls-cert-path", certificate, "--tls-key-path", key, "--auth-mode", "required", *RULES, *arguments)
    return start_with_tls


@pytest.fixture
def guarded(start, keys, users):
    return start("--users-file", users, "--jwt-keys", keys)


def connect(server, user, password=None, **options):
    return psycopg.connect(**{"host": "127.0.0.1", "port": server.port, "user": user, "password": password, "dbname": "tavana", "sslmode": "require", **options})


def refusal(*arguments, **options):
    with pytest.raises(psycopg.OperationalError) as refused:
        connect(*arguments, **options)
    return str(refused.value)


def test_each_role_proves_itself_by_its_own_method(guarded, signer, users):
    with connect(guarded, "ada", "secret") as connection:
        assert connection.execute("SELECT session_user").fetchone() == ("ada",)
    with connect(guarded, "job", signer.token("job")) as connection:
        assert connection.execute("SELECT session_user").fetchone() == ("job",)
        assert 'too many connections for role "job"' in refusal(guarded, "job", signer.token("job"))
    psycopg2.connect(host="127.0.0.1", port=guarded.port, user="job", password=signer.token("job"), dbname="tavana", sslmode="require").close()
    assert "password authentication failed" in refusal(guarded, "ada", signer.token("ada"))
    listed = subprocess.run([TAVANA, "user", "list", "--file", users], capture_output=True, text=True, check=True, timeout=60).stdout
    assert listed == "ada\njob  by jwt  (at most 1 connections)\nweb  by oauth\n"


def test_a_token_that_is_not_good_is_refused_and_only_the_log_says_why(guarded, signer):
    wrong = {
        "no key of the set has signed": Signer("first", "RS256").token("job"),
        "names another role": signer.token("ada"),
        "has expired": signer.token("job", seconds=-3600),
        "of another issuer": signer.token("job", iss="https://evil.example"),
        "for another audience": signer.token("job", aud="other"),
        "not a signed": "hunter2",
        "of a kind that is not taken": jwt.encode({"sub": "job"}, "a secret that is long enough for this algorithm"),
    }
    told = {refusal(guarded, "job", token).replace(str(guarded.port), "") for token in wrong.values()}
    assert len(told) == 1 and 'password authentication failed for user "job"' in told.pop()
    log = guarded.log_file.read_text()
    for why, token in wrong.items():
        assert why.replace("names another role", "does not name this role") in log
        assert token not in log and token.split(".")[-1] not in log
    with connect(guarded, "job", signer.token("job")):
        pass


def test_a_token_never_passes_unencrypted(guarded, signer):
    for role in ("job", "web"):
        assert "encrypted connections only" in refusal(guarded, role, signer.token(role), sslmode="disable")
    with wire.Client(guarded.port) as client:
        client.send(wire.startup({"user": "job"}))
        error = client.read()  # before it is asked for anything
        assert (error.kind, error.fields["S"], error.sqlstate) == ("E", "FATAL", "28000")


def test_roles_that_no_file_names_may_come_by_token_alone(start, keys, signer):
    server = start("--jwt-keys", keys, "--auth-method", "jwt", "--jwt-role-claim", "preferred_username")
    with connect(server, "grace", signer.token("4711", preferred_username="grace")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("grace",)
    assert "password authentication failed" in refusal(server, "grace", signer.token("grace"))


class KeyServer:
    """Serves `body` as a key set, over TLS where there is a certificate."""

    def __init__(self, body, certificate=None):
        self.body, self.asked = body, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(outer.body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_port}/keys"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_keys_at_a_url_are_fetched_and_a_rotated_key_works_at_once(start, signer):
    renewed = Signer("second", "ES256")
    with KeyServer(key_set(signer)) as source:
        server = start("--jwt-keys", source.url, "--auth-method", "jwt")
        with connect(server, "job", signer.token("job")):
            assert source.asked == 1
        source.body = key_set(signer, renewed)
        with connect(server, "job", renewed.token("job")):
            assert source.asked == 2
        for _ in range(3):  # a stranger's key is asked about once in a while only
            refusal(server, "job", Signer("third", "ES256").token("job"))
        assert source.asked <= 3


def test_keys_come_over_tls_from_the_authority_that_is_named(start, authority, signer):
    with KeyServer(key_set(signer), authority.issue("keys", "keys")) as source:
        server = start("--jwt-keys", source.url, "--auth-method", "jwt", "--jwt-ca-path", authority.certificate)
        with connect(server, "job", signer.token("job")):
            pass
        stranger = start("--jwt-keys", source.url, "--auth-method", "jwt")  # starts, takes nobody, and says why
        assert "password authentication failed" in refusal(stranger, "job", signer.token("job"))
        assert "certificate" in stranger.log_file.read_text()


class BearerRequest(ctypes.Structure):
    """PGoauthBearerRequest of libpq 18."""

    _fields_ = [("openid_configuration", ctypes.c_char_p), ("scope", ctypes.c_char_p), ("poll", ctypes.c_void_p),
                ("cleanup", ctypes.c_void_p), ("token", ctypes.c_void_p), ("user", ctypes.c_void_p)]


@pytest.fixture
def libpq_brings():
    """Makes the libpq inside psycopg's wheel answer with a token, as a program's own sign-in would."""
    library = ctypes.CDLL(next((pathlib.Path(psycopg_binary.__file__).parent.parent / "psycopg_binary.libs").glob("libpq-*")))
    hook_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(BearerRequest))
    library.PQgetAuthDataHook.restype = ctypes.c_void_p
    before = library.PQgetAuthDataHook()
    kept = []

    def bring(token):
        asked = []

        def answer(kind, _connection, request):
            if kind != 1:  # PQAUTHDATA_OAUTH_BEARER_TOKEN
                return 0
            asked.append((request.contents.openid_configuration, request.contents.scope))
            text = ctypes.create_string_buffer(token.encode())
            kept.append(text)
            request.contents.token = ctypes.addressof(text)
            return 1

        kept.append(hook_type(answer))
        library.PQsetAuthDataHook(kept[-1])
        return asked

    yield bring
    library.PQsetAuthDataHook(ctypes.c_void_p(before))


def oauth(server, **options):
    return connect(server, "web", oauth_issuer=ISSUER, oauth_client_id="psycopg", **options)


def test_libpq_18_signs_in_with_oauthbearer(guarded, signer, libpq_brings):
    asked = libpq_brings(signer.token("web"))
    with oauth(guarded) as connection:
        assert connection.execute("SELECT session_user").fetchone() == ("web",)
    assert asked == [((ISSUER + "/.well-known/openid-configuration").encode(), b"openid")]  # told by the server
    libpq_brings(signer.token("ada"))
    with pytest.raises(psycopg.OperationalError, match='OAuth bearer authentication failed for user "web"'):
        oauth(guarded)


def test_a_password_instead_of_oauthbearer_is_refused(guarded):
    assert "OAUTHBEARER" in refusal(guarded, "web", "secret") or "oauth" in refusal(guarded, "web", "secret")


def test_what_cannot_work_is_refused_at_the_start(tmp_path, keys, users, authority):
    certificate, key = authority.issue("server", "server")

    def refused(*arguments):
        done = subprocess.run([TAVANA, "serve", "--pg-port", "0", "--http-port", "0", "--flight-sql-port", "0", *map(str, arguments)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stderr.startswith("tavana: "), done.stderr
        return done.stderr.splitlines()[-1]

    tls = ["--tls-enabled", "--tls-cert-path", certificate, "--tls-key-path", key]
    assert "TLS_ENABLED" in refused("--jwt-keys", keys, *RULES)
    assert "TAVANA_JWT_ISSUER" in refused("--jwt-keys", keys, *tls)
    assert "TAVANA_JWT_KEYS" in refused("--auth-mode", "required", "--auth-method", "oauth", *tls)
    assert "TAVANA_JWT_KEYS" in refused("--auth-mode", "required", "--users-file", users, *tls)
    assert "https://" in refused("--jwt-keys", "http://id.example/keys", *RULES, *tls)
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert "Key Set" in subprocess.run([TAVANA, "serve", "--pg-port", "0", "--http-port", "0", "--flight-sql-port", "0", "--jwt-keys", broken, *RULES, *tls],
                                       capture_output=True, text=True, timeout=60).stderr
