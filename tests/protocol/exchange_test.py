import struct

import pytest

import wire
from wire import FLUSH, SYNC, Wire, bind, close, describe, errors, execute, kinds, parse, query, rows, tags


@pytest.fixture
def client(server):
    with Wire(server.port) as connection:
        yield connection


def test_encryption_requests_are_declined_and_the_startup_goes_on(server):
    with Wire(server.port, start=False) as client:
        for code in (80877103, 80877104):
            client.send(struct.pack(">ii", 8, code))
            assert client.take(1) == b"N"
        client.send(wire.startup(user="tavana"))
        assert kinds(client.until_ready())[-1] == "Z"


def test_a_newer_minor_version_is_negotiated_down(server):
    with Wire(server.port, start=False) as client:
        body = struct.pack(">i", 3 << 16 | 2) + b"user\0tavana\0_pq_.new\0on\0\0"
        client.send(struct.pack(">i", len(body) + 4) + body)
        messages = client.until_ready()
        negotiation = next(message for message in messages if message.type == "v")
        assert b"_pq_.new" in negotiation.body
        assert messages[-1].type == "Z"


def test_the_startup_reports_what_drivers_read(client):
    reported = dict(message.body[:-1].decode().split("\0") for message in client.greeting if message.type == "S")
    assert reported["server_encoding"] == "UTF8" and reported["client_encoding"] == "UTF8"
    assert reported["standard_conforming_strings"] == "on" and reported["integer_datetimes"] == "on"
    assert reported["server_version"].startswith("15.") and reported["DateStyle"].startswith("ISO")


def test_an_unknown_database_is_refused_with_the_names_that_exist(server):
    with Wire(server.port, start=False) as client:
        client.send(wire.startup(user="tavana", database="nope"))
        error, = errors(client.until_ready())
        assert error["C"] == "3D000" and "nope" in error["M"]
        assert "tavana" in error.get("H", "") + error.get("D", "")


def test_several_statements_answer_one_after_the_other(client):
    messages = client.ask(query("SELECT 1; SELECT 'a;b'; -- nothing\n ;SELECT 3"))
    assert kinds(messages) == "TDCTDCTDCZ"
    assert rows(messages) == [[b"1"], [b"a;b"], [b"3"]]


def test_several_statements_are_one_transaction(client):
    client.ask(query("CREATE TABLE together(i integer)"))
    messages = client.ask(query("INSERT INTO together VALUES (1); SELECT * FROM missing_table"))
    assert errors(messages)[0]["C"] == "42P01"
    assert rows(client.ask(query("SELECT count(*) FROM together"))) == [[b"0"]]


def test_an_empty_query_has_its_own_answer(client):
    assert kinds(client.ask(query(" ; -- x"))) == "IZ"
    assert kinds(client.ask(parse(""), bind(), describe(b"P"), execute(), SYNC)) == "12nIZ"


def test_transaction_state_is_true(client):
    def state(sql):
        return client.ask(query(sql))[-1].body

    assert state("SELECT 1") == b"I"
    assert state("BEGIN") == b"T"
    assert state("SELECT 1") == b"T"
    assert state("SELECT nothing_of_the_kind") == b"E"
    refused = client.ask(query("SELECT 1"))
    assert errors(refused)[0]["C"] == "25P02" and refused[-1].body == b"E"
    committed = client.ask(query("COMMIT"))
    assert tags(committed) == ["ROLLBACK"] and committed[-1].body == b"I"


def test_any_error_in_a_block_takes_its_writes_back(client):
    client.ask(query("CREATE TABLE taken_back(i integer)"))
    for sql in ("BEGIN", "INSERT INTO taken_back VALUES (1)", "SELECT missing", "COMMIT"):
        last = client.ask(query(sql))
    assert tags(last) == ["ROLLBACK"]
    assert rows(client.ask(query("SELECT count(*) FROM taken_back"))) == [[b"0"]]


def test_begin_and_commit_out_of_place_warn(client):
    messages = client.ask(query("COMMIT"))
    assert kinds(messages) == "NCZ" and messages[0].fields()["C"] == "25P01"
    client.ask(query("BEGIN"))
    messages = client.ask(query("BEGIN"))
    assert kinds(messages) == "NCZ" and messages[0].fields()["C"] == "25001"
    assert tags(client.ask(query("ROLLBACK"))) == ["ROLLBACK"]


