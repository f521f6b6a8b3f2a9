"""node-postgres as it comes from its authors; client.js has the scenarios."""

import json
import os
import pathlib
import subprocess

from harness import DEPS

SCRIPT = pathlib.Path(__file__).parent / "client.js"


def run(server, scenario):
    environment = dict(os.environ, NODE_PATH=str(DEPS / "node" / "node_modules"), PORT=str(server.port))
    done = subprocess.run(["node", str(SCRIPT), scenario], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_connects_to_the_database_it_names_and_is_refused_another(server):
    default, main, code, message = run(server, "databases")
    assert (default, main, code) == ("tavana", "main", "3D000")
    assert "nowhere" in message


def test_parameters_come_back(server):
    assert run(server, "parameters") == [True, 7, "1099511627776", 1.25, "ü'x", [0, 255], [1, None, 3], ["a", None, "b,c"], None]


def test_binary_results_read_as_values(server):
    assert run(server, "binary") == [{"a": 42, "b": 1.5, "c": True}]


def test_a_date_comes_back_with_its_zone(server):
    assert run(server, "dates") == "2024-02-29T01:02:03.004Z"


def test_a_named_statement_runs_many_times(server):
    assert run(server, "prepared") == 2 * sum(range(200))


def test_errors_have_codes_and_fail_a_transaction_until_its_end(server):
    assert run(server, "errors") == ["42P01", 1, "42P01", "25P02", "ROLLBACK", 2]


def test_many_rows_and_no_rows(server):
    assert run(server, "rows") == [200000, 199999, [], ["a", "b"]]


def test_several_statements_give_several_results(server):
    assert run(server, "statements") == [["CREATE", None], ["INSERT", 2], ["SELECT", 2]]


def test_a_cancel_request_stops_the_statement_and_not_the_next(server):
    assert run(server, "cancel") == ["57014", 1]


def test_a_pool_serves_many_queries(server):
    assert run(server, "pool") == sum(range(50))
