"""SCRAM-SHA-256 through clients nobody here wrote, the users file, and exchanges that must fail."""

import asyncio
import os
import socket
import subprocess
import threading

import asyncpg
import psycopg
import psycopg2
import pytest

import wire
from harness import TAVANA, ROOT

SECRET = "cörrect horse ✓"


def user(*arguments, secret=None, file):
    return subprocess.run([TAVANA, "user", *arguments, "--file", str(file)], input=None if secret is None else secret + "\n",
                          capture_output=True, text=True, timeout=60)


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.json"
    assert user("add", "ada", secret=SECRET, file=file).returncode == 0
    return file


@pytest.fixture
def guarded(start_server, users):
    return start_server("--auth-mode", "required", "--users-file", users)


def connect(server, **options):
    return psycopg.connect(host="127.0.0.1", port=server.port, dbname="tavana", **{"user": "ada", "password": SECRET, **options})


def refusal(server, **options):
    with pytest.raises(psycopg.OperationalError) as refused:
        connect(server, **options)
    return str(refused.value)


def test_the_right_password_opens_with_each_client(guarded):
    with connect(guarded) as connection:
        assert connection.execute("SHOW session_authorization").fetchone() == ("ada",)
    link = psycopg2.connect(host="127.0.0.1", port=guarded.port, user="ada", password=SECRET, dbname="tavana")
    link.close()

    async def with_asyncpg():
        connection = await asyncpg.connect(host="127.0.0.1", port=guarded.port, user="ada", password=SECRET, database="tavana")
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()

    asyncio.run(with_asyncpg())
    done = subprocess.run(["psql", "-X", "-At", "-h", "127.0.0.1", "-p", str(guarded.port), "-U", "ada", "-d", "tavana", "-c", "SELECT 1"],
                          env=dict(os.environ, PGPASSWORD=SECRET), capture_output=True, text=True, timeout=60)
    assert done.stdout == "1\n", done.stderr
    script = f"const {{Client}} = require('pg'); const c = new Client({{host: '127.0.0.1', port: {guarded.port}, user: 'ada', database: 'tavana', password: process.env.SECRET}});" \
        "c.connect().then(() => c.query('SELECT 1 AS a')).then(r => {console.log(r.rows[0].a); return c.end();})"
    node = subprocess.run(["node", "-e", script], cwd=ROOT / ".deps" / "node", env=dict(os.environ, SECRET=SECRET), capture_output=True, text=True, timeout=60)
    assert node.stdout == "1\n", node.stderr


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(guarded):
    wrong, unknown = refusal(guarded, password="wrong"), refusal(guarded, user="eve", password="wrong")
    assert 'password authentication failed for user "ada"' in wrong
    assert wrong.replace('"ada"', '"eve"') == unknown
    with connect(guarded):
        pass


def test_without_a_password_nobody_comes_in(guarded):
    assert "no password supplied" in refusal(guarded, password="")
    with wire.Client(guarded.port) as client:
        client.send(wire.startup({"user": "ada"}))
        assert client.read().body[:4] == b"\0\0\0\x0a"
        client.send(wire.query("SELECT 1"))
        error = client.everything()[-1]
        assert (error.kind, error.sqlstate) == ("E", "08P01")


def test_the_mock_exchange_of_an_unknown_user_never_opens(guarded):
    """The same salt each time, as a real user's."""
    def salt(name):
        with wire.Client(guarded.port) as client:
            client.send(wire.startup({"user": name}))
            client.read()
            first = b"n,,n=,r=abcdef"
            client.send(wire.message("p", b"SCRAM-SHA-256\0" + len(first).to_bytes(4, "big") + first))
            answer = client.read().body[4:]
            return dict(part.split(b"=", 1) for part in answer.split(b","))[b"s"]
    assert salt("eve") == salt("eve") != salt("mallory")
    assert len(salt("eve")) == len(salt("ada"))


@pytest.mark.parametrize("answer", [b"", b"SCRAM-SHA-256", b"SCRAM-SHA-256\0", b"SCRAM-SHA-256\0\xff\xff\xff\xff", b"SCRAM-SHA-256\0\0\0\0\x7fn,,",
                                    b"SCRAM-SHA-256\0\0\0\0\x03n,,", b"MD5\0\0\0\0\0", b"SCRAM-SHA-256-PLUS\0\0\0\0\x03n,,",
                                    b"SCRAM-SHA-256\0\0\0\0\x0e" + b"p=tls-unique,,"], ids=repr)
