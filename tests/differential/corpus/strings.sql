SELECT 'a' || 'b'
SELECT 'a' || 1
SELECT 'a' || NULL
SELECT length('hello')
SELECT length('grüße')
SELECT char_length('hello')
SELECT character_length('hello')
SELECT octet_length('grüße')
SELECT bit_length('hello')
SELECT upper('hello')
SELECT lower('HELLO')
SELECT initcap('hello world')
SELECT trim('  x  ')
SELECT trim(both 'x' from 'xxaxx')
SELECT trim(leading 'x' from 'xxaxx')
SELECT trim(trailing 'x' from 'xxaxx')
SELECT ltrim('  x')
SELECT rtrim('x  ')
SELECT btrim('xxaxx', 'x')
SELECT ltrim('xxa', 'x')
SELECT substr('hello', 2, 3)
SELECT substring('hello', 2, 3)
SELECT substring('hello' from 2 for 3)
SELECT substring('hello' from 2)
SELECT substring('hello' for 2)
SELECT substring('foobar' from 'o.b')
SELECT substring('hello', 0, 3)
SELECT substring('hello', -1, 3)
SELECT left('hello', 2)
SELECT left('hello', -2)
SELECT right('hello', 2)
SELECT right('hello', -2)
SELECT position('l' in 'hello')
SELECT strpos('hello', 'l')
SELECT replace('hello', 'l', 'x')
SELECT translate('hello', 'el', 'ip')
SELECT reverse('hello')
SELECT repeat('ab', 3)
SELECT repeat('ab', 0)
SELECT lpad('x', 5, 'ab')
SELECT rpad('x', 5, 'ab')
SELECT lpad('hello', 3)
SELECT lpad('x', 3)
SELECT split_part('a,b,c', ',', 2)
SELECT split_part('a,b,c', ',', 5)
SELECT split_part('a,b,c', ',', -1)
SELECT concat('a', 1, NULL, 'b')
SELECT concat_ws(',', 'a', NULL, 'b')
SELECT format('%s-%s', 'a', 'b')
SELECT format('%I', 'a b')
SELECT format('%L', 'it''s')
SELECT quote_ident('a b')
SELECT quote_literal('it''s')
SELECT quote_nullable(NULL)
SELECT ascii('A')
SELECT chr(65)
SELECT md5('hello')
SELECT encode('abc'::bytea, 'hex')
SELECT encode('abc'::bytea, 'base64')
SELECT decode('616263', 'hex')
SELECT decode('YWJj', 'base64')
SELECT sha256('abc'::bytea)
SELECT 'abc' LIKE 'a%'
SELECT 'abc' LIKE 'A%'
SELECT 'abc' ILIKE 'A%'
SELECT 'abc' NOT LIKE 'b%'
SELECT 'a%c' LIKE 'a\%c'
SELECT 'a_c' LIKE 'a\_c'
SELECT 'abc' LIKE 'a!%c' ESCAPE '!'
SELECT 'abc' SIMILAR TO '(a|b)%'
SELECT 'abc' ~ '^a'
SELECT 'abc' ~ 'b'
SELECT 'abc' ~* 'B'
SELECT 'abc' !~ 'x'
SELECT 'abc' !~* 'B'
SELECT regexp_replace('foobar', 'o', 'x')
SELECT regexp_replace('foobar', 'o', 'x', 'g')
SELECT regexp_replace('Foo', 'f', 'x', 'i')
SELECT regexp_match('foobar', 'o(.)')
SELECT regexp_matches('foobar', '(o)(.)')
SELECT regexp_split_to_array('a,b,c', ',')
SELECT regexp_split_to_table('a,b,c', ',')
SELECT regexp_count('aaa', 'a')
SELECT regexp_like('abc', 'b')
SELECT starts_with('hello', 'he')
SELECT 'hello' ^@ 'he'
SELECT overlay('hello' placing 'XX' from 2 for 3)
SELECT string_to_array('a,b,c', ',')
SELECT string_to_array('a,b,,c', ',', '')
SELECT array_to_string(ARRAY['a','b',NULL], ',')
SELECT array_to_string(ARRAY['a','b',NULL], ',', '*')
SELECT string_agg(x, ',') FROM (VALUES ('a'), ('b')) t(x)
SELECT string_agg(x, ',' ORDER BY x DESC) FROM (VALUES ('a'), ('b')) t(x)
SELECT 'a' < 'b'
SELECT 'a' = 'A'
SELECT 'abc' < 'abd'
SELECT 'Z' < 'a'
SELECT '' = ' '
SELECT ''
SELECT length('')
SELECT '' IS NULL
SELECT to_char(1234.5, '9999.99')
SELECT to_char(1234.5, 'FM9999.99')
SELECT to_char(1234567, '9,999,999')
SELECT to_char(-5, '999')
SELECT to_char(5, '000')
SELECT to_number('1,234.5', '9,999.9')
SELECT unistr('\0041')
SELECT convert_from('abc'::bytea, 'UTF8')
SELECT convert_to('abc', 'UTF8')
SELECT get_byte('abc'::bytea, 1)
SELECT 'abc'::bytea || 'def'::bytea
SELECT length('abc'::bytea)
SELECT octet_length('abc'::bytea)
SELECT substring('abcdef'::bytea from 2 for 2)
SELECT 'a' COLLATE "C" < 'b'
SELECT lower('ÄÖÜ')
SELECT upper('straße')
SELECT normalize('é', NFC) = 'é'
SELECT string_to_table('a,b', ',')
SELECT unnest(string_to_array('a,b', ','))
SELECT num_nulls(1, NULL)
SELECT num_nonnulls(1, NULL)
SELECT parse_ident('a.b')
SELECT pg_typeof('x'::text)
SELECT pg_typeof(1)
SELECT pg_typeof(1.5)
