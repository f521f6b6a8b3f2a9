"""An expression of each of DuckDB's types over `r`, a number of 64 bits, and the query that makes random rows of them."""

RANDOM = {
    "boolean": "r % 2 = 0",
    "tinyint": "((r % 256)::INTEGER - 128)::TINYINT",
    "smallint": "((r % 65536)::INTEGER - 32768)::SMALLINT",
    "integer": "((r % 4294967296)::BIGINT - 2147483648)::INTEGER",
    "bigint": "(r::HUGEINT - 9223372036854775808)::BIGINT",
    "hugeint": "r::HUGEINT * 9223372036854775807 - 85070591730234615856620279821087277056",
    "uhugeint": "r::UHUGEINT * 18446744073709551615",
    "bignum": "r::BIGNUM",
    "utinyint": "(r % 256)::UTINYINT",
    "usmallint": "(r % 65536)::USMALLINT",
    "uinteger": "(r % 4294967296)::UINTEGER",
    "ubigint": "r",
    "float": "(r::DOUBLE / 7e12 - 1e6)::FLOAT",
    "double": "r::DOUBLE / 7 - 1e18",
    "decimal_4": "((r % 1998)::INTEGER - 999)::DECIMAL(4,1)",
    "decimal_9": "((r % 199998)::INTEGER - 99999)::DECIMAL(9,4) + 0.0001",
    "decimal_18": "((r % 1999999999)::BIGINT - 999999999)::DECIMAL(18,6) + 0.000001",
    "decimal_38": "r::DECIMAL(38,10) - 9223372036854775808.0000000001",
    "date": "DATE '1970-01-01' + ((r % 4000000)::INTEGER - 2000000)",
    "time": "TIME '00:00:00' + to_microseconds((r % 86400000000)::BIGINT)",
    "time_ns": "(TIME '00:00:00' + to_microseconds((r % 86400000000)::BIGINT))::VARCHAR::TIME_NS",
    "timetz": "(TIME '00:00:00' + to_microseconds((r % 86400000000)::BIGINT))::TIMETZ",
    "timestamp": "make_timestamp((r::HUGEINT - 9223372036854775808)::BIGINT // 1000)",
    "timestamp_s": "make_timestamp((r % 9000000000000000)::BIGINT)::TIMESTAMP_S",
    "timestamp_ms": "make_timestamp((r % 9000000000000000)::BIGINT)::TIMESTAMP_MS",
    "timestamp_ns": "make_timestamp_ns((r >> 1)::BIGINT)",
    "timestamptz": "make_timestamp((r % 9000000000000000)::BIGINT)::TIMESTAMPTZ",
    "interval": "to_months((r % 1000)::INTEGER - 500) + to_days((r % 77)::INTEGER) + to_microseconds((r % 1000000007)::BIGINT)",
    "uuid": "md5(r::VARCHAR)::UUID",
    "varchar": "repeat(chr((r % 1000 + 32)::INTEGER), (r % 40)::INTEGER)",
    "blob": "unhex(md5(r::VARCHAR))",
    "bit": "(r % 100000)::UINTEGER::BIT",
    "enum": "(['sad', 'ok', 'happy'])[1 + (r % 3)::INTEGER]::ENUM('sad', 'ok', 'happy')",
    "json": "to_json({'r': r, 'list': [r % 3, NULL]})",
    "list": "range((r % 5)::BIGINT)",
    "list_of_texts": "CASE WHEN r % 3 = 0 THEN [] ELSE ['a', NULL, r::VARCHAR] END",
    "list_of_lists": "[[r], [], NULL, [r % 3, NULL]]",
    "struct": "{'a': r, 'b': r::VARCHAR, 'c': CASE WHEN r % 2 = 0 THEN [r] END}",
    "map": "MAP {r::VARCHAR: r % 5, 'x': NULL}",
    "union": "CASE WHEN r % 2 = 0 THEN union_value(num := (r % 100)::INTEGER)::UNION(num INTEGER, str VARCHAR)"
             " ELSE union_value(str := r::VARCHAR)::UNION(num INTEGER, str VARCHAR) END",
    "array": "[r % 7, NULL, r] AS UBIGINT[3]",
    "array_of_arrays": "[[r % 7, r], [NULL, r % 5]] AS UBIGINT[2][2]",
}


def random_rows(name, seed, rows):
    """The query: a value in each row but one of eleven, which is NULL."""
    expression, _, kind = RANDOM[name].partition(" AS ")  # DuckDB has no CASE over arrays
    value = f"(CASE WHEN r % 11 > 0 THEN {expression} END)" + f"::{kind}" * bool(kind)
    return f"SELECT i, {value} AS v FROM " \
        f"(SELECT range AS i, hash(range + {seed}) AS r FROM range({rows})) ORDER BY i"