def test_a_malformed_answer_is_a_protocol_error_and_the_next_is_served(guarded, answer):
    with wire.Client(guarded.port) as client:
        client.send(wire.startup({"user": "ada"}))
        client.read()
        client.send(wire.message("p", answer))
        error = client.everything()[-1]
        assert (error.kind, error.fields["S"], error.sqlstate) == ("E", "FATAL", "08P01")
    with connect(guarded):
        pass


def test_users_change_without_a_restart(guarded, users):
    assert user("add", "bob", secret="b", file=users).returncode == 0
    with connect(guarded, user="bob", password="b"):
        pass
    assert user("remove", "bob", file=users).returncode == 0
    assert "password authentication failed" in refusal(guarded, user="bob", password="b")
    assert user("list", file=users).stdout == "ada\n"


def test_a_role_has_its_own_limit_of_connections(guarded, users):
    assert user("add", "bob", "--connection-limit", "1", secret="b", file=users).returncode == 0
    with connect(guarded, user="bob", password="b"):
        assert 'too many connections for role "bob"' in refusal(guarded, user="bob", password="b")
        with connect(guarded):
            pass


def test_optional_asks_only_whom_it_knows(start_server, users):
    server = start_server("--auth-mode", "optional", "--users-file", users)
    with connect(server, user="anybody", password=""):
        pass
    assert "password authentication failed" in refusal(server, password="wrong")


def test_no_secret_is_written_anywhere(guarded, users):
    refusal(guarded, password="hunter2-wrong")
    with connect(guarded):
        pass
    written = users.read_text() + guarded.log_file.read_text()
    assert "authentication failed" in written
    for secret in (SECRET, "hunter2"):
        assert secret not in written
    assert users.stat().st_mode & 0o777 == 0o600


def test_listening_for_everybody_wants_a_yes(tmp_path):
    def start(*arguments):
        return subprocess.run([TAVANA, "serve", "--pg-port", "0", "--http-port", "0", "--flight-sql-port", "0", *arguments], capture_output=True, text=True, timeout=60)
    refused = start("--bind-address", "0.0.0.0")
    assert refused.returncode == 1 and "TAVANA_INSECURE_LISTEN" in refused.stderr and refused.stderr.count("\n") == 1
    missing = start("--auth-mode", "required")
    assert missing.returncode == 1 and "TAVANA_USERS_FILE" in missing.stderr
    unreadable = start("--auth-mode", "required", "--users-file", str(tmp_path / "none.json"))
    assert unreadable.returncode == 1 and "none.json" in unreadable.stderr


def test_wrong_arguments_of_user_are_explained(tmp_path):
    file = tmp_path / "u.json"
    for arguments in (["sing"], ["add"], ["remove", "nobody"], ["add", "a", "--connection-limit", "x"], ["add", "a", "b"]):
        done = user(*arguments, secret="x", file=file)
        assert done.returncode == 1 and done.stderr
    assert user("add", "a", secret="", file=file).returncode == 1


class Recorder:
    """A TCP relay to `port` that keeps what passes."""

    def __init__(self, port):
        self.target = port
        self.bytes = bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((client, server), (server, client)):
                self.threads.append(threading.Thread(target=self.relay, args=(source, sink), daemon=True))
                self.threads[-1].start()

    def relay(self, source, sink):
        try:
            while data := source.recv(65536):
                self.bytes += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)


@pytest.fixture
def recorder(guarded):
    recording = Recorder(guarded.port)
    yield recording
    recording.stop()


def test_no_secret_is_in_the_packets(recorder, guarded, users):
    with connect(recorder) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        connect(recorder, password="a wrong one")
    seen = bytes(recorder.bytes)
    assert b"SCRAM-SHA-256" in seen and b"SELECT 1" in seen  # it did record
    verifier = users.read_text()
    stored = [part for part in verifier.replace('"', " ").replace("$", " ").replace(":", " ").split() if len(part) > 20]
    assert stored  # the salt is public; the two keys are not
    for secret in [SECRET.encode(), b"a wrong one", *[key.encode() for key in stored if key.endswith("=") and len(key) >= 44]]:
        assert secret not in seen
    assert SECRET not in guarded.stderr()
