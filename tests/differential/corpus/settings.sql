-- Settings: SHOW, SET, set_config, current_setting, search_path.
SHOW search_path
SET search_path = public
SHOW search_path
SET search_path TO "$user", public
SHOW search_path
SET search_path = nosuch, public
SHOW search_path
SELECT current_schema()
CREATE SCHEMA d_set
CREATE TABLE d_set.d_only (i integer)
SELECT count(*) FROM d_only
SET search_path TO d_set
SELECT count(*) FROM d_only
SELECT current_schema()
SELECT current_schemas(false)
BEGIN
SET LOCAL search_path = public
SELECT current_schema()
ROLLBACK
SELECT current_schema()
RESET search_path
SELECT current_schema()
DROP TABLE d_set.d_only
DROP SCHEMA d_set
SET d.custom = 'x'
SHOW d.custom
SELECT current_setting('d.custom')
BEGIN
SET d.custom = 'y'
SHOW d.custom
ROLLBACK
SHOW d.custom
SET d.number = 42
SHOW d.number
RESET d.custom
SHOW d.custom
SHOW d.never
SELECT current_setting('d.never')
SELECT current_setting('d.never', true)
SELECT current_setting('no_such_setting')
SELECT set_config('application_name', 'd_app', false)
SHOW application_name
SELECT current_setting('application_name')
SELECT set_config('d.custom', 'z', false)
SHOW d.custom
SELECT pg_catalog.set_config('search_path', '', false)
SHOW search_path
SELECT set_config('search_path', 'public', false)
SELECT current_setting('application_name') AS a, set_config('application_name', 'e', false) AS b
SHOW application_name
BEGIN
SELECT set_config('application_name', 'local', true)
SHOW application_name
COMMIT
SHOW application_name
SET no_such_setting = 1
SHOW no_such_setting
SELECT setting FROM pg_settings WHERE name = 'application_name'
SELECT setting FROM pg_settings WHERE name = 'TimeZone'
SELECT datname IS NOT NULL, state, backend_type, pid = pg_backend_pid() FROM pg_stat_activity WHERE pid = pg_backend_pid()
SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()
SET work_mem = '8MB'
SHOW work_mem
SET check_function_bodies = false
SHOW check_function_bodies
SET row_security = off
SET xmloption = content
SET default_tablespace = ''
SET default_table_access_method = heap
SET lock_timeout = 0
SHOW lock_timeout
SHOW DateStyle
SHOW TIME ZONE
SHOW TimeZone
SHOW server_version_num
