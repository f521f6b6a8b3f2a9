"""Starts and stops the servers that the suites talk to: Tavana itself, and a PostgreSQL 15 beside it."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("TAVANA_BIN", str(ROOT / "build" / "release" / "bin" / "tavana"))
DEMO = ROOT / ".deps" / "demo"
POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


def clean_environment(more=None):
    """Without settings of ours, which the server would take for its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TAVANA_")} | (more or {})


def wait_for(condition, what, seconds=60):
    """Polls `condition` until it gives something true; fails loudly at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"waited {seconds} s for {what}")


class Tavana:
    def __init__(self, *arguments, env=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-test-"))
        self.ready_file = self.folder / "ready.json"
        self.errors = open(self.folder / "stderr", "wb")
        command = [BINARY, "serve", "--pg-port", "0", "--http-port", "0", "--ready-file", str(self.ready_file)]
        self.process = subprocess.Popen(command + [str(a) for a in arguments], stdout=self.errors, stderr=self.errors,
                                        env=clean_environment(env))
        wait_for(lambda: self.ready_file.exists() or self.process.poll() is not None, "the server to be ready", 120)
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}: {self.log()}")
        ready = json.loads(self.ready_file.read_text())
        self.port, self.http_port = ready["pg_port"], ready["http_port"]

    def log(self):
        return (self.folder / "stderr").read_text(errors="replace")

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def dsn(self, **more):
        return dict(host="127.0.0.1", port=self.port, user="tavana", **more)

    def http(self, path):
        with socket.create_connection(("127.0.0.1", self.http_port), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while block := connection.recv(65536):
                answer += block
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def metric(self, name):
        for line in self.http("/metrics")[1].splitlines():
            if line.split("{")[0].split(" ")[0] == name:
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no metric {name}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        log = self.log()
        self.errors.close()
        shutil.rmtree(self.folder)
        assert code == 0, f"exit code {code}: {log}"


class Postgres:
    """A private PostgreSQL 15 cluster that trusts this machine."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-postgres-"))
        self.as_user = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        data = str(self.folder / "data")
        subprocess.run(self.as_user + [POSTGRES_BIN / "initdb", "-D", data, "-U", "tavana", "-A", "trust", "-E", "UTF8",
                                       "--no-locale", "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            self.as_user + [POSTGRES_BIN / "postgres", "-D", data, "-p", str(self.port), "-k", str(self.folder),
                            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "timezone=UTC",
                            "-c", "shared_buffers=1GB", "-c", "default_transaction_isolation=repeatable read"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        ready = [POSTGRES_BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_for(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL")
        subprocess.run([POSTGRES_BIN / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tavana", "tavana"],
                       check=True)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder)
