"""A PostgreSQL client of a few lines that sends exactly what it is told."""

import socket
import struct


class Message(tuple):
    @property
    def type(self):
        return self[0]

    @property
    def body(self):
        return self[1]

    def fields(self):
        """Of ErrorResponse and NoticeResponse."""
        return {part[:1].decode(): part[1:].decode() for part in self.body.split(b"\0") if part}


def frame(kind, body=b""):
    return kind + struct.pack(">i", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def startup(**parameters):
    body = struct.pack(">i", 3 << 16) + b"".join(text(k) + text(v) for k, v in parameters.items()) + b"\0"
    return struct.pack(">i", len(body) + 4) + body


def query(sql):
    return frame(b"Q", text(sql))


def parse(sql, name="", oids=()):
    return frame(b"P", text(name) + text(sql) + struct.pack(f">h{len(oids)}I", len(oids), *oids))


def bind(values=(), portal="", statement="", formats=(), results=()):
    body = text(portal) + text(statement) + struct.pack(f">h{len(formats)}h", len(formats), *formats)
    body += struct.pack(">h", len(values))
    for value in values:
        body += struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
    return frame(b"B", body + struct.pack(f">h{len(results)}h", len(results), *results))


def describe(kind, name=""):
    return frame(b"D", kind + text(name))


def execute(portal="", rows=0):
    return frame(b"E", text(portal) + struct.pack(">i", rows))


def close(kind, name=""):
    return frame(b"C", kind + text(name))


SYNC, FLUSH, TERMINATE = frame(b"S"), frame(b"H"), frame(b"X")


class Wire:
    def __init__(self, port, start=True, **parameters):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.input = b""
        self.key = None
        if start:
            self.send(startup(**(parameters or {"user": "tavana"})))
            self.greeting = self.until_ready()
            for message in self.greeting:
                if message.type == "K":
                    self.key = struct.unpack(">I", message.body[:4])[0], message.body[4:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def take(self, count):
        while len(self.input) < count:
            block = self.socket.recv(1 << 16)
            if not block:
                return None
            self.input += block
        taken, self.input = self.input[:count], self.input[count:]
        return taken

    def receive(self):
        """The next message; None when the server has closed."""
        head = self.take(5)
        if head is None:
            return None
        kind, length = struct.unpack(">ci", head)
        return Message((kind.decode(), self.take(length - 4)))

    def until_ready(self):
        """Messages up to and including ReadyForQuery, or to the end of the connection."""
        messages = []
        while (message := self.receive()) is not None:
            messages.append(message)
            if message.type == "Z":
                break
        return messages

    def ask(self, *parts):
        self.send(b"".join(parts))
        return self.until_ready()

    def cancel(self):
        with socket.create_connection(self.socket.getpeername(), timeout=60) as other:
            other.sendall(struct.pack(">iiI", 16, 80877102, self.key[0]) + self.key[1])
            other.recv(1)


def kinds(messages):
    return "".join(message.type for message in messages)


def errors(messages):
    return [message.fields() for message in messages if message.type == "E"]


def tags(messages):
    return [message.body[:-1].decode() for message in messages if message.type == "C"]


def rows(messages):
    """Of DataRows: lists of bytes or None."""
    result = []
    for message in messages:
        if message.type != "D":
            continue
        count, = struct.unpack(">h", message.body[:2])
        at, row = 2, []
        for _ in range(count):
            length, = struct.unpack(">i", message.body[at:at + 4])
            at += 4
            row.append(None if length < 0 else message.body[at:at + length])
            at += max(length, 0)
        result.append(row)
    return result
