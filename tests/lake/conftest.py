import pytest

from object_store import ObjectStore


@pytest.fixture
def store():
    opened = ObjectStore()
    yield opened
    opened.stop()
