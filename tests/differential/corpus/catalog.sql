SELECT relname FROM pg_catalog.pg_class WHERE relname = 'pg_class'
SELECT count(*) > 0 FROM pg_class
SELECT nspname FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema') ORDER BY 1
SELECT typname, typlen, typtype FROM pg_type WHERE typname IN ('int4', 'text', 'bool', 'numeric', '_int4') ORDER BY 1
SELECT oid FROM pg_type WHERE typname = 'int4'
SELECT typelem FROM pg_type WHERE typname = '_int4'
SELECT format_type(23, NULL), format_type(1043, 14), format_type(1700, 655366)
SELECT count(*) FROM pg_database WHERE datname = current_database()
SELECT count(*) >= 1 FROM pg_roles
SELECT setting FROM pg_settings WHERE name = 'standard_conforming_strings'
SELECT count(*) >= 1 FROM pg_stat_activity
SELECT pg_get_userbyid(10) IS NOT NULL
SELECT pg_table_is_visible('pg_class'::regclass)
SELECT has_table_privilege('pg_class', 'SELECT')
SELECT has_schema_privilege('pg_catalog', 'USAGE')
SELECT obj_description(1, 'pg_class')
SELECT current_schemas(false) IS NOT NULL
SELECT pg_encoding_to_char(6)
SELECT pg_is_in_recovery()
SELECT pg_size_pretty(12345::bigint)
SELECT pg_postmaster_start_time() IS NOT NULL
SELECT table_name FROM information_schema.tables WHERE table_schema = 'information_schema' AND table_name = 'tables'
SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'information_schema'
SELECT * FROM pg_catalog.pg_extension WHERE extname = 'nope'
SELECT * FROM pg_catalog.pg_trigger WHERE false
SELECT * FROM pg_catalog.pg_inherits
SELECT count(*) FROM pg_catalog.pg_policy
SELECT count(*) FROM pg_catalog.pg_publication
SELECT amname FROM pg_am WHERE amname = 'heap'
SELECT * FROM pg_catalog.pg_foreign_server
SELECT * FROM pg_catalog.pg_matviews
SELECT count(*) FROM pg_catalog.pg_event_trigger
SELECT collname FROM pg_collation WHERE collname = 'C'
SELECT lanname FROM pg_language WHERE lanname = 'sql'
SELECT spcname FROM pg_tablespace ORDER BY 1
SELECT pg_catalog.array_to_string(ARRAY['a'], ',')
SELECT relname FROM pg_class WHERE relname OPERATOR(pg_catalog.~) '^(pg_class)$' COLLATE pg_catalog.default
SELECT 'pg_class'::regclass
SELECT 'nope'::regclass
SELECT to_regclass('nope')
SELECT pg_advisory_lock(1)
SELECT pg_advisory_unlock(1)
SELECT pg_try_advisory_lock(2)
SELECT pg_advisory_unlock_all()
SELECT inet_server_port() IS NOT NULL
SELECT current_role IS NOT NULL
SELECT txid_current_if_assigned()
SELECT pg_client_encoding()
SELECT pg_column_size(1)
SELECT pg_relation_size('pg_class') >= 0
SELECT pg_size_pretty(0::bigint), pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(10485247::bigint), pg_size_pretty(10485248::bigint)
SELECT pg_size_pretty(17563648::bigint), pg_size_pretty(-17563648::bigint), pg_size_pretty(123456789012::bigint), pg_size_pretty(9223372036854775807::bigint)
SELECT pg_relation_size('pg_class') IS NULL, pg_total_relation_size(0) IS NULL
SELECT pg_relation_size('no_such_relation')
