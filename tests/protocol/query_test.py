"""Simple query and the extended protocol, message by message."""

import struct

import pytest

import wire
from wire import SYNC, FLUSH, bind, close, describe, execute, kinds, only, parse, query

INT4, TEXT = 23, 25


@pytest.fixture
def client(server):
    with wire.connect(server) as opened:
        yield opened


def states(messages):
    return [m.body for m in messages if m.kind == "Z"]


def tags(messages):
    return [m.tag for m in messages if m.kind == "C"]


# ---- simple query ----


def test_several_statements_give_several_results_and_one_ready(client):
    answer = client.ask(query("SELECT 1 AS a; SELECT 'x' AS b, 'y' AS c; CREATE TEMP TABLE several (i INTEGER); INSERT INTO several VALUES (1), (2)"))
    assert kinds(answer) == "TDCTDCCCZ"
    assert tags(answer) == ["SELECT 1", "SELECT 1", "CREATE TABLE", "INSERT 0 2"]


def test_an_error_ends_a_query_string_and_undoes_its_implicit_transaction(client):
    client.rows("CREATE TEMP TABLE undone (i INTEGER)")
    answer = client.ask(query("INSERT INTO undone VALUES (1); SELECT * FROM no_such_table; INSERT INTO undone VALUES (2)"))
    assert kinds(answer) == "CEZ"
    assert states(answer) == [b"I"]
    assert client.rows("SELECT count(*) FROM undone") == [[b"0"]]


@pytest.mark.parametrize("sql", ["", "  \n", ";", "-- only a comment", "/* a /* nested */ one */"])
def test_a_query_without_a_statement_is_an_empty_query(client, sql):
    assert kinds(client.ask(query(sql))) == "IZ"


def test_semicolons_in_strings_and_comments_do_not_split(client):
    assert client.rows("SELECT 'a;b' /* ; */ -- ;\n, \"x;y\" FROM (SELECT 1 AS \"x;y\")") == [[b"a;b", b"1"]]
    assert client.rows("SELECT $$a;'b$$, $t$;$$;$t$") == [[b"a;'b", b";$$;"]]


def test_the_transaction_state_is_told_after_every_query(client):
    seen = [states(client.ask(query(sql)))[0] for sql in
            ("SELECT 1", "BEGIN", "SELECT 1", "SELECT * FROM no_such_table", "SELECT 1", "ROLLBACK", "BEGIN", "COMMIT")]
    assert seen == [b"I", b"T", b"T", b"E", b"E", b"I", b"T", b"I"]


def test_a_setting_that_is_reported_is_reported_when_it_changes(client):
    answer = client.ask(query("SET application_name = 'changed'"))
    assert only(answer, "S").body == b"application_name\0changed\0"
    assert tags(answer) == ["SET"]


# ---- extended query ----


def test_an_unnamed_statement_parses_binds_describes_and_executes(client):
    answer = client.ask(parse("SELECT $1::INTEGER + 1 AS n", oids=[INT4]), bind([b"41"]), describe("P"), execute(), SYNC)
    assert kinds(answer) == "12TDCZ"
    assert only(answer, "D").values == [b"42"]
    assert only(answer, "T").columns == [("n", INT4, 4, 0)]


def test_parameters_and_results_may_be_binary(client):
    answer = client.ask(parse("SELECT $1::INTEGER AS n, $2::VARCHAR AS t"), bind([struct.pack("!i", 41), b"x"], formats=[1, 0], result_formats=[1, 0]),
                        describe("P"), execute(), SYNC)
    assert only(answer, "D").values == [struct.pack("!i", 41), b"x"]
    assert [column[3] for column in only(answer, "T").columns] == [1, 0]


