"""Flight's methods as bare gRPC calls, for those that pyarrow.flight does not have. Messages are bytes; see flight_sql.py."""

import struct

import grpc

from flight_sql import decode, field, message

SERVICE = "/arrow.flight.protocol.FlightService/"
CMD = 2  # of a FlightDescriptor


class RawClient:
    """Keeps its session by the cookie that it is given; `server` as for flight_sql.Client, asked anew for each call."""

    def __init__(self, server):
        self.server = server
        self.cookie = None
        self.channels = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for channel in self.channels:
            channel.close()

    def unary(self, method, request, seconds=60):
        self.channels.append(grpc.insecure_channel(self.server.flight_uri().removeprefix("grpc://"), [("grpc.use_local_subchannel_pool", 1)]))
        call = self.channels[-1].unary_unary(SERVICE + method, request_serializer=None, response_deserializer=None)
        answer, info = call.with_call(request, timeout=seconds, metadata=[("cookie", self.cookie)] if self.cookie else [])
        for name, value in info.initial_metadata():
            if name == "set-cookie":
                self.cookie = value.split(";")[0]
        return answer

    def poll(self, descriptor, **options):
        return Poll(self.unary("PollFlightInfo", descriptor, **options))


def descriptor_of(command):
    return message({1: CMD, 2: command})


class Poll:
    """A PollInfo."""

    def __init__(self, data):
        fields = decode(data)
        self.info = fields[1][0]
        self.again = fields.get(2, [None])[0]
        self.progress = struct.unpack("<d", fields[3][0])[0] if 3 in fields else None
        self.expires = decode(fields[4][0])[1][0] if 4 in fields else None
        self.tickets = [decode(decode(endpoint)[1][0])[1][0] for endpoint in decode(self.info).get(3, [])]

    def cancel_request(self):
        return field(1, self.info)
