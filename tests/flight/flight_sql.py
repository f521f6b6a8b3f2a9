"""Flight SQL's messages as bytes and back, and a client of pyarrow.flight that speaks them; nothing of it is hidden, so that tests
can say what no client would."""

import itertools

import pyarrow
from pyarrow import flight

PACKAGE = b"type.googleapis.com/arrow.flight.protocol.sql."


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """A field of a protobuf message; a list is a repeated one, None is left out."""
    if value is None:
        return b""
    if isinstance(value, list):
        return b"".join(field(number, each) for each in value)
    if isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(fields):
    return b"".join(field(number, value) for number, value in fields.items())


def any_of(name, **numbered):
    """google.protobuf.Any of a Flight SQL message: any_of("CommandStatementQuery", f1="SELECT 1")."""
    return field(1, PACKAGE + name.encode()) + field(2, message({int(key[1:]): value for key, value in numbered.items()}))


def decode(data):
    """{field number: [values]} of a message."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    data = bytes(data)
    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or number()
            value = data[at:at + size]
            at += size
        found.setdefault(key >> 3, []).append(value)
    return found


def value_of_any(data):
    return decode(decode(data).get(2, [b""])[0])


class _Headers(flight.ClientMiddlewareFactory):
    """Sends the client's headers with each call, and the cookies that the server gave."""

    def __init__(self):
        self.headers = {}
        self.cookies = {}

    def start_call(self, info):
        return _Call(self)


class _Call(flight.ClientMiddleware):
    def __init__(self, shared):
        self.shared = shared

    def sending_headers(self):
        cookies = "; ".join(f"{name}={value}" for name, value in self.shared.cookies.items())
        return {**self.shared.headers, **({"cookie": cookies} if cookies else {})}

    def received_headers(self, headers):
        for line in headers.get("set-cookie", []):
            name, _, value = line.split(";")[0].partition("=")
            self.shared.cookies[name] = value


class Client:
    """A Flight SQL client that keeps its session by a cookie, or a token, over two connections: each call takes the other."""

    def __init__(self, server, user=None, password="", scheme="grpc", **options):
        self._shared = _Headers()
        self.headers, self.cookies = self._shared.headers, self._shared.cookies
        self.connections = [flight.FlightClient(server.flight_uri(scheme), middleware=[self._shared],
                                                generic_options=[("grpc.use_local_subchannel_pool", 1)], **options) for _ in range(2)]
        self._turn = itertools.cycle(self.connections)
        if user is not None:
            name, value = self.flight.authenticate_basic_token(user, password)
            self.headers[name.decode()] = value.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()

    @property
    def flight(self):
        return next(self._turn)

    @property
    def token(self):
        return self.headers["authorization"].removeprefix("Bearer ")

    def info(self, command):
        return self.flight.get_flight_info(flight.FlightDescriptor.for_command(command))

    def execute(self, sql, transaction=None):
        return self.info(any_of("CommandStatementQuery", f1=sql, f2=transaction))

    def read(self, info):
        """All rows of all endpoints, one after the other."""
        return pyarrow.concat_tables([self.flight.do_get(endpoint.ticket).read_all() for endpoint in info.endpoints])

    def query(self, sql, transaction=None):
        return self.read(self.execute(sql, transaction))

    def rows(self, sql, transaction=None):
        return list(zip(*(column.to_pylist() for column in self.query(sql, transaction).columns)))

    def put(self, command, data=None):
        """DoPut of a table (none: no columns); what the server answered, as bytes."""
        data = data if data is not None else pyarrow.table({})
        writer, answers = self.flight.do_put(flight.FlightDescriptor.for_command(command), data.schema)
        with writer:
            for batch in data.to_batches() if isinstance(data, pyarrow.Table) else [data]:
                writer.write_batch(batch)
            writer.done_writing()
            answer = answers.read()
        return b"" if answer is None else answer.to_pybytes()

    def update(self, sql, transaction=None):
        """The number of rows that the server says it changed."""
        count = decode(self.put(any_of("CommandStatementUpdate", f1=sql, f2=transaction))).get(1, [0])[0]
        return count - (1 << 64 if count >> 63 else 0)

    def ingest(self, name, data, create=True, exists=1, temporary=False, transaction=None):
        options = message({1: 1 if create else 2, 2: exists})
        answer = self.put(any_of("CommandStatementIngest", f1=options, f2=name, f5=int(temporary), f6=transaction), data)
        return decode(answer).get(1, [0])[0]

    def action(self, name, body):
        return [result.body.to_pybytes() for result in self.flight.do_action(flight.Action(name, body))]

    def sql_action(self, name, **numbered):
        answers = self.action(name, any_of(f"Action{name}Request", **numbered))
        return value_of_any(answers[0]) if answers else {}

    def prepare(self, sql, transaction=None):
        return Prepared(self, self.sql_action("CreatePreparedStatement", f1=sql, f2=transaction))

    def begin(self):
        return self.sql_action("BeginTransaction")[1][0]

    def end(self, transaction, commit):
        self.sql_action("EndTransaction", f1=transaction, f2=1 if commit else 2)


def schema_of(data):
    return pyarrow.ipc.read_schema(pyarrow.py_buffer(data)) if data else None


class Prepared:
    def __init__(self, client, answer):
        self.client = client
        self.handle = answer[1][0]
        self.columns, self.parameters = (schema_of(answer.get(number, [b""])[0]) for number in (2, 3))

    def bind(self, data):
        answer = self.client.put(any_of("CommandPreparedStatementQuery", f1=self.handle), data)
        self.handle = decode(answer).get(1, [self.handle])[0]  # the server may name the bound statement anew

    def execute(self):
        return self.client.info(any_of("CommandPreparedStatementQuery", f1=self.handle))

    def query(self):
        return self.client.read(self.execute())

    def update(self, data=None):
        return decode(self.client.put(any_of("CommandPreparedStatementUpdate", f1=self.handle), data)).get(1, [0])[0]

    def close(self):
        self.client.sql_action("ClosePreparedStatement", f1=self.handle)
