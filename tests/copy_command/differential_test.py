"""COPY beside PostgreSQL 15: the same bytes come out, the same input gives the same rows or the same error."""

import itertools

import psycopg
import pytest

import wire

TYPES = {
    "boolean": ["true", "false"],
    "smallint": ["0", "-32768", "32767"],
    "integer": ["0", "-2147483648", "2147483647"],
    "bigint": ["0", "-9223372036854775808", "9223372036854775807"],
    "real": ["0", "1.5", "-1e30", "0.1", "'NaN'", "'Infinity'"],
    "double precision": ["0", "1.5", "-1e300", "0.1", "'-Infinity'", "1e-10"],
    "numeric(10,2)": ["0", "1.5", "-12345678.91"],
    "numeric(38,10)": ["0", "1.5", "-1234567890123456789.0123456789"],
    "text": ["''", "'plain'", "E'tab\\tnew\\nline\\rback\\\\slash'", "'a,b'", "'say \"x\"'", "'\\N'", "'\\.'", "' blanks '", "'é€𝄞'",
             "E'\\x01\\x0b\\x7f'", "repeat('x,y', 30)"],
    "varchar": ["'NULL'", "'t'"],
    "date": ["'2020-02-29'", "'0001-01-01'", "'9999-12-31'", "'infinity'"],
    "time": ["'00:00:00'", "'23:59:59.999999'"],
    "timestamp": ["'2020-02-29 12:34:56.789'", "'1969-12-31 23:59:59'", "'-infinity'"],
    "timestamptz": ["'2020-02-29 12:34:56.789+02'", "'1969-12-31 23:59:59Z'"],
    "interval": ["'1 year 2 months 3 days 04:05:06.7'", "'-1 day'"],
    "uuid": ["'00112233-4455-6677-8899-aabbccddeeff'"],
    "bytea": ["'\\x00ff5c'::bytea", "''::bytea"],
    "integer[]": ["'{1,NULL,-3}'", "'{}'"],
    "text[]": ["'{a,\"b,c\",NULL,\"NULL\",\"\"}'"],
}
OPTIONS = ["", "(FORMAT csv)", "(FORMAT binary)", "(FORMAT csv, HEADER, FORCE_QUOTE *)", "(HEADER, DELIMITER '|', NULL 'nil')",
           "(FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'NULL')", "(FORMAT csv, NULL 't')", "(DELIMITER '-')",
           "(FORMAT csv, DELIMITER '.')", "CSV HEADER QUOTE AS '\"' FORCE QUOTE b", "WITH BINARY", "WITH DELIMITER AS ',' NULL AS ''",
           "(FORMAT csv, QUOTE '0')", "(FORMAT csv, ESCAPE 'a')"]


@pytest.fixture
def both(server, postgres):
    with server.psycopg() as ours, postgres.psycopg() as theirs:
        for each in (ours, theirs):
            each.execute("DROP TABLE IF EXISTS t")
        yield ours, theirs


def copy_out(connection, sql):
    with connection.cursor().copy(sql) as copy:
        return list(copy)


def copy_in(connection, sql, *chunks):
    """The row count and the rows of t, or the error as a client sees it."""
    cursor = connection.cursor()
    try:
        with cursor.copy(sql) as copy:
            for chunk in chunks:
                copy.write(chunk)
    except psycopg.Error as error:
        diag = error.diag
        return diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint, diag.context
    return cursor.rowcount, connection.execute("SELECT * FROM t ORDER BY 1, 2").fetchall()


def make(connection, columns, values=()):
    connection.execute(f"CREATE TABLE t ({columns})")
    for row in values:
        connection.execute(f"INSERT INTO t VALUES ({row})")


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", TYPES)
def test_copy_to_sends_the_bytes_and_messages_of_postgresql(both, kind, options):
    values = [f"{number}, {value}" for number, value in enumerate([*TYPES[kind], "NULL"])]
    sent = []
    for connection in both:
        # Each value as its own type says it, not as a literal in the other dialect.
        connection.execute(f"CREATE TABLE t (a integer, b {kind})")
        for row in values:
            connection.execute(f"INSERT INTO t VALUES ({row})" if "bytea" not in row or connection is both[1]
                               else f"INSERT INTO t VALUES ({row.replace('::bytea', '')})")
        sent.append(copy_out(connection, f"COPY t TO STDOUT {options}"))
        sent[-1].append(copy_out(connection, f"COPY (SELECT b FROM t ORDER BY a) TO STDOUT {options}")) if "FORCE QUOTE" in options \
            or "binary" not in options.lower() else None
    assert sent[0] == sent[1]


