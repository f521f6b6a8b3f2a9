"""From the first byte to ReadyForQuery."""

import struct

import pytest

import wire


@pytest.mark.parametrize("request_code", [wire.SSL_REQUEST, wire.GSSENC_REQUEST], ids=["SSLRequest", "GSSENCRequest"])
def test_an_encryption_request_is_declined_and_startup_goes_on(server, request_code):
    with wire.Client(server.port) as client:
        client.send(struct.pack("!ii", 8, request_code))
        assert client.take(1) == b"N"
        client.start()
        assert client.rows("SELECT 1") == [[b"1"]]


def test_both_encryption_requests_may_come_before_startup(server):
    with wire.Client(server.port) as client:
        for code in (wire.GSSENC_REQUEST, wire.SSL_REQUEST):
            client.send(struct.pack("!ii", 8, code))
            assert client.take(1) == b"N"
        client.start()


def test_startup_answers_in_postgresqls_order_with_its_parameters(server):
    with wire.Client(server.port) as client:
        messages = client.start(application_name="a test")
        assert wire.kinds(messages).rstrip("Z").rstrip("K").rstrip("S") == "R"
        assert messages[0].body == struct.pack("!i", 0)
        assert messages[-1].body == b"I"
        wanted = {"server_encoding": "UTF8", "client_encoding": "UTF8", "DateStyle": "ISO, MDY", "integer_datetimes": "on",
                  "standard_conforming_strings": "on", "application_name": "a test", "session_authorization": "tavana", "TimeZone": "UTC"}
        assert {name: client.parameters.get(name) for name in wanted} == wanted
        assert client.parameters["server_version"].split(".")[0].isdigit()


def test_a_newer_minor_version_is_negotiated_down(server):
    with wire.Client(server.port) as client:
        client.send(wire.startup({"user": "tavana", "_pq_.something": "1"}, wire.PROTOCOL_3 + 2))
        messages = client.ready()
        answer = wire.only(messages, "v").body
        assert struct.unpack_from("!ii", answer) == (0, 1) or struct.unpack_from("!ii", answer) == (wire.PROTOCOL_3, 1)
        assert answer[8:] == b"_pq_.something\0"
        assert messages[-1].kind == "Z"


@pytest.mark.parametrize("version", [2 << 16, 4 << 16], ids=["2.0", "4.0"])
def test_another_major_version_is_refused(server, version):
    with wire.Client(server.port) as client:
        client.send(wire.startup({"user": "tavana"}, version))
        (error,) = client.everything()
        assert (error.kind, error.sqlstate, error.fields["S"]) == ("E", "0A000", "FATAL")


def test_startup_without_a_user_is_refused(server):
    with wire.Client(server.port) as client:
        client.send(wire.startup({"database": "tavana"}))
        (error,) = client.everything()
        assert error.sqlstate == "28000"


def test_another_database_is_refused_and_those_that_exist_are_named(server):
    with wire.Client(server.port) as client:
        client.send(wire.startup({"user": "tavana", "database": "nowhere"}))
        (error,) = client.everything()
        assert (error.sqlstate, error.fields["S"]) == ("3D000", "FATAL")
        told = " ".join(error.fields.values())
        assert "tavana" in told and "main" in told


def test_settings_of_the_startup_packet_are_taken(server):
    with wire.connect(server, options="-c statement_timeout=1234", TimeZone="Europe/Berlin", application_name="x") as client:
        assert client.parameters["TimeZone"] == "Europe/Berlin"
        assert client.rows("SHOW statement_timeout") in ([[b"1234ms"]], [[b"1234"]])
        assert client.rows("SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00'") == [[b"2024-07-01 14:00:00+02"]]


def test_a_cancel_request_with_a_wrong_key_changes_nothing(server):
    with wire.connect(server) as client:
        wire.cancel(server, (client.key[0], client.key[1] ^ 1))
        wire.cancel(server, (0, 0))
        assert client.rows("SELECT 1") == [[b"1"]]


def test_keys_differ_between_connections(server):
    clients = [wire.connect(server) for _ in range(20)]
    assert len({client.key for client in clients}) == 20
    assert len({client.key[1] for client in clients}) == 20
    for client in clients:
        client.socket.close()


def test_terminate_closes_the_connection(server):
    with wire.connect(server) as client:
        client.send(wire.TERMINATE)
        assert client.everything() == []
