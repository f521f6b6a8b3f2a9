"""Each session's own credentials: used for it alone, shown to nobody, gone with it."""

import concurrent.futures

import psycopg
import pytest


MARK = "never-to-be-seen-"  # in every secret of these tests


def own(store, connection, key, name="mine", scope=""):
    connection.execute(f"CREATE OR REPLACE SECRET {name} (TYPE s3, KEY_ID '{key}', SECRET '{MARK}{key}', ENDPOINT '{store.endpoint}', "
                       f"USE_SSL false, URL_STYLE 'path', REGION 'us-east-1'{scope})")


def settle(store, connection, key):
    for name, value in {"s3_access_key_id": key, "s3_secret_access_key": MARK + key, "s3_endpoint": store.endpoint,
                        "s3_use_ssl": "false", "s3_url_style": "path", "s3_region": "us-east-1"}.items():
        connection.execute(f"SET {name} = '{value}'")


def read(connection, bucket):
    return connection.execute(f"SELECT content FROM read_text('s3://{bucket}/x.txt')").fetchall()


@pytest.mark.parametrize("give", [own, settle])
def test_a_session_reads_with_its_own_key_and_another_session_does_not(server, store, give):
    store.put("KEYA", "bucket-a", "x.txt", b"of a")
    with server.psycopg() as a, server.psycopg() as b:
        give(store, a, "KEYA")
        assert read(a, "bucket-a") == [("of a",)]
        assert {key for key, _ in store.requests} == {"KEYA"}
        store.requests.clear()
        give(store, b, "KEYB")
        with pytest.raises(psycopg.Error):
            read(b, "bucket-a")
        assert {key for key, _ in store.requests} == {"KEYB"}


@pytest.mark.parametrize("undo", ["RESET ALL", "DISCARD ALL", "RESET s3_access_key_id", "SET s3_access_key_id TO DEFAULT"])
def test_credential_settings_are_undone(server, store, undo):
    with server.psycopg() as connection:
        settle(store, connection, "KEYA")
        assert connection.execute("SELECT count(*) FROM which_secret('s3://b/x', 's3')").fetchone() == (1,)
        connection.execute(undo)
        if "access_key" in undo:
            settle_rest = connection.execute("SELECT count(*) FROM duckdb_secrets()").fetchone()
            assert settle_rest == (0,)
            store.put("KEYA", "bucket-a", "x.txt", b"of a")
            with pytest.raises(psycopg.Error):
                read(connection, "bucket-a")
            assert "KEYA" not in {key for key, _ in store.requests}
        else:
            assert connection.execute("SELECT count(*) FROM which_secret('s3://b/x', 's3')").fetchone() == (0,)


def test_a_dropped_secret_is_gone_and_discard_all_drops(server, store):
    with server.psycopg() as connection:
        own(store, connection, "KEYA")
        connection.execute("DROP SECRET mine")
        assert connection.execute("SELECT name FROM duckdb_secrets()").fetchall() == []
        own(store, connection, "KEYA")
        connection.execute("DISCARD ALL")
        assert connection.execute("SELECT name FROM duckdb_secrets()").fetchall() == []


def test_no_output_shows_a_secret(start_server, store):
    server = start_server("--log-level", "trace")
    store.put("KEYA", "bucket-a", "x.txt", b"of a")
    shown = []
    with server.psycopg() as a, server.psycopg() as b:
        own(store, a, "KEYA")
        settle(store, a, "KEYA")
        read(a, "bucket-a")
        for connection in (a, b):
            for query in ["SELECT * FROM duckdb_secrets()", "SELECT * FROM which_secret('s3://bucket-a/x', 's3')",
                          "SELECT * FROM duckdb_settings()", "SELECT * FROM pg_settings", "SELECT * FROM pg_stat_activity",
                          "SELECT * FROM pg_prepared_statements", "SHOW ALL",
                          "EXPLAIN ANALYZE SELECT * FROM read_text('s3://bucket-a/x.txt')",
                          "SELECT * FROM duckdb_secrets(redact := false)", "SELECT * FROM read_text('s3://bucket-z/x.txt')",
                          "SHOW s3_secret_access_key", "SELECT current_setting('s3_secret_access_key')"]:
                try:
                    shown.append(repr(connection.execute(query).fetchall()))
                except psycopg.Error as error:
                    shown.append(f"{error} {error.diag.message_detail} {error.diag.message_hint} {error.diag.context}")
        shown.append(server.http("/metrics")[1])
    for process in (server, *server.workers):
        shown.append(process.log_file.read_text(errors="replace"))
    assert [text for text in shown if MARK in text] == []


def test_many_sessions_at_once_never_use_the_key_of_another(server, store, rng):
    sessions = 16
    for number in range(sessions):
        store.put(f"KEY{number}", f"bucket-{number}", "x.txt", f"of {number}".encode())
    seeds = [rng.random() for _ in range(sessions)]

    def live(number):
        import random
        mine = random.Random(seeds[number])
        with server.psycopg(prepare_threshold=None) as connection:  # DISCARD ALL forgets what psycopg has prepared
            for _ in range(6):
                mine.choice([own, settle])(store, connection, f"KEY{number}")
                for _ in range(3):
                    bucket = mine.choice([number, mine.randrange(sessions)])
                    try:
                        assert read(connection, f"bucket-{bucket}") == [(f"of {number}",)]
                        assert bucket == number
                    except psycopg.Error:
                        assert bucket != number
                mine.choice([lambda: None, lambda: connection.execute("DISCARD ALL")])()

    with concurrent.futures.ThreadPoolExecutor(sessions) as pool:
        list(pool.map(live, range(sessions)))
    answered = [(key, path) for key, path in store.requests if key is not None]
    assert len(answered) > sessions
    # A session asks others' buckets too, with its own key: the server let none of them in, or the texts above would differ.
    assert {key for key, _ in store.requests} <= {f"KEY{number}" for number in range(sessions)} | {None}


def test_secrets_for_everybody_or_for_later_are_refused(server):
    with server.psycopg() as connection:
        for statement, state in [("CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')", "0A000"),
                                 ("CREATE SECRET s IN memory (TYPE s3, KEY_ID 'a', SECRET 'b')", "42501"),
                                 ("SET GLOBAL s3_region = 'x'", "42501"), ("SET memory_limit = '1GB'", "42501"),
                                 ("SET enable_external_access = true", "42501"), ("INSTALL httpfs", "42501")]:
            with pytest.raises(psycopg.Error) as caught:
                connection.execute(statement)
            assert caught.value.sqlstate == state, statement
