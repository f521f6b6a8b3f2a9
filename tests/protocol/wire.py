"""A PostgreSQL client that speaks single messages: what drivers hide, tests must see."""

import socket
import struct
from dataclasses import dataclass

PROTOCOL_3 = 3 << 16
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104
CANCEL_REQUEST = 80877102
TIMEOUT = 60


@dataclass
class Message:
    kind: str
    body: bytes

    @property
    def fields(self):
        """Of ErrorResponse and NoticeResponse: {"C": sqlstate, "M": message, ...}."""
        parts = self.body.rstrip(b"\0").split(b"\0")
        return {part[:1].decode(): part[1:].decode() for part in parts if part}

    @property
    def sqlstate(self):
        return self.fields["C"]

    @property
    def tag(self):
        return self.body[:-1].decode()

    @property
    def values(self):
        """Of DataRow."""
        (count,) = struct.unpack_from("!h", self.body)
        position, values = 2, []
        for _ in range(count):
            (size,) = struct.unpack_from("!i", self.body, position)
            position += 4
            values.append(None if size < 0 else self.body[position:position + size])
            position += max(size, 0)
        return values

    @property
    def columns(self):
        """Of RowDescription: (name, type oid, type size, format)."""
        (count,) = struct.unpack_from("!h", self.body)
        position, columns = 2, []
        for _ in range(count):
            end = self.body.index(0, position)
            name = self.body[position:end].decode()
            _, _, oid, size, _, form = struct.unpack_from("!IhIhih", self.body, end + 1)
            position = end + 1 + 18
            columns.append((name, oid, size, form))
        return columns


def text(value):
    return value.encode() + b"\0"


def message(kind, body=b""):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def query(sql):
    return message("Q", text(sql))


def parse(sql, name="", oids=()):
    return message("P", text(name) + text(sql) + struct.pack(f"!h{len(oids)}I", len(oids), *oids))


def bind(values=(), statement="", portal="", formats=(), result_formats=()):
    body = text(portal) + text(statement)
    body += struct.pack(f"!h{len(formats)}h", len(formats), *formats) + struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message("B", body + struct.pack(f"!h{len(result_formats)}h", len(result_formats), *result_formats))


def describe(what, name=""):
    return message("D", what.encode() + text(name))


def execute(portal="", rows=0):
    return message("E", text(portal) + struct.pack("!i", rows))


def close(what, name=""):
    return message("C", what.encode() + text(name))


SYNC = message("S")
FLUSH = message("H")
TERMINATE = message("X")


def startup(parameters, version=PROTOCOL_3):
    body = struct.pack("!i", version) + b"".join(text(k) + text(v) for k, v in parameters.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def cancel_request(key):
    return struct.pack("!iiii", 16, CANCEL_REQUEST, *key)


class Closed(Exception):
    """The server closed the connection."""


class Client:
    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = bytearray()
        self.key = None
        self.parameters = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *messages):
        self.socket.sendall(b"".join(messages))

    def _fill(self, wanted):
        while len(self.buffer) < wanted:
            try:
                got = self.socket.recv(1 << 16)
            except ConnectionError as error:
                raise Closed from error
            if not got:
                raise Closed
            self.buffer += got

    def take(self, count):
        self._fill(count)
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def read(self):
        kind, size = struct.unpack("!ci", self.take(5))
        return Message(kind.decode("latin-1"), self.take(size - 4))

    def until(self, *kinds):
        """Messages up to and with the first of these kinds."""
        messages = [self.read()]
        while messages[-1].kind not in kinds:
            messages.append(self.read())
        return messages

    def ready(self):
        return self.until("Z")

    def everything(self):
        """Messages until the server closes."""
        messages = []
        try:
            while True:
                messages.append(self.read())
        except Closed:
            return messages

    def start(self, **parameters):
        self.send(startup({"user": "tavana", **parameters}))
        messages = self.ready()
        for each in messages:
            if each.kind == "K":
                self.key = struct.unpack("!ii", each.body)
            if each.kind == "S":
                name, value = each.body[:-1].split(b"\0")
                self.parameters[name.decode()] = value.decode()
        return messages

    def ask(self, *messages):
        """Sends, and reads to ReadyForQuery."""
        self.send(*messages)
        return self.ready()

    def rows(self, sql):
        answer = self.ask(query(sql))
        assert not (errors := [m.fields for m in answer if m.kind == "E"]), errors
        return [m.values for m in answer if m.kind == "D"]


def connect(server, receive_buffer=None, **parameters):
    client = Client(server.port, receive_buffer)
    client.start(**{"user": server.connect_arguments()["user"], **parameters})
    return client


def cancel(server, key):
    """Sends CancelRequest and waits until the server has closed that connection, as libpq does."""
    with Client(server.port) as other:
        other.send(cancel_request(key))
        assert other.everything() == []


def kinds(messages):
    return "".join(each.kind for each in messages)


def only(messages, kind):
    found = [each for each in messages if each.kind == kind]
    assert len(found) == 1, f"{len(found)} messages of kind {kind} in {kinds(messages)}"
    return found[0]


def serves(server):
    """Whether a next client is served."""
    with connect(server) as client:
        return client.rows("SELECT 42") == [[b"42"]]
