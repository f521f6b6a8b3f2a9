"""What only the gateway knows, in the catalog: who is connected, what runs and how far it is, the session's settings."""

import threading

import psycopg
import pytest

from harness import wait_until


def activity(connection, pid):
    return connection.execute("SELECT state, query, wait_event, usename, datname, application_name FROM pg_stat_activity"
                              " WHERE pid = %s", [pid]).fetchone()


def test_a_session_shows_what_it_does(server):
    with server.psycopg(autocommit=False, application_name="watched") as watched, server.psycopg() as watcher:
        pid = watched.info.backend_pid
        watched.execute("SELECT 40 + 2")
        assert activity(watcher, pid) == ("idle in transaction", "SELECT 40 + 2", "ClientRead", "tavana", "tavana", "watched")
        with pytest.raises(psycopg.errors.UndefinedTable):
            watched.execute("SELECT * FROM no_such_table")
        assert activity(watcher, pid)[0] == "idle in transaction (aborted)"
        watched.rollback()
        assert activity(watcher, pid)[0] == "idle"
        watched.execute("SET application_name = 'renamed'")
        assert activity(watcher, pid)[5] == "renamed"
    with server.psycopg() as watcher:
        wait_until(lambda: activity(watcher, pid) is None, 10, "the session to be gone")


def test_a_running_statement_shows_its_text_and_how_far_it_is(server):
    with server.psycopg() as runner, server.psycopg() as watcher:
        pid = runner.info.backend_pid
        slow = "SELECT count(*) FROM long_read WHERE md5(md5(md5(i::text))) LIKE 'no%'"
        watcher.execute("CREATE TABLE long_read AS SELECT range AS i FROM range(30000000)")
        cancelled = []

        def run():
            try:
                runner.execute(slow)
            except psycopg.errors.QueryCanceled:
                cancelled.append(True)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            progress = "SELECT percent_done, running_ms >= 0, query FROM pg_stat_progress_query WHERE pid = %s"
            wait_until(lambda: (watcher.execute(progress, [pid]).fetchone() or (None,))[0], 30, "progress")
            percent, runs, query = watcher.execute(progress, [pid]).fetchone()
            assert 0 < percent <= 100 and runs and query == slow
            assert activity(watcher, pid)[:3] == ("active", slow, None)
        finally:
            runner.cancel_safe()
            thread.join()
            watcher.execute("DROP TABLE long_read")
        assert cancelled


def test_what_may_hold_a_secret_is_not_shown(server):
    with server.psycopg() as owner, server.psycopg() as watcher:
        owner.execute("CREATE SECRET shown_nowhere (TYPE s3, KEY_ID 'AKIAFORTHETEST', SECRET 'hush')")
        try:
            query = activity(watcher, owner.info.backend_pid)[1]
            assert "hush" not in query and "AKIA" not in query and "hidden" in query
        finally:
            owner.execute("DROP SECRET shown_nowhere")


def test_settings_are_the_sessions_own(server):
    with server.psycopg() as one, server.psycopg() as two:
        one.execute("SET my.custom = 'mine'")
        one.execute("SET application_name = 'one'")
        setting = "SELECT setting FROM pg_settings WHERE name = %s"
        assert one.execute(setting, ["my.custom"]).fetchall() == [("mine",)]
        assert two.execute(setting, ["my.custom"]).fetchall() == []
        assert one.execute("SELECT current_setting('application_name')").fetchone() == ("one",)
        # As a source of other statements too.
        one.execute("CREATE TEMP TABLE kept AS SELECT name, setting FROM pg_settings")
        assert one.execute("SELECT setting FROM kept WHERE name = 'application_name'").fetchone() == ("one",)
        prepared = [one.execute("SELECT current_setting('my.custom')", prepare=True).fetchone()]
        one.execute("SET my.custom = 'changed'")
        prepared.append(one.execute("SELECT current_setting('my.custom')", prepare=True).fetchone())
        assert prepared == [("mine",), ("changed",)]


def test_a_session_holds_a_bounded_number_of_settings_of_its_own(connection):
    with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
        for number in range(1000):
            connection.execute(f"SET mine.number_{number} = 'x'")
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_search_path_survives_what_it_does_not_know(connection):
    connection.execute("CREATE SCHEMA \"odd, name\"")
    connection.execute("CREATE TABLE \"odd, name\".found AS SELECT 7 AS n")
    try:
        connection.execute("SET search_path = nowhere, \"odd, name\", public")
        assert connection.execute("SELECT n FROM found").fetchone() == (7,)
        assert connection.execute("SHOW search_path").fetchone() == ('nowhere, "odd, name", public',)
    finally:
        connection.execute("RESET search_path")
        connection.execute("DROP SCHEMA \"odd, name\" CASCADE")
