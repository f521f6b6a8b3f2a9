"""pgjdbc as Debian has it: every method of DatabaseMetaData, batches, fetch size, CopyManager; Client.java has the scenarios."""

import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
JAR = "/usr/share/java/postgresql.jar"
# The driver itself does not have these.
NOT_IMPLEMENTED = {"getAttributes", "getSuperTypes", "getSuperTables", "getPseudoColumns", "getRowIdLifetime"}


@pytest.fixture(scope="module")
def seen(server):
    command = ["java", "-cp", JAR, str(HERE / "Client.java"), f"jdbc:postgresql://127.0.0.1:{server.port}/tavana?user=tavana"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def test_every_method_of_the_metadata_answers(seen):
    failed = {name.removeprefix("metadata."): answer for name, answer in seen.items()
              if name.startswith("metadata.") and answer.startswith("FAILED")}
    assert all("not yet implemented" in answer for answer in failed.values()), failed
    assert set(failed) <= NOT_IMPLEMENTED
    assert len([name for name in seen if name.startswith("metadata.")]) > 150
    for name in ("getTables", "getColumns", "getSchemas", "getCatalogs", "getTypeInfo", "getTableTypes", "getPrimaryKeys",
                 "getImportedKeys", "getIndexInfo", "getCrossReference"):
        assert seen[f"metadata.{name}"] not in ("0 rows", "a value"), name


@pytest.mark.parametrize(("scenario", "wanted"), [
    ("tables", "[j_child TABLE, j_parent TABLE, j_view VIEW]"),
    ("columns", "[id serial NO YES, name text NO NO, amount numeric YES NO, made timestamptz YES NO, tags _text YES NO]"),
    ("primary key", "[id 1]"),
    ("imported keys", "[j_parent id parent_id]"),
    ("indexes", "[j_child_id_pkey id false, j_ratio ratio true]"),
    ("values", "1 1099511627776 1.5 1.25 ü'x true 2024-02-29 2024-02-29T01:02:03 00000000-0000-0000-0000-000000000007 [0, -1] [1, 2, null]"),
    ("generated keys", "1"),
    ("batch", "500 500 1125.00"),
    ("batch&reWriteBatchedInserts=true", "500 500 1125.00"),
    ("batch&preferQueryMode=simple", "500 500 1125.00"),
    ("batch&preferQueryMode=extendedForPrepared", "500 500 1125.00"),
    ("fetch size", str(sum(range(100000)))),
    ("copy", "2 1,1,2.5;2,,3.5;"),
    ("savepoint", "back"),
    ("session", "true public tavana 8"),
    ("result metadata", "id:int4:10 amount:numeric:10 tags:_text:2147483647 count:int8:19"),
    ("timeout", "57014"),
    ("error", "42703 then true"),
])
def test_scenario(seen, scenario, wanted):
    assert seen[scenario] == wanted
