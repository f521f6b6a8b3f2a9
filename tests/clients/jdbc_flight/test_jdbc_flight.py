"""The Arrow Flight SQL JDBC driver: every method of DatabaseMetaData, every type, millions of rows; Client.java has the scenarios."""

import pathlib
import subprocess

import pytest

from harness import DEPS

HERE = pathlib.Path(__file__).parent
JAR = DEPS / "java" / "flight-sql-jdbc.jar"
# The driver itself does not have these.
NOT_IMPLEMENTED = {"ownUpdatesAreVisible", "ownDeletesAreVisible", "ownInsertsAreVisible", "othersUpdatesAreVisible", "othersDeletesAreVisible",
                   "othersInsertsAreVisible", "updatesAreDetected", "deletesAreDetected", "insertsAreDetected", "supportsResultSetHoldability"}


@pytest.fixture(scope="module")
def seen(server):
    # As the README of the original writes it.
    url = f"jdbc:arrow-flight-sql://127.0.0.1:{server.flight_port}/?useEncryption=false"
    command = ["java", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-Duser.timezone=UTC", "-cp", str(JAR), str(HERE / "Client.java"), url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def test_every_method_of_the_metadata_answers(seen):
    failed = {name.removeprefix("metadata."): answer for name, answer in seen.items()
              if name.startswith("metadata.") and answer.startswith("FAILED")}
    assert "not defined in java.sql.ResultSet" in failed.pop("supportsResultSetType")  # it is asked for the type 1, which there is not
    assert all("todo: implement this method" in answer for answer in failed.values()), failed
    assert set(failed) <= NOT_IMPLEMENTED
    assert len([name for name in seen if name.startswith("metadata.")]) > 150
    for name in ("getTables", "getColumns", "getSchemas", "getCatalogs", "getTableTypes", "getPrimaryKeys", "getImportedKeys",
                 "getExportedKeys", "getCrossReference"):
        assert seen[f"metadata.{name}"] not in ("0 rows", "a value"), name


@pytest.mark.parametrize(("type", "wanted"), [
    ("BOOLEAN", "true"), ("TINYINT", "-7"), ("SMALLINT", "-300"), ("INTEGER", "-2147483648"), ("BIGINT", "9223372036854775807"),
    ("HUGEINT", "-123456789012345678901234567890"), ("FLOAT", "1.5"), ("DOUBLE", "-0.1"), ("DECIMAL(10,2)", "-1.25"),
    ("DECIMAL(38,10)", "1234567890123456789012345678.0123456789"), ("VARCHAR", "ü'x"), ("BLOB", "[0, -1, 39]"), ("DATE", "2024-02-29"),
    ("UUID", "00000000-0000-0000-0000-000000000007"), ("JSON", '{"a": 1}'),
    ("NULL", "true"),
])
def test_a_parameter_comes_back_as_it_went(seen, type, wanted):
    assert seen[f"parameter {type}"] == wanted


@pytest.mark.parametrize(("value", "wanted"), [
    ("true", "true"), ("(-7)::TINYINT", "-7"), ("(-300)::SMALLINT", "-300"), ("42", "42"), ("9223372036854775807", "9223372036854775807"),
    ("170141183460469231731687303715884105727::HUGEINT % 1000000007", str((2**127 - 1) % 1000000007)), ("1.5::FLOAT", "1.5"), ("0.1::DOUBLE", "0.1"),
    ("1.25::DECIMAL(10,2)", "1.25"), ("'ü'", "ü"), ("DATE '2024-02-29'", "2024-02-29"), ("TIME '12:34:56'", "12:34:56"),
    ("TIMESTAMP '2024-02-29 01:02:03'", "2024-02-29 01:02:03.0"), ("'123e4567-e89b-12d3-a456-426614174000'::UUID", "123e4567-e89b-12d3-a456-426614174000"),
    ("[1, 2, NULL]", "[1,2,null]"), ("{'a': 1, 'b': 'x'}", '{"a":1,"b":"x"}'), ("MAP {'k': 1}", '{"k":1}'), ("'{\"a\":1}'::JSON", '{"a":1}'),
    ("NULL::INTEGER", "null"), ("INTERVAL 3 DAY", "P3D PT0S"), ("[1, 2]::INTEGER[2]", "[1,2]"), ("[[1], []]", "[[1],[]]"),
])
def test_a_value_is_read(seen, value, wanted):
    assert seen[f"value {value}"] == wanted


@pytest.mark.parametrize(("scenario", "wanted"), [
    ("product", "Tavana"),
    ("tables", "[f_child TABLE, f_parent TABLE, f_view VIEW]"),
    ("columns", "[id 4 1, name 12 2, amount 3 3, made 2014 4, tags 2003 5]"),
    ("some columns", "[name, amount, made, tags]"),
    ("primary key", "[id 1]"),
    ("imported keys", "[f_parent id parent_id]"),
    ("exported keys", "[f_child parent_id]"),
    ("cross reference", "[id parent_id]"),
    ("parameter metadata", "2 4 12"),
    ("instant", "2024-02-29T01:02:03Z"),
    ("bytes", "[0, -1]"),
    ("millions of rows", f"3000000 {sum(range(3000000))} {sum(len(str(i)) for i in range(3000000))}"),
    ("no rows", "false d 3"),
    ("updates", "2 1 2.50"),
    ("batch", "500 1125.00"),
    ("prepared update", "500"),
    ("two results at once", "0"),
    ("valid", "true"),
    ("error", "true then true"),
    ("session", "7"),
])
def test_scenario(seen, scenario, wanted):
    assert seen[scenario] == wanted
