"""The catalog's functions: what they answer does not depend on how the caller calls its tables and columns."""

import pytest


@pytest.fixture(scope="module")
def shop(server):
    with server.psycopg() as connection:
        connection.execute("CREATE TYPE f_mood AS ENUM ('calm', 'busy')")
        connection.execute("CREATE TABLE f_parent (id integer PRIMARY KEY, amount numeric(10,2), tags text[], mood f_mood)")
        connection.execute("CREATE TABLE f_child (id serial, parent_id integer REFERENCES f_parent(id))")
        connection.execute("CREATE INDEX f_child_parent ON f_child (parent_id, id)")
        connection.execute("CREATE VIEW f_view AS SELECT id FROM f_parent")
        connection.execute("CREATE MACRO f_add(first, second) AS first + second")
        connection.execute("COMMENT ON TABLE f_parent IS 'of children'")
        yield connection
        connection.execute("DROP MACRO f_add")
        connection.execute("DROP VIEW f_view")
        connection.execute("DROP TABLE f_child, f_parent")
        connection.execute("DROP TYPE f_mood")


@pytest.mark.parametrize("alias", ["t", "r", "n", "c", "s", "e", "p", "i", "q"])
def test_an_alias_of_the_caller_is_the_callers(shop, alias):
    a = alias
    one = lambda query: shop.execute(query).fetchall()  # noqa: E731
    assert one(f"SELECT format_type({a}.atttypid, {a}.atttypmod) FROM pg_attribute AS {a} WHERE {a}.attrelid = 'f_parent'::regclass ORDER BY {a}.attnum") == [
        ("integer",), ("numeric(10,2)",), ("text[]",), ("text",)]
    assert one(f"SELECT obj_description({a}.oid, 'pg_class') FROM pg_class AS {a} WHERE {a}.relname = 'f_parent'") == [("of children",)]
    assert one(f"SELECT pg_get_viewdef({a}.oid) LIKE '%%f_parent%%' FROM pg_class AS {a} WHERE {a}.relname = 'f_view'") == [(True,)]
    assert one(f"SELECT pg_get_indexdef({a}.indexrelid, 2, true) FROM pg_index AS {a} WHERE {a}.indexrelid = 'f_child_parent'::regclass") == [("id",)]
    assert one(f"SELECT pg_get_constraintdef({a}.oid) FROM pg_constraint AS {a} WHERE {a}.conrelid = 'f_child'::regclass AND {a}.contype = 'f'") == [
        ("FOREIGN KEY (parent_id) REFERENCES f_parent(id)",)]
    assert one(f"SELECT {a}.oid::regclass::text FROM pg_class AS {a} WHERE {a}.relname = 'f_view'") == [("f_view",)]
    assert one(f"SELECT pg_get_function_arguments({a}.oid) FROM pg_proc AS {a} WHERE {a}.proname = 'f_add'") == [("first, second",)]
    assert one(f"SELECT pg_table_is_visible({a}.oid) FROM pg_class AS {a} WHERE {a}.relname = 'f_view'") == [(True,)]


def test_a_column_without_its_table_is_the_callers(shop):
    assert shop.execute("SELECT pg_get_viewdef(oid) = pg_get_viewdef('f_view'::regclass) FROM pg_class WHERE relname = 'f_view'").fetchall() == [(True,)]
    assert shop.execute("SELECT format_type(oid, NULL) FROM pg_type WHERE typname = 'f_mood'").fetchall() == [("f_mood",)]
    assert shop.execute("SELECT array_remove(x, y) FROM (SELECT [1, 2, 3] AS x, 2 AS y)").fetchall() == [([1, 3],)]
    assert shop.execute("SELECT array_positions(i, x) FROM (SELECT ['a', 'b'] AS i, 'b' AS x)").fetchall() == [([2],)]


def test_serial_columns_know_their_sequence(shop):
    assert shop.execute("SELECT pg_get_serial_sequence('f_child', 'id'), pg_get_serial_sequence('f_child', 'parent_id')").fetchall() == [
        ("public.f_child_id_seq", None)]
