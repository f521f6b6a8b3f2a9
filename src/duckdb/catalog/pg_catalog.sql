-- pg_catalog: the relations that have rows. Column names, their order and their meaning are PostgreSQL 15's.

CREATE VIEW __tavana.pg.pg_namespace AS
SELECT oid, shown AS nspname, 10 AS nspowner, NULL::VARCHAR[] AS nspacl FROM __tavana.main.namespaces;

CREATE VIEW __tavana.pg.pg_class AS
SELECT oid, name AS relname, namespace_oid AS relnamespace, CASE WHEN kind IN ('r', 'v') THEN
         __tavana.main.oid_of('rowtype', database_name, schema_name, name) ELSE 0 END AS reltype,
       0 AS reloftype, 10 AS relowner, CASE kind WHEN 'r' THEN 2 WHEN 'i' THEN 403 ELSE 0 END AS relam,
       CASE WHEN kind IN ('r', 'i', 'S') THEN oid ELSE 0 END AS relfilenode, 0 AS reltablespace, 0 AS relpages,
       rows::FLOAT AS reltuples, 0 AS relallvisible, 0 AS reltoastrelid, has_index AS relhasindex, false AS relisshared,
       CASE database_name WHEN 'temp' THEN 't' ELSE 'p' END AS relpersistence, kind AS relkind,
       columns::SMALLINT AS relnatts, checks::SMALLINT AS relchecks, kind = 'v' AND database_name <> '__tavana' AS relhasrules,
       false AS relhastriggers, false AS relhassubclass, false AS relrowsecurity, false AS relforcerowsecurity,
       true AS relispopulated, CASE kind WHEN 'r' THEN 'd' ELSE 'n' END AS relreplident, false AS relispartition,
       0 AS relrewrite, 0::BIGINT AS relfrozenxid, 0::BIGINT AS relminmxid, NULL::VARCHAR[] AS relacl,
       NULL::VARCHAR[] AS reloptions, NULL::VARCHAR AS relpartbound
FROM __tavana.main.relations;

-- What reads and writes a type's values: a name that pg_proc has too.
CREATE MACRO __tavana.main.io_function(name) AS
  CASE name WHEN '-' THEN 0 ELSE __tavana.main.oid_of('function', 'pg_catalog', name, 'io') END;
CREATE VIEW __tavana.pg.pg_type AS
SELECT oid, typname, 11 AS typnamespace, 10 AS typowner, typlen::SMALLINT AS typlen, typbyval, typtype, typcategory,
       typispreferred, true AS typisdefined, typdelim, 0 AS typrelid,
       CASE WHEN typelem <> 0 AND typcategory = 'A' THEN 'array_subscript_handler'
            WHEN typelem <> 0 THEN 'raw_array_subscript_handler' ELSE '-' END AS typsubscript,
       typelem, typarray, __tavana.main.io_function(typinput) AS typinput, __tavana.main.io_function(typoutput) AS typoutput,
       __tavana.main.io_function(typreceive) AS typreceive, __tavana.main.io_function(typsend) AS typsend, typmodin, typmodout,
       CASE WHEN typcategory = 'A' THEN 'array_typanalyze' ELSE '-' END AS typanalyze, typalign, typstorage,
       false AS typnotnull, 0 AS typbasetype, -1 AS typtypmod, 0 AS typndims, typcollation,
       NULL::VARCHAR AS typdefaultbin, NULL::VARCHAR AS typdefault, NULL::VARCHAR[] AS typacl
FROM __tavana.main.builtin_types
UNION ALL
SELECT oid, type_name, namespace_oid, 10, 4, true, CASE logical_type WHEN 'ENUM' THEN 'e' ELSE 'd' END,
       CASE logical_type WHEN 'ENUM' THEN 'E' ELSE 'U' END, false, true, ',', 0, '-', 0, 0,
       __tavana.main.io_function(CASE logical_type WHEN 'ENUM' THEN 'enum_in' ELSE 'domain_in' END),
       __tavana.main.io_function(CASE logical_type WHEN 'ENUM' THEN 'enum_out' ELSE 'textout' END),
       __tavana.main.io_function(CASE logical_type WHEN 'ENUM' THEN 'enum_recv' ELSE 'domain_recv' END),
       __tavana.main.io_function(CASE logical_type WHEN 'ENUM' THEN 'enum_send' ELSE 'textsend' END), '-', '-', '-', 'i', 'p', false,
       CASE logical_type WHEN 'ENUM' THEN 0 ELSE __tavana.main.type_oid(logical_type) END, -1, 0, 0, NULL, NULL, NULL
