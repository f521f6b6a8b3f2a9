"""What BI tools send when a user browses and charts, tool by tool: every statement runs, and those marked have rows."""

import pathlib

import psycopg
import pytest

TOOLS = sorted(pathlib.Path(__file__).parent.glob("*.sql"))


def statements(path):
    for text in path.read_text().split(";\n"):
        text = text.strip()
        if text:
            yield text.removeprefix("-- rows\n"), text.startswith("-- rows\n")


@pytest.fixture(scope="module")
def shop(server):
    with server.psycopg() as connection:
        connection.execute("CREATE TABLE bi_customer (id integer PRIMARY KEY, name text NOT NULL)")
        connection.execute("CREATE TABLE bi_order (id serial PRIMARY KEY, customer_id integer REFERENCES bi_customer(id), amount numeric(10,2), made timestamptz)")
        connection.execute("CREATE VIEW bi_view AS SELECT * FROM bi_order")
        connection.execute("CREATE TYPE bi_mood AS ENUM ('calm', 'busy')")
        connection.execute("INSERT INTO bi_customer VALUES (1, 'ada')")
        connection.execute("INSERT INTO bi_order (customer_id, amount, made) VALUES (1, 1.50, '2024-02-29'), (1, 2.50, '2024-03-01')")
        yield
        connection.execute("DROP VIEW bi_view")
        connection.execute("DROP TABLE bi_order, bi_customer")
        connection.execute("DROP TYPE bi_mood")


@pytest.mark.parametrize("path", TOOLS, ids=lambda path: path.stem)
def test_a_tool_gets_its_answers(server, shop, path):
    with server.psycopg(cursor_factory=psycopg.ClientCursor) as connection:
        problems = []
        for statement, wants_rows in statements(path):
            try:
                cursor = connection.execute(statement)
                if wants_rows and not cursor.fetchall():
                    problems.append(f"no rows: {statement}")
            except psycopg.Error as error:
                problems.append(f"{error}\n{statement}")
                connection.rollback()
        assert not problems, "\n\n".join(problems)


def test_the_list_covers_every_tool():
    assert {path.stem for path in TOOLS} == {"dbeaver", "grafana", "metabase", "npgsql", "power_bi", "superset", "tableau"}
    assert sum(1 for path in TOOLS for _ in statements(path)) >= 80
