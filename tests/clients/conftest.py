import pytest

from balancer import BalancedServer
from harness import TOPOLOGY, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """In a cluster, Flight SQL's connections go to one gateway and the other in turn."""
    shared = (BalancedServer if TOPOLOGY == "cluster" else Server)(tmp_path_factory.mktemp("clients"))
    yield shared
    shared.stop()