@pytest.mark.parametrize("options", ["", "(FORMAT csv)", "(FORMAT binary)"])
@pytest.mark.parametrize("kind", TYPES)
def test_what_postgresql_copies_out_is_copied_in_and_out_again(both, kind, options):
    ours, theirs = both
    make(theirs, f"a integer, b {kind}", [f"{n}, {value}" for n, value in enumerate([*TYPES[kind], "NULL"])])
    make(ours, f"a integer, b {kind}")
    sent = copy_out(theirs, f"COPY t TO STDOUT {options}")
    with ours.cursor().copy(f"COPY t FROM STDIN {options}") as copy:
        for message in sent:
            copy.write(message)
    assert copy_out(ours, f"COPY t TO STDOUT {options}") == sent


INPUTS = {
    "plain": b"1\ta\n2\tb\n",
    "no newline at the end": b"1\ta\n2\tb",
    "crlf": b"1\ta\r\n2\tb\r\n",
    "cr": b"1\ta\r2\tb\r",
    "end marker": b"1\ta\n\\.\n2\tb\n",
    "end marker after crlf": b"1\ta\r\n\\.\r\nrest",
    "end marker of another style": b"1\ta\r\n\\.\nrest",
    "end marker after a value": b"1\ta\\.\n",
    "corrupt end marker": b"1\ta\n\\.x\n",
    "end marker without newline": b"1\ta\n\\.",
    "newline then cr": b"1\ta\n2\tb\r\n",
    "cr then newline": b"1\ta\r2\tb\n",
    "crlf then newline": b"1\ta\r\n2\tb\n",
    "nulls": b"\\N\t\\N\n",
    "escapes": b"1\t\\b\\f\\n\\r\\t\\v\\\\\\q\\101\\x41\\x4a\\x4\n",
    "escaped newline": b"1\ta\\\nb\n",
    "escaped delimiter": b"1\ta\\\tb\n",
    "escaped null": b"1\t\\\\N\n",
    "backslash at the end": b"1\ta\\",
    "octal that is not UTF-8": b"1\t\\377\n",
    "escaped NUL": b"1\t\\000\n",
    "missing column": b"1\ta\n2\n",
    "empty line": b"1\ta\n\n",
    "extra column": b"1\ta\n2\tb\tc\n",
    "extra column and a bad value": b"x\tb\tc\n",
    "bad integer": b"1\ta\n2x\tb\n",
    "empty integer": b"\ta\n",
    "integer out of range": b"99999999999\ta\n",
    "integer with blanks": b" 7 \ta\n",
    "invalid UTF-8": b"1\ta\n2\t\xff\n",
    "cut UTF-8": b"1\t\xe2\x82\n",
    "NUL": b"1\ta\0b\n",
    "a long bad line": b"1\ta\n" + b"y" * 300 + b"\n",
    "a long bad line of wide characters": "é".encode() * 90 + b"\n",
    "nothing": b"",
    "only an end marker": b"\\.\n",
}
CSV_INPUTS = {
    "plain": b"1,a\n2,b\n",
    "quoted": b'1,"a,b"\n2,"say ""x"""\n',
    "quoted newlines": b'1,"a\nb"\n2,"c\r\nd"\nx,y\n',
    "quoted newlines after crlf": b'1,"a\nb"\r\n2,"c\r\nd"\r\nx,y\r\n',
    "empty and quoted empty": b'1,\n2,""\n',
    "quotes in the middle": b'1,a"b,c"d"e"\n',
    "unterminated": b'1,a\n2,"b\n3,c\n',
    "end marker": b"1,a\n\\.\n2,b\n",
    "end marker with more behind": b"1,a\n\\.x,b\n",
    "backslash dot as a value": b"1,\\.\n",
    "unquoted cr": b"1,a\n2,b\r3,c\n",
    "unquoted newline": b"1,a\r\n2,b\n",
    "missing column": b"1,a\n2\n",
    "extra column": b"1,a\n2,b,c\n",
    "bad integer": b'"x",a\n',
    "blank lines": b"1,a\n\n2,b\n",
    "no newline at the end": b'1,"a"',
    "invalid UTF-8": b"1,a\n2,\xff\n",
    "nothing": b"",
}
HEADERS = {
    "right": b"a,b\n1,x\n",
    "wrong name": b"a,c\n1,x\n",
    "too few": b"a\n1,x\n",
    "too many": b"a,b,c\n1,x\n",
    "null": b"a,\n1,x\n",
    "nothing": b"",
}


