"""What a session of Flight SQL has from call to call: settings, options, transactions, its end."""

import struct

import pyarrow
import pytest

from flight_sql import Client, any_of, decode, field, message

STRING = 1  # of a SessionOptionValue


@pytest.fixture
def client(server):
    with Client(server) as opened:
        opened.query("SELECT 1")
        yield opened


def value(sql_name, client, transaction=None):
    return client.rows(f"SHOW {sql_name}", transaction)[0][0]


def option_value(value):
    if value is None:
        return b""
    if isinstance(value, bool):
        return field(2, value)
    return b"\x19" + struct.pack("<q", value) if isinstance(value, int) else field(STRING, value)  # field 3, 64 bits


def set_options(client, **options):
    """The errors, by name."""
    entries = [field(1, message({1: name, 2: option_value(value)})) for name, value in options.items()]
    (answer,) = client.action("SetSessionOptions", b"".join(entries))
    return {decode(entry)[1][0].decode(): decode(decode(entry)[2][0])[1][0] for entry in decode(answer).get(1, [])}


def get_options(client):
    (answer,) = client.action("GetSessionOptions", b"")
    return {decode(entry)[1][0].decode(): decode(decode(entry)[2][0])[STRING][0].decode() for entry in decode(answer).get(1, [])}


# ---- settings and transactions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["TimeZone", "search_path", "extra_float_digits", "our.own", "statement_timeout"])
@pytest.mark.parametrize("commit", [True, False])
def test_a_set_in_a_transaction_stays_or_goes_with_it(client, setting, commit):
    first, then = {"TimeZone": ("Asia/Tokyo", "America/New_York"), "extra_float_digits": ("1", "2"),
                   "statement_timeout": ("1h", "2h")}.get(setting, ("one", "two"))
    client.update(f"SET {setting} = '{first}'")
    transaction = client.begin()
    client.update(f"SET {setting} = '{then}'", transaction)
    assert value(setting, client, transaction) == then
    assert value(setting, client) == first  # nobody else is in the transaction
    client.end(transaction, commit)
    assert value(setting, client) == (then if commit else first)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_set_after_begin_stays_or_goes_with_it(client, end):
    client.update("SET TimeZone = 'Asia/Tokyo'")
    client.update("BEGIN")
    client.update("SET TimeZone = 'America/New_York'")
    client.update("SET LOCAL extra_float_digits = 2")
    shown = "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00'::VARCHAR"
    assert client.rows(shown) == [("2023-12-31 19:00:00-05",)]
    assert value("extra_float_digits", client) == "2"
    client.update(end)
    assert client.rows(shown) == [("2023-12-31 19:00:00-05" if end == "COMMIT" else "2024-01-01 09:00:00+09",)]
    assert value("extra_float_digits", client) == "1"


def test_transactions_side_by_side_have_settings_of_their_own(client):
    one, other = client.begin(), client.begin()
    client.update("SET TimeZone = 'Asia/Tokyo'", one)
    client.update("SET TimeZone = 'America/New_York'", other)
    client.update("SET application_name = 'outside'")
    zone = "SELECT current_setting('TimeZone')"
    assert [client.rows(zone, each)[0][0] for each in (one, other, None)] == ["Asia/Tokyo", "America/New_York", "UTC"]
    client.end(other, commit=False)
    client.end(one, commit=True)
    assert client.rows(zone) == [("Asia/Tokyo",)]
    assert value("application_name", client) == "outside"


def test_a_wrong_set_fails_its_transaction_and_leaves_the_session_as_it_was(client):
    transaction = client.begin()
    client.update("SET extra_float_digits = 2", transaction)
    with pytest.raises(pyarrow.ArrowInvalid):
        client.update("SET TimeZone = 'Mars/Olympus'", transaction)
    with pytest.raises(pyarrow.ArrowException, match="25P02"):
        client.rows("SELECT 1", transaction)
    with pytest.raises(pyarrow.ArrowException, match="25P02"):
        client.end(transaction, commit=True)
    assert (value("TimeZone", client), value("extra_float_digits", client)) == ("UTC", "1")


@pytest.mark.parametrize("action", ["BeginSavepoint", "EndSavepoint"])
def test_savepoints_are_said_not_to_be_there(client, action):
    transaction = client.begin()
    with pytest.raises(NotImplementedError, match="savepoints"):
        client.sql_action(action, f1=transaction, f2="here")
    with pytest.raises(NotImplementedError):
        client.update("SAVEPOINT here", transaction)
    client.end(transaction, commit=False)
    told = {row["info_name"]: row["value"] for row in client.read(client.info(any_of("CommandGetSqlInfo", f1=[8, 573]))).to_pylist()}
    assert told == {8: 1, 573: False}  # transactions, no savepoints


# ---- options ------------------------------------------------------------------------------------------------------