FROM __tavana.main.user_types
UNION ALL
SELECT __tavana.main.oid_of('rowtype', database_name, schema_name, name), name, namespace_oid, 10, -1, false, 'c', 'C',
       false, true, ',', oid, '-', 0, 0, __tavana.main.io_function('record_in'), __tavana.main.io_function('record_out'),
       __tavana.main.io_function('record_recv'), __tavana.main.io_function('record_send'), '-', '-', '-', 'd', 'x',
       false, 0, -1, 0, 0, NULL, NULL, NULL
FROM __tavana.main.relations WHERE kind IN ('r', 'v') AND database_name <> '__tavana';

CREATE VIEW __tavana.pg.pg_enum AS
SELECT __tavana.main.oid_of('label', oid::VARCHAR, label, NULL) AS oid, oid AS enumtypid, position::FLOAT AS enumsortorder,
       label AS enumlabel
FROM (SELECT oid, unnest(labels) AS label, generate_subscripts(labels, 1) AS position
      FROM __tavana.main.user_types WHERE logical_type = 'ENUM');

CREATE VIEW __tavana.pg.pg_attribute AS
SELECT c.relation_oid AS attrelid, c.column_name AS attname, CAST(c.type_oid AS pg_oid) AS atttypid,
       CASE WHEN c.column_index > 0 THEN -1 ELSE 0 END AS attstattarget, t.typlen::SMALLINT AS attlen,
       c.column_index::SMALLINT AS attnum, CASE WHEN t.typcategory = 'A' THEN 1 ELSE 0 END AS attndims, -1 AS attcacheoff,
       c.type_modifier AS atttypmod, t.typbyval AS attbyval, t.typalign AS attalign, t.typstorage AS attstorage,
       '' AS attcompression, NOT c.is_nullable AS attnotnull, c.column_default IS NOT NULL AS atthasdef,
       false AS atthasmissing, '' AS attidentity, '' AS attgenerated, false AS attisdropped, true AS attislocal,
       0 AS attinhcount, t.typcollation AS attcollation, NULL::VARCHAR[] AS attacl, NULL::VARCHAR[] AS attoptions,
       NULL::VARCHAR[] AS attfdwoptions, NULL::VARCHAR AS attmissingval
FROM (
  SELECT relation_oid, column_name, type_oid, column_index, type_modifier, is_nullable, column_default
  FROM __tavana.main.columns
  UNION ALL
  SELECT oid, column_name, __tavana.main.type_oid(coalesce(data_type, 'VARCHAR')), position,
         __tavana.main.type_modifier(coalesce(data_type, 'VARCHAR')), true, NULL
  FROM __tavana.main.index_columns
) AS c JOIN __tavana.main.builtin_types AS t ON t.oid = c.type_oid;

CREATE VIEW __tavana.pg.pg_attrdef AS
SELECT __tavana.main.oid_of('default', relation_oid::VARCHAR, column_name, NULL) AS oid, relation_oid AS adrelid,
       column_index::SMALLINT AS adnum, column_default AS adbin
FROM __tavana.main.columns WHERE column_default IS NOT NULL;

CREATE VIEW __tavana.pg.pg_description AS
SELECT oid AS objoid, 1259 AS classoid, 0 AS objsubid, comment AS description
FROM __tavana.main.relations WHERE comment IS NOT NULL
UNION ALL
SELECT relation_oid, 1259, column_index, comment FROM __tavana.main.columns WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 2615, 0, comment FROM __tavana.main.namespaces WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 1247, 0, comment FROM __tavana.main.user_types WHERE comment IS NOT NULL;

