"""Queries on files give what DuckDB in this process gives."""

import pytest

from harness import DEPS

DATA = DEPS / "demo"
QUERIES = {
    "flights by origin, from parquet":
        f"SELECT origin, count(*), sum(delay), avg(distance), min(date), max(date) FROM '{DATA}/flights-3m.parquet'"
        " GROUP BY origin ORDER BY count(*) DESC, origin",
    "flights by month, from parquet":
        f"SELECT month(date) AS m, count(*), round(avg(delay), 3) FROM read_parquet('{DATA}/flights-3m.parquet')"
        " GROUP BY m ORDER BY m",
    "weather by kind, from csv":
        f"SELECT weather, count(*), avg(temp_max), sum(precipitation) FROM '{DATA}/seattle-weather.csv' GROUP BY ALL ORDER BY ALL",
    "stock symbols, from csv":
        f"SELECT symbol, count(*), min(price), max(price) FROM read_csv('{DATA}/stocks.csv') GROUP BY symbol ORDER BY symbol",
    "airports by state, from csv":
        f"SELECT state, count(*), round(avg(latitude), 6) FROM read_csv('{DATA}/airports.csv') GROUP BY ALL ORDER BY ALL",
    "cars by origin, from json":
        f"SELECT Origin, count(*), avg(Horsepower), max(Year) FROM '{DATA}/cars.json' GROUP BY ALL ORDER BY ALL",
    "penguins by species, from json":
        f"SELECT \"Species\", \"Island\", count(*), avg(\"Body Mass (g)\") FROM read_json('{DATA}/penguins.json') GROUP BY ALL ORDER BY ALL",
    "flights of three formats joined":
        f"SELECT f.origin, a.state, count(*) FROM '{DATA}/flights-3m.parquet' f JOIN '{DATA}/airports.csv' a ON f.origin = a.iata"
        " GROUP BY ALL ORDER BY ALL",
}


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_on_files_equals_duckdb(connection, duck, name, binary):
    duck.execute("SET threads = 2")
    wanted = duck.execute(QUERIES[name]).fetchall()
    found = connection.cursor(binary=binary).execute(QUERIES[name]).fetchall()
    assert len(found) > 1
    # The order of a parallel sum changes the last digits of floats.
    close = [tuple(pytest.approx(v, rel=1e-9) if isinstance(v, float) else v for v in row) for row in wanted]
    assert found == close


def test_every_row_of_a_parquet_file_arrives_once(connection, duck):
    query = f"SELECT date, delay, distance, origin, destination FROM '{DATA}/flights-3m.parquet' LIMIT 200000"
    wanted = duck.execute(query).fetchall()
    assert sorted(connection.execute(query).fetchall()) == sorted(wanted)


def test_a_missing_file_is_an_error_that_names_it(connection):
    import psycopg
    with pytest.raises(psycopg.Error, match="no-such-file.parquet"):
        connection.execute("SELECT * FROM 'no-such-file.parquet'")
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_file_written_by_copy_reads_back(connection, tmp_path):
    connection.execute(f"COPY (SELECT i, 'v' || i AS v FROM range(1000) t(i)) TO '{tmp_path}/t.parquet'")
    assert connection.execute(f"SELECT count(*), sum(i), max(v) FROM '{tmp_path}/t.parquet'").fetchone() == (1000, 499500, "v999")
