"""Every statement of the corpus on PostgreSQL 15 and on Tavana. What differs is listed in differences.txt under one of the
reasons that docs/compatibility.md explains; a difference that is not listed fails, and so does a listed one that is gone.

    differential_test.py --record     prints what a fresh differences.txt would hold (with "?" for a reason that is new)
"""

import collections
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [] if __name__ != "__main__" else [str(HERE.parent), str(HERE.parent / "protocol")]

import wire  # noqa: E402
from wire import query  # noqa: E402

CORPUS = sorted((HERE / "corpus").glob("*.sql"))
LISTED = HERE / "differences.txt"
DOCUMENT = HERE.parents[1] / "docs" / "compatibility.md"


def statements(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("--")]


def answer(client, sql):
    """What must be equal: columns with their types, rows, tags, SQLSTATEs, the transaction state. Not the words of errors."""
    seen = []
    for each in client.ask(query(sql)):
        if each.kind == "E":
            seen.append(("E", each.sqlstate))
        elif each.kind == "T":
            seen.append(("T", [column[:2] for column in each.columns]))
        elif each.kind == "D":
            seen.append(("D", each.values))
        elif each.kind == "C":
            seen.append(("C", each.tag))
        elif each.kind == "Z":
            seen.append(("Z", each.body))
    return seen


def differences(server, postgres, path):
    """(statement, what PostgreSQL said, what we said) of each that differs. One session a file: its statements build on each other."""
    with wire.connect(server) as tavana, wire.connect(postgres) as reference:
        for sql in statements(path):
            wanted, found = answer(reference, sql), answer(tavana, sql)
            if wanted != found:
                yield sql, wanted, found
            # A state that differs would make everything after it differ.
            if wanted[-1] != found[-1]:
                for client in (tavana, reference):
                    client.ask(query("ROLLBACK"))


def listed():
    """{(file, statement): reason}"""
    known = {}
    for line in LISTED.read_text().splitlines():
        if line and not line.startswith("#"):
            name, reason, sql = line.split("\t", 2)
            known[(name, sql)] = reason
    return known


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_difference_to_postgresql_is_a_listed_one(start_server, postgres, path, full):
    if not full:
        pytest.skip("./dev test --full compares with PostgreSQL, statement by statement")
    known = {sql: reason for (name, sql), reason in listed().items() if name == path.stem}
    found = {sql: (wanted, ours) for sql, wanted, ours in differences(start_server(), postgres, path)}
    unlisted = {sql: answers for sql, answers in found.items() if sql not in known}
    gone = [sql for sql in known if sql not in found]
    assert not unlisted and not gone


def test_the_corpus_is_large_and_every_reason_is_explained():
    assert sum(len(statements(path)) for path in CORPUS) >= 800
    text = DOCUMENT.read_text()
    for reason in set(listed().values()):
        assert f"| {reason} |" in text, reason


def record():
    from harness import Postgres, Server
    import tempfile
    known = listed() if LISTED.exists() else {}
    postgres, reasons = Postgres(), collections.Counter()
    for path in CORPUS:
        server = Server(pathlib.Path(tempfile.mkdtemp()))
        for sql, wanted, found in differences(server, postgres, path):
            reason = known.get((path.stem, sql), "?")
            reasons[reason] += 1
            print(f"{path.stem}\t{reason}\t{sql}")
            if reason == "?" and "--verbose" in sys.argv:
                print(f"#   PostgreSQL {wanted}\n#   Tavana     {found}")
        server.stop()
    postgres.stop()
    print(reasons, file=sys.stderr)


if __name__ == "__main__" and "--record" in sys.argv:
    record()
