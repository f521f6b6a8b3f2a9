"""Values read the same as text, as binary, from DuckDB in this process, and from PostgreSQL 15 where it has them."""

import datetime
import decimal
import math
import struct
import uuid

import psycopg
import pytest

# Expressions of DuckDB whose Python value must be the same through text, binary and DuckDB's own client.
COMMON = [
    "true", "false", "NULL::BOOLEAN", "1::SMALLINT", "(-32768)::SMALLINT", "32767::SMALLINT", "42", "(-2147483648)::INTEGER",
    "2147483647", "9223372036854775807", "(-9223372036854775808)::BIGINT", "1.5::FLOAT", "0.1::FLOAT", "1e38::FLOAT",
    "1.5::DOUBLE", "0.1::DOUBLE", "1e308::DOUBLE", "5e-324::DOUBLE", "'Infinity'::DOUBLE", "'-Infinity'::DOUBLE",
    "'Infinity'::FLOAT", "-0.0::DOUBLE", "1.50::DECIMAL(10,2)", "0::DECIMAL(10,4)", "-0.0001::DECIMAL(18,4)",
    "99999999999999999999999999999999999999::DECIMAL(38,0)", "-12345678901234567890.123456789::DECIMAL(38,9)",
    "0.00000000000000000000000000000000000001::DECIMAL(38,38)", "10000::DECIMAL(9,0)", "100000000.0001::DECIMAL(18,4)",
    "'hello'", "''", "'grüße 🦆'", "'a\nb\tc\\d\"e'", "'x'::VARCHAR(10)", "'\\x00\\xFF\\x27'::BLOB", "''::BLOB",
    "DATE '2024-02-29'", "DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '1969-12-31'", "TIME '00:00:00'", "TIME '23:59:59.999999'",
    "TIMESTAMP '2024-02-29 12:34:56.789012'", "TIMESTAMP '1969-12-31 23:59:59.999999'", "TIMESTAMP '0001-01-01 00:00:00'",
    "uuid '00000000-0000-0000-0000-000000000000'", "uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'", "uuid '123e4567-e89b-12d3-a456-426614174000'",
    "255::UTINYINT", "(-128)::TINYINT", "65535::USMALLINT", "4294967295::UINTEGER",
    "[1,2,3]", "[]::INTEGER[]", "[1,NULL,3]", "['a','b c','d,e','\"f\"','g\\h','NULL','']", "[true,false,NULL]", "[1.5::DOUBLE,'Infinity'::DOUBLE]",
    "[1.25,2.50]::DECIMAL(5,2)[]", "[DATE '2024-01-01', NULL]", "[TIMESTAMP '2024-01-01 01:02:03']", "[uuid '123e4567-e89b-12d3-a456-426614174000']",
    "[1::BIGINT, 9223372036854775807]", "[1::SMALLINT]", "[1.5::FLOAT]", "NULL::INTEGER[]", "[[1,2],[3,4]]",
    "NULL::INTEGER", "NULL::VARCHAR", "NULL::DATE", "NULL::TIMESTAMP", "NULL::DOUBLE", "NULL::DECIMAL(10,2)", "NULL::UUID", "NULL::BLOB", "NULL",
]
# What Python's clients read differently from DuckDB's own: expression and the value through the wire.
WIRE = {
    "170141183460469231731687303715884105727::HUGEINT": decimal.Decimal(2**127 - 1),
    "(-170141183460469231731687303715884105728)::HUGEINT": decimal.Decimal(-2**127),
    "18446744073709551615::UBIGINT": decimal.Decimal(2**64 - 1),
    "340282366920938463463374607431768211455::UHUGEINT": decimal.Decimal(2**128 - 1),
    "'happy'::ENUM('sad','happy')": "happy",
    "INTERVAL '1 day 2 hours 3 minutes 4.5 seconds'": datetime.timedelta(days=1, hours=2, minutes=3, seconds=4.5),
    "INTERVAL '-1 day'": datetime.timedelta(days=-1),
    "TIMETZ '12:34:56.5+02:00'": datetime.time(12, 34, 56, 500000, datetime.timezone(datetime.timedelta(hours=2))),
    "TIMETZ '12:34:56-05:30'": datetime.time(12, 34, 56, 0, datetime.timezone(-datetime.timedelta(hours=5, minutes=30))),
    "TIMESTAMPTZ '2024-02-29 12:34:56.5+00'": datetime.datetime(2024, 2, 29, 12, 34, 56, 500000, datetime.timezone.utc),
    "TIMESTAMPTZ '2024-07-01 12:00:00+05:30'": datetime.datetime(2024, 7, 1, 6, 30, tzinfo=datetime.timezone.utc),
    "'{\"a\": [1, 2, null]}'::JSON": {"a": [1, 2, None]},
    "'null'::JSON": None,
    "TIMESTAMP_S '2024-01-01 00:00:01'": datetime.datetime(2024, 1, 1, 0, 0, 1),
    "TIMESTAMP_MS '2024-01-01 00:00:01.234'": datetime.datetime(2024, 1, 1, 0, 0, 1, 234000),
    "TIMESTAMP_NS '2024-01-01 00:00:01.234567891'": datetime.datetime(2024, 1, 1, 0, 0, 1, 234567),
    "'101'::BIT": "101",
}
# What has no type in PostgreSQL is JSON.
AS_JSON = {
    "{'a': 1, 'b': 'x y', 'c': NULL}": {"a": 1, "b": "x y", "c": None}, "{'a': {'b': [1,2]}}": {"a": {"b": [1, 2]}},
    "MAP {'k': 1, 'l': 2}": {"k": 1, "l": 2}, "MAP {1: [1,2]}": {"1": [1, 2]}, "union_value(num := 2)": {"num": 2},
    "union_value(str := 'abc')": {"str": "abc"}, "[{'a': 1}, {'a': NULL}]": [{"a": 1}, {"a": None}], "[[1,2],[3],[]]": [[1, 2], [3], []],
    "{'q': 'a\"b\\c\n', 'd': DATE '2024-01-01', 'n': 1.50::DECIMAL(5,2)}": {"q": 'a"b\\c\n', "d": "2024-01-01", "n": 1.5},
    "{'nan': 'NaN'::DOUBLE}": {"nan": "NaN"},
}
# Valid on both servers: the bytes of the answer must be the same, as text and as binary.
SHARED = """
1|-1|0::smallint|32767::int2|'-32768'::int2|2147483647|'-2147483648'::int4|9223372036854775807::int8|'-9223372036854775808'::int8
true|false|NULL::bool|NULL::int4|NULL::text|NULL::date|NULL::numeric(10,2)
1.5::float8|0.1::float8|1e15::float8|1e16::float8|1e-5::float8|0.0001::float8|1e300::float8|5e-324::float8|1.7976931348623157e308::float8|-1e-7::float8
'Infinity'::float8|'-Infinity'::float8|'NaN'::float8|'NaN'::float4|123456789.123::float8|100000::float8|1234567::float4|1e10::float4|0.1::float4|3.4e38::float4|'-0'::float8|'-86443616'::float4|'16777220'::float4|'9007199254740993'::float8|'4503599627370496.5'::float8|'1e23'::float8|'9007199254740996'::float8
1.50::numeric(10,2)|0.00::numeric(10,2)|-0.01::numeric(10,2)|12345678901234567890.12::numeric(38,2)|10000.0000::numeric(20,4)|99999999::numeric(8,0)|0.0001::numeric(10,4)|100000000::numeric(18,0)
'abc'::text|''::text|'grüße 🦆'::text|'a''b'::text|'tab	and
newline'::text
'2024-02-29'::date|'0001-01-01'::date|'9999-12-31'::date|'1970-01-01'::date|'2000-01-01'::date|'infinity'::date|'-infinity'::date|'12345-01-01'::date
'00:00:00'::time|'23:59:59.999999'::time|'12:30:00.5'::time|'12:34:56+02'::timetz|'12:34:56.789-05:30'::timetz
'2024-02-29 12:34:56'::timestamp|'2024-02-29 12:34:56.789012'::timestamp|'2024-02-29 00:00:00.1'::timestamp|'1969-12-31 23:59:59.999999'::timestamp|'infinity'::timestamp|'-infinity'::timestamp
'2024-02-29 12:34:56+00'::timestamptz|'2024-07-01 12:00:00.25+05:30'::timestamptz|'infinity'::timestamptz|'-infinity'::timestamptz
'1 year 2 months'::interval|'3 days'::interval|'1 year 2 months 3 days 04:05:06.789'::interval|'-1 day'::interval|'00:00:00'::interval|'-04:05:06.5'::interval|'1 month -1 day'::interval|'25 hours'::interval
'123e4567-e89b-12d3-a456-426614174000'::uuid|'00000000-0000-0000-0000-000000000000'::uuid
'{"a": 1}'::json|'[1, 2, null]'::json
'0044-03-15 BC'::date|'0001-12-31 bc'::date|'0044-03-15 12:00:00 BC'::timestamp|date '0044-03-15 BC'
'\\x00ff27'::bytea|'\\x'::bytea|''::bytea|'\\xDEADBEEF'::bytea|ARRAY['\\x00ff'::bytea]|bytea '\\x00'
'on'::bool|'off'::bool|'{}'::int4[]|'{1,NULL,3}'::int4[]|'{a,"b c","NULL",NULL,"q\\"q"}'::text[]|'{t,f}'::bool[]|'{2024-01-01}'::date[]
ARRAY[1,2,3]|ARRAY['a','b c','d,e','NULL','']|ARRAY[true,false]|ARRAY[1.5::float8]|ARRAY[1,NULL,3]|ARRAY['x',NULL]|ARRAY['{a}','q"q']|ARRAY['2024-01-01'::date]|ARRAY['2024-01-01 01:02:03'::timestamp]|ARRAY[1.50::numeric(5,2)]|ARRAY['123e4567-e89b-12d3-a456-426614174000'::uuid]
"""
SHARED = [each for line in SHARED.strip("\n").replace("\nnewline", "\0").split("\n") for each in line.split("|")]
SHARED = [each.replace("\0", "\nnewline") for each in SHARED]


