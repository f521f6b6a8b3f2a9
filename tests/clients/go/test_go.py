"""pgx and lib/pq; main.go has the scenarios. With --full: the modules are fetched and compiled."""

import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
MOMENT = "2024-02-29 01:02:03.000004 +0000 UTC"


@pytest.fixture(scope="module")
def seen(server, full):
    if not full:
        pytest.skip("./dev test --full compiles the Go clients")
    assert shutil.which("go"), "the Go clients need go, version 1.23 or later"
    url = f"postgres://tavana@127.0.0.1:{server.port}/tavana?sslmode=disable"
    done = subprocess.run(["go", "run", ".", url], cwd=HERE, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize(("scenario", "wanted"), [
    *[(f"pgx values {mode}", f"7 ü'x 1.5 {MOMENT} [1 2] [0 255]") for mode in ("statement", "describe", "describe each", "exec", "simple")],
    ("pgx insert and read", "INSERT 0 1 ada [a b,c] map[a:1]"),
    ("pgx copy", "10000"),
    ("pgx batch", str(sum(range(100)))),
    ("pgx transactions", "10001"),
    ("pgx rows as structs", "1000"),
    ("pgx error", "42703"),
    ("pgx pool", "200"),
    ("pgx cancel", "true"),
    ("pq values", f"7 ü'x {MOMENT} [0 255] [1 2]"),
    ("pq copy", "copied"),
    ("pq serializable", "1000"),
    ("pq error", "42703"),
])
def test_scenario(seen, scenario, wanted):
    assert seen[scenario] == wanted