CREATE VIEW __tavana.main.foreign_keys AS
SELECT f.oid, f.relation_oid, f.database_name, f.schema_name, f.table_name, f.constraint_name, f.constraint_column_names,
       f.referenced_table, f.referenced_column_names,
       __tavana.main.relation_oid(f.database_name, f.schema_name, f.referenced_table) AS referenced_oid,
       k.constraint_name AS key_name, k.index_oid AS key_index_oid, k.constraint_column_names AS key_column_names
FROM __tavana.main.constraints AS f
LEFT JOIN __tavana.main.constraints AS k
  ON k.database_name = f.database_name AND k.schema_name = f.schema_name AND k.table_name = f.referenced_table AND
     k.constraint_type IN ('PRIMARY KEY', 'UNIQUE') AND
     list_sort(k.constraint_column_names) = list_sort(f.referenced_column_names)
WHERE f.constraint_type = 'FOREIGN KEY';

CREATE VIEW __tavana.pg.pg_constraint AS
SELECT c.oid, c.constraint_name AS conname, __tavana.main.namespace_oid(c.database_name, c.schema_name) AS connamespace,
       CASE c.constraint_type WHEN 'PRIMARY KEY' THEN 'p' WHEN 'UNIQUE' THEN 'u' WHEN 'FOREIGN KEY' THEN 'f' ELSE 'c' END
         AS contype,
       false AS condeferrable, false AS condeferred, true AS convalidated, c.relation_oid AS conrelid, 0 AS contypid,
       CASE WHEN c.constraint_type IN ('PRIMARY KEY', 'UNIQUE') THEN c.index_oid ELSE coalesce(f.key_index_oid, 0) END
         AS conindid,
       0 AS conparentid, coalesce(f.referenced_oid, 0) AS confrelid,
       CASE c.constraint_type WHEN 'FOREIGN KEY' THEN 'a' ELSE ' ' END AS confupdtype,
       CASE c.constraint_type WHEN 'FOREIGN KEY' THEN 'a' ELSE ' ' END AS confdeltype,
       CASE c.constraint_type WHEN 'FOREIGN KEY' THEN 's' ELSE ' ' END AS confmatchtype,
       true AS conislocal, 0 AS coninhcount, true AS connoinherit,
       list_transform(c.constraint_column_indexes, lambda i: (i + 1)::SMALLINT) AS conkey,
       r.numbers AS confkey, NULL::INTEGER[] AS conpfeqop, NULL::INTEGER[] AS conppeqop, NULL::INTEGER[] AS conffeqop,
       NULL::SMALLINT[] AS confdelsetcols, NULL::INTEGER[] AS conexclop, c.expression AS conbin
FROM __tavana.main.constraints AS c
LEFT JOIN __tavana.main.foreign_keys AS f ON f.oid = c.oid
LEFT JOIN (SELECT p.oid, list(col.column_index::SMALLINT ORDER BY p.position) AS numbers
           FROM (SELECT oid, referenced_oid, unnest(referenced_column_names) AS column_name,
                        generate_subscripts(referenced_column_names, 1) AS position
                 FROM __tavana.main.foreign_keys) AS p
           JOIN __tavana.main.columns AS col ON col.relation_oid = p.referenced_oid AND col.column_name = p.column_name
           GROUP BY p.oid) AS r ON r.oid = c.oid;

CREATE VIEW __tavana.pg.pg_index AS
SELECT i.oid AS indexrelid, i.relation_oid AS indrelid, len(k.numbers)::SMALLINT AS indnatts,
       len(k.numbers)::SMALLINT AS indnkeyatts, i.is_unique AS indisunique, false AS indnullsnotdistinct,
       i.is_primary AS indisprimary, false AS indisexclusion, true AS indimmediate, false AS indisclustered,
       true AS indisvalid, false AS indcheckxmin, true AS indisready, true AS indislive, false AS indisreplident,
       k.numbers AS indkey, list_transform(k.numbers, lambda x: 0) AS indcollation,
       list_transform(k.numbers, lambda x: 0) AS indclass,
       list_transform(k.numbers, lambda x: 0::SMALLINT) AS indoption,
       CASE WHEN list_contains(k.numbers, 0::SMALLINT) THEN array_to_string(i.column_names, ', ') END AS indexprs,
       NULL::VARCHAR AS indpred
