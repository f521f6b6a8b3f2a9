CREATE TABLE d_t (a integer PRIMARY KEY, b text NOT NULL DEFAULT 'x', c numeric(10,2), d date)
INSERT INTO d_t VALUES (1, 'one', 1.5, '2024-01-01')
INSERT INTO d_t (a) VALUES (2)
INSERT INTO d_t (a, b) VALUES (3, 'three'), (4, 'four')
INSERT INTO d_t VALUES (1, 'again', NULL, NULL)
INSERT INTO d_t (b) VALUES ('no key')
INSERT INTO d_t VALUES (5, NULL, NULL, NULL)
INSERT INTO d_t VALUES (5, 'x', 'abc', NULL)
INSERT INTO d_t VALUES (5)
INSERT INTO d_t VALUES (6, 'a', 1, '2024-01-01', 7)
INSERT INTO d_t (zzz) VALUES (1)
INSERT INTO d_t VALUES (7, 'seven', 7, NULL) RETURNING a, b
INSERT INTO d_t VALUES (8, 'eight', 8, NULL) RETURNING *
INSERT INTO d_t SELECT n, 'gen', n, NULL FROM generate_series(10, 12) g(n)
INSERT INTO d_t VALUES (1, 'up', NULL, NULL) ON CONFLICT DO NOTHING
INSERT INTO d_t VALUES (1, 'up', NULL, NULL) ON CONFLICT (a) DO UPDATE SET b = excluded.b
INSERT INTO d_t VALUES (1, 'up2', NULL, NULL) ON CONFLICT (a) DO UPDATE SET b = d_t.b || excluded.b RETURNING b
INSERT INTO d_t VALUES (20, DEFAULT, DEFAULT, DEFAULT) RETURNING *
INSERT INTO d_t DEFAULT VALUES
SELECT * FROM d_t ORDER BY a
SELECT a, b FROM d_t WHERE c IS NULL ORDER BY a
UPDATE d_t SET b = 'changed' WHERE a = 2
UPDATE d_t SET c = a * 1.5 WHERE a > 9
UPDATE d_t SET b = NULL WHERE a = 2
UPDATE d_t SET a = 1 WHERE a = 2
UPDATE d_t SET zzz = 1
UPDATE d_t SET b = s.b FROM (VALUES (3, 'from')) s(a, b) WHERE d_t.a = s.a
UPDATE d_t SET (b, c) = ('both', 9.99) WHERE a = 4
UPDATE d_t SET b = upper(b) WHERE a = 4 RETURNING a, b, c
DELETE FROM d_t WHERE a = 20
DELETE FROM d_t WHERE a = 12 RETURNING a
DELETE FROM d_t USING (VALUES (11)) s(a) WHERE d_t.a = s.a
DELETE FROM d_t WHERE zzz = 1
DELETE FROM d_none
SELECT count(*) FROM d_t
SELECT d_t.* FROM d_t WHERE a = 1
SELECT t.a FROM d_t AS t WHERE t.a = 1
SELECT D_T.A FROM D_T WHERE a = 1
SELECT "a" FROM "d_t" WHERE "a" = 1
SELECT "A" FROM d_t
SELECT x.a FROM d_t
ALTER TABLE d_t ADD COLUMN e integer
ALTER TABLE d_t ADD COLUMN f integer DEFAULT 5
ALTER TABLE d_t ADD COLUMN e integer
ALTER TABLE d_t DROP COLUMN e
ALTER TABLE d_t DROP COLUMN nope
ALTER TABLE d_t RENAME COLUMN f TO g
ALTER TABLE d_t ALTER COLUMN g SET DEFAULT 6
ALTER TABLE d_t ALTER COLUMN g DROP DEFAULT
ALTER TABLE d_t ALTER COLUMN g TYPE bigint
ALTER TABLE d_t RENAME TO d_u
SELECT count(*) FROM d_t
ALTER TABLE d_u RENAME TO d_t
ALTER TABLE IF EXISTS d_none ADD COLUMN x integer
CREATE TABLE d_t (a integer)
CREATE TABLE IF NOT EXISTS d_t (a integer)
CREATE TABLE d_s AS SELECT 1 AS a, 'x'::text AS b
CREATE TABLE d_s2 AS SELECT * FROM d_s WHERE false
SELECT * FROM d_s
SELECT * FROM d_s2
CREATE TEMP TABLE d_tmp (a integer)
INSERT INTO d_tmp VALUES (1)
SELECT * FROM d_tmp
DROP TABLE d_tmp
CREATE TABLE d_fk (a integer REFERENCES d_t (a))
INSERT INTO d_fk VALUES (1)
INSERT INTO d_fk VALUES (999)
DELETE FROM d_t WHERE a = 1
CREATE TABLE d_ck (a integer CHECK (a > 0), b integer UNIQUE)
INSERT INTO d_ck VALUES (1, 1)
INSERT INTO d_ck VALUES (-1, 2)
INSERT INTO d_ck VALUES (2, 1)
INSERT INTO d_ck VALUES (3, NULL), (4, NULL)
CREATE TABLE d_types (a int2, b int4, c int8, d float4, e float8, f numeric, g numeric(8,3), h bool, i text, j varchar(10), k char(3), l bytea, m date, n time, o timestamp, p timestamptz, q interval, r uuid, s json)
INSERT INTO d_types (a, b, c) VALUES (1, 2, 3)
INSERT INTO d_types (d, e) VALUES (1.5, 2.5)
INSERT INTO d_types (j) VALUES ('too long for ten')
INSERT INTO d_types (k) VALUES ('ab')
INSERT INTO d_types (a) VALUES (40000)
INSERT INTO d_types (f, g) VALUES (1.23456789, 1.23456)
INSERT INTO d_types (m, n, o) VALUES ('2024-01-01', '10:00', '2024-01-01 10:00')
SELECT a, b, c, d, e, g, h, m, n, o FROM d_types WHERE a = 1 OR m IS NOT NULL
CREATE TABLE d_ser (id serial PRIMARY KEY, x text)
INSERT INTO d_ser (x) VALUES ('a'), ('b') RETURNING id
CREATE TABLE d_idn (id integer GENERATED ALWAYS AS IDENTITY, x text)
INSERT INTO d_idn (x) VALUES ('a') RETURNING id
CREATE TABLE d_gen (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED)
INSERT INTO d_gen (a) VALUES (4) RETURNING b
CREATE VIEW d_v AS SELECT a, b FROM d_t WHERE a < 5
SELECT a FROM d_v ORDER BY a
CREATE VIEW d_v AS SELECT 1
CREATE OR REPLACE VIEW d_v AS SELECT a, b FROM d_t WHERE a < 3
SELECT a FROM d_v ORDER BY a
INSERT INTO d_v VALUES (1, 'x')
DROP VIEW d_v
DROP VIEW d_v
DROP VIEW IF EXISTS d_v
CREATE SEQUENCE d_q
SELECT nextval('d_q')
SELECT nextval('d_q')
SELECT currval('d_q')
SELECT setval('d_q', 100)
SELECT nextval('d_q')
SELECT lastval()
DROP SEQUENCE d_q
CREATE SCHEMA d_sc
CREATE TABLE d_sc.t (a integer)
INSERT INTO d_sc.t VALUES (1)
SELECT a FROM d_sc.t
DROP SCHEMA d_sc
DROP SCHEMA d_sc CASCADE
CREATE SCHEMA IF NOT EXISTS d_sc2
DROP SCHEMA d_sc2
CREATE INDEX d_i ON d_t (b)
CREATE UNIQUE INDEX d_i2 ON d_ck (b)
CREATE INDEX d_i ON d_t (b)
CREATE INDEX IF NOT EXISTS d_i ON d_t (b)
CREATE INDEX ON d_ck (a)
DROP INDEX d_i
DROP INDEX d_i
CREATE TYPE d_mood AS ENUM ('sad', 'ok', 'happy')
SELECT 'ok'::d_mood
SELECT 'nope'::d_mood
SELECT 'sad'::d_mood < 'happy'::d_mood
DROP TYPE d_mood
COMMENT ON TABLE d_ck IS 'a comment'
COMMENT ON COLUMN d_ck.a IS 'a column'
TRUNCATE d_ck
SELECT count(*) FROM d_ck
TRUNCATE TABLE d_none
MERGE INTO d_s USING (VALUES (1, 'merged'), (2, 'new')) s(a, b) ON d_s.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b WHEN NOT MATCHED THEN INSERT VALUES (s.a, s.b)
SELECT * FROM d_s ORDER BY a
GRANT SELECT ON d_ck TO PUBLIC
REVOKE SELECT ON d_ck FROM PUBLIC
ANALYZE d_t
ANALYZE
VACUUM d_t
VACUUM
EXPLAIN SELECT 1
LOCK TABLE d_t
DROP TABLE d_t
DROP TABLE d_fk
DROP TABLE d_t, d_ck
DROP TABLE d_s, d_s2, d_types
DROP TABLE d_ser
DROP TABLE IF EXISTS d_none
DROP TABLE d_none
DROP TABLE d_idn, d_gen
-- serial, identity, several in one DROP, locking clauses
SELECT json_build_object('a', 1)
CREATE TABLE d_serial (id serial, big bigserial, small smallserial, x text)
INSERT INTO d_serial (x) VALUES ('a'), ('b') RETURNING id, big, small
SELECT nextval('d_serial_id_seq')
SELECT pg_get_serial_sequence('d_serial', 'id')
CREATE TABLE IF NOT EXISTS d_serial (id serial)
CREATE TABLE d_serial (id serial)
SELECT nextval('d_serial_id_seq')
INSERT INTO d_serial (id, x) VALUES (NULL, 'c')
DROP TABLE d_serial
SELECT nextval('d_serial_id_seq')
CREATE TABLE d_serial (id serial PRIMARY KEY, x text)
INSERT INTO d_serial (x) VALUES ('a') RETURNING id
CREATE TABLE d_ident (id bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 1) PRIMARY KEY, x text)
INSERT INTO d_ident (x) VALUES ('a'), ('b') RETURNING id
INSERT INTO d_ident (id, x) VALUES (10, 'c') RETURNING id
SELECT x FROM d_ident WHERE id = 1 FOR UPDATE
SELECT x FROM d_ident WHERE id = 1 FOR NO KEY UPDATE OF d_ident SKIP LOCKED
SELECT x FROM d_ident WHERE id = 1 FOR SHARE NOWAIT
DROP TABLE IF EXISTS d_serial, d_ident, d_none
CREATE TABLE d_roll (i integer)
BEGIN
CREATE TABLE d_serial (id serial)
ROLLBACK
SELECT count(*) FROM pg_class WHERE relname = 'd_serial_id_seq'
DROP TABLE d_roll, d_missing
SELECT count(*) FROM pg_class WHERE relname = 'd_roll'
DROP TABLE d_roll
CREATE TABLE d_returning (a int, b text);
INSERT INTO d_returning VALUES (1, 'x'), (2, 'y') RETURNING a + 1, upper(b), a AS n, b;
UPDATE d_returning SET a = a * 2 RETURNING a::bigint, coalesce(b, 'none'), count;
UPDATE d_returning SET a = a * 2 RETURNING a::bigint, coalesce(b, 'none');
DELETE FROM d_returning RETURNING -a, length(b), *;
DROP TABLE d_returning;
