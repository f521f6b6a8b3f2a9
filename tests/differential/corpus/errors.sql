SELEC 1
SELECT 1 +
SELECT (1
SELECT 'unterminated
SELECT "unterminated
SELECT nope
SELECT nope.x
SELECT 1 FROM nope
SELECT 1 FROM nope.nope
SELECT 1 FROM a.b.c
SELECT nope(1)
SELECT abs('x', 'y')
SELECT length(1)
SELECT 1 + 'x'
SELECT 'x' + 1
SELECT true + 1
SELECT 1 = 'x'
SELECT 1 = true
SELECT sum('x')
SELECT avg('x'::text)
SELECT max(max(1))
SELECT 1 WHERE sum(1) > 0
SELECT a, count(*) FROM (VALUES (1)) t(a)
SELECT count(*) FROM (VALUES (1)) t(a) ORDER BY a
SELECT a FROM (VALUES (1)) t(a), (VALUES (2)) u(a)
SELECT * FROM (VALUES (1)) t(a) JOIN (VALUES (2)) t(a) ON true
SELECT 1 UNION SELECT 1, 2
SELECT 1 UNION SELECT 'x'
SELECT CASE WHEN 1 THEN 2 END
SELECT 1 LIMIT -1
SELECT 1 LIMIT 'x'
SELECT 1 OFFSET -1
SELECT 1 ORDER BY 2
SELECT 1 GROUP BY 2
VALUES (1), (1, 2)
SELECT substring('x', 1, -1)
SELECT chr(-1)
SELECT repeat('x', -1)
SELECT 1::nope
SELECT CAST(1 AS nope)
SELECT 'x'::int4
SELECT ''::date
SELECT '2024-99-99'::date
SELECT 'x'::uuid
SELECT 10 / 0
SELECT 1e400::float8
SELECT '1e400'::float8
SELECT 100::int2 * 1000::int2
SELECT (SELECT 1, 2)
SELECT (SELECT 1 UNION ALL SELECT 2)
SELECT 1 IN (SELECT 1, 2)
SELECT ROW(1, 2) = ROW(1, 2, 3)
SELECT $1
SELECT row_number()
SELECT row_number() OVER (ORDER BY nope)
SELECT DISTINCT ON (x) 1
WITH c AS (SELECT 1) SELECT * FROM d
CREATE TABLE (a integer)
CREATE TABLE d_e (a nope)
CREATE TABLE d_e (a integer, a integer)
CREATE TABLE d_e (a integer PRIMARY KEY, b integer PRIMARY KEY)
INSERT INTO nope VALUES (1)
UPDATE nope SET a = 1
DELETE FROM nope
DROP TABLE nope
DROP SCHEMA nope
CREATE VIEW d_e AS SELECT * FROM nope
ALTER TABLE nope ADD COLUMN a integer
COPY nope TO STDOUT
TRUNCATE nope
SELECT nextval('nope')
SELECT 'a' LIKE 'b' ESCAPE 'cc'
SELECT regexp_replace('a', '(', 'b')
SELECT 'a' ~ '('
SELECT sqrt(-1::float8)
SELECT ln(-1)
SELECT log(0)
SELECT '[1'::json
SELECT '{"a"'::json
SELECT make_date(2024, 13, 1)
SELECT to_date('xx', 'YYYY')
SELECT date_trunc('nope', now())
SELECT extract(nope FROM now())
SELECT '1 fortnight'::interval
SELECT now() AT TIME ZONE 'Nowhere'