def test_extended_protocol_binds_text_and_binary(client):
    messages = client.ask(parse("SELECT $1 + 1 AS n, $2 AS t", oids=(23, 25)),
                          bind([struct.pack(">i", 41), b"x"], formats=(1, 0), results=(1, 0)),
                          describe(b"P"), execute(), SYNC)
    assert kinds(messages) == "12TDCZ"
    assert rows(messages) == [[struct.pack(">i", 42), b"x"]]


def test_describe_tells_parameters_and_columns_and_runs_nothing(client):
    client.ask(query("CREATE TABLE described(i integer, d date)"))
    messages = client.ask(parse("INSERT INTO described VALUES ($1, $2) RETURNING i, d", name="s"), describe(b"S", "s"), SYNC)
    assert kinds(messages) == "1tTZ"
    assert struct.unpack(">hII", messages[1].body) == (2, 23, 1082)
    assert rows(client.ask(query("SELECT count(*) FROM described"))) == [[b"0"]]


def test_a_parameter_without_a_type_is_text(client):
    messages = client.ask(parse("SELECT $1"), describe(b"S"), SYNC)
    assert kinds(messages) == "1tTZ"
    assert struct.unpack(">hI", messages[1].body) == (1, 25)


def test_row_limits_suspend_the_portal_and_every_row_comes_once(client):
    client.ask(query("BEGIN"))
    messages = client.ask(parse("SELECT * FROM range(10)"), bind(), execute("", 4), execute("", 4), execute("", 4), SYNC)
    assert kinds(messages) == "12DDDDsDDDDsDDCZ"
    assert [int(row[0]) for row in rows(messages)] == list(range(10))
    client.ask(query("COMMIT"))


def test_a_suspended_portal_survives_other_statements_in_its_block(client):
    client.ask(query("BEGIN"))
    client.ask(parse("SELECT * FROM range(200000)", name="big"), bind(portal="p", statement="big"), execute("p", 5), SYNC)
    assert rows(client.ask(query("SELECT 7"))) == [[b"7"]]
    messages = client.ask(execute("p", 0), SYNC)
    assert [int(row[0]) for row in rows(messages)] == list(range(5, 200000))
    client.ask(query("COMMIT"))
    assert errors(client.ask(execute("p", 1), SYNC))[0]["C"] == "34000"


def test_after_an_error_everything_is_skipped_until_sync(client):
    messages = client.ask(parse("SELEC 1"), bind(), execute(), parse("SELECT 2"), bind(), execute(), SYNC)
    assert kinds(messages) == "EZ" and errors(messages)[0]["C"] == "42601"
    assert kinds(client.ask(parse("SELECT 2"), bind(), execute(), SYNC)) == "12DCZ"


def test_a_pipeline_answers_in_order(client):
    batch = b"".join(parse(f"SELECT {i}") + bind() + execute() for i in range(200))
    assert [int(row[0]) for row in rows(client.ask(batch, SYNC))] == list(range(200))


def test_flush_sends_what_is_there(client):
    client.send(parse("SELECT 1") + FLUSH)
    assert client.receive().type == "1"
    client.send(SYNC)
    assert client.until_ready()[-1].type == "Z"


def test_named_statements_are_kept_until_closed(client):
    client.ask(parse("SELECT $1::integer * 2", name="twice"), SYNC)
    for number in (b"2", b"3"):
        assert rows(client.ask(bind([number], statement="twice"), execute(), SYNC)) == [[str(int(number) * 2).encode()]]
    assert errors(client.ask(parse("SELECT 1", name="twice"), SYNC))[0]["C"] == "42P05"
    assert kinds(client.ask(close(b"S", "twice"), SYNC)) == "3Z"
    assert errors(client.ask(bind([b"1"], statement="twice"), SYNC))[0]["C"] == "26000"


def test_zero_rows_still_have_columns(client):
    messages = client.ask(query("SELECT 1 AS a, 'x' AS b WHERE false"))
    assert kinds(messages) == "TCZ" and tags(messages) == ["SELECT 0"]
    assert messages[0].body[:2] == struct.pack(">h", 2)


