import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src"
ORDER = ["base", "config", "observe", "net", "pgwire", "flightsql", "sql", "engine", "blockcache", "duckdb", "flight", "remote",
         "routing", "cache", "gateway", "scaling", "main"]
UNKNOWN_TO_GATEWAY = {"blockcache", "duckdb", "remote", "routing", "cache"}


def includes():
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".h", ".cc"):
            for style, name in re.findall(r'^#include ([<"])([^>"]+)', path.read_text(), re.MULTILINE):
                yield path.relative_to(SOURCE), style, name


def test_a_folder_includes_only_itself_and_folders_above_it():
    found = list(includes())
    assert len(found) > 100
    for path, style, name in found:
        folder, target = path.parts[0], name.split("/")[0]
        if style == '"' and target in ORDER:
            assert ORDER.index(target) <= ORDER.index(folder), f"{path} includes {name}"
            assert not (folder == "gateway" and target in UNKNOWN_TO_GATEWAY), f"{path} includes {name}"


def test_only_the_duckdb_folder_includes_duckdb():
    for path, style, name in includes():
        if style == "<" and name.startswith("duckdb"):
            assert path.parts[0] == "duckdb", f"{path} includes {name}"