FROM __tavana.main.indexes AS i
JOIN (SELECT oid, list(number::SMALLINT ORDER BY position) AS numbers FROM __tavana.main.index_columns GROUP BY oid) AS k
  ON k.oid = i.oid;

CREATE VIEW __tavana.pg.pg_sequence AS
SELECT __tavana.main.relation_oid(database_name, schema_name, sequence_name) AS seqrelid, 20 AS seqtypid,
       start_value AS seqstart, increment_by AS seqincrement, max_value AS seqmax, min_value AS seqmin,
       1::BIGINT AS seqcache, cycle AS seqcycle
FROM duckdb_sequences() WHERE __tavana.main.is_shown(database_name, schema_name);

CREATE VIEW __tavana.pg.pg_sequences AS
SELECT __tavana.main.shown_schema(database_name, schema_name) AS schemaname, sequence_name AS sequencename,
       __tavana.main.session_role() AS sequenceowner, 'bigint' AS data_type, start_value, min_value, max_value,
       increment_by, cycle, 1::BIGINT AS cache_size, last_value
FROM duckdb_sequences() WHERE __tavana.main.is_shown(database_name, schema_name);

CREATE VIEW __tavana.pg.pg_proc AS
SELECT __tavana.main.oid_of('function', schema_name, function_name, concat_ws(',', kind, parameters::VARCHAR, parameter_types::VARCHAR, varargs)) AS oid,
       function_name AS proname,
       CASE WHEN internal OR database_name = '__tavana' THEN 11 ELSE __tavana.main.namespace_oid(database_name, schema_name) END
         AS pronamespace,
       10 AS proowner, CASE WHEN internal THEN 12 ELSE 14 END AS prolang, 1::FLOAT AS procost, 0::FLOAT AS prorows,
       CASE WHEN varargs IS NULL THEN 0 ELSE __tavana.main.type_oid(varargs) END AS provariadic, '-' AS prosupport,
       CASE kind WHEN 'aggregate' THEN 'a' ELSE 'f' END AS prokind, false AS prosecdef, false AS proleakproof,
       false AS proisstrict, kind IN ('table', 'table_macro') AS proretset,
       CASE stability WHEN 'CONSISTENT' THEN 'i' WHEN 'CONSISTENT_WITHIN_QUERY' THEN 's' ELSE 'v' END AS provolatile,
       's' AS proparallel, len(parameters)::SMALLINT AS pronargs, 0::SMALLINT AS pronargdefaults,
       CASE WHEN kind IN ('table', 'table_macro') THEN 2249 ELSE __tavana.main.type_oid(coalesce(return_type, 'VARCHAR')) END
         AS prorettype,
       list_transform(parameter_types, lambda t: __tavana.main.type_oid(coalesce(t, 'VARCHAR'))) AS proargtypes,
       NULL::INTEGER[] AS proallargtypes, NULL::VARCHAR[] AS proargmodes, parameters AS proargnames,
       NULL::VARCHAR AS proargdefaults, NULL::INTEGER[] AS protrftypes,
       coalesce(macro_definition, function_name) AS prosrc, NULL::VARCHAR AS probin, NULL::VARCHAR AS prosqlbody,
       NULL::VARCHAR[] AS proconfig, NULL::VARCHAR[] AS proacl
FROM (SELECT DISTINCT database_name, schema_name, function_name, function_type AS kind, return_type, parameters,
             parameter_types, varargs, stability, macro_definition, internal
      FROM duckdb_functions()
      WHERE (internal OR database_name = __tavana.main.real_database() OR database_name = 'temp' OR
             (database_name = '__tavana' AND schema_name = 'pg')) AND
            function_type <> 'pragma' AND regexp_matches(function_name, '^[A-Za-z_]'))
UNION ALL
SELECT __tavana.main.io_function(name), name, 11, 10, 12, 1, 0, 0, '-', 'f', false, false, true, false, 'i', 's', 1, 0, 2281, [2281], NULL,
       NULL, NULL, NULL, NULL, name, NULL, NULL, NULL, NULL
FROM (SELECT unnest([typinput, typoutput, typreceive, typsend]) AS name FROM __tavana.main.builtin_types UNION
      SELECT unnest(['enum_in', 'enum_out', 'enum_recv', 'enum_send', 'domain_in', 'domain_recv']))
