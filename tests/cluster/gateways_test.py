"""Several gateways side by side, and what passes between them and the workers."""

import subprocess
import types

import psycopg
import pyarrow.flight
import pytest

import wire
from certificates import Authority
from clusters import ENDLESS, Background, running
from flight_sql import Client, any_of
from harness import TAVANA, wait_until


def door(cluster, gateway):
    return types.SimpleNamespace(port=cluster.gateways[gateway].ready["pg_port"], connect_arguments=lambda: {"user": "tavana"})


def test_a_cancel_that_comes_to_another_gateway_reaches_the_statement(start_cluster):
    cluster = start_cluster(gateways=3)
    with wire.connect(door(cluster, 0)) as client:
        for gateway in (1, 2, 0):
            client.send(wire.query(ENDLESS))
            wait_until(lambda: running(cluster, 0), 10, "the statement to run")
            wire.cancel(door(cluster, gateway), client.key)
            errors = [each.sqlstate for each in client.ready() if each.kind == "E"]
            assert errors == ["57014"]
        assert client.rows("SELECT 1") == [[b"1"]]


def test_a_wrong_key_cancels_nothing_anywhere(start_cluster):
    cluster = start_cluster(gateways=2)
    with wire.connect(door(cluster, 0)) as client:
        pid, secret = client.key
        client.send(wire.query("SELECT sum(i) FROM range(30000000) t(i)"))
        for _ in range(20):
            wire.cancel(door(cluster, 1), (pid, secret ^ 1))
        assert [each.kind for each in client.ready() if each.kind == "E"] == []


def test_gateways_see_the_same_tables_and_transactions_are_apart(start_cluster):
    cluster = start_cluster(gateways=2)
    with cluster.connect(0) as one, cluster.connect(1) as other:
        assert one.info.backend_pid != other.info.backend_pid
        one.execute("CREATE TABLE shared (i int)")
        with one.transaction():
            one.execute("INSERT INTO shared VALUES (1)")
            assert other.execute("SELECT count(*) FROM shared").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM shared").fetchone() == (1,)


def test_a_gateway_that_dies_frees_its_work_on_the_workers(start_cluster):
    cluster = start_cluster(gateways=2)
    with cluster.connect(1) as other:
        other.execute("CREATE TABLE locked (i int)")
        other.execute("INSERT INTO locked VALUES (1)")
        one = cluster.connect(0)
        one.execute("BEGIN")
        one.execute("UPDATE locked SET i = 2")
        endless = Background(cluster.connect(0), ENDLESS)
        wait_until(lambda: running(cluster), 10, "a statement to run")
        cluster.gateways[0].kill()
        assert isinstance(endless.join().error, psycopg.OperationalError)

        def free():
            try:
                other.execute("UPDATE locked SET i = 3")
                return True
            except psycopg.errors.SerializationFailure:
                return False

        wait_until(free, 30, "the lock of the dead gateway to go")
        cluster.gateways.pop(0)


def test_a_flight_session_of_a_gateway_that_is_gone_is_said_to_be_lost(start_cluster):
    cluster = start_cluster(workers=1)
    with Client(cluster.gateway) as client:
        assert client.rows("SELECT 1") == [(1,)]
        cluster.restart_gateway(0)
        with pytest.raises(pyarrow.flight.FlightUnavailableError, match="session lost"):
            client.rows("SELECT 1")
    with Client(cluster.gateways[0]) as client:
        assert client.rows("SELECT 1") == [(1,)]


def test_what_a_flight_client_asks_when_it_connects_is_told_without_a_worker(start_cluster):
    cluster = start_cluster()
    cluster.workers[0].kill()
    wait_until(lambda: cluster.gateway.http("/ready")[0] == 503, 20, "not ready")
    with Client(cluster.gateway) as client:
        transactions = client.read(client.info(any_of("CommandGetSqlInfo", f1=[8])))
        assert transactions.to_pydict() == {"info_name": [8], "value": [1]}


def cluster_tls(authority, name):
    certificate, key = authority.issue(name, name)
    return ["--cluster-cert-path", certificate, "--cluster-key-path", key, "--cluster-ca-path", authority.certificate]


def test_gateway_and_worker_show_each_other_certificates(start_cluster, authority):
    cluster = start_cluster(scheme="https", worker_options=cluster_tls(authority, "worker"), gateway_options=cluster_tls(authority, "gateway"))
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT i FROM range(100000) r(i)")
        assert connection.execute("SELECT sum(i) FROM t").fetchone() == (4999950000,)


def test_a_stranger_among_gateways_or_workers_is_refused(start_cluster, authority, tmp_path, full):
    (tmp_path / "other").mkdir()
    stranger = cluster_tls(Authority(tmp_path / "other"), "stranger")
    pairs = [(cluster_tls(authority, "worker"), stranger, "https"), (cluster_tls(authority, "worker"), [], "http"),
             (stranger, cluster_tls(authority, "gateway"), "https"), ([], cluster_tls(authority, "gateway"), "https")]
    for worker, gateway, scheme in pairs if full else pairs[:2]:
        cluster = start_cluster(scheme=scheme, worker_options=worker, gateway_options=gateway)
        with pytest.raises(psycopg.OperationalError, match="out of reach"):
            cluster.connect(connect_timeout=60)


def test_a_renewed_certificate_is_taken_without_a_restart(start_cluster, authority, tmp_path):
    options = cluster_tls(authority, "worker")
    cluster = start_cluster(scheme="https", worker_options=options, gateway_options=cluster_tls(authority, "gateway"))
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    authority.issue("worker", "renewed")  # over the same files
    cluster.restart(1)
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_a_gateway_or_worker_cannot_do_is_said_at_the_start(authority):
    def refused(*arguments):
        done = subprocess.run([TAVANA, *map(str, arguments)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    doors = ["--pg-port", 0, "--http-port", 0, "--flight-sql-port", 0]
    assert "WORKER_ADDR" in refused("gateway", *doors)
    assert "is no address of a worker" in refused("gateway", *doors, "--worker-addr", "http://")
    assert "TAVANA_CLUSTER_CERT_PATH" in refused("gateway", *doors, "--worker-addr", "https://127.0.0.1:1")
    assert "in clear" in refused("gateway", *doors, "--worker-addr", "http://127.0.0.1:1,http://10.255.255.1:1")
    assert "https://" in refused("gateway", *doors, "--worker-addr", "http://127.0.0.1:1", *cluster_tls(authority, "gateway"))
    assert "TAVANA_CLUSTER_KEY_PATH" in refused("worker", "--grpc-port", 0, "--http-port", 0, "--cluster-ca-path", authority.certificate)
    assert "TAVANA_INSECURE_LISTEN" in refused("worker", "--grpc-port", 0, "--http-port", 0, "--bind-address", "0.0.0.0")
    assert "tavana worker has no option --pg-port" in refused("worker", "--pg-port", 1)