def compare_in(both, sql, data, columns="a integer, b text"):
    answers = []
    for connection in both:
        make(connection, columns)
        answers.append(copy_in(connection, sql, data) if data else copy_in(connection, sql))
    assert answers[0] == answers[1]
    for size in (1, 3):  # however the bytes are cut
        ours = both[0]
        ours.execute("DELETE FROM t")
        assert copy_in(ours, sql, *[data[i:i + size] for i in range(0, len(data), size)]) == answers[1]


@pytest.mark.parametrize("name", INPUTS)
def test_text_gives_the_rows_or_the_error_of_postgresql(both, name):
    compare_in(both, "COPY t FROM STDIN", INPUTS[name])


@pytest.mark.parametrize("options", ["", ", ESCAPE '\\'", ", FORCE_NULL (b)", ", FORCE_NOT_NULL (b)", ", NULL 'a'"])
@pytest.mark.parametrize("name", CSV_INPUTS)
def test_csv_gives_the_rows_or_the_error_of_postgresql(both, name, options):
    compare_in(both, f"COPY t FROM STDIN (FORMAT csv{options})", CSV_INPUTS[name])


@pytest.mark.parametrize("header", ["HEADER", "HEADER MATCH"])
@pytest.mark.parametrize("name", HEADERS)
def test_header_lines_are_skipped_or_checked(both, name, header):
    compare_in(both, f"COPY t FROM STDIN (FORMAT csv, {header})", HEADERS[name])
    for connection in both:
        connection.execute("DROP TABLE t")
    compare_in(both, f"COPY t FROM STDIN ({header})", HEADERS[name].replace(b",", b"\t"))


SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEAD = SIGNATURE + bytes(8)
ROW = b"\0\2\0\0\0\4\0\0\0\7\0\0\0\1x"
END = b"\xff\xff"
BINARY_INPUTS = {
    "a row": HEAD + ROW + END,
    "no trailer": HEAD + ROW,
    "an extension": SIGNATURE + bytes(4) + b"\0\0\0\3abc" + ROW + END,
    "nothing": b"",
    "a wrong signature": b"PGCOPX" + HEAD[6:] + END,
    "a short signature": b"PGCOPY",
    "no flags": SIGNATURE,
    "no length": SIGNATURE + bytes(4),
    "a short extension": SIGNATURE + bytes(4) + b"\0\0\0\3ab",
    "oids": SIGNATURE + b"\0\1\0\0" + bytes(4) + END,
    "a critical flag": SIGNATURE + b"\0\2\0\0" + bytes(4) + END,
    "a negative length": SIGNATURE + bytes(4) + b"\xff\xff\xff\xff" + END,
    "too few fields": HEAD + b"\0\1\0\0\0\4\0\0\0\7" + END,
    "too many fields": HEAD + ROW + b"\0\3" + END,
    "a negative size": HEAD + b"\0\2\xff\xff\xff\xfe" + END,
    "a cut size": HEAD + b"\0\2\0\0",
    "a cut value": HEAD + b"\0\2\0\0\0\4\0\0",
    "a short integer": HEAD + b"\0\2\0\0\0\2\0\7\0\0\0\1x" + END,
    "a long integer": HEAD + b"\0\2\0\0\0\x08" + bytes(8) + b"\0\0\0\1x" + END,
    "invalid UTF-8": HEAD + b"\0\2\0\0\0\4\0\0\0\7\0\0\0\1\xff" + END,
    "data after the trailer": HEAD + ROW + END + ROW,
    "nulls": HEAD + b"\0\2\xff\xff\xff\xff\xff\xff\xff\xff" + END,
}


@pytest.mark.parametrize("name", BINARY_INPUTS)
def test_binary_gives_the_rows_or_the_error_of_postgresql(both, name):
    compare_in(both, "COPY t FROM STDIN (FORMAT binary)", BINARY_INPUTS[name])