# The same value, spelled differently by PostgreSQL and DuckDB.
SPELLED_APART = {
    "'0044-03-15 12:00:00+00 BC'::timestamptz": "'0044-03-15 (BC) 12:00:00+00'::timestamptz",
}


def nan_aware(value):
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def as_float4(value):
    """What a client gets of a float4 as text is the shortest decimal, as binary the exact value: compare as float4."""
    return struct.unpack("f", struct.pack("f", value))[0]


def signed(value):
    """A value that tells -0.0 from 0.0 and 1.50 from 1.5."""
    return (value, str(value)) if isinstance(value, (float, decimal.Decimal)) else value


def raw(connection, sql, binary, parameters=None):
    cursor = connection.cursor(binary=binary)
    cursor.execute(sql, parameters)
    result = cursor.pgresult
    return result.get_value(0, 0), result.ftype(0)


@pytest.mark.parametrize("expression", COMMON)
def test_a_value_reads_the_same_as_text_as_binary_and_in_duckdb(connection, duck, expression):
    sql = f"SELECT {expression} AS value"
    (wanted,) = duck.execute(sql).fetchone()
    text = connection.cursor(binary=False).execute(sql).fetchone()[0]
    binary = connection.cursor(binary=True).execute(sql).fetchone()[0]
    if expression.endswith("::FLOAT"):
        text, binary, wanted = map(as_float4, (text, binary, wanted))
    assert signed(text) == signed(binary)
    assert signed(binary) == signed(wanted)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("expression", WIRE)
