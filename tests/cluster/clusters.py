"""Clusters whose parts can be killed, stopped and started again."""

import signal
import socket
import threading

import psycopg

from gate import Gate
from harness import Process, Worker

ENDLESS = "SELECT count(*) FROM range(100000000) a(i), range(100000000) b(i) WHERE (a.i * 7 + b.i) % 1000003 = 1"


def free_ports(count):
    """Ports that were free a moment ago: gateways must know each other's before they start."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Gateway(Process):
    def ports(self):
        return self.ready["pg_port"], self.ready["flight_sql_port"]

    def flight_uri(self, scheme="grpc"):
        return f"{scheme}://127.0.0.1:{self.ready['flight_sql_port']}"


class Cluster:
    """Gateways over workers that can be killed and started again at their addresses."""

    def __init__(self, folder, durable=True, workers=2, gateways=1, worker_options=(), gateway_options=(), scheme="http", gated=False):
        self.folder, self.durable, self.started, self.worker_options = folder, durable, 0, worker_options
        self.workers = [self.start_worker(number) for number in range(workers)]
        self.gates = [Gate(worker.grpc_port) for worker in self.workers] if gated else []
        addresses = [f"127.0.0.1:{gate.port}" for gate in self.gates] or [worker.address for worker in self.workers]
        self.addresses = ",".join(f"{scheme}://{address}" for address in addresses)
        ports = free_ports(gateways) if gateways > 1 else [0]
        peers = ["--peers", ",".join(f"127.0.0.1:{port}" for port in ports)] if gateways > 1 else []
        self.gateway_options = [*peers, *gateway_options]
        self.gateways = []
        for number, port in enumerate(ports):
            self.start_gateway(number, port)
        self.gateway = self.gateways[0]

    def start_worker(self, number, port=0):
        self.started += 1
        folder = self.folder / f"start-{self.started}"
        folder.mkdir()
        keeps = ["--database", self.folder / "home.db"] if self.durable and number == 0 else []
        return Worker(folder, *keeps, "--worker-name", f"worker-{number}", "--shutdown-grace-seconds", 2, *self.worker_options, port=port)

    def restart(self, number):
        port = self.workers[number].grpc_port
        self.workers[number].kill()
        self.workers[number] = self.start_worker(number, port)

    def replace(self, number):
        """SIGTERM, and another one at the same address once it has ended."""
        self.workers[number].stop()
        self.workers[number] = self.start_worker(number, self.workers[number].grpc_port)

    def replace_gateway(self, number):
        self.gateways[number].stop()
        self.start_gateway(number, *self.gateways[number].ports())

    def restart_gateway(self, number):
        self.gateways[number].kill()
        self.start_gateway(number, *self.gateways[number].ports())

    def start_gateway(self, number, port, flight_port=0):
        self.started += 1
        folder = self.folder / f"start-{self.started}"
        folder.mkdir()
        options = ["--worker-addr", self.addresses, *self.gateway_options]
        self.gateways[number:number + 1] = [Gateway(folder, "gateway", "--pg-port", port, "--flight-sql-port", flight_port, *options)]

    def connect(self, gateway=0, **options):
        return psycopg.connect(host="127.0.0.1", port=self.gateways[gateway].ready["pg_port"], user="ada", dbname="tavana",
                               **{"autocommit": True, **options})

    def stop(self):
        for gateway in self.gateways:
            gateway.stop()
        for gate in self.gates:
            gate.stop()
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
            worker.kill()


def running(cluster, gateway=0):
    """How many statements of others run at a gateway."""
    with cluster.connect(gateway) as watcher:
        return watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()").fetchone()[0]


class Background:
    """A statement on a thread of its own."""

    def __init__(self, connection, sql):
        self.error = self.rows = None

        def run():
            try:
                self.rows = connection.execute(sql).fetchall()
            except psycopg.Error as error:
                self.error = error

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def join(self, seconds=60):
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "it hangs"
        return self
