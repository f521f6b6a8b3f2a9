SELECT 1::int2, 1::int4, 1::int8
SELECT '12'::int4
SELECT ' 12 '::int4
SELECT '-0'::int4
SELECT '12.5'::int4
SELECT ''::int4
SELECT 'abc'::int4
SELECT '99999999999'::int4
SELECT 40000::int2
SELECT (-32769)::int2
SELECT 2147483648::int4
SELECT 9223372036854775808::int8
SELECT 1.5::int4
SELECT 2.5::int4
SELECT 3.5::int4
SELECT (-2.5)::int4
SELECT 2.5::float8::int4
SELECT 3.5::float8::int4
SELECT 1.7::numeric::int8
SELECT '1e3'::float8
SELECT '1e3'::int4
SELECT 'NaN'::float8
SELECT 'inf'::float8
SELECT '-Infinity'::float4
SELECT 'nan'::numeric
SELECT 1.10::numeric(5,1)
SELECT 1.15::numeric(5,1)
SELECT 1.25::numeric(5,1)
SELECT (-1.25)::numeric(5,1)
SELECT 12345.678::numeric(5,2)
SELECT 123.456::numeric(6,2)
SELECT 0.1::float4
SELECT 0.1::float4::float8
SELECT 1::float8
SELECT 1.0::text
SELECT 1.50::text
SELECT 1e10::text
SELECT 1.5::float8::text
SELECT 1e100::float8::text
SELECT 1::text
SELECT true::text
SELECT false::text
SELECT 't'::bool
SELECT 'f'::bool
SELECT 'yes'::bool
SELECT 'no'::bool
SELECT 'y'::bool
SELECT 'n'::bool
SELECT '1'::bool
SELECT '0'::bool
SELECT 'TRUE'::bool
SELECT 'on'::bool
SELECT 'off'::bool
SELECT 'maybe'::bool
SELECT 1::bool
SELECT 0::bool
SELECT true::int4
SELECT false::int4
SELECT 'abc'::varchar(2)
SELECT 'abc'::char(5)
SELECT 'abc'::varchar
SELECT 'abc'::text
SELECT 'a'::"char"
SELECT 'abc'::name
SELECT '\x41'::bytea
SELECT '\xDEADbeef'::bytea
SELECT 'abc'::bytea
SELECT '\x4'::bytea
SELECT '2024-02-29'::date
SELECT '2023-02-29'::date
SELECT '2024-2-9'::date
SELECT '20240229'::date
SELECT 'January 8, 1999'::date
SELECT '1/8/1999'::date
SELECT '2024-13-01'::date
SELECT '2024-02-29 10:00:00'::date
SELECT 'infinity'::date
SELECT 'epoch'::date
SELECT '0001-01-01 BC'::date
SELECT '12:34'::time
SELECT '12:34:56'::time
SELECT '12:34:56.789'::time
SELECT '24:00:00'::time
SELECT '25:00:00'::time
SELECT '12:34 PM'::time
SELECT '12:34:56+02'::timetz
SELECT '2024-02-29 12:34:56'::timestamp
SELECT '2024-02-29T12:34:56'::timestamp
SELECT '2024-02-29'::timestamp
SELECT '2024-02-29 12:34:56.123456'::timestamp
SELECT '2024-02-29 12:34:56.1234567'::timestamp
SELECT '2024-02-29 12:34:56+02'::timestamp
SELECT '2024-02-29 12:34:56+02'::timestamptz
SELECT '2024-02-29 12:34:56 UTC'::timestamptz
SELECT '2024-02-29 12:34:56Z'::timestamptz
SELECT '2024-02-29 12:34:56 America/New_York'::timestamptz
SELECT 'infinity'::timestamp
SELECT 'epoch'::timestamp
SELECT '1 day'::interval
SELECT '1 day 2 hours'::interval
SELECT '1 year 2 months 3 days'::interval
SELECT '-1 day'::interval
SELECT '1:02:03'::interval
SELECT '1 week'::interval
SELECT 'P1Y2M3DT4H5M6S'::interval
SELECT '1.5 days'::interval
SELECT 'abc'::interval
SELECT '123e4567-e89b-12d3-a456-426614174000'::uuid
SELECT '123E4567E89B12D3A456426614174000'::uuid
SELECT '{123e4567-e89b-12d3-a456-426614174000}'::uuid
SELECT 'nope'::uuid
SELECT '{"a":1}'::json
SELECT '{"a":1'::json
SELECT '[1,2]'::json
SELECT 'null'::json
SELECT '{"a": 1}'::jsonb
SELECT '{"b": 1, "a": 2}'::jsonb
SELECT '{1,2,3}'::int4[]
SELECT '{}'::int4[]
SELECT '{NULL,1}'::int4[]
SELECT '{a,b}'::text[]
SELECT '{"a b","c,d"}'::text[]
SELECT '{1,x}'::int4[]
SELECT ARRAY[1,2]::text[]
SELECT ARRAY['1','2']::int4[]
SELECT ARRAY[1,2]::text
SELECT CAST(1 AS text)
SELECT CAST('5' AS integer)
SELECT integer '5'
SELECT date '2024-01-01'
SELECT timestamp '2024-01-01 00:00:00'
SELECT interval '1 day'
SELECT interval '1' day
SELECT interval '2' hour
SELECT bool 't'
SELECT numeric '1.50'
SELECT NULL::int4
SELECT NULL::text
SELECT NULL::date
SELECT NULL
SELECT 'x'
SELECT 1
SELECT 1.5
SELECT 1e5
SELECT true
SELECT -1
SELECT +1
SELECT 3000000000
SELECT 30000000000000000000
SELECT 0x1F
SELECT 1_000
SELECT 'a' 'b'
SELECT E'a\nb'
SELECT E'\x41\101\u0041'
SELECT 'it''s'
SELECT $$dollar$$
SELECT $tag$do$$llar$tag$
SELECT U&'\0041'
SELECT B'101'
SELECT X'1F'
SELECT 'a'::text::varchar::text
SELECT '2024-01-01'::date::text
SELECT '2024-01-01'::date::timestamp
SELECT '2024-01-01 10:11:12'::timestamp::date
SELECT '2024-01-01 10:11:12'::timestamp::time
SELECT '2024-01-01 10:11:12'::timestamp::timestamptz
SELECT '2024-01-01 10:11:12+00'::timestamptz::timestamp
SELECT '2024-01-01 10:11:12+00'::timestamptz::date
SELECT '12:00:00'::time::interval
SELECT 5::int4::bool::text
SELECT 65::"char"
SELECT 1::oid
SELECT 'pg_class'::regclass::text
SELECT 'int4'::regtype::text
SELECT 23::regtype::text
SELECT 'integer'::regtype::oid