def test_a_named_statement_is_described_and_runs_until_closed(client):
    answer = client.ask(parse("SELECT $1::INTEGER AS n, $2::VARCHAR AS t", name="s"), describe("S", "s"), SYNC)
    assert kinds(answer) == "1tTZ"
    described = only(answer, "t").body
    assert struct.unpack_from("!hI", described)[:2] == (2, INT4)
    for number in (b"1", b"2"):
        assert only(client.ask(bind([number, b"x"], "s"), execute(), SYNC), "D").values == [number, b"x"]
    assert kinds(client.ask(close("S", "s"), SYNC)) == "3Z"
    assert only(client.ask(bind([b"1", b"x"], "s"), SYNC), "E").sqlstate == "26000"


def test_a_statement_without_rows_is_described_as_no_data(client):
    answer = client.ask(parse("CREATE TEMP TABLE described (i INTEGER)", name="c"), describe("S", "c"), bind((), "c"), describe("P"), execute(), SYNC)
    assert kinds(answer) == "1tn2nCZ"


def test_a_name_in_use_is_refused(client):
    client.ask(parse("SELECT 1", name="twice"), SYNC)
    assert only(client.ask(parse("SELECT 2", name="twice"), SYNC), "E").sqlstate == "42P05"


def test_closing_what_does_not_exist_is_no_error(client):
    assert kinds(client.ask(close("S", "nothing"), close("P", "nothing"), SYNC)) == "33Z"


def test_an_error_skips_everything_until_sync(client):
    answer = client.ask(parse("SELECT 1"), bind(), execute(), parse("SELECT * FROM no_such_table"), bind(), execute(), parse("SELECT 2"), bind(),
                        execute(), SYNC)
    assert kinds(answer) == "12DCEZ"
    assert kinds(client.ask(parse("SELECT 3"), bind(), execute(), SYNC)) == "12DCZ"


def test_pipelined_syncs_are_answered_one_by_one(client):
    client.send(*[m for i in range(100) for m in (parse(f"SELECT {i}"), bind(), execute(), SYNC)])
    for number in range(100):
        assert only(client.ready(), "D").values == [str(number).encode()]


def test_a_failure_in_one_pipelined_group_leaves_the_next_alone(client):
    client.send(parse("SELECT * FROM no_such_table"), bind(), execute(), SYNC, parse("SELECT 7"), bind(), execute(), SYNC)
    assert kinds(client.ready()) == "EZ"
    assert only(client.ready(), "D").values == [b"7"]


def test_statements_of_one_pipeline_are_one_transaction(client):
    client.rows("CREATE TEMP TABLE piped (i INTEGER)")
    answer = client.ask(parse("INSERT INTO piped VALUES (1)"), bind(), execute(), parse("SELECT 'x'::INTEGER"), bind(), execute(), SYNC)
    assert "E" in kinds(answer)
    assert client.rows("SELECT count(*) FROM piped") == [[b"0"]]


def test_a_row_limit_suspends_the_portal_and_execute_goes_on(client):
    client.send(parse("SELECT i FROM range(10) t(i)"), bind(), execute(rows=4), execute(rows=4), execute(rows=4), SYNC)
    answer = client.ready()
    assert kinds(answer) == "12" + "DDDDs" * 2 + "DDCZ"
    assert [m.values[0] for m in answer if m.kind == "D"] == [str(i).encode() for i in range(10)]
    assert tags(answer) == ["SELECT 2"]


def test_a_named_portal_lives_in_its_transaction_and_not_beyond(client):
    client.ask(query("BEGIN"))
    client.ask(parse("SELECT i FROM range(100000) t(i)"), bind(portal="p"), execute("p", 3), SYNC)
    assert kinds(client.ask(execute("p", 2), SYNC)) == "DDsZ"
    # Another statement in between does not lose the portal's rows.
    assert client.rows("SELECT 'between'") == [[b"between"]]
    answer = client.ask(execute("p", 1), SYNC)
    assert only(answer, "D").values == [b"5"]
    client.ask(query("COMMIT"))
    assert only(client.ask(execute("p", 1), SYNC), "E").sqlstate == "34000"


