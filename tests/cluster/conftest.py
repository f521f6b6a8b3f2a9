import pytest

from clusters import Cluster


@pytest.fixture
def start_cluster(tmp_path):
    started = []

    def start(**options):
        folder = tmp_path / f"cluster-{len(started)}"
        folder.mkdir()
        started.append(Cluster(folder, **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()
