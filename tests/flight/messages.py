"""Commands of Flight SQL for pyarrow.flight, which knows Flight only. Every field here is bytes, a string or a message."""

import struct

import pyarrow.flight as flight


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(**fields):
    """message(_1=b"..", _2=b".."): numbers and their bytes."""
    return b"".join(varint(int(name[1:]) << 3 | 2) + varint(len(value)) + value for name, value in fields.items())


def packed(name, body=b""):
    return message(_1=b"type.googleapis.com/arrow.flight.protocol.sql." + name.encode(), _2=body)


def command(name, body=b""):
    return flight.FlightDescriptor.for_command(packed(name, body))


def query(sql, transaction=None):
    fields = {"_1": sql.encode()}
    if transaction is not None:
        fields["_2"] = transaction
    return command("CommandStatementQuery", message(**fields))


def first_field(body):
    """The bytes of the first field of a message whose first field is bytes."""
    size, at = 0, 1
    for shift in range(0, 63, 7):
        size |= (body[at] & 0x7F) << shift
        at += 1
        if body[at - 1] < 0x80:
            break
    return body[at:at + size]


def unpacked(body):
    """The message in an Any."""
    name = first_field(body)
    rest = body[1 + len(varint(len(name))) + len(name):]
    return first_field(rest)


def act(client, name, body=b"", options=None):
    return [bytes(result.body) for result in client.do_action(flight.Action(name, body), options)]


def prepare(client, sql, options=None):
    result = act(client, "CreatePreparedStatement", packed("ActionCreatePreparedStatementRequest", message(_1=sql.encode())), options)
    return first_field(unpacked(result[0]))


def basic(user, password):
    import base64
    return flight.FlightCallOptions(headers=[(b"authorization", b"Basic " + base64.b64encode(f"{user}:{password}".encode()))])


def bearer(token):
    return flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token)])