BAD_VALUES = [("boolean", "maybe"), ("smallint", "40000"), ("bigint", "1.5"), ("real", "1e50"), ("double precision", "x"),
              ("numeric(5,2)", "1000"), ("numeric(5,2)", "abc"), ("numeric(2,2)", "1"), ("date", "2020-02-30"), ("date", "hello"),
              ("timestamp", "2020-01-01 25:00:00"), ("timestamp", "now-ish"), ("time", "10:61"), ("uuid", "123"),
              ("bytea", "\\\\x0"), ("bytea", "\\\\xzz"), ("integer[]", "{1,x}"), ("integer[]", "{1"), ("timestamptz", "x")]


@pytest.mark.parametrize("kind,value", BAD_VALUES)
def test_a_bad_value_is_the_error_of_postgresql_with_its_place(both, kind, value):
    answers = []
    for connection in both:
        make(connection, f"a integer, b {kind}")
        code, message, detail, _, context = copy_in(connection, "COPY t FROM STDIN", f"1\t\\N\n2\t{value}\n".encode())
        answers.append((code, message, context) if "array" in message else (code, message, detail, context))
    assert answers[0] == answers[1]


GOOD_VALUES = [("boolean", ["yes", "OFF", " tr ", "0"]), ("integer", ["+5", " 6", "-0"]),
               ("double precision", ["1e3", "+.5", "inf", "-infinity", "nAn", " 2 "]),
               ("numeric(10,3)", ["1.0005", "-1.0004999", "1e3", ".5", "5.", "+1", "0.12345e2", "  7 "]),
               ("date", ["2020-1-2", "20200-01-01", "0044-03-15 BC", "2020-01-01 10:00:00"]),
               ("time", ["1:02", "24:00:00", "10:11:12.1234567"]),
               ("timestamp", ["2020-01-02", "2020-01-02T03:04:05.6789", "2020-01-02 03:04:05+07", "2020-01-02 23:59:59.9999999", "infinity"]),
               ("timestamptz", ["2020-01-02", "2020-01-02 03:04:05Z", "2020-01-02 03:04+0530", "2020-01-02 03:04:05.1-03:30", "0001-01-01 00:00 BC"]),
               ("uuid", ["{00112233-4455-6677-8899-AABBCCDDEEFF}", "00112233445566778899aabbccddeeff"]),
               ("bytea", ["\\\\x 00 ff", "abc\\\\\\\\\\\\001"]), ("integer[]", [" { 1 , null } ", "{}"])]


@pytest.mark.parametrize("kind,values", GOOD_VALUES)
def test_spellings_that_postgresql_takes_are_taken(both, kind, values):
    data = "".join(f"{n}\t{value}\n" for n, value in enumerate(values)).encode()
    outs = []
    for connection in both:
        make(connection, f"a integer, b {kind}")
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(data)
        outs.append(copy_out(connection, "COPY t TO STDOUT"))
    assert outs[0] == outs[1]


def test_timestamps_without_an_offset_are_of_the_session_time_zone(both):
    outs = []
    for connection in both:
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        make(connection, "a integer, b timestamptz")
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write("1\t2020-07-01 12:00:00\n2\t2020-01-01 12:00:00\n3\t2020-10-25 00:59:59\n4\t1900-01-01 00:00:00\n")
        outs.append(copy_out(connection, "COPY t TO STDOUT (FORMAT csv)"))
    assert outs[0] == outs[1]


