"""tokio-postgres and sqlx; src/main.rs has the scenarios. With --full: the crates are fetched and compiled."""

import os
import pathlib
import shutil
import subprocess

import pytest

from harness import DEPS

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def seen(server, full):
    if not full:
        pytest.skip("./dev test --full compiles the Rust clients")
    assert shutil.which("cargo"), "the Rust clients need cargo, version 1.80 or later"
    command = ["cargo", "run", "--quiet", "--locked", "--", str(server.port)]
    done = subprocess.run(command, cwd=HERE, env=dict(os.environ, CARGO_TARGET_DIR=str(DEPS / "rust")), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize(("scenario", "wanted"), [
    ("tokio values", "7 ü'x 1.5 [Some(1), None] 2024-02-29 01:02:03.000004 UTC {\"a\":1} 00000000-0000-0000-0000-000000000007 [0, 255]"),
    ("tokio insert", "1"),
    ("tokio rollback", "1"),
    ("tokio copy in", "1000"),
    ("tokio copy out", "1001"),
    ("tokio portal", "11 1050"),
    ("tokio simple", "6"),
    ("tokio pipeline", "1 2"),
    ("tokio error", "42703"),
    ("tokio cancel", "57014"),
    ("sqlx values", "7 ü'x 1.25 [1] [1, 2] true 2024-02-29 00000000-0000-0000-0000-000000000007"),
    ("sqlx rows", "1000"),
    ("sqlx insert", "1"),
    ("sqlx rollback", "1 ada"),
    ("sqlx error", "42703"),
    ("sqlx stream", "5000"),
    ("sqlx copy", "2"),
])
def test_scenario(seen, scenario, wanted):
    assert seen[scenario] == wanted
