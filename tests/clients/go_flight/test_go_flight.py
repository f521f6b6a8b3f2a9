"""arrow-go's Flight SQL client and its database/sql driver; main.go has the scenarios. With --full: they are fetched and compiled."""

import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
pytestmark = pytest.mark.timeout(900)  # the first test compiles


@pytest.fixture(scope="module")
def seen(server, full):
    if not full:
        pytest.skip("./dev test --full compiles the Go clients")
    assert shutil.which("go"), "the Go clients need go, version 1.25 or later"
    done = subprocess.run(["go", "run", ".", f"127.0.0.1:{server.flight_port}"], cwd=HERE, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize(("scenario", "wanted"), [
    ("value true", "[true]"),
    ("value (-7)::TINYINT", "[-7]"),
    ("value 42", "[42]"),
    ("value 9223372036854775807", "[9223372036854775807]"),
    ("value 18446744073709551615::UBIGINT", "[18446744073709551615]"),
    ("value 1.25::DECIMAL(10,2)", "[1.25]"),
    ("value 0.1::DOUBLE", "[0.1]"),
    ("value 'ü'", "[ü]"),
    ("value DATE '2024-02-29'", "[2024-02-29]"),
    ("value TIME '12:34:56'", "[12:34:56.000000]"),
    ("value TIMESTAMP '2024-02-29 01:02:03'", "[2024-02-29T01:02:03]"),
    ("value NULL::INTEGER", "[(null)]"),
    ("value [1, 2, NULL]", "[[1,2,null]]"),
    ("value {'a': 1}", '[{"a":1}]'),
    ("value 'b'::ENUM('a', 'b')", "[b]"),
    ("million rows", "1000000"),
    ("poll", "[1000]"),
    ("poll of a long statement", "0 true Canceled"),
    ("schema", "decimal(10, 2)"),
    ("error", "InvalidArgument true"),
    ("update", "10"),
    ("prepared", "int32 int32 [42]"),
    ("prepared update", "500"),
    ("transactions", "[511] [510] [511]"),
    ("ingest", f"100000 [100000 {sum(range(100000))}]"),
    ("catalogs", "true"),
    ("schemas", "[go_flight]"),
    ("tables", "[child ingested parent]"),
    ("keys", "[i] [parent]"),
    ("info", "true"),
    ("xdbc types", "true"),
    ("session options", "[Asia/Tokyo]Asia/Tokyo"),
    ("cancel", "true true"),
    ("timeout", "DeadlineExceeded"),
    ("after it", "[1]"),
    ("sql values", "7ü'x1.5"),
    ("sql parameters", "42"),
    ("sql transactions", "1"),
    ("sql rows", str(sum(range(200000)))),
    ("sql pool", "0 49"),
    ("sql error", "true"),
])
def test_scenario(seen, scenario, wanted):
    assert seen[scenario] == wanted
