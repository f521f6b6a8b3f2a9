"""PollFlightInfo, by bare gRPC calls."""

import grpc
import pytest
from pyarrow import flight

from flight_sql import Client, any_of, decode
from harness import wait_until
from raw_flight import RawClient, descriptor_of

ENDLESS = "SELECT count(*) FROM range(100000000) a(i), range(100000000) b(i) WHERE (a.i * 7 + b.i) % 1000003 = 1"


def asked(sql):
    return descriptor_of(any_of("CommandStatementQuery", f1=sql))


@pytest.fixture
def raw(server):
    with RawClient(server) as opened:
        yield opened


@pytest.fixture
def client(raw, server):
    """In the session of `raw`."""
    with Client(server) as opened:
        opened.query("SELECT 1")
        raw.cookie = "; ".join(f"{name}={value}" for name, value in opened.cookies.items())
        yield opened


def rows_of(client, poll):
    return [row for ticket in poll.tickets for row in client.flight.do_get(flight.Ticket(ticket)).read_all().to_pylist()]


def until_the_end(raw, poll):
    """Every answer on the way."""
    seen = [poll]
    while seen[-1].again is not None:
        seen.append(raw.poll(seen[-1].again))
    return seen


def cancel(client, poll):
    (answer,) = client.action("CancelFlightInfo", poll.cancel_request())
    return decode(answer)[1][0]


CANCELLED, NOT_CANCELLABLE = 1, 3


def test_a_short_statement_is_complete_at_once(raw, client):
    poll = raw.poll(asked("SELECT 42 AS answer"))
    while poll.again is not None:  # a busy machine
        poll = raw.poll(poll.again)
    assert poll.progress == 1 and len(poll.tickets) == 1
    assert rows_of(client, poll) == [{"answer": 42}]


def test_metadata_is_complete_at_once(raw, client):
    poll = raw.poll(descriptor_of(any_of("CommandGetTableTypes")))
    assert poll.again is None and {"table_type": "TABLE"} in rows_of(client, poll)


def test_a_long_statement_is_polled_until_it_has_rows(raw, client):
    client.update("CREATE TABLE polled AS SELECT i, i::VARCHAR AS t FROM range(3000000) r(i)")
    try:
        first = raw.poll(asked("SELECT count(*) AS n, max(md5(md5(md5(t)))) AS m FROM polled"))
        assert first.again is not None and first.tickets == [] and first.expires is not None
        *before, last = until_the_end(raw, first)
        told = [poll.progress for poll in before if poll.progress is not None]
        assert told == sorted(told) and all(0 <= progress <= 1 for progress in told)
        assert last.progress == 1
        assert [row["n"] for row in rows_of(client, last)] == [3_000_000]
    finally:
        client.update("DROP TABLE polled")


def test_a_statement_that_goes_on_says_how_far_it_is(raw, client):
    client.update("CREATE TABLE polled_slowly AS SELECT i FROM range(30000000) r(i)")
    try:
        poll = raw.poll(asked("SELECT count(*) FROM polled_slowly WHERE md5(md5(md5(i::VARCHAR))) LIKE 'no%'"))
        said = []

        def goes_on():
            nonlocal poll
            poll = raw.poll(poll.again)
            said.append(poll.progress)
            return len({progress for progress in said if progress}) >= 2

        wait_until(goes_on, 120, "two answers with different progress")
        assert cancel(client, poll) == CANCELLED
    finally:
        client.update("DROP TABLE polled_slowly")


def test_a_polled_statement_is_cancelled_by_the_flight_info_so_far(raw, client, server):
    poll = raw.poll(asked(ENDLESS))
    assert cancel(client, poll) == CANCELLED
    with pytest.raises(grpc.RpcError) as refused:
        raw.poll(poll.again)
    assert refused.value.code() == grpc.StatusCode.CANCELLED
    with pytest.raises(grpc.RpcError) as refused:
        raw.poll(poll.again)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert cancel(client, poll) == NOT_CANCELLABLE
    server.wait_idle()


def test_the_last_answer_is_given_again_until_the_result_is_fetched(raw, client):
    first = raw.poll(asked("SELECT count(*) AS n, max(md5(i::VARCHAR)) AS m FROM range(3000000) r(i)"))
    *_, last = until_the_end(raw, first)
    assert raw.poll(first.again).tickets == last.tickets
    assert [row["n"] for row in rows_of(client, last)] == [3_000_000]
    with pytest.raises(grpc.RpcError) as refused:
        raw.poll(first.again)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_an_error_is_told_by_the_poll_that_meets_it(raw, client):
    first = raw.poll(asked("SELECT sum(CASE WHEN i = 2999999 THEN error('it is the last') ELSE length(md5(md5(i::VARCHAR))) END) FROM range(3000000) r(i)"))
    with pytest.raises(grpc.RpcError, match="it is the last") as refused:
        until_the_end(raw, first)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT or refused.value.details()


def test_a_client_that_gives_up_polling_once_may_poll_again(raw, client):
    poll = raw.poll(asked(ENDLESS))
    with pytest.raises(grpc.RpcError) as gave_up:
        raw.poll(poll.again, seconds=0.5)
    assert gave_up.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert cancel(client, poll) == CANCELLED


def test_a_statement_that_nobody_polls_for_is_ended(start_server):
    server = start_server("--flight-result-seconds", 1)
    with RawClient(server) as raw:
        poll = raw.poll(asked(ENDLESS))
        server.wait_idle(30)
        with pytest.raises(grpc.RpcError) as refused:
            raw.poll(poll.again)
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_garbage_is_no_descriptor_to_poll_again(raw, client):
    for command in (any_of("TicketStatementQuery", f1=b"0123"), any_of("TicketStatementQuery", f1=b"\xff" * 50)):
        with pytest.raises(grpc.RpcError) as refused:
            raw.poll(descriptor_of(command))
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
