"""psql's backslash commands, which are queries on PostgreSQL's catalog: none fails, and they list the truth."""

import subprocess

import pytest

SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL DEFAULT 'nobody', balance DECIMAL(10,2), tags INTEGER[], UNIQUE (name));
COMMENT ON TABLE customer IS 'who pays';
CREATE TABLE invoice (customer INTEGER REFERENCES customer (id), amount DOUBLE CHECK (amount > 0));
CREATE VIEW rich AS SELECT id, name FROM customer WHERE balance > 1000;
CREATE SEQUENCE ticket;
CREATE INDEX by_balance ON customer (balance);
CREATE SCHEMA archive;
CREATE TABLE archive.old (a INTEGER);
"""


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    from harness import Server
    server = Server(tmp_path_factory.mktemp("catalog"))
    done = psql(server, SCHEMA)
    assert done.stderr == "", done.stderr
    yield server
    server.stop()


def psql(server, script, database="tavana"):
    return subprocess.run(["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(server.port), "-U", "tavana", "-d", database], input=script,
                          capture_output=True, text=True, timeout=60)


COMMANDS = ["\\d", "\\d+", "\\dt", "\\dt+", "\\dv", "\\dv+", "\\di", "\\di+", "\\ds", "\\dn", "\\dn+", "\\df", "\\df+", "\\dT", "\\dT+", "\\du", "\\du+", "\\l", "\\l+",
            "\\d customer", "\\d+ customer", "\\d invoice", "\\d rich", "\\d+ rich", "\\d ticket", "\\d by_balance", "\\d archive.old", "\\dt archive.*", "\\dt *.*",
            "\\d nothing_like_it", "\\dx", "\\dp", "\\ddp", "\\db", "\\dC", "\\dD", "\\dE", "\\dL", "\\dO", "\\da", "\\dc", "\\des", "\\dew", "\\det", "\\deu", "\\dF", "\\dRp", "\\dRs",
            "\\dy", "\\dm", "\\dg", "\\drds", "\\dA", "\\conninfo", "\\sv rich"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_without_an_error(browsed, command):
    done = psql(browsed, command + "\n")
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("Did not find any")]
    assert complaints == []


def test_the_lists_hold_what_there_is(browsed):
    tables = psql(browsed, "\\dt\n").stdout
    assert "public | customer | table | tavana" in " ".join(tables.split()) and "archive" not in tables and "pg_" not in tables
    assert "archive | old | table" in " ".join(psql(browsed, "\\dt archive.*\n").stdout.split())
    assert "rich" in psql(browsed, "\\dv\n").stdout
    assert "ticket" in psql(browsed, "\\ds\n").stdout
    assert {"archive", "public"} <= set(psql(browsed, "\\dn\n").stdout.split())
    assert "who pays" in psql(browsed, "\\dt+\n").stdout


def test_a_table_is_described_with_its_columns_keys_and_indexes(browsed):
    text = " ".join(psql(browsed, "\\d customer\n").stdout.split())
    for part in ('Table "public.customer"', "id | integer | | not null |", "name | text | | not null | 'nobody'", "balance | numeric(10,2)", "tags | integer[]",
                 "PRIMARY KEY", "UNIQUE", "by_balance"):
        assert part in text, text
    assert "SELECT id, " in psql(browsed, "\\d+ rich\n").stdout


@pytest.mark.parametrize("database", ["tavana", "main"])
def test_every_catalog_view_says_the_name_that_the_client_connected_to(browsed, database):
    query = ("SELECT current_database(), current_catalog, (SELECT min(table_catalog) FROM information_schema.tables), "
             "(SELECT min(table_catalog) FROM information_schema.columns), (SELECT min(catalog_name) FROM information_schema.schemata), "
             f"(SELECT datname FROM pg_database WHERE datname = '{database}');\n")
    done = psql(browsed, "\\pset format unaligned\n\\pset tuples_only on\n" + query, database)
    assert done.stdout.splitlines()[-1].split("|") == [database] * 6, done.stderr


def test_names_lead_where_postgresql_says(browsed):
    with browsed.psycopg() as connection:
        assert connection.execute("SELECT id FROM public.customer").fetchall() == []
        assert connection.execute("SELECT public.customer.id FROM public.customer").fetchall() == []
        connection.execute("CREATE TABLE public.made (a INTEGER)")
        connection.execute("INSERT INTO public.made VALUES (1)")
        connection.execute("UPDATE public.made SET a = 2")
        assert connection.execute("SELECT a FROM made").fetchall() == [(2,)]
        connection.execute("DROP TABLE public.made")
        assert connection.execute("SELECT 'customer'::regclass::text, 'integer'::regtype::text, 23::regtype::text").fetchone() == ("customer", "integer", "integer")
        assert connection.execute("SELECT relname FROM pg_class WHERE oid = 'customer'::regclass").fetchone() == ("customer",)
        assert connection.execute("SELECT current_user, session_user, current_schema()").fetchone() == ("tavana", "tavana", "public")
        assert connection.execute("SELECT version()").fetchone()[0].startswith("PostgreSQL 15")
        assert connection.execute("SELECT relname FROM pg_class WHERE relname ~ 'usto' ORDER BY 1").fetchall()[0] == ("customer",)


def test_oids_are_the_same_after_a_restart_and_none_is_there_twice(start_server):
    def oids():
        server = start_server()
        with server.psycopg() as connection:
            connection.execute("CREATE TABLE a (i INTEGER PRIMARY KEY); CREATE TABLE b (i INTEGER); CREATE SCHEMA s; CREATE TABLE s.a (i INTEGER)")
            twice = connection.execute("SELECT oid FROM pg_class GROUP BY oid HAVING count(*) > 1").fetchall()
            return twice, connection.execute("SELECT relname, oid FROM pg_class WHERE relname IN ('a', 'b') ORDER BY 1, 2").fetchall()
    first, second = oids(), oids()
    assert first == second and first[0] == [] and len(first[1]) == 3


def test_the_catalog_cannot_be_changed(browsed):
    import psycopg
    with browsed.psycopg() as connection:
        for sql in ("DROP VIEW __tavana.pg.pg_class", "DELETE FROM pg_catalog.pg_cast", "CREATE TABLE __tavana.main.x (a INTEGER)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql)


def test_sizes_are_those_on_disk_and_of_what_is_in_memory_nobody_tells_one(start_server, tmp_path):
    stored = start_server("--database", tmp_path / "sizes.db")
    with stored.psycopg() as connection:
        connection.execute("CREATE TABLE big AS SELECT i, md5(i::text) AS m FROM range(500000) r(i)")
        connection.execute("CREATE TABLE empty (i int)")
        connection.execute("CHECKPOINT")
        size, same, none, whole = connection.execute(
            "SELECT pg_relation_size('big'), pg_total_relation_size(c.oid), pg_table_size('empty'), pg_database_size('tavana') "
            "FROM pg_class c WHERE relname = 'big'").fetchone()
    assert 4_000_000 < size == same <= whole <= (tmp_path / "sizes.db").stat().st_size and none == 0
    with start_server().psycopg() as connection:
        connection.execute("CREATE TABLE held AS SELECT 1 AS a")
        assert connection.execute("SELECT pg_relation_size('held')").fetchone() == (None,)
