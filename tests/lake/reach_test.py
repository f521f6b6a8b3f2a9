"""What a session may reach of files and servers, and what it may not."""

import http.server
import json
import pathlib
import threading

import psycopg
import pytest

from object_store import ObjectStore

CLOSED = {"TAVANA_LOCAL_ACCESS": "false"}


def state_of(connection, statement):
    """The SQLSTATE, or None when it was done."""
    try:
        connection.execute(statement)
        return None
    except psycopg.Error as error:
        return error.sqlstate


class Listener:
    """An HTTP server that counts who comes; `redirect` sends them elsewhere."""

    def __init__(self, redirect=None):
        self.came = 0
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                listener.came += 1
                self.send_response(302 if redirect else 200)
                if redirect:
                    self.send_header("Location", redirect)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok" if self.command == "GET" else b"")

            do_HEAD = do_POST = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener():
    opened = Listener()
    yield opened
    opened.stop()


def test_a_local_user_reads_files_but_not_the_process(server, tmp_path):
    (tmp_path / "x.txt").write_text("mine")
    (tmp_path / "environ").symlink_to("/proc/self/environ")
    with server.psycopg() as session:
        assert session.execute(f"SELECT content FROM read_text('{tmp_path}/x.txt')").fetchone() == ("mine",)
        session.execute(f"COPY (SELECT 1) TO '{tmp_path}/y.csv'")
        session.execute("CREATE TEMP MACRO peek(f) AS TABLE SELECT * FROM read_text(f)")
        for path in ["/proc/self/environ", "/proc/1/cmdline", "/proc/self/task/../environ", "file:///proc/self/environ",
                     str(pathlib.Path("/proc/self") / "root" / "proc/self/environ"), f"{tmp_path}/environ", "/sys/kernel/hostname", "/dev/stdin",
                     "http://169.254.169.254/latest/meta-data/", "http://2852039166/"]:
            for statement in [f"SELECT * FROM read_text('{path}')", f"SELECT * FROM peek('{path}')",
                              f"SELECT * FROM query('FROM read_text(''{path}'')')", f"SELECT * FROM read_csv('{path}')"]:
                assert state_of(session, statement) == "42501", statement
        assert state_of(session, "COPY (SELECT 1) TO '/proc/self/comm'") == "42501"
        assert state_of(session, "SELECT getenv('HOME')") == "42883"
        assert session.execute("SELECT * FROM read_text('/pro[c]/self/environ')").fetchall() == []
        assert session.execute("SELECT 1").fetchone() == (1,)