def test_a_value_of_duckdb_has_a_python_value_through_the_wire(connection, expression, binary):
    found = connection.cursor(binary=binary).execute(f"SELECT {expression} AS value").fetchone()[0]
    assert found == WIRE[expression]


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("expression", AS_JSON)
def test_a_value_without_a_type_in_postgresql_is_json(connection, expression, binary):
    found = connection.cursor(binary=binary).execute(f"SELECT {expression} AS value").fetchone()[0]
    assert found == AS_JSON[expression]


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_not_a_number_reads_as_not_a_number(connection, binary):
    row = connection.cursor(binary=binary).execute("SELECT 'NaN'::DOUBLE, 'NaN'::FLOAT").fetchone()
    assert [nan_aware(value) for value in row] == ["NaN", "NaN"]


@pytest.fixture(scope="module")
def both(server, postgres):
    with server.psycopg() as tavana, postgres.psycopg() as reference:
        yield tavana, reference


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("expression", SHARED)
def test_an_expression_gives_the_bytes_postgresql_gives(both, expression, binary):
    tavana, reference = both
    sql = f"SELECT {expression} AS value"
    assert raw(tavana, sql, binary) == raw(reference, sql, binary)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("expression", SPELLED_APART)
def test_a_value_that_is_spelled_differently_gives_the_bytes_postgresql_gives(both, expression, binary):
    tavana, reference = both
    assert raw(tavana, f"SELECT {SPELLED_APART[expression]} AS value", binary) == raw(reference, f"SELECT {expression} AS value", binary)


