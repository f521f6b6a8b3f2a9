"""psqlodbc through pyodbc: values, the catalog functions of ODBC, transactions, server-side cursors."""

import datetime
import decimal

import pyodbc
import pytest


@pytest.fixture
def connect(server):
    opened = []

    def connect(options="", **arguments):
        text = f"Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={server.port};Database=tavana;Uid=tavana;{options}"
        opened.append(pyodbc.connect(text, **{"autocommit": True, **arguments}))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def table(connect):
    cursor = connect().cursor()
    cursor.execute("CREATE TABLE o_parent (id integer PRIMARY KEY)")
    cursor.execute("CREATE TABLE o_child (id integer PRIMARY KEY, name varchar, amount numeric(10,2), day date, time timestamp,"
                   " ratio double precision, bytes bytea, parent_id integer REFERENCES o_parent(id))")
    yield cursor
    cursor.execute("DROP TABLE o_child, o_parent")


def test_values_come_back(table):
    row = (1, "ü'x", decimal.Decimal("1.50"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2, 3), 1.25, b"\x00\xff")
    names = "id, name, amount, day, time, ratio, bytes"
    table.execute(f"INSERT INTO o_child ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
    assert table.rowcount == 1
    assert tuple(table.execute(f"SELECT {names} FROM o_child WHERE id = ?", 1).fetchone()) == row
    table.executemany("INSERT INTO o_child (id, name) VALUES (?, ?)", [(number, None) for number in range(2, 52)])
    assert tuple(table.execute("SELECT count(*), count(name) FROM o_child").fetchone()) == (51, 1)


def test_the_catalog_functions_describe_a_table(table):
    assert [(row.table_name, row.table_type) for row in table.tables(table="o_child")] == [("o_child", "TABLE")]
    columns = {row.column_name: (row.type_name, row.nullable) for row in table.columns(table="o_child")}
    assert columns["id"] == ("int4", 0) and columns["amount"] == ("numeric", 1) and columns["day"] == ("date", 1)
    assert [row.column_name for row in table.primaryKeys("o_child")] == ["id"]
    assert [(row.pktable_name, row.pkcolumn_name, row.fkcolumn_name) for row in table.foreignKeys(foreignTable="o_child")] == [
        ("o_parent", "id", "parent_id")]
    assert "o_child_id_pkey" in [row.index_name for row in table.statistics("o_child")]
    assert table.getTypeInfo().fetchall() and table.procedures().fetchone()


def test_a_transaction_is_rolled_back(connect, table):
    connection = connect(autocommit=False)
    connection.cursor().execute("INSERT INTO o_parent VALUES (7)")
    connection.rollback()
    assert connection.cursor().execute("SELECT count(*) FROM o_parent").fetchval() == 0
    connection.rollback()


def test_an_error_has_its_sqlstate_and_the_connection_goes_on(connect):
    cursor = connect().cursor()
    with pytest.raises(pyodbc.Error) as failure:
        cursor.execute("SELECT nobody")
    assert failure.value.args[0] == "42703"
    assert cursor.execute("SELECT 2").fetchval() == 2


@pytest.mark.parametrize("options", ["", "UseDeclareFetch=1;Fetch=100;", "UseServerSidePrepare=0;"])
def test_many_rows_arrive(connect, options):
    cursor = connect(options, autocommit=False).cursor()
    assert sum(row[0] for row in cursor.execute("SELECT range::integer FROM range(20000) WHERE range >= ?::integer", 1)) == sum(range(20000))