@pytest.mark.parametrize("sql, tag", [
    ("CREATE TABLE tag_t(i integer)", "CREATE TABLE"), ("INSERT INTO tag_t VALUES (1), (2)", "INSERT 0 2"),
    ("UPDATE tag_t SET i = 3", "UPDATE 2"), ("DELETE FROM tag_t WHERE i = 9", "DELETE 0"),
    ("CREATE TABLE tag_c AS SELECT * FROM range(5)", "SELECT 5"), ("CREATE VIEW tag_v AS SELECT 1", "CREATE VIEW"),
    ("DROP VIEW tag_v", "DROP VIEW"), ("DROP TABLE tag_c", "DROP TABLE"), ("DROP TABLE tag_t", "DROP TABLE"),
    ("SET application_name = 'x'", "SET"), ("RESET application_name", "RESET"), ("SHOW application_name", "SHOW"),
    ("DISCARD ALL", "DISCARD ALL"), ("DEALLOCATE ALL", "DEALLOCATE ALL")])
def test_command_tags_are_those_of_postgres(client, sql, tag):
    if "tag_" in sql and not sql.startswith("CREATE"):
        client.ask(query("CREATE TABLE IF NOT EXISTS tag_t(i integer)"))
    assert tags(client.ask(query(sql))) == [tag]


def test_errors_say_where(client):
    error, = errors(client.ask(query("SELECT 'ä', 1; SELECT missing_column FROM range(1)")))
    assert error["C"] == "42703" and error["P"] == str(len("SELECT 'ä', 1; SELECT ") + 1)


def test_settings_follow_transactions(client):
    def show():
        return rows(client.ask(query("SHOW application_name")))[0][0]

    client.ask(query("SET application_name = 'before'"))
    for sql in ("BEGIN", "SET application_name = 'inside'", "ROLLBACK"):
        client.ask(query(sql))
    assert show() == b"before"
    for sql in ("BEGIN", "SET LOCAL application_name = 'local'", "COMMIT"):
        client.ask(query(sql))
    assert show() == b"before"
    assert errors(client.ask(query("SHOW no_such_setting")))[0]["C"] == "42704"


# The same exchange with PostgreSQL 15: message types, tags, states and SQLSTATEs are the same.
SAME_AS_POSTGRES = [
    [query("SELECT 1")], [query("")], [query("SELECT 1; SELECT 2")], [query("SELEC")], [query("SELECT * FROM missing_t")],
    [query("BEGIN"), query("SELECT missing_c"), query("SELECT 1"), query("COMMIT")],
    [query("BEGIN"), query("BEGIN"), query("ROLLBACK")], [query("COMMIT")], [query("ROLLBACK")],
    [query("CREATE TABLE w(i integer)"), query("INSERT INTO w VALUES (1),(2),(3)"), query("UPDATE w SET i = i + 1"),
     query("DELETE FROM w WHERE i = 2"), query("SELECT count(*) FROM w"), query("DROP TABLE w")],
    [parse("SELECT 1") + bind() + describe(b"P") + execute() + SYNC],
    [parse("SELECT $1::int4", oids=(23,)) + describe(b"S") + bind([b"7"]) + execute() + SYNC],
    [bind(statement="none") + SYNC], [execute("none") + SYNC], [describe(b"S", "none") + SYNC], [close(b"S", "none") + SYNC],
    [parse("SELECT 1; SELECT 2") + SYNC], [parse("SELECT $1::int4", oids=(23,)) + bind([]) + SYNC],
    [parse("SELECT $1::int4", oids=(23,)) + bind([b"abc"]) + execute() + SYNC],
    [query("BEGIN"), parse("SELECT * FROM generate_series(1, 5)") + bind() + execute("", 2) + execute("", 2) + SYNC, query("END")],
    [query("SET application_name TO 'me'"), query("SHOW application_name"), query("RESET application_name")],
]


def outline(messages):
    """What must be the same: without names, texts, positions."""
    result = []
    for message in messages:
        if message.type in "EN":
            result.append((message.type, message.fields()["C"]))
        elif message.type in "CZDt":
            result.append((message.type, message.body))
        else:
            result.append(message.type)
    return result


@pytest.mark.parametrize("number", range(len(SAME_AS_POSTGRES)))
def test_the_exchange_is_that_of_postgres(server, postgres, number):
    with Wire(server.port) as ours, Wire(postgres.port) as theirs:
        for part in SAME_AS_POSTGRES[number]:
            assert outline(ours.ask(part)) == outline(theirs.ask(part)), part