def closed_statements(port, folder):
    endpoint = f"127.0.0.1:{port}"
    return [
        "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/x.parquet'", "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('relative.csv')", "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM parquet_metadata('/etc/x')",
        "SELECT * FROM read_xlsx('/etc/x.xlsx')", "SELECT * FROM read_avro('/etc/x.avro')", "SELECT * FROM ST_Read('/etc/passwd')", "SELECT * FROM ST_ReadSHP('/etc/x.shp')",
        "SELECT * FROM read_duckdb('/etc/x.db')", "SELECT * FROM query('FROM read_text(''/etc/passwd'')')",
        f"SELECT * FROM delta_scan('{folder}')", f"SELECT * FROM delta_scan('file://{folder}')",
        f"SELECT * FROM delta_list_files('{folder}')", f"SELECT * FROM iceberg_scan('{folder}')",
        f"COPY (SELECT 1) TO '{folder}/x.csv'", f"COPY (SELECT 1 AS a, 2 AS b) TO '{folder}/x' (FORMAT parquet, PARTITION_BY (a))",
        f"COPY (SELECT 1) TO '{folder}/x.gpkg' (FORMAT gdal, DRIVER 'GPKG')", f"EXPORT DATABASE '{folder}/x'",
        f"IMPORT DATABASE '{folder}'", f"ATTACH '{folder}/x.db' AS x",
        f"ATTACH '{folder}' AS x (TYPE delta)", f"ATTACH 'ducklake:{folder}/x.ducklake' AS x",
        f"ATTACH 'ducklake:postgres:host=127.0.0.1 port={port}' AS x", "ATTACH 'dbname=x' AS x (TYPE postgres)",
        f"ATTACH 'host=127.0.0.1 port={port}' AS x (TYPE postgres)", f"ATTACH 'postgres://127.0.0.1:{port}/x' AS x",
        "ATTACH 'host=/var/run/postgresql' AS x (TYPE postgres)", f"ATTACH 'w' AS x (TYPE iceberg, ENDPOINT 'http://{endpoint}')",
        f"SELECT * FROM postgres_scan('host=127.0.0.1 port={port}', 'public', 't')",
        f"SELECT * FROM read_text('http://{endpoint}/x')", f"SELECT * FROM read_text('http://localhost:{port}/x')",
        f"SELECT * FROM read_parquet('http://[::ffff:127.0.0.1]:{port}/x')", f"SET s3_endpoint = '{endpoint}'",
        f"SELECT * FROM read_text('s3://b/x?s3_endpoint={endpoint}&s3_use_ssl=false')",
        f"SET azure_storage_connection_string = 'AccountName=a;AccountKey=YQ==;BlobEndpoint=http://{endpoint}/a'",
        f"CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b', ENDPOINT '{endpoint}', USE_SSL false)",
        f"CREATE SECRET (TYPE azure, CONNECTION_STRING 'AccountName=a;AccountKey=YQ==;BlobEndpoint=http://{endpoint}/a')",
        f"CREATE SECRET (TYPE http, HTTP_PROXY 'http://{endpoint}')", f"CREATE SECRET (TYPE postgres, HOST '127.0.0.1', PORT {port})",
        f"CREATE SECRET (TYPE ducklake, METADATA_PATH '{folder}/x')", "CALL enable_profiling()",
        "SET enable_external_access = true", "SET allowed_directories = ['/']",
    ]


def test_a_closed_server_opens_no_file_and_no_private_network(start_server, listener, tmp_path):
    server = start_server(env=CLOSED)
    (tmp_path / "load.sql").write_text("")
    (tmp_path / "schema.sql").write_text("")
    with server.psycopg() as session:
        session.execute("LOAD spatial")
        done = [(state, statement) for statement in closed_statements(listener.port, tmp_path)
                if (state := state_of(session, statement)) != "42501"]
        assert done == []
        assert session.execute("SELECT 1").fetchone() == (1,)
    assert listener.came == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["load.sql", "schema.sql"]


def test_an_iceberg_token_server_inside_is_not_asked(start_server, listener):
    with start_server(env=CLOSED).psycopg() as session:
        assert state_of(session, f"CREATE SECRET (TYPE iceberg, CLIENT_ID 'a', CLIENT_SECRET 'b', "
                                 f"OAUTH2_SERVER_URI '{listener.url}/token')") is not None
    assert listener.came == 0


def test_directories_and_prefixes_are_opened(start_server, listener, tmp_path):
    elsewhere = Listener()
    bouncing = Listener(redirect=f"{elsewhere.url}/x")
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "x.txt").write_text("open")
    (tmp_path / "closed.txt").write_text("closed")
    (tmp_path / "open" / "link").symlink_to(tmp_path / "closed.txt")
    server = start_server(env={**CLOSED, "TAVANA_ALLOWED_DIRECTORIES": f"{tmp_path}/open,{listener.url}/,{bouncing.url}/"})
    with server.psycopg() as session:
        assert session.execute(f"SELECT content FROM read_text('{tmp_path}/open/*.txt')").fetchone() == ("open",)
        session.execute(f"COPY (SELECT 1 AS a, 2 AS b) TO '{tmp_path}/open/new' (FORMAT parquet, PARTITION_BY (a))")
        assert session.execute(f"SELECT content FROM read_text('{listener.url}/x')").fetchone() == ("ok",)
        for path in [f"{tmp_path}/closed.txt", f"{tmp_path}/open/link", f"{tmp_path}/open/../closed.txt", f"{elsewhere.url}/x"]:
            assert state_of(session, f"SELECT * FROM read_text('{path}')") == "42501", path
        assert state_of(session, f"SELECT * FROM read_text('{bouncing.url}/x')") is not None
        assert bouncing.came > 0 and elsewhere.came == 0, "a redirect led inside"
        with pytest.raises(psycopg.Error) as refused:
            session.execute("SELECT * FROM read_text('/etc/passwd')")
        assert "/etc/passwd" in str(refused.value) and "TAVANA_ALLOWED_DIRECTORIES" in refused.value.diag.message_hint
    elsewhere.stop()
    bouncing.stop()


