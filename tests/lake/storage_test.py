"""Files and tables on real object stores, by each way in that docs/storage.md shows, through both doors."""

import re

import psycopg
import pyarrow
import pytest

from harness import ROOT
from real_servers import Azurite, SeaweedS3

PAGE = (ROOT / "docs" / "storage.md").read_text()
KEYS = {"KEYA": ("secret-a", ["bucket-a"]), "KEYB": ("secret-b", ["bucket-b"])}
DOORS = ["pg", "flight"]
CLOUDS = ["s3", "azure", "gcs"]
URLS = {"s3": "s3://bucket-a", "azure": "az://lake-a", "gcs": "gs://bucket-a"}


def example(name):
    """The code of the page's block of that name."""
    blocks = re.findall(rf"^```(?:sql|bash) {name}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, name
    return blocks[0]


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    opened = SeaweedS3(tmp_path_factory.mktemp("s3"), KEYS)
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    opened = Azurite(tmp_path_factory.mktemp("azurite"))
    opened.make_container("lake-a")
    yield opened
    opened.stop()


@pytest.fixture
def fill(s3, azurite):
    """Puts what the servers are called into an example, with the given key."""

    def filled(text, key="KEYA"):
        return (text.replace("'KEY'", f"'{key}'").replace("=KEY", f"={key}").replace("'SECRET'", f"'{KEYS[key][0]}'")
                .replace("=SECRET", f"={KEYS[key][0]}").replace("ENDPOINT 'ENDPOINT'", f"ENDPOINT '{s3.endpoint}'")
                .replace("= 'ENDPOINT'", f"= '{s3.endpoint}'").replace("http://ENDPOINT", f"http://{s3.endpoint}")
                .replace("'CONNECTION'", f"'{azurite.connection_string}'").replace("=CONNECTION", f"={azurite.connection_string}"))

    return filled


class Session:
    """One session through either door; rows as tuples."""

    def __init__(self, server, door):
        self.door = door
        if door == "pg":
            self.connection = server.psycopg()
        else:
            import adbc_driver_flightsql.dbapi
            self.connection = adbc_driver_flightsql.dbapi.connect(server.flight_uri(), autocommit=True,
                                                                  db_kwargs={"adbc.flight.sql.rpc.with_cookie_middleware": "true"})

    def run(self, text):
        rows = []
        for statement in filter(None, (part.strip() for part in text.split(";\n"))):
            cursor = self.connection.cursor()
            cursor.execute(statement.removesuffix(";"))
            rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            cursor.close()
        return rows

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def environment(text):
    return dict(line.split("=", 1) for line in text.strip().splitlines())


@pytest.fixture
def everywhere(start_server, fill):
    """A server with the credentials of all clouds."""
    env = {}
    for cloud in CLOUDS:
        env |= environment(fill(example(f"{cloud} infrastructure")))
    return start_server(env=env)


def use_files(session, url):
    """The page's example of files; CSV, JSON, globs and many small ones beside."""
    assert session.run(example("files").replace("URL", url)) == [(5,)]
    assert session.run(f"SELECT count(*), sum(id) FROM read_parquet('{url}/*.parquet')") == [(10, 45)]
    session.run(f"COPY (SELECT 1 AS a, 'x' AS b) TO '{url}/t.csv'")
    session.run(f"COPY (SELECT 2 AS a, 'y' AS b) TO '{url}/t.json'")
    assert session.run(f"SELECT * FROM read_csv('{url}/t.csv')") == [(1, "x")]
    assert session.run(f"SELECT * FROM read_json('{url}/t.json')") == [(2, "y")]
    session.run(f"COPY (SELECT i AS id, i AS part FROM range(40) t(i)) TO '{url}/small' (FORMAT csv, PARTITION_BY (part))")
    assert session.run(f"SELECT count(*), sum(part::INT) FROM read_csv('{url}/small/*/*.csv', hive_partitioning := true)") == [(40, 780)]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_files_are_read_and_written_with_the_services_credentials(everywhere, cloud, door):
    with Session(everywhere, door) as session:
        use_files(session, f"{URLS[cloud]}/{cloud}-service-{door}")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", ["settings", "secret"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_files_are_read_and_written_with_a_sessions_own_credentials(server, fill, cloud, way, door):
    with Session(server, door) as session:
        session.run(fill(example(f"{cloud} {way}")))
        use_files(session, f"{URLS[cloud]}/{cloud}-{way}-{door}")


@pytest.mark.parametrize("way", ["settings", "secret"])
def test_a_key_opens_its_own_bucket_only_and_a_wrong_secret_none(everywhere, server, fill, way):
    with Session(everywhere, "pg") as session:
        session.run("COPY (SELECT 1 AS a) TO 's3://bucket-a/own.csv'")
    with Session(server, "pg") as session:
        session.run(fill(example(f"s3 {way}"), "KEYB"))
        session.run("COPY (SELECT 1 AS a) TO 's3://bucket-b/own.csv'")
        with pytest.raises(psycopg.Error):
            session.run("SELECT * FROM read_csv('s3://bucket-a/own.csv')")
    with Session(server, "pg") as session:
        session.run(fill(example(f"s3 {way}")).replace("secret-a", "wrong"))
        with pytest.raises(psycopg.Error):
            session.run("SELECT * FROM read_csv('s3://bucket-a/own.csv')")


@pytest.fixture(scope="module")
def delta(s3):
    """Three versions, of one row each."""
    import deltalake
    options = {"AWS_ACCESS_KEY_ID": "KEYA", "AWS_SECRET_ACCESS_KEY": "secret-a", "AWS_ENDPOINT_URL": f"http://{s3.endpoint}",
               "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1", "AWS_S3_ALLOW_UNSAFE_RENAME": "true"}
    for name in DOORS:
        for number in range(3):
            deltalake.write_deltalake(f"s3://bucket-a/delta-{name}", pyarrow.table({"n": [number], "v": [f"v{number}"]}), mode="append",
                                      storage_options=options, partition_by=["v"])
    return "s3://bucket-a/delta"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", ["infrastructure", "settings", "secret"])
def test_a_delta_table_is_read_as_it_was_at_every_version(everywhere, server, fill, delta, way, door):
    url = f"{delta}-{door}"
    with Session(everywhere if way == "infrastructure" else server, door) as session:
        if way != "infrastructure":
            session.run(fill(example(f"s3 {way}")))
        assert len(session.run(example("delta").replace("URL", url))) == 2
        for version in range(3):
            rows = [(number, f"v{number}") for number in range(version + 1)]
            assert sorted(session.run(f"SELECT n, v FROM delta_scan('{url}', version := {version})")) == rows
        assert session.run(f"SELECT n FROM delta_scan('{url}') WHERE v = 'v2'") == [(2,)]


@pytest.mark.parametrize("door", DOORS)
def test_an_attached_delta_table_has_its_versions_and_takes_rows(everywhere, delta, door):
    with Session(everywhere, door) as session:
        session.run(f"ATTACH '{delta}-{door}' AS lake_{door} (TYPE delta, READ_WRITE)")
        count = session.run(f"SELECT count(*) FROM lake_{door}")[0][0]
        session.run(f"INSERT INTO lake_{door} VALUES (9, 'v9')")
        assert session.run(f"SELECT count(*) FROM lake_{door}") == [(count + 1,)]
        assert session.run(f"SELECT count(*) FROM lake_{door} AT (VERSION => 1)") == [(2,)]
        assert session.run(f"SELECT max(n) FROM delta_scan('{delta}-{door}')") == [(9,)]
        session.run(f"DETACH lake_{door}")


@pytest.fixture(scope="module")
def iceberg(s3, tmp_path_factory):
    """An Iceberg table of two snapshots: (its metadata file, the snapshots' numbers)."""
    from pyiceberg.catalog.sql import SqlCatalog
    catalog = SqlCatalog("lake", uri=f"sqlite:///{tmp_path_factory.mktemp('iceberg')}/catalog.db", warehouse="s3://bucket-a/warehouse",
                         **{"s3.endpoint": f"http://{s3.endpoint}", "s3.access-key-id": "KEYA", "s3.secret-access-key": "secret-a",
                            "s3.region": "us-east-1", "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"})
    catalog.create_namespace("lake")
    rows = pyarrow.table({"n": pyarrow.array([1, 2], pyarrow.int64()), "v": ["a", "b"]})
    table = catalog.create_table("lake.t", schema=rows.schema)
    table.append(rows)
    table.append(rows)
    return table.metadata_location, [snapshot.snapshot_id for snapshot in table.snapshots()]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", ["infrastructure", "settings", "secret"])
def test_an_iceberg_table_is_read_as_it_was_at_every_snapshot(everywhere, server, fill, iceberg, way, door):
    location, snapshots = iceberg
    with Session(everywhere if way == "infrastructure" else server, door) as session:
        if way != "infrastructure":
            session.run(fill(example(f"s3 {way}")))
        assert session.run(f"SELECT count(*), sum(n) FROM iceberg_scan('{location}')") == [(4, 6)]
        for number, snapshot in enumerate(snapshots, 1):
            assert session.run(f"SELECT count(*) FROM iceberg_scan('{location}', snapshot_from_id := {snapshot}::UBIGINT)") == [(2 * number,)]
        assert session.run(f"SELECT count(*) FROM iceberg_snapshots('{location}')") == [(2,)]
