"""Commands of Flight SQL for pyarrow.flight, which knows Flight only. Every field here is bytes, a string or a message."""

import pyarrow.flight as flight

import flight_sql


def message(**fields):
    """message(_1=b"..", _2=b".."): numbers and their bytes."""
    return flight_sql.message({int(name[1:]): value for name, value in fields.items()})


def packed(name, body=b""):
    return message(_1=flight_sql.PACKAGE + name.encode(), _2=body)


def command(name, body=b""):
    return flight.FlightDescriptor.for_command(packed(name, body))


def query(sql, transaction=None):
    fields = {"_1": sql.encode()}
    if transaction is not None:
        fields["_2"] = transaction
    return command("CommandStatementQuery", message(**fields))


def act(client, name, body=b"", options=None):
    return [bytes(result.body) for result in client.do_action(flight.Action(name, body), options)]


def prepare(client, sql, options=None):
    result = act(client, "CreatePreparedStatement", packed("ActionCreatePreparedStatementRequest", message(_1=sql.encode())), options)
    return flight_sql.value_of_any(result[0])[1][0]


def basic(user, password):
    import base64
    return flight.FlightCallOptions(headers=[(b"authorization", b"Basic " + base64.b64encode(f"{user}:{password}".encode()))])


def bearer(token):
    return flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token)])