def test_options_are_the_settings_of_the_session(client):
    assert set_options(client, TimeZone="Asia/Tokyo", scalar_subquery_error_on_multiple_rows=False, extra_float_digits=2) == {}
    assert client.rows("SELECT current_setting('TimeZone')") == [("Asia/Tokyo",)]
    seen = get_options(client)
    assert {name: seen[name] for name in ("catalog", "schema", "TimeZone", "extra_float_digits", "scalar_subquery_error_on_multiple_rows")} == {
        "catalog": "tavana", "schema": "public", "TimeZone": "Asia/Tokyo", "extra_float_digits": "2",
        "scalar_subquery_error_on_multiple_rows": "false"}
    client.update("SET TimeZone = 'America/New_York'")
    client.update("SET scalar_subquery_error_on_multiple_rows = true")
    seen = get_options(client)
    assert (seen["TimeZone"], seen["scalar_subquery_error_on_multiple_rows"]) == ("America/New_York", "true")
    assert set_options(client, TimeZone=None, scalar_subquery_error_on_multiple_rows=None) == {}
    assert get_options(client)["TimeZone"] == "UTC"


def test_an_option_that_is_not_there_or_not_so_is_told_by_its_name_and_the_others_are_set(client):
    assert set_options(client, no_such_option="1", TimeZone="Mars/Olympus", extra_float_digits="2", schema="nowhere") == {
        "no_such_option": 1, "TimeZone": 2, "schema": 2}  # INVALID_NAME, INVALID_VALUE
    seen = get_options(client)
    assert (seen["TimeZone"], seen["extra_float_digits"], seen["schema"]) == ("UTC", "2", "public")


def test_catalog_and_schema_are_options(client):
    client.update("CREATE SCHEMA flight_place")
    client.update("ATTACH ':memory:' AS flight_other")
    client.update("CREATE SCHEMA flight_other.within")
    client.update("CREATE TABLE flight_other.within.there AS SELECT 1 AS i")
    try:
        assert set_options(client, schema="flight_place") == {}
        assert get_options(client)["schema"] == "flight_place"
        assert set_options(client, schema="within", catalog="flight_other") == {}  # whatever comes first
        assert client.rows("FROM there") == [(1,)]
        assert set_options(client, catalog=None) == {}
        assert {name: get_options(client)[name] for name in ("catalog", "schema")} == {"catalog": "tavana", "schema": "public"}
        assert set_options(client, schema="public") == {}
    finally:
        client.update("DROP SCHEMA flight_place")


@pytest.mark.parametrize("commit", [True, False])
def test_an_option_of_the_engine_stays_or_goes_with_the_transaction_it_was_set_in(client, commit):
    shown = "SELECT current_setting('scalar_subquery_error_on_multiple_rows'), current_setting('perfect_ht_threshold')"
    client.update("SET perfect_ht_threshold = 10")
    (before,) = client.rows(shown)
    transaction = client.begin()
    assert set_options(client, scalar_subquery_error_on_multiple_rows=False, perfect_ht_threshold=11, extra_float_digits=2) == {}
    (within,) = client.rows(shown, transaction)
    assert within != before and get_options(client)["extra_float_digits"] == "2"
    client.end(transaction, commit)
    assert client.rows(shown) == [within if commit else before]
    assert value("extra_float_digits", client) == ("2" if commit else "1")


@pytest.mark.parametrize("commit", [True, False])
def test_a_setting_of_the_engine_is_seen_outside_of_its_transaction_from_its_commit_on(client, commit):
    shown = "SELECT current_setting('perfect_ht_threshold')"
    client.update("SET perfect_ht_threshold = 10")
    transactions = [client.begin() for _ in range(2)]
    for transaction in reversed(transactions):
        client.update("SET perfect_ht_threshold = 11", transaction)
        assert client.rows(shown) == [("10",)]
        assert client.rows(shown, transaction) == [("11",)]
    for transaction in transactions:
        client.end(transaction, commit)
        assert client.rows(shown) == [("11" if commit else "10",)]


def test_what_is_set_beside_a_transaction_is_kept_whatever_becomes_of_that(client):
    shown = "SELECT current_setting('perfect_ht_threshold')"
    transaction = client.begin()
    client.update("SET perfect_ht_threshold = 10")
    client.end(transaction, commit=False)
    assert client.rows(shown) == [("10",)]


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_setting_of_the_engine_after_begin_stays_or_goes_with_it(client, end):
    shown = "SELECT current_setting('perfect_ht_threshold')"
    (before,) = client.rows(shown)
    client.update("BEGIN")
    client.update("SET perfect_ht_threshold = 10")
    client.update(end)
    assert (client.rows(shown) == [before]) == (end == "ROLLBACK")


def test_an_option_that_is_a_secret_is_not_told(client):
    assert set_options(client, s3_secret_access_key="very secret") == {}
    assert "very secret" not in repr(get_options(client))


def test_a_closed_session_leaves_nothing_to_the_next(client):
    set_options(client, TimeZone="Asia/Tokyo")
    client.begin()
    client.action("CloseSession", b"")
    client.cookies.clear()
    assert get_options(client)["TimeZone"] == "UTC"