def test_two_portals_are_read_in_turns(client):
    client.ask(query("BEGIN"))
    client.ask(parse("SELECT i FROM range(50000) t(i)", "a"), bind((), "a", "p"), parse("SELECT -i FROM range(50000) t(i)", "b"), bind((), "b", "q"), SYNC)
    seen = []
    for _ in range(5):
        for portal in ("p", "q"):
            seen += [m.values[0] for m in client.ask(execute(portal, 2), SYNC) if m.kind == "D"]
    assert seen[:6] == [b"0", b"1", b"0", b"-1", b"2", b"3"]
    assert len(seen) == 20


def test_flush_brings_answers_before_sync(client):
    client.send(parse("SELECT 1 AS a", "f"), describe("S", "f"), FLUSH)
    assert kinds(client.until("T")) == "1tT"
    client.send(bind((), "f"), execute(), FLUSH)
    assert kinds(client.until("C")) == "2DC"
    assert kinds(client.ask(SYNC)) == "Z"


def test_several_statements_in_one_parse_are_refused(client):
    assert only(client.ask(parse("SELECT 1; SELECT 2"), SYNC), "E").sqlstate == "42601"


def test_an_empty_statement_executes_as_an_empty_query(client):
    assert kinds(client.ask(parse(""), bind(), describe("P"), execute(), SYNC)) == "12nIZ"


def test_a_failed_transaction_refuses_parse_and_accepts_rollback(client):
    client.ask(query("BEGIN"))
    client.ask(query("SELECT * FROM no_such_table"))
    assert only(client.ask(parse("SELECT 1"), SYNC), "E").sqlstate == "25P02"
    answer = client.ask(parse("ROLLBACK"), bind(), execute(), SYNC)
    assert (tags(answer), states(answer)) == (["ROLLBACK"], [b"I"])


@pytest.mark.parametrize("bad, sqlstate", [
    (bind([b"1"]), "08P01"), (bind([b"1", b"2", b"3"]), "08P01"), (bind([b"1", b"2"], formats=[0, 0, 0]), "08P01"),
    (bind([b"1", b"2"], result_formats=[0, 0, 0]), "08P01"), (bind([b"1", b"2"], formats=[7]), "22023"), (bind([b"x", b"2"]), "22P02"),
    (bind([b"abc", b"2"], formats=[1, 0]), "22P03"), (bind([b"1", b"2"], statement="missing"), "26000")],
    ids=["few parameters", "many parameters", "many formats", "many result formats", "unknown format", "not a number", "wrong binary size",
         "no such statement"])
def test_a_bind_that_does_not_fit_is_refused_and_the_connection_goes_on(client, bad, sqlstate):
    answer = client.ask(parse("SELECT $1::INTEGER AS a, $2::INTEGER AS b"), bad, execute(), SYNC)
    assert only(answer, "E").sqlstate == sqlstate
    assert kinds(answer) == "1EZ"
    assert client.rows("SELECT 1") == [[b"1"]]


def test_text_that_is_not_utf8_is_refused(client):
    answer = client.ask(parse("SELECT $1::VARCHAR"), bind([b"\xff\xfe"]), execute(), SYNC)
    assert only(answer, "E").sqlstate == "22021"
    assert only(client.ask(wire.message("Q", b"SELECT '\xff'\0")), "E").sqlstate == "22021"
    assert client.rows("SELECT 1") == [[b"1"]]


def test_a_parameter_without_a_type_is_text_or_what_its_place_wants(client):
    assert only(client.ask(parse("SELECT $1"), bind([b"x"]), execute(), SYNC), "D").values == [b"x"]
    answer = client.ask(parse("SELECT i FROM range(10) t(i) WHERE i = $1", "w"), describe("S", "w"), bind([b"7"], "w"), execute(), SYNC)
    assert only(answer, "D").values == [b"7"]