STATEMENTS = [
    "COPY t TO STDOUT (FORMAT xml)", "COPY t TO STDOUT (FORMAT csv, FORMAT csv)", "COPY t TO STDOUT (DELIMITER 'ab')",
    "COPY t TO STDOUT (DELIMITER '')", "COPY t TO STDOUT (DELIMITER 'a')", "COPY t TO STDOUT (DELIMITER E'\\n')",
    "COPY t TO STDOUT (NULL E'\\n')", "COPY t TO STDOUT (FORMAT binary, DELIMITER ',')", "COPY t TO STDOUT (FORMAT binary, NULL 'x')",
    "COPY t TO STDOUT (FORMAT binary, HEADER)", "COPY t TO STDOUT (QUOTE 'x')", "COPY t TO STDOUT (ESCAPE 'x')",
    "COPY t TO STDOUT (FORMAT csv, QUOTE 'xx')", "COPY t TO STDOUT (FORMAT csv, ESCAPE 'xx')", "COPY t TO STDOUT (FORMAT csv, QUOTE ',')",
    "COPY t TO STDOUT (FORCE_QUOTE (b))", "COPY t FROM STDIN (FORMAT csv, FORCE_QUOTE (b))", "COPY t TO STDOUT (FORCE_NOT_NULL (b))",
    "COPY t TO STDOUT (FORMAT csv, FORCE_NOT_NULL (b))", "COPY t TO STDOUT (FORCE_NULL (b))", "COPY t TO STDOUT (FORMAT csv, FORCE_NULL (b))",
    "COPY t TO STDOUT (NULL E'a\\tb')", "COPY t TO STDOUT (FORMAT csv, NULL '\"')", "COPY t TO STDOUT (HEADER maybe)",
    "COPY t TO STDOUT (HEADER match)", "COPY t TO STDOUT (HEADER 2)", "COPY t TO STDOUT (FREEZE 3)", "COPY t TO STDOUT (nonsense)",
    "COPY t TO STDOUT (FORMAT csv, FORCE_QUOTE b)", "COPY t TO STDOUT (ENCODING 'nope')", "COPY t TO STDOUT (DELIMITER)",
    "COPY t TO STDOUT WHERE a > 1", "COPY t TO STDOUT CSV CSV", "COPY t TO STDOUT DELIMITER ',' DELIMITER ';'", "COPY t TO STDOUT CSV QUOTE",
    "COPY t (c) TO STDOUT", "COPY t (a, a) TO STDOUT", "COPY t (a) TO STDOUT (FORMAT csv, FORCE_QUOTE (b))",
    "COPY t TO STDOUT (FORMAT csv, FORCE_QUOTE (z))", "COPY t (a) FROM STDIN (FORMAT csv, FORCE_NULL (b))",
    "COPY t (a) FROM STDIN (FORMAT csv, FORCE_NOT_NULL (b))", "COPY (SELECT 1 AS x) TO STDOUT (FORMAT csv, FORCE_QUOTE (y))",
    "COPY (INSERT INTO t VALUES (1, 'x')) TO STDOUT", "COPY (SELECT 1) FROM STDIN", "COPY t TO STDOUT (", "COPY t TO STDOUT ()",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_wrong_statement_is_the_error_of_postgresql(server, postgres, sql):
    answers = []
    for each in (server, postgres):
        with wire.connect(each) as client:
            client.ask(wire.query("DROP TABLE IF EXISTS t"))
            client.ask(wire.query("CREATE TABLE t (a integer, b text)"))
            fields = wire.only(client.ask(wire.query(sql)), "E").fields
            answers.append({name: fields.get(name) for name in "CMP"})
    assert answers[0] == answers[1]


GOOD_STATEMENTS = ["COPY t TO STDIN", "COPY BINARY t TO STDOUT", "COPY t (b) TO STDOUT USING DELIMITERS ';'", "COPY t TO STDOUT (FORMAT 'csv', HEADER 1)",
                   "COPY t TO STDOUT (HEADER off)", "COPY t TO STDOUT (HEADER TRUE)", "COPY (VALUES (1), (2)) TO STDOUT", "COPY t (b, a) TO STDOUT CSV HEADER",
                   "copy T to stdout with (format csv, header, encoding 'utf-8')", "COPY (SELECT * FROM t WHERE b = ')') TO STDOUT",
                   "COPY (DELETE FROM t RETURNING a) TO STDOUT", "COPY (SELECT a FROM t WHERE false) TO STDOUT (FORMAT binary)",
                   "COPY t TO STDOUT; SELECT 1"]


def unmasked(messages):
    return [(each.kind, each.sqlstate if each.kind == "E" else b"" if each.kind in "SKT" else each.body) for each in messages]


@pytest.mark.parametrize("protocol", ["simple", "extended"])
@pytest.mark.parametrize("sql", GOOD_STATEMENTS)
def test_the_exchange_of_copy_to_is_that_of_postgresql(server, postgres, sql, protocol):
    answers = []
    for each in (server, postgres):
        with wire.connect(each) as client:
            client.ask(wire.query("DROP TABLE IF EXISTS t"))
            client.ask(wire.query("CREATE TABLE t (a integer, b text)"))
            client.ask(wire.query("INSERT INTO t VALUES (1, ')'), (2, NULL)"))
            ask = [wire.query(sql)] if protocol == "simple" else [wire.parse(sql), wire.bind(), wire.describe("P"), wire.execute(), wire.SYNC]
            answers.append(unmasked(client.ask(*ask)))
    assert answers[0] == answers[1]


def data(text):
    return wire.message("d", text.encode())


DONE = wire.message("c")
EXCHANGES = {
    "rows": [data("1\ta\n2\tb\n"), DONE],
    "nothing": [DONE],
    "client fails": [data("1\ta\n"), wire.message("f", b"changed my mind\0")],
    "flush and sync in between": [data("1\ta\n"), wire.FLUSH, wire.SYNC, data("2\tb\n"), DONE],
    "a bad row": [data("1\ta\nx\n"), DONE],
    "an empty message": [data(""), DONE],
}


@pytest.mark.parametrize("protocol", ["simple", "extended"])
@pytest.mark.parametrize("name", EXCHANGES)
def test_the_exchange_of_copy_from_is_that_of_postgresql(server, postgres, name, protocol):
    answers = []
    for each in (server, postgres):
        with wire.connect(each) as client:
            client.ask(wire.query("DROP TABLE IF EXISTS t"))
            client.ask(wire.query("CREATE TABLE t (a integer, b text)"))
            if protocol == "simple":
                client.send(wire.query("COPY t FROM STDIN"))
                end = []
            else:
                client.send(wire.parse("COPY t FROM STDIN"), wire.bind(), wire.describe("P"), wire.execute(), wire.FLUSH)
                end = [wire.SYNC]
            seen = client.until("G")
            seen += client.ask(*EXCHANGES[name], *end)
            seen += client.ask(wire.query("SELECT a, b FROM t ORDER BY a"))
            answers.append(unmasked(seen))
    assert answers[0] == answers[1]


def test_columns_that_are_not_copied_get_their_defaults_and_where_filters(both):
    answers = []
    for connection in both:
        make(connection, "a integer, b text DEFAULT 'd', c integer DEFAULT 7")
        answers.append(copy_in(connection, "COPY t (c, a) FROM STDIN (FORMAT csv) WHERE a > 1 AND (c < 5 OR c IS NULL)",
                               b"1,1\n2,2\n9,3\n,4\n"))
    assert answers[0] == answers[1]


def test_random_rows_go_in_and_come_out_as_in_postgresql(both, rng):
    alphabet = list("abc019 ,;\"'\\\t\n\r.N|-{}é€") + ["\\N", "\\.", '""', "\r\n"]
    for connection in both:
        make(connection, "a integer, b text, c text")
    for _ in range(30):
        rows = [(number, *["".join(rng.choices(alphabet, k=rng.randrange(12))) if rng.random() < 0.9 else None for _ in range(2)])
                for number in range(rng.randrange(1, 50))]
        for connection in both:
            connection.execute("DELETE FROM t")
            with connection.cursor().copy("COPY t FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            assert connection.execute("SELECT * FROM t ORDER BY a").fetchall() == rows
        for options in OPTIONS:
            ours, theirs = (b"".join(copy_out(connection, f"COPY (SELECT * FROM t ORDER BY a) TO STDOUT {options}")) for connection in both)
            assert ours == theirs
            reading = options.replace("FORCE QUOTE b", "").replace(", FORCE_QUOTE *", "")
            answers = [copy_in_again(connection, f"COPY t FROM STDIN {reading}", theirs, rng.choice([1, 7, 100, 1 << 20])) for connection in both]
            assert answers[0] == answers[1]


def copy_in_again(connection, sql, data, size):
    connection.execute("DELETE FROM t")
    return copy_in(connection, sql, *[data[i:i + size] for i in range(0, len(data), size)])


def test_random_bytes_are_refused_or_read_as_by_postgresql(both, rng):
    alphabet = [b"1", b"a", b",", b"\t", b"\n", b"\r", b'"', b"\\", b".", b"N", b"\\N", b"\\.", b"\r\n", b"\xc3\xa9"]
    for connection in both:
        make(connection, "a text, b text")
    for number, options in itertools.product(range(150), ["", "(FORMAT csv)", "(FORMAT csv, ESCAPE '\\')", "(FORMAT csv, HEADER MATCH)"]):
        data = b"".join(rng.choices(alphabet, k=rng.randrange(30)))
        answers = []
        for connection in both:
            connection.execute("DELETE FROM t")
            answers.append(copy_in(connection, f"COPY t FROM STDIN {options}", *([data] if data else [])))
        assert answers[0] == answers[1], data
