"""What the suites share: the server under test, PostgreSQL 15 beside it, and a bounded way to wait."""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPS = ROOT / ".deps"
TAVANA = os.environ.get("BINARY_UNDER_TEST") or str(ROOT / "build" / "release" / "bin" / "tavana")
TOPOLOGY = os.environ.get("TOPOLOGY_UNDER_TEST") or "serve"  # or "cluster": a gateway and two workers
POSTGRES_PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
POLL_SECONDS = 0.005
START_SECONDS = 120


def wait_until(condition, seconds, what):
    """Polls until `condition()` is true and returns what it gave; fails when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        select.select([], [], [], POLL_SECONDS)


class Process:
    """One tavana process, from its ready file to its exit."""

    def __init__(self, folder, command, *arguments, env=None):
        self.folder = pathlib.Path(folder)
        self.ready_file = self.folder / "ready.json"
        self.log_file = self.folder / "stderr.log"
        self.log = self.log_file.open("wb")
        self.told_to_stop = False
        words = [TAVANA, command, "--bind-address", "127.0.0.1", "--http-port", "0", "--ready-file", str(self.ready_file), *map(str, arguments)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=self.log, cwd=self.folder,
                                        env={**os.environ, "TAVANA_CACHE_HTTPFS_DIR": str(self.folder / "cache"), **(env or {})})
        wait_until(self._started, START_SECONDS, "the ready file")
        self.ready = json.loads(self.ready_file.read_text())
        assert self.ready["pid"] == self.process.pid
        self.http_port = self.ready["http_port"]

    def _started(self):
        assert self.process.poll() is None, f"tavana ended with {self.process.returncode}: {self.stderr()}"
        return self.ready_file.exists()

    def stderr(self):
        return self.log_file.read_text(errors="replace")[-4000:]

    def http(self, path):
        """Status code and body."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        _, text = self.http("/metrics")
        for line in text.splitlines():
            words = line.rsplit(" ", 1)
            if words[0] == name:
                return float(words[1])
        raise AssertionError(f"/metrics has no {name}")

    def status(self, name):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])

    def resident_bytes(self):
        return self.status("VmRSS") * 1024

    def size(self):
        """(threads, open files)."""
        return self.status("Threads"), len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def terminate(self):
        self.told_to_stop = True
        self.process.send_signal(signal.SIGTERM)

    def stop(self, expected=0, seconds=60):
        """SIGTERM, and the promise that it leads to a clean exit."""
        # A second SIGTERM would end it at once.
        if self.process.poll() is None and not self.told_to_stop:
            self.terminate()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"tavana did not stop within {seconds} s: {self.stderr()}") from None
        finally:
            self.log.close()
        assert code == expected, f"tavana ended with {code}: {self.stderr()}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Worker(Process):
    def __init__(self, folder, *arguments, port=0, env=None):
        # Files are open as `serve` on loopback has them, so that both topologies answer alike.
        super().__init__(folder, "worker", "--grpc-port", port, *arguments, env={"TAVANA_LOCAL_ACCESS": "true", **(env or {})})
        self.grpc_port = self.ready["grpc_port"]
        self.address = f"127.0.0.1:{self.grpc_port}"


# What an engine is told; all else is the doors'.
DATA_OPTIONS = ("--database", "--init", "--demo", "--demo-scale")
RESOURCE_OPTIONS = ("--max-memory-gb", "--threads", "--spill-dir", "--spill-limit-gb")


def options_of(arguments, wanted):
    """(those of `arguments` that are `wanted` with their values, the others)."""
    taken, left, words = [], [], [str(word) for word in arguments]
    while words:
        group = [words.pop(0)]
        while words and not words[0].startswith("--"):
            group.append(words.pop(0))
        (taken if group[0].split("=")[0] in wanted else left).extend(group)
    return taken, left


class Server(Process):
    """What clients connect to: one `tavana serve`, or a gateway with two workers."""

    def __init__(self, folder, *arguments, env=None, topology=None):
        folder = pathlib.Path(folder)
        self.workers = []
        command = "serve"
        if (topology or TOPOLOGY) == "cluster":
            command = "gateway"
            data, arguments = options_of(arguments, DATA_OPTIONS)
            resources, arguments = options_of(arguments, RESOURCE_OPTIONS)
            for number, options in enumerate([[*data, *resources], resources]):
                (folder / f"worker-{number}").mkdir()
                self.workers.append(Worker(folder / f"worker-{number}", *options, env=env))
            arguments = [*arguments, "--worker-addr", ",".join(f"http://{worker.address}" for worker in self.workers)]
        super().__init__(folder, command, "--pg-port", "0", "--flight-sql-port", "0", *arguments, env=env)
        self.port = self.ready["pg_port"]
        self.flight_port = self.ready["flight_sql_port"]

    def stop(self, expected=0, seconds=60):
        super().stop(expected, seconds)
        for worker in self.workers:
            worker.stop(seconds=seconds)

    def kill(self):
        super().kill()
        for worker in self.workers:
            worker.kill()

    def connect_arguments(self, **changes):
        return {"host": "127.0.0.1", "port": self.port, "user": "tavana", **changes}

    def conninfo(self):
        return f"host=127.0.0.1 port={self.port} user=tavana"

    def psycopg(self, **options):
        """A psycopg 3 connection, out of transactions unless asked otherwise."""
        import psycopg
        return psycopg.connect(**self.connect_arguments(), **{"autocommit": True, **options})

    def flight_uri(self, scheme="grpc"):
        return f"{scheme}://127.0.0.1:{self.flight_port}"

    def wait_idle(self, seconds=10):
        wait_until(lambda: self.metric("tavana_admission_running") == 0, seconds, "no running statement")


class Postgres:
    """A private PostgreSQL 15, run as the user postgres when we are root (it refuses to run as root)."""

    def __init__(self, settings=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tavana-postgres-"))
        self.user = "postgres"
        self.process = None
        self.prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.folder.chmod(0o755)
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", self.user, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                   "fsync": "off", "timezone": "UTC", "log_timezone": "UTC", **dict(settings)}
        self.log = open(self.folder / "log", "wb")
        command = [*self.prefix, POSTGRES_PROGRAMS / "postgres", "-D", data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = subprocess.Popen([str(word) for word in command], stdout=self.log, stderr=self.log, cwd="/")
        wait_until(self._answers, START_SECONDS, "PostgreSQL")

    def _run(self, program, *arguments):
        command = [*self.prefix, POSTGRES_PROGRAMS / program, *arguments]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def _answers(self):
        import psycopg
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(psycopg.OperationalError):
            self.psycopg().close()
            return True
        return False

    def connect_arguments(self, **changes):
        return {"host": "127.0.0.1", "port": self.port, "user": self.user, **changes}

    def conninfo(self):
        return f"host=127.0.0.1 port={self.port} user={self.user}"

    def psycopg(self, **options):
        import psycopg
        return psycopg.connect(**self.connect_arguments(), **{"autocommit": True, **options})

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def add_user(file, name, password, *options):
    """By `tavana user add`, with its SCRAM verifier in the users file."""
    subprocess.run([TAVANA, "user", "add", name, *options, "--file", str(file)], input=password + "\n", text=True, check=True,
                   capture_output=True, timeout=60)


def in_process_duckdb():
    """DuckDB inside this process, with the extensions and the zone that the server has."""
    import duckdb
    connection = duckdb.connect(config={"extension_directory": str(DEPS / "extensions"),
                                        "autoinstall_known_extensions": False})
    connection.execute("LOAD icu; SET TimeZone = 'UTC'")
    return connection
