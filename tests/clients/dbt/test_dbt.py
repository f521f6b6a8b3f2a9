"""dbt-postgres with a small project: seed, run, test, snapshot, and all of it again over changed data."""

import decimal
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

PROJECT = pathlib.Path(__file__).parent / "shop"


@pytest.fixture
def dbt(server, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(PROJECT, folder)
    profile = {"type": "postgres", "host": "127.0.0.1", "port": server.port, "user": "tavana", "password": "any",
               "dbname": "tavana", "schema": "shop", "threads": 4}
    (folder / "profiles.yml").write_text(json.dumps({"shop": {"target": "dev", "outputs": {"dev": profile}}}))
    program = pathlib.Path(sys.executable).parent / "dbt"

    def run(*arguments):
        command = [program, "--no-use-colors", "--no-send-anonymous-usage-stats", *arguments, "--profiles-dir", ".", "--project-dir", "."]
        done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, timeout=300,
                              env=dict(os.environ, DO_NOT_TRACK="1"))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.folder = folder
    yield run
    with server.psycopg() as connection:
        connection.execute("DROP SCHEMA IF EXISTS shop CASCADE")


def test_a_project_is_built_tested_and_built_again(dbt, server):
    assert "PASS=9 WARN=0 ERROR=0" in dbt("build")  # a seed, three models, a snapshot, four tests
    with server.psycopg() as connection:
        spent = "SELECT customer, total, n FROM shop.customers ORDER BY customer"
        assert connection.execute(spent).fetchall() == [("ada", decimal.Decimal("15.50"), 2), ("bob", decimal.Decimal("20.25"), 1)]

        with (dbt.folder / "seeds" / "orders.csv").open("a") as orders:
            orders.write("4,bob,1.00,2024-01-04\n")
        seed = dbt.folder / "seeds" / "orders.csv"
        seed.write_text(seed.read_text().replace("1,ada,10.50", "1,ada,11.00"))
        assert "ERROR=0" in dbt("build", "--exclude", "resource_type:test")  # an n of 2 and 2 now
        assert connection.execute(spent).fetchall() == [("ada", decimal.Decimal("16.00"), 2), ("bob", decimal.Decimal("21.25"), 2)]
        # The incremental model has the new day and kept the old ones; the snapshot has both versions of the first order.
        assert connection.execute("SELECT count(*), sum(total) FROM shop.daily").fetchone() == (4, decimal.Decimal("36.75"))
        assert connection.execute("SELECT amount, dbt_valid_to IS NULL FROM shop.orders_snapshot WHERE id = 1 ORDER BY 2").fetchall() == [
            (10.5, False), (11.0, True)]
    assert "Catalog written" in dbt("docs", "generate")
