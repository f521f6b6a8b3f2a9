import pytest

import servers


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the slow variants too")


@pytest.fixture(scope="session")
def full(request):
    return request.config.getoption("--full")


@pytest.fixture(scope="session")
def server():
    started = servers.Tavana()
    yield started
    started.stop()


@pytest.fixture
def start_server():
    started = []

    def start(*arguments, env=None):
        started.append(servers.Tavana(*arguments, env=env))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.stop()


@pytest.fixture(scope="session")
def postgres():
    started = servers.Postgres()
    yield started
    started.stop()