WHERE name <> '-';

CREATE VIEW __tavana.pg.pg_database AS
SELECT __tavana.main.oid_of('database', name, NULL, NULL) AS oid, name AS datname, 10 AS datdba, 6 AS encoding,
       'c' AS datlocprovider, false AS datistemplate, true AS datallowconn, -1 AS datconnlimit, 0::BIGINT AS datfrozenxid,
       1::BIGINT AS datminmxid, 1663 AS dattablespace, 'C.UTF-8' AS datcollate, 'C.UTF-8' AS datctype,
       NULL::VARCHAR AS daticulocale, NULL::VARCHAR AS datcollversion, NULL::VARCHAR[] AS datacl
FROM (SELECT database_name AS name FROM duckdb_databases()
      WHERE NOT internal AND database_name <> 'memory'
      UNION SELECT 'main');

-- One role: that of the session. It owns what there is, as nothing here is denied to anyone yet.
CREATE VIEW __tavana.pg.pg_roles AS
SELECT __tavana.main.session_role() AS rolname, true AS rolsuper, true AS rolinherit, true AS rolcreaterole,
       true AS rolcreatedb, true AS rolcanlogin, false AS rolreplication, -1 AS rolconnlimit, '********' AS rolpassword,
       NULL::TIMESTAMPTZ AS rolvaliduntil, true AS rolbypassrls, NULL::VARCHAR[] AS rolconfig, 10 AS oid;
CREATE VIEW __tavana.pg.pg_authid AS
SELECT oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
       rolconnlimit, NULL::VARCHAR AS rolpassword, rolvaliduntil
FROM __tavana.pg.pg_roles;
CREATE VIEW __tavana.pg.pg_shadow AS
SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, rolreplication AS userepl,
       rolbypassrls AS usebypassrls, NULL::VARCHAR AS passwd, rolvaliduntil AS valuntil, rolconfig AS useconfig
FROM __tavana.pg.pg_roles;
CREATE VIEW __tavana.pg.pg_user AS
SELECT * REPLACE ('********' AS passwd) FROM __tavana.pg.pg_shadow;
CREATE VIEW __tavana.pg.pg_group AS
SELECT rolname AS groname, oid AS grosysid, NULL::INTEGER[] AS grolist FROM __tavana.pg.pg_roles WHERE false;

CREATE TABLE __tavana.pg.pg_am AS
SELECT * FROM (VALUES (2, 'heap', 'heap_tableam_handler', 't'), (403, 'btree', 'bthandler', 'i'))
  AS v(oid, amname, amhandler, amtype);
CREATE TABLE __tavana.pg.pg_language AS
SELECT oid, lanname, 10 AS lanowner, false AS lanispl, lanname = 'sql' AS lanpltrusted, 0 AS lanplcallfoid, 0 AS laninline,
       0 AS lanvalidator, NULL::VARCHAR[] AS lanacl
FROM (VALUES (12, 'internal'), (13, 'c'), (14, 'sql')) AS v(oid, lanname);
CREATE TABLE __tavana.pg.pg_tablespace AS
SELECT oid, spcname, 10 AS spcowner, NULL::VARCHAR[] AS spcacl, NULL::VARCHAR[] AS spcoptions
FROM (VALUES (1663, 'pg_default'), (1664, 'pg_global')) AS v(oid, spcname);
CREATE TABLE __tavana.pg.pg_collation AS
SELECT oid, collname, 11 AS collnamespace, 10 AS collowner, provider AS collprovider, true AS collisdeterministic,
       -1 AS collencoding, locale AS collcollate, locale AS collctype, NULL::VARCHAR AS colliculocale,
       NULL::VARCHAR AS collversion
FROM (VALUES (100, 'default', 'd', NULL), (950, 'C', 'c', 'C'), (951, 'POSIX', 'c', 'POSIX'))
  AS v(oid, collname, provider, locale);
CREATE TABLE __tavana.pg.pg_range (rngtypid INTEGER, rngsubtype INTEGER, rngmultitypid INTEGER,
  rngcollation INTEGER, rngsubopc INTEGER, rngcanonical VARCHAR, rngsubdiff VARCHAR);
