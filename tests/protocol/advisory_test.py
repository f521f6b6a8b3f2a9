"""Advisory locks between sessions; GRANT, LOCK and DO, which are answered and do nothing."""

import threading

import psycopg
import pytest

from harness import wait_until


def waits(watcher, connection):
    query = "SELECT state, query FROM pg_stat_activity WHERE pid = %s"
    state, text = watcher.execute(query, [connection.info.backend_pid]).fetchone()
    return state == "active" and "advisory" in text


def test_a_lock_is_held_by_one_session_until_it_gives_it_back(server):
    with server.psycopg() as one, server.psycopg() as two, server.psycopg() as watcher:
        assert one.execute("SELECT pg_advisory_lock(7)").fetchone() == ("",)
        assert two.execute("SELECT pg_try_advisory_lock(7)").fetchone() == (False,)
        assert two.execute("SELECT pg_try_advisory_lock(7, 0)").fetchone() == (True,)  # two integers are another key
        assert one.execute("SELECT pg_try_advisory_lock(%s)", [7]).fetchone() == (True,)  # again by its holder
        taken = []
        thread = threading.Thread(target=lambda: taken.append(two.execute("SELECT pg_advisory_lock(7)").fetchone()))
        thread.start()
        wait_until(lambda: waits(watcher, two), 10, "the second to wait")
        assert one.execute("SELECT pg_advisory_unlock(7)").fetchone() == (True,)
        assert not taken
        assert one.execute("SELECT pg_advisory_unlock(7)").fetchone() == (True,)
        thread.join(10)
        assert taken == [("",)]
        assert one.execute("SELECT pg_advisory_unlock(7)").fetchone() == (False,)


def test_shared_holders_keep_others_from_having_it_alone(server):
    with server.psycopg() as one, server.psycopg() as two:
        one.execute("SELECT pg_advisory_lock_shared(-8)")
        assert two.execute("SELECT pg_try_advisory_lock_shared(-8)").fetchone() == (True,)
        assert two.execute("SELECT pg_try_advisory_lock(-8)").fetchone() == (False,)
        one.execute("SELECT pg_advisory_unlock_all()")
        assert two.execute("SELECT pg_try_advisory_lock(-8)").fetchone() == (True,)


def test_a_transactions_locks_end_with_it_and_a_sessions_with_the_session(server):
    with server.psycopg() as watcher:
        one = server.psycopg(autocommit=False)
        one.execute("SELECT pg_advisory_xact_lock(9)")
        assert watcher.execute("SELECT pg_try_advisory_lock(9)").fetchone() == (False,)
        one.rollback()
        assert watcher.execute("SELECT pg_try_advisory_lock(9)").fetchone() == (True,)
        one.execute("SELECT pg_advisory_lock(10)")
        one.commit()
        assert watcher.execute("SELECT pg_try_advisory_lock(10)").fetchone() == (False,)
        one.close()
        wait_until(lambda: watcher.execute("SELECT pg_try_advisory_lock(10)").fetchone() == (True,), 10, "the lock to be free")


def test_a_wait_ends_with_its_timeout_its_cancel_or_a_deadlock(server):
    with server.psycopg() as one, server.psycopg() as two, server.psycopg() as watcher:
        one.execute("SELECT pg_advisory_lock(11)")
        two.execute("SELECT pg_advisory_lock(12)")
        two.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            two.execute("SELECT pg_advisory_lock(11)")
        two.execute("RESET lock_timeout")
        ended = []

        def wait():
            try:
                two.execute("SELECT pg_advisory_lock(11)")
            except psycopg.Error as error:
                ended.append(error.sqlstate)

        thread = threading.Thread(target=wait)
        thread.start()
        wait_until(lambda: waits(watcher, two), 10, "the second to wait")
        with pytest.raises(psycopg.errors.DeadlockDetected):
            one.execute("SELECT pg_advisory_lock(12)")
        two.cancel_safe()
        thread.join(10)
        assert ended == ["57014"]
        assert two.execute("SELECT 1").fetchone() == (1,)


def test_a_key_must_be_one(connection):
    for statement in ["SELECT pg_advisory_lock(99999999999999999999)", "SELECT pg_advisory_lock(1, 3000000000)",
                      "SELECT pg_advisory_lock(1, 2, 3)"]:
        with pytest.raises(psycopg.Error):
            connection.execute(statement)
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_is_not_kept_is_answered_with_a_notice(connection):
    notices = []
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    assert connection.execute("GRANT SELECT ON nothing TO nobody").statusmessage == "GRANT"
    assert connection.execute("REVOKE ALL ON nothing FROM PUBLIC").statusmessage == "REVOKE"
    assert connection.execute("LOCK TABLE nothing IN EXCLUSIVE MODE").statusmessage == "LOCK TABLE"
    assert len(notices) == 3
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        connection.execute("DO $$ BEGIN NULL; END $$")