def random_value(rng):
    """A value and the type that holds it in DuckDB and PostgreSQL alike."""
    kind = rng.choice(["int2", "int4", "int8", "float8", "float4", "numeric", "text", "date", "timestamp", "time", "uuid", "bool", "int4[]", "text[]"])
    if kind.startswith("int") and not kind.endswith("]"):
        bits = int(kind[3]) * 8
        return kind, rng.choice([0, 1, -1, 2**(bits - 1) - 1, -2**(bits - 1), rng.randrange(-2**(bits - 1), 2**(bits - 1))])
    if kind == "float8":
        return kind, rng.choice([0.0, rng.uniform(-1e6, 1e6), rng.uniform(-1, 1) * 10.0**rng.randrange(-300, 300), math.inf, -math.inf])
    if kind == "float4":
        return kind, as_float4(rng.uniform(-1, 1) * 10.0**rng.randrange(-30, 30))
    if kind == "numeric":
        scale = rng.randrange(0, 20)
        digits = rng.randrange(0, 10**rng.randrange(1, 38 - scale))
        number = decimal.Decimal(digits if rng.random() < 0.5 else -digits)
        return f"numeric(38,{scale})", number.quantize(decimal.Decimal(1).scaleb(-scale), context=decimal.Context(prec=60))
    if kind == "text":
        return kind, random_text(rng)
    if kind == "date":
        return kind, datetime.date.fromordinal(rng.randrange(1, datetime.date.max.toordinal()))
    if kind == "timestamp":
        return kind, datetime.datetime(1, 1, 1) + datetime.timedelta(microseconds=rng.randrange(0, 9998 * 365 * 86400 * 10**6))
    if kind == "time":
        return kind, (datetime.datetime(2000, 1, 1) + datetime.timedelta(microseconds=rng.randrange(0, 86400 * 10**6))).time()
    if kind == "uuid":
        return kind, uuid.UUID(int=rng.getrandbits(128))
    if kind == "bool":
        return kind, rng.random() < 0.5
    if kind == "int4[]":
        return kind, [rng.choice([None, rng.randrange(-2**31, 2**31)]) for _ in range(rng.randrange(1, 20))]
    return kind, [rng.choice([None, random_text(rng)]) for _ in range(rng.randrange(1, 10))]


def random_text(rng):
    return "".join(rng.choice("ab \"'\\{},\n\t€🦆NULLé0") for _ in range(rng.randrange(0, 40)))


@pytest.mark.parametrize("text, kind", [("0.123456789012345", "numeric(38,15)"), ("83699016799817824558162713826.00", "numeric(38,2)"),
                                        ("99999999999999999999999999999999999999", "numeric(38,0)")])
def test_a_numeric_parameter_keeps_every_digit(connection, text, kind):
    for placeholder in ("%b", "%t"):
        assert str(connection.execute(f"SELECT {placeholder}::{kind}", [decimal.Decimal(text)]).fetchone()[0]) == text


def test_random_values_come_back_as_they_went_and_as_postgresql_sends_them(both, rng, full):
    tavana, reference = both
    for _ in range(5000 if full else 500):
        kind, value = random_value(rng)
        for binary in (False, True):
            # The placeholder's own format and the result's vary together and apart.
            sql = f"SELECT {'%b' if rng.random() < 0.5 else '%t'}::{kind} AS value"
            cursor = tavana.cursor(binary=binary).execute(sql, [value])
            found = cursor.fetchone()[0]
            assert (as_float4(found) if kind == "float4" else found) == value, (kind, value, sql, binary)
            assert raw(tavana, sql, binary, [value]) == raw(reference, sql, binary, [value]), (kind, value, sql, binary)


def test_column_names_and_types_are_described(connection):
    cursor = connection.execute("SELECT 1 AS a, 'x' AS \"B c\", 1.5::DECIMAL(9,3) AS d, [1] AS e WHERE false")
    assert cursor.fetchall() == []
    assert [(c.name, c.type_code, c.precision, c.scale) for c in cursor.description] == [
        ("a", 23, None, None), ("B c", psycopg.adapters.types["text"].oid if cursor.description[1].type_code == 25 else 1043, None, None),
        ("d", 1700, 9, 3), ("e", 1007, None, None)]