INSERT INTO __tavana.pg.pg_range VALUES (3904, 23, 4451, 0, 1978, 'int4range_canonical', 'int4range_subdiff'),
  (3906, 1700, 4532, 0, 3125, '-', 'numrange_subdiff'), (3908, 1114, 4533, 0, 3128, '-', 'tsrange_subdiff'),
  (3910, 1184, 4534, 0, 3127, '-', 'tstzrange_subdiff'), (3912, 1082, 4535, 0, 3122, 'daterange_canonical', 'daterange_subdiff'),
  (3926, 20, 4536, 0, 3124, 'int8range_canonical', 'int8range_subdiff');

CREATE VIEW __tavana.pg.pg_extension AS
SELECT __tavana.main.oid_of('extension', extension_name, NULL, NULL) AS oid, extension_name AS extname, 10 AS extowner,
       11 AS extnamespace, false AS extrelocatable, coalesce(nullif(extension_version, ''), 'builtin') AS extversion,
       NULL::INTEGER[] AS extconfig, NULL::VARCHAR[] AS extcondition
FROM duckdb_extensions() WHERE loaded;
CREATE VIEW __tavana.pg.pg_available_extensions AS
SELECT extension_name AS name, coalesce(nullif(extension_version, ''), 'builtin') AS default_version,
       CASE WHEN loaded THEN coalesce(nullif(extension_version, ''), 'builtin') END AS installed_version,
       description AS comment
FROM duckdb_extensions() WHERE installed;

CREATE VIEW __tavana.pg.pg_rewrite AS
SELECT __tavana.main.oid_of('rule', oid::VARCHAR, NULL, NULL) AS oid, '_RETURN' AS rulename, oid AS ev_class,
       '1' AS ev_type, 'O' AS ev_enabled, true AS is_instead, '<>' AS ev_qual, '<>' AS ev_action
FROM __tavana.main.relations WHERE kind = 'v' AND database_name <> '__tavana';
CREATE VIEW __tavana.pg.pg_tables AS
SELECT shown_schema AS schemaname, name AS tablename, __tavana.main.session_role() AS tableowner,
       NULL::VARCHAR AS tablespace, has_index AS hasindexes, false AS hasrules, false AS hastriggers, false AS rowsecurity
FROM __tavana.main.relations WHERE kind = 'r' OR (kind = 'v' AND database_name = '__tavana' AND columns < 0);
CREATE MACRO __tavana.main.view_query(sql) AS
  trim(regexp_replace(sql, '^\s*CREATE\s+(OR\s+REPLACE\s+)?(TEMP(ORARY)?\s+)?(RECURSIVE\s+)?VIEW\s+.*?\s+AS\s+', ' ', 'is')) ;
CREATE VIEW __tavana.pg.pg_views AS
SELECT shown_schema AS schemaname, name AS viewname, __tavana.main.session_role() AS viewowner,
       __tavana.main.view_query(sql) AS definition
FROM __tavana.main.relations WHERE kind = 'v' AND database_name <> '__tavana';
CREATE VIEW __tavana.pg.pg_indexes AS
SELECT i.shown_schema AS schemaname, x.table_name AS tablename, i.name AS indexname, NULL::VARCHAR AS tablespace,
       rtrim(i.sql, ';') AS indexdef
FROM __tavana.main.relations AS i JOIN __tavana.main.indexes AS x ON x.oid = i.oid WHERE i.kind = 'i';

-- Statistics that nobody keeps are zero; the number of rows is DuckDB's estimate.
CREATE VIEW __tavana.pg.pg_stat_all_tables AS
SELECT oid AS relid, shown_schema AS schemaname, name AS relname, 0::BIGINT AS seq_scan, 0::BIGINT AS seq_tup_read,
       0::BIGINT AS idx_scan, 0::BIGINT AS idx_tup_fetch, 0::BIGINT AS n_tup_ins, 0::BIGINT AS n_tup_upd,
       0::BIGINT AS n_tup_del, 0::BIGINT AS n_tup_hot_upd, rows::BIGINT AS n_live_tup, 0::BIGINT AS n_dead_tup,
       0::BIGINT AS n_mod_since_analyze, 0::BIGINT AS n_ins_since_vacuum, NULL::TIMESTAMPTZ AS last_vacuum,
       NULL::TIMESTAMPTZ AS last_autovacuum, NULL::TIMESTAMPTZ AS last_analyze, NULL::TIMESTAMPTZ AS last_autoanalyze,
       0::BIGINT AS vacuum_count, 0::BIGINT AS autovacuum_count, 0::BIGINT AS analyze_count, 0::BIGINT AS autoanalyze_count
