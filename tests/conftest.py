import os
import random
import zlib

import pytest

from certificates import Authority
from harness import Postgres, Server, in_process_duckdb


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="run the slow sizes too")
    parser.addoption("--seed", type=int, default=None, help="seed of the random tests (printed by each)")


@pytest.fixture(scope="session")
def full(request):
    return request.config.getoption("--full")


@pytest.fixture
def rng(request):
    """Seeded by --seed, or by the test's name; printed, so that a failure can be repeated."""
    seed = request.config.getoption("--seed")
    if seed is None:
        seed = zlib.crc32(request.node.name.encode())
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share; it must stop cleanly at the end."""
    shared = Server(tmp_path_factory.mktemp("server"))
    yield shared
    shared.stop()


@pytest.fixture
def start_server(tmp_path_factory):
    """Starts servers with options of their own: start_server("--threads", 1, env={...})."""
    started = []

    def start(*arguments, env=None, topology=None):
        started.append(Server(tmp_path_factory.mktemp("server"), *arguments, env=env, topology=topology))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()
        each.log.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start_tls(start_server, authority):
    """Starts servers with TLS, whose certificate is the authority's."""
    def start(*arguments):
        certificate, key = authority.issue("server", "server")
        return start_server("--tls-enabled", "--tls-cert-path", certificate, "--tls-key-path", key, *arguments)
    return start


@pytest.fixture(scope="session")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.stop()


@pytest.fixture
def connection(server):
    with server.psycopg() as opened:
        yield opened


@pytest.fixture
def duck():
    with in_process_duckdb() as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def clean_environment():
    """Settings of the person who runs the tests must not reach clients or servers."""
    for name in list(os.environ):
        if name.startswith(("PG", "TAVANA_", "AWS_", "AZURE_", "GCS_")) and name != "PGTZ":
            del os.environ[name]