def test_the_servers_own_endpoint_is_open_where_others_are_not(start_server):
    store = ObjectStore()
    store.put("INFRA", "shared", "x.txt", b"for all")
    server = start_server(env={**CLOSED, "AWS_ACCESS_KEY_ID": "INFRA", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": f"http://{store.endpoint}"})
    with server.psycopg() as session:
        assert session.execute("SELECT content FROM read_text('s3://shared/x.txt')").fetchall() == [("for all",)]
        session.execute(f"CREATE SECRET (TYPE s3, KEY_ID 'INFRA', SECRET 'x', ENDPOINT '{store.endpoint}', USE_SSL false, URL_STYLE 'path')")
        assert session.execute("SELECT content FROM read_text('s3://shared/x.txt')").fetchall() == [("for all",)]
    store.stop()


def test_a_role_reaches_its_prefixes(start_server, tmp_path):
    for name in ("sales", "hr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(name)
    roles = tmp_path / "roles.json"
    roles.write_text(json.dumps({"ada": [f"{tmp_path}/sales"], "*": [f"{tmp_path}/hr"]}))
    server = start_server(env={**CLOSED, "TAVANA_ROLE_PREFIXES_FILE": str(roles)})
    for user, mine, other in [("ada", "sales", "hr"), ("bob", "hr", "sales")]:
        with psycopg.connect(**server.connect_arguments(user=user, dbname="tavana"), autocommit=True) as session:
            assert session.execute(f"SELECT content FROM read_text('{tmp_path}/{mine}/x.txt')").fetchone() == (mine,)
            assert state_of(session, f"SELECT * FROM read_text('{tmp_path}/{other}/x.txt')") == "42501"
            assert state_of(session, "SELECT * FROM read_text('s3://bucket/x')") == "42501"
            assert state_of(session, "SET s3_endpoint = 's3.example.com'") == "42501"


def test_without_external_access_only_the_prefixes_are_left(start_server, listener, tmp_path):
    (tmp_path / "x.txt").write_text("open")
    env = {"TAVANA_LOCAL_ACCESS": "true", "TAVANA_DISABLE_EXTERNAL_ACCESS": "true", "TAVANA_ALLOWED_DIRECTORIES": str(tmp_path)}
    with start_server(env=env).psycopg() as session:
        assert session.execute(f"SELECT content FROM read_text('{tmp_path}/x.txt')").fetchone() == ("open",)
        for path in ["/etc/passwd", f"{listener.url}/x", "s3://bucket/x", "https://example.com/x"]:
            assert state_of(session, f"SELECT * FROM read_text('{path}')") == "42501", path
    assert listener.came == 0


def test_an_unlocked_configuration_is_the_sessions(start_server):
    with start_server(env={"TAVANA_LOCK_CONFIGURATION": "false"}).psycopg() as session:
        session.execute("SET threads = 1")
        assert state_of(session, "SET enable_external_access = true") == "42501"
    with start_server().psycopg() as session:
        assert state_of(session, "SET threads = 1") == "42501"


def test_the_servers_own_files_are_closed_to_a_local_user(start_server, tmp_path):
    server = start_server("--database", tmp_path / "own.db", "--spill-dir", tmp_path / "spill", topology="serve")
    with server.psycopg() as session:
        session.execute("CREATE TABLE t AS SELECT 1 AS a")
        for name in ("own.db", "own.db.wal", "spill/x"):
            assert state_of(session, f"SELECT * FROM read_blob('{tmp_path}/{name}')") == "42501", name
        assert state_of(session, f"ATTACH '{tmp_path}/own.db' AS own") == "42501"