FROM __tavana.main.relations WHERE kind = 'r';
CREATE VIEW __tavana.pg.pg_stat_user_tables AS SELECT * FROM __tavana.pg.pg_stat_all_tables;
CREATE VIEW __tavana.pg.pg_statio_user_tables AS
SELECT oid AS relid, shown_schema AS schemaname, name AS relname, 0::BIGINT AS heap_blks_read, 0::BIGINT AS heap_blks_hit,
       0::BIGINT AS idx_blks_read, 0::BIGINT AS idx_blks_hit, 0::BIGINT AS toast_blks_read, 0::BIGINT AS toast_blks_hit,
       0::BIGINT AS tidx_blks_read, 0::BIGINT AS tidx_blks_hit
FROM __tavana.main.relations WHERE kind = 'r';
CREATE VIEW __tavana.pg.pg_stat_database AS
SELECT oid AS datid, datname, 0 AS numbackends, 0::BIGINT AS xact_commit, 0::BIGINT AS xact_rollback,
       0::BIGINT AS blks_read, 0::BIGINT AS blks_hit, 0::BIGINT AS tup_returned, 0::BIGINT AS tup_fetched,
       0::BIGINT AS tup_inserted, 0::BIGINT AS tup_updated, 0::BIGINT AS tup_deleted, 0::BIGINT AS conflicts,
       0::BIGINT AS temp_files, 0::BIGINT AS temp_bytes, 0::BIGINT AS deadlocks, NULL::BIGINT AS checksum_failures,
       NULL::TIMESTAMPTZ AS checksum_last_failure, 0::DOUBLE AS blk_read_time, 0::DOUBLE AS blk_write_time,
       0::DOUBLE AS session_time, 0::DOUBLE AS active_time, 0::DOUBLE AS idle_in_transaction_time, 0::BIGINT AS sessions,
       0::BIGINT AS sessions_abandoned, 0::BIGINT AS sessions_fatal, 0::BIGINT AS sessions_killed,
       NULL::TIMESTAMPTZ AS stats_reset
FROM __tavana.pg.pg_database;
CREATE VIEW __tavana.pg.pg_timezone_names AS SELECT name, abbrev, utc_offset, is_dst FROM pg_timezone_names();

CREATE VIEW __tavana.pg.pg_stat_activity AS
SELECT NULL::pg_oid AS datid, NULL::VARCHAR AS datname, NULL::INTEGER AS pid, NULL::INTEGER AS leader_pid, NULL::pg_oid AS usesysid,
       NULL::VARCHAR AS usename, NULL::VARCHAR AS application_name, NULL::VARCHAR AS client_addr, NULL::VARCHAR AS client_hostname,
       NULL::INTEGER AS client_port, NULL::TIMESTAMPTZ AS backend_start, NULL::TIMESTAMPTZ AS xact_start,
       NULL::TIMESTAMPTZ AS query_start, NULL::TIMESTAMPTZ AS state_change, NULL::VARCHAR AS wait_event_type,
       NULL::VARCHAR AS wait_event, NULL::VARCHAR AS state, NULL::BIGINT AS backend_xid, NULL::BIGINT AS backend_xmin,
       NULL::BIGINT AS query_id, NULL::VARCHAR AS query, NULL::VARCHAR AS backend_type
WHERE false;

-- How far the running statements are: Tavana's own, in the manner of PostgreSQL's pg_stat_progress_* views.
CREATE VIEW __tavana.pg.pg_stat_progress_query AS
SELECT NULL::INTEGER AS pid, NULL::VARCHAR AS datname, NULL::VARCHAR AS usename, NULL::VARCHAR AS query, NULL::DOUBLE AS percent_done,
       NULL::BIGINT AS rows_processed, NULL::BIGINT AS rows_total, NULL::BIGINT AS running_ms
WHERE false;
