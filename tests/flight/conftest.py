import adbc_driver_flightsql.dbapi as flight_sql
import pytest


@pytest.fixture
def adbc(server):
    """Opens ADBC connections to the shared server: adbc(autocommit=True)."""
    opened = []

    def connect(to=None, **options):
        opened.append(flight_sql.connect(f"grpc://127.0.0.1:{(to or server).flight_port}", **options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def cursor(adbc):
    with adbc(autocommit=True).cursor() as opened:
        yield opened
