"""Two gateways behind a TCP balancer that sends each new connection to the other of them."""

from gate import Gate
from harness import Process, Server


class BalancedServer(Server):
    """The topology "cluster" with a second gateway. The balancer is before the doors for Flight SQL; all else is the first gateway's."""

    def __init__(self, folder):
        key = folder / "token.key"
        key.write_text("0123456789abcdef" * 4)
        super().__init__(folder, "--token-key-file", key, topology="cluster")
        (folder / "other").mkdir()
        self.other = Process(folder / "other", "gateway", "--pg-port", 0, "--flight-sql-port", 0, "--token-key-file", key,
                             "--worker-addr", ",".join(f"http://{worker.address}" for worker in self.workers))
        self.gate = Gate(self.flight_port, self.other.ready["flight_sql_port"])
        self.flight_port = self.gate.port

    def metric(self, name):
        return super().metric(name) + self.other.metric(name)

    def stop(self, expected=0, seconds=60):
        self.gate.stop()
        self.other.stop(expected, seconds)
        super().stop(expected, seconds)
