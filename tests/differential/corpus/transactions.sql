BEGIN
CREATE TABLE d_x (a integer)
INSERT INTO d_x VALUES (1)
SELECT * FROM d_x
ROLLBACK
SELECT * FROM d_x
BEGIN ISOLATION LEVEL REPEATABLE READ
COMMIT
BEGIN TRANSACTION READ ONLY
CREATE TABLE d_ro (a integer)
ROLLBACK
START TRANSACTION
SELECT 1
COMMIT WORK
END
BEGIN
SELECT 1/0
SELECT 1
ROLLBACK
BEGIN
SELECT * FROM d_missing
COMMIT
BEGIN
SAVEPOINT s1
SELECT * FROM d_missing
ROLLBACK TO SAVEPOINT s1
SELECT 1
RELEASE SAVEPOINT s1
COMMIT
ROLLBACK
COMMIT
SAVEPOINT outside
BEGIN
BEGIN
COMMIT AND CHAIN
SELECT 1
ROLLBACK AND NO CHAIN
ABORT
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
SHOW transaction_isolation
SET application_name = 'd'
SHOW application_name
SET application_name TO DEFAULT
RESET application_name
SET search_path = public
SHOW search_path
RESET search_path
SET datestyle = 'ISO, MDY'
SHOW datestyle
SET client_encoding = 'UTF8'
SHOW client_encoding
SHOW server_version_num
SHOW standard_conforming_strings
SHOW integer_datetimes
SHOW timezone
SET timezone = 'Europe/Berlin'
SELECT '2024-07-01 12:00:00+00'::timestamptz
SET TIME ZONE 'UTC'
SET timezone = 'Mars/Olympus'
SET no_such = 1
SHOW no_such
SET my.custom = 'x'
SHOW my.custom
SET statement_timeout = '5s'
SHOW statement_timeout
SET statement_timeout = 0
SET statement_timeout = 'abc'
SET extra_float_digits = 3
SET bytea_output = 'escape'
SELECT '\x4100'::bytea
SET bytea_output = 'hex'
SET client_min_messages = warning
SET LOCAL application_name = 'outside'
DISCARD ALL
DEALLOCATE ALL
LISTEN d_channel
NOTIFY d_channel
UNLISTEN *
CLOSE ALL
FETCH FROM d_nothing
PREPARE d_p AS SELECT $1::int + 1
EXECUTE d_p(1)
EXECUTE d_p
EXECUTE d_p(1, 2)
EXECUTE d_nothing
DEALLOCATE d_p
DEALLOCATE d_nothing
DO $$ BEGIN NULL; END $$
CHECKPOINT
