"""TLS of the PostgreSQL door: with libpq's own checks, and against what must be refused."""

import hashlib
import socket
import ssl
import struct
import subprocess

import psycopg
import pytest

import wire
from certificates import Authority, openssl
from harness import TAVANA, add_user, wait_until

SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.json"
    add_user(file, "ada", "secret")
    return file


def connect(server, **options):
    return psycopg.connect(**{"host": "127.0.0.1", "port": server.port, "user": "ada", "dbname": "tavana", "autocommit": True, **options})


def test_psql_verifies_the_certificate_in_full(start_tls, authority, tmp_path):
    server = start_tls()

    def psql(options):
        return subprocess.run(["psql", "-X", "-At", f"host=127.0.0.1 port={server.port} user=ada dbname=tavana {options}", "-c", "SELECT 1"],
                              capture_output=True, text=True, timeout=60)
    verified = psql(f"sslmode=verify-full sslrootcert={authority.certificate}")
    assert verified.stdout == "1\n", verified.stderr
    other = tmp_path / "other"
    other.mkdir()
    assert "certificate verify failed" in psql(f"sslmode=verify-full sslrootcert={Authority(other).certificate}").stderr
    assert psql("sslmode=disable").stdout == "1\n"


def test_a_client_of_postgresql_17_starts_in_tls_at_once(start_tls, authority):
    assert psycopg.pq.version() >= 170000
    server = start_tls()
    with connect(server, sslmode="verify-full", sslrootcert=str(authority.certificate), sslnegotiation="direct") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_large_results_and_cancels_pass_through_tls(start_tls):
    server = start_tls()
    with connect(server, sslmode="require") as connection:
        rows = connection.execute("SELECT i, repeat('x', i % 50) FROM range(200000) t(i)").fetchall()
        assert rows == [(i, "x" * (i % 50)) for i in range(200000)]
        assert connection.execute("SELECT length(%s::VARCHAR)", ["y" * 3_000_000]).fetchone() == (3_000_000,)
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SET statement_timeout = 200")
            connection.execute("SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1")


def test_a_closed_tls_connection_stops_its_statement(start_tls):
    server = start_tls()
    connection = connect(server, sslmode="require")
    connection.pgconn.send_query(b"SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1")
    wait_until(lambda: server.metric("tavana_admission_running") == 1, 10, "a running statement")
    connection.close()
    wait_until(lambda: server.metric("tavana_admission_running") == 0, 10, "no running statement")


def test_passwords_are_bound_to_the_channel(start_tls, users):
    server = start_tls("--auth-mode", "required", "--users-file", users)
    with connect(server, password="secret", sslmode="require", channel_binding="require") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(server, password="wrong", sslmode="require", channel_binding="require")
    with connect(server, password="secret", sslmode="disable"):
        pass


def handshake(server, alpn=("postgresql",), **settings):
    """A TLS socket after SSLRequest."""
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    plain.sendall(SSL_REQUEST)
    assert plain.recv(1) == b"S"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    for name, value in settings.items():
        setattr(context, name, value)
    return context.wrap_socket(plain)


def test_a_client_that_says_it_could_bind_is_not_believed_to_have_been_offered_nothing(start_tls, users):
    """The mechanism with binding was taken out of the server's list on the way."""
    server = start_tls("--auth-mode", "required", "--users-file", users)
    with handshake(server) as encrypted:
        encrypted.sendall(wire.startup({"user": "ada"}))
        offered = encrypted.recv(4096)
        assert b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0" in offered
        first = b"y,,n=,r=abcdef"
        encrypted.sendall(wire.message("p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
        assert b"C28000\0" in encrypted.recv(4096)


def test_plain_bytes_behind_the_request_for_tls_are_refused(start_tls):
    server = start_tls()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain:
        plain.sendall(SSL_REQUEST + wire.startup({"user": "ada"}))
        answer = b""
        while part := plain.recv(4096):
            answer += part
        assert answer[:1] == b"E" and b"C08P01\0" in answer
    with connect(server, sslmode="require"):
        pass


def test_old_protocols_other_protocols_and_noise_are_refused(start_tls):
    server = start_tls()
    with pytest.raises(ssl.SSLError):
        handshake(server, maximum_version=ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError):
        handshake(server, alpn=("http/1.1",))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with handshake(server, minimum_version=version, maximum_version=version) as encrypted:
            assert encrypted.version() in ("TLSv1.2", "TLSv1.3")
    for noise in (b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x16" * 50):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain:
            plain.sendall(noise)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(4096):
                pass
    # Direct TLS must name its protocol.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain, context.wrap_socket(plain) as encrypted:
        encrypted.sendall(wire.startup({"user": "ada"}))
        assert encrypted.recv(4096) == b""
    with connect(server, sslmode="require"):
        pass


def test_a_renewed_certificate_is_used_without_a_restart(start_tls, authority):
    server = start_tls()

    def fingerprint():
        with handshake(server) as encrypted:
            return hashlib.sha256(encrypted.getpeercert(binary_form=True)).hexdigest()
    before = fingerprint()
    held = connect(server, sslmode="require")
    certificate, _ = authority.issue("server", "server")
    assert fingerprint() != before
    assert held.execute("SELECT 1").fetchone() == (1,)
    held.close()
    renewed = fingerprint()
    certificate.write_text("broken")
    assert fingerprint() == renewed


def test_a_client_certificate_of_the_roles_name_needs_no_password(start_tls, authority, users):
    server = start_tls("--auth-mode", "required", "--users-file", users, "--tls-client-ca-path", authority.certificate)

    def options(name, common_name):
        certificate, key = authority.issue(name, common_name)
        return {"sslmode": "require", "sslcert": str(certificate), "sslkey": str(key)}
    with connect(server, **options("ada", "ada")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        connect(server, **options("eve", "eve"))
    with connect(server, sslmode="require", password="secret"):
        pass


def test_a_self_signed_certificate_is_made_on_request(start_server):
    server = start_server("--tls-enabled", "--tls-self-signed")
    with connect(server, sslmode="require") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_plain_connections_are_refused_where_tls_is_required(start_tls):
    server = start_tls("--tls-required")
    with connect(server, sslmode="require"):
        pass
    with pytest.raises(psycopg.OperationalError, match="encrypted connections only"):
        connect(server, sslmode="disable")


def test_tls_without_what_it_needs_is_refused_by_name(tmp_path, authority):
    def start(*arguments):
        done = subprocess.run([TAVANA, "serve", "--pg-port", "0", "--http-port", "0", "--flight-sql-port", "0", *map(str, arguments)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stderr.count("\n") == 1
        return done.stderr
    certificate, key = authority.issue("fits", "fits")
    assert "TAVANA_TLS_CERT_PATH" in start("--tls-enabled")
    assert "TLS_ENABLED" in start("--tls-cert-path", certificate, "--tls-key-path", key)
    assert "none.crt" in start("--tls-enabled", "--tls-cert-path", tmp_path / "none.crt", "--tls-key-path", key)
    _, other = authority.issue("other", "other")
    assert "other.key" in start("--tls-enabled", "--tls-cert-path", certificate, "--tls-key-path", other)
