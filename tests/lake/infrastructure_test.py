"""Credentials of the server, from its environment: for sessions that have none of their own, and shown to nobody."""

import json
import pathlib

import psycopg
import pyarrow
import pyarrow.parquet
import pytest

from object_store import ObjectStore

MARK = "never-to-be-seen-"  # in every secret of these tests
READ = "SELECT content FROM read_text('s3://shared/x.txt')"


def environment(store, **more):
    return {"AWS_ACCESS_KEY_ID": "INFRA", "AWS_SECRET_ACCESS_KEY": MARK + "infra", "AWS_SESSION_TOKEN": MARK + "token",
            "AWS_ENDPOINT_URL": f"http://{store.endpoint}", **more}


def keys(store):
    return {key for key, _ in store.requests}


def put_delta_table(store, bucket, name):
    """One version with one file, as the Delta protocol has it."""
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"n": [1, 2, 3]}), sink)
    data = sink.getvalue().to_pybytes()
    schema = {"type": "struct", "fields": [{"name": "n", "type": "long", "nullable": True, "metadata": {}}]}
    log = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
           {"metaData": {"id": "00000000-0000-0000-0000-000000000001", "format": {"provider": "parquet", "options": {}},
                         "schemaString": json.dumps(schema), "partitionColumns": [], "configuration": {}, "createdTime": 0}},
           {"add": {"path": "part-0.parquet", "partitionValues": {}, "size": len(data), "modificationTime": 0, "dataChange": True}}]
    store.put("INFRA", bucket, f"{name}/part-0.parquet", data)
    store.put("INFRA", bucket, f"{name}/_delta_log/00000000000000000000.json", "\n".join(map(json.dumps, log)).encode())


@pytest.mark.parametrize("arguments", [(), ("--workers", 2)])
def test_a_session_without_credentials_reads_with_the_servers(start_server, store, arguments):
    store.put("INFRA", "shared", "x.txt", b"for all")
    put_delta_table(store, "shared", "table")
    topology = "serve" if arguments else None
    with start_server(*arguments, env=environment(store), topology=topology).psycopg() as session:
        assert session.execute(READ).fetchall() == [("for all",)]
        assert session.execute("SELECT sum(n) FROM delta_scan('s3://shared/table')").fetchone() == (6,)
        assert keys(store) == {"INFRA"}
        assert any(path.startswith("shared/table/_delta_log") or path == "shared/" or path == "shared" for _, path in store.requests)


def test_a_sessions_own_credentials_win_and_dropping_them_goes_back(start_server, store):
    store.put("INFRA", "shared", "x.txt", b"for all")
    store.put("OWN", "shared", "x.txt", b"for all")
    with start_server(env=environment(store)).psycopg() as session:
        session.execute(f"CREATE SECRET mine (TYPE s3, KEY_ID 'OWN', SECRET 'x', ENDPOINT '{store.endpoint}', USE_SSL false, URL_STYLE 'path')")
        session.execute(READ)
        assert keys(store) == {"OWN"}
        session.execute("DROP SECRET mine")
        store.requests.clear()
        session.execute(READ)
        assert keys(store) == {"INFRA"}
        store.requests.clear()
        session.execute("SET s3_access_key_id = 'OWN'")
        session.execute("SET s3_secret_access_key = 'x'")
        session.execute(READ)  # at the server's endpoint
        assert keys(store) == {"OWN"}


def test_a_session_that_goes_elsewhere_takes_nothing_of_the_servers_along(start_server, store):
    elsewhere = ObjectStore()
    with start_server(env=environment(store)).psycopg() as session:
        session.execute(f"SET s3_endpoint = '{elsewhere.endpoint}'")
        with pytest.raises(psycopg.Error):
            session.execute(READ)
    elsewhere.stop()
    assert elsewhere.requests and keys(elsewhere) == {None}
    assert not store.requests


def test_gs_reads_with_the_servers_hmac_key(start_server, store):
    store.put("GOOGLE", "shared", "x.txt", b"for all")
    server = start_server(env={"GCS_ACCESS_KEY_ID": "GOOGLE", "GCS_SECRET_ACCESS_KEY": MARK, "GCS_ENDPOINT_URL": f"http://{store.endpoint}"})
    with server.psycopg() as session:
        assert session.execute("SELECT content FROM read_text('gs://shared/x.txt')").fetchall() == [("for all",)]
    assert keys(store) == {"GOOGLE"}


def test_no_output_shows_the_servers_credentials(start_server, store):
    server = start_server("--log-level", "trace", env=environment(store, AZURE_STORAGE_ACCOUNT_NAME="lake", AZURE_STORAGE_ACCOUNT_KEY=MARK))
    shown = []
    with server.psycopg() as session:
        for query in ["SELECT * FROM duckdb_secrets()", "SELECT * FROM duckdb_secrets(redact := false)", "SELECT * FROM duckdb_settings()",
                      "SELECT * FROM which_secret('s3://shared/x.txt', 's3')", "SELECT * FROM pg_settings", "SHOW ALL",
                      "SHOW s3_secret_access_key", "SELECT current_setting('s3_secret_access_key')", READ, f"EXPLAIN ANALYZE {READ}",
                      "SELECT getenv('AWS_SECRET_ACCESS_KEY')", "FROM load_aws_credentials()",
                      "SELECT * FROM read_text('az://container/x.txt')"]:
            try:
                shown.append(repr(session.execute(query).fetchall()))
            except psycopg.Error as error:
                shown.append(f"{error} {error.diag.message_detail} {error.diag.message_hint} {error.diag.context}")
        assert session.execute("SELECT count(*) FROM duckdb_secrets()").fetchone() == (0,)
    for process in (server, *server.workers):
        shown.append(pathlib.Path(f"/proc/{process.process.pid}/environ").read_text())
        shown.append(pathlib.Path(f"/proc/{process.process.pid}/cmdline").read_text())
    shown.append(server.http("/metrics")[1])
    for process in (server, *server.workers):
        shown.append(process.log_file.read_text(errors="replace"))
    assert [text for text in shown if MARK in text] == []
