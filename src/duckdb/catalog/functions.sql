-- Functions of PostgreSQL that clients call on the catalog, and what a session says of itself. A call without a schema, or
-- with pg_catalog, goes here when the name is here (see catalog.cc).
CREATE SCHEMA __tavana.fn;
CREATE MACRO __tavana.fn.current_database() AS __tavana.main.shown_database();
CREATE MACRO __tavana.fn.current_catalog() AS __tavana.main.shown_database();
CREATE MACRO __tavana.fn.current_user() AS __tavana.main.session_role();
CREATE MACRO __tavana.fn.session_user() AS __tavana.main.session_role();
CREATE MACRO __tavana.fn.current_role() AS __tavana.main.session_role();
CREATE MACRO __tavana.fn.getpgusername() AS __tavana.main.session_role();
CREATE MACRO __tavana.fn.current_schema() AS __tavana.main.shown_schema(__tavana.main.real_database(), current_schema());
CREATE MACRO __tavana.fn.current_schemas(implicit) AS
  CASE WHEN implicit THEN ['pg_catalog', __tavana.main.shown_schema(__tavana.main.real_database(), current_schema())]
       ELSE [__tavana.main.shown_schema(__tavana.main.real_database(), current_schema())] END;
CREATE MACRO __tavana.fn.version() AS 'PostgreSQL 15.0 (Tavana, DuckDB ' || version() || ')';
CREATE MACRO __tavana.fn.pg_backend_pid() AS coalesce(getvariable('tavana_pid')::INTEGER, 0);
CREATE MACRO __tavana.fn.pg_client_encoding() AS 'UTF8';
CREATE MACRO __tavana.fn.pg_is_in_recovery() AS false;
CREATE MACRO __tavana.fn.pg_is_wal_replay_paused() AS false;
CREATE MACRO __tavana.fn.pg_my_temp_schema() AS 0;
CREATE MACRO __tavana.fn.pg_is_other_temp_schema(schema_oid) AS false;
CREATE MACRO __tavana.fn.pg_jit_available() AS false;
CREATE MACRO __tavana.fn.txid_current_if_assigned() AS NULL::BIGINT;
CREATE MACRO __tavana.fn.pg_postmaster_start_time() AS now();
CREATE MACRO __tavana.fn.pg_conf_load_time() AS now();
CREATE MACRO __tavana.fn.inet_server_port() AS NULL::INTEGER;
CREATE MACRO __tavana.fn.inet_client_port() AS NULL::INTEGER;
CREATE MACRO __tavana.fn.inet_client_addr() AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.inet_server_addr() AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_encoding_to_char(encoding) AS CASE encoding WHEN 6 THEN 'UTF8' ELSE '' END;
CREATE MACRO __tavana.fn.pg_char_to_encoding(name) AS CASE upper(name) WHEN 'UTF8' THEN 6 ELSE -1 END;
CREATE MACRO __tavana.fn.pg_get_userbyid(role_oid) AS
  CASE WHEN role_oid = 10 THEN __tavana.main.session_role() ELSE 'unknown (OID=' || role_oid || ')' END;

-- Everything that exists may be seen, and whoever is connected may use it.
CREATE MACRO __tavana.fn.has_table_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_any_column_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_column_privilege(a, b, c) AS true, (a, b, c, d) AS true;
CREATE MACRO __tavana.fn.has_schema_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_database_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_function_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_sequence_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_type_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_language_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_tablespace_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_server_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.has_foreign_data_wrapper_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.pg_has_role(a, b) AS true, (a, b, c) AS true;
CREATE MACRO __tavana.fn.row_security_active(a) AS false;
-- A macro's argument is put where its name stands: a column of the caller's that a table inside has too would be taken for
-- that table's. Hence subqueries whose columns have names that nobody else gives, and parameters of lambdas likewise.
CREATE MACRO __tavana.fn.pg_table_is_visible(relation) AS coalesce((
  SELECT __shown IN ('pg_catalog', 'pg_temp', __tavana.main.shown_schema(__tavana.main.real_database(), current_schema()))
  FROM (SELECT r.oid AS __oid, n.shown AS __shown
        FROM __tavana.main.relations AS r JOIN __tavana.main.namespaces AS n ON n.oid = r.namespace_oid) AS __r
  WHERE __oid = relation LIMIT 1), false);
CREATE MACRO __tavana.fn.pg_type_is_visible(type) AS true;
CREATE MACRO __tavana.fn.pg_function_is_visible(function) AS true;
CREATE MACRO __tavana.fn.pg_operator_is_visible(operator) AS true;
CREATE MACRO __tavana.fn.pg_opclass_is_visible(opclass) AS true;
CREATE MACRO __tavana.fn.pg_opfamily_is_visible(opfamily) AS true;
CREATE MACRO __tavana.fn.pg_conversion_is_visible(conversion) AS true;
CREATE MACRO __tavana.fn.pg_collation_is_visible(collation) AS true;
CREATE MACRO __tavana.fn.pg_statistics_obj_is_visible(statistics) AS true;
CREATE MACRO __tavana.fn.pg_ts_config_is_visible(a) AS true;
CREATE MACRO __tavana.fn.pg_ts_dict_is_visible(a) AS true;
CREATE MACRO __tavana.fn.pg_ts_parser_is_visible(a) AS true;
CREATE MACRO __tavana.fn.pg_ts_template_is_visible(a) AS true;

CREATE VIEW __tavana.main.spelled_types AS
SELECT t.oid AS __oid, t.typname AS __name, s.spelling AS __spelling,
       CASE WHEN t.typcategory = 'A' THEN coalesce(es.spelling, e.typname) || '[]' ELSE coalesce(s.spelling, t.typname) END AS __shown
FROM __tavana.pg.pg_type AS t LEFT JOIN __tavana.main.type_spellings AS s ON s.oid = t.oid
LEFT JOIN __tavana.pg.pg_type AS e ON e.oid = t.typelem LEFT JOIN __tavana.main.type_spellings AS es ON es.oid = e.oid;
CREATE MACRO __tavana.fn.format_type(type, modifier) AS (
  SELECT CASE WHEN __oid = 1700 AND modifier >= 4 THEN
                'numeric(' || ((modifier - 4) // 65536) || ',' || ((modifier - 4) % 65536) || ')'
              WHEN __oid IN (1043, 1042) AND modifier >= 4 THEN __shown || '(' || (modifier - 4) || ')'
              ELSE __shown END
  FROM __tavana.main.spelled_types AS __t WHERE __oid = type LIMIT 1);
CREATE VIEW __tavana.main.descriptions AS
SELECT objoid AS __oid, objsubid AS __number, description AS __text FROM __tavana.pg.pg_description;
CREATE MACRO __tavana.fn.obj_description(object) AS
    (SELECT __text FROM __tavana.main.descriptions AS __d WHERE __oid = object AND __number = 0 LIMIT 1),
  (object, catalog) AS (SELECT __text FROM __tavana.main.descriptions AS __d WHERE __oid = object AND __number = 0 LIMIT 1);
CREATE MACRO __tavana.fn.col_description(relation, number) AS
  (SELECT __text FROM __tavana.main.descriptions AS __d WHERE __oid = relation AND __number = number LIMIT 1);
CREATE MACRO __tavana.fn.shobj_description(object, catalog) AS NULL::VARCHAR;
CREATE VIEW __tavana.main.definitions AS
SELECT oid AS __oid, kind AS __kind, rtrim(sql, ';') AS __sql,
       CASE WHEN kind = 'v' THEN __tavana.main.view_query(sql) END AS __query
FROM __tavana.main.relations;
CREATE MACRO __tavana.fn.pg_get_viewdef(relation) AS
    (SELECT __query FROM __tavana.main.definitions AS __r WHERE __oid = relation AND __kind = 'v' LIMIT 1),
  (relation, pretty) AS (SELECT __query FROM __tavana.main.definitions AS __r WHERE __oid = relation AND __kind = 'v' LIMIT 1);
CREATE VIEW __tavana.main.indexed_columns AS
SELECT oid AS __oid, list(column_name ORDER BY position) AS __names FROM __tavana.main.index_columns GROUP BY oid;
CREATE MACRO __tavana.fn.pg_get_indexdef(relation) AS
    (SELECT __sql FROM __tavana.main.definitions AS __r WHERE __oid = relation LIMIT 1),
  (relation, column_number, pretty) AS CASE WHEN column_number = 0 THEN
      (SELECT __sql FROM __tavana.main.definitions AS __r WHERE __oid = relation LIMIT 1)
    ELSE (SELECT __names FROM __tavana.main.indexed_columns AS __i WHERE __oid = relation LIMIT 1)[column_number] END;
CREATE VIEW __tavana.main.constraint_texts AS SELECT oid AS __oid, constraint_text AS __text FROM __tavana.main.constraints;
CREATE MACRO __tavana.fn.pg_get_constraintdef(object) AS
    (SELECT __text FROM __tavana.main.constraint_texts AS __c WHERE __oid = object LIMIT 1),
  (object, pretty) AS (SELECT __text FROM __tavana.main.constraint_texts AS __c WHERE __oid = object LIMIT 1);
CREATE MACRO __tavana.fn.pg_get_expr(expression, relation) AS expression::VARCHAR,
  (expression, relation, pretty) AS expression::VARCHAR;
CREATE VIEW __tavana.main.signatures AS
SELECT p.oid AS __oid, p.proname AS __name, p.pronamespace AS __namespace, t.__shown AS __result,
       array_to_string(list_transform(range(1, len(p.proargnames) + 1), lambda __i: p.proargnames[__i]), ', ') AS __arguments
FROM __tavana.pg.pg_proc AS p LEFT JOIN __tavana.main.spelled_types AS t ON t.__oid = p.prorettype;
CREATE MACRO __tavana.fn.pg_get_function_result(function) AS
  (SELECT __result FROM __tavana.main.signatures AS __p WHERE __oid = function LIMIT 1);
CREATE MACRO __tavana.fn.pg_get_function_arguments(function) AS
  (SELECT __arguments FROM __tavana.main.signatures AS __p WHERE __oid = function LIMIT 1);
CREATE MACRO __tavana.fn.pg_get_function_identity_arguments(function) AS
  (SELECT __arguments FROM __tavana.main.signatures AS __p WHERE __oid = function LIMIT 1);
CREATE MACRO __tavana.fn.pg_get_function_sqlbody(function) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.getdatabaseencoding() AS 'UTF8';
CREATE MACRO __tavana.fn.pg_get_functiondef(function) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_get_triggerdef(trigger) AS NULL::VARCHAR, (trigger, pretty) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_get_ruledef(rule) AS NULL::VARCHAR, (rule, pretty) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_get_partkeydef(relation) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_get_statisticsobjdef(object) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_get_statisticsobjdef_columns(object) AS NULL::VARCHAR;
CREATE MACRO __tavana.fn.pg_relation_is_publishable(relation) AS false;
CREATE MACRO __tavana.fn.pg_tablespace_size(tablespace) AS 0::BIGINT;
CREATE MACRO __tavana.fn.pg_tablespace_location(tablespace) AS '';
CREATE MACRO __tavana.fn.pg_relation_filenode(relation) AS relation;
CREATE MACRO __tavana.fn.pg_stat_get_numscans(relation) AS 0::BIGINT;
CREATE MACRO __tavana.fn.pg_column_size(value) AS octet_length(encode(value::VARCHAR))::INTEGER;

-- 'name'::regclass and the like, by name or by number, as numbers; an unknown name is an error.
CREATE VIEW __tavana.main.named_relations AS
SELECT oid AS __oid, name AS __name, shown_schema AS __schema FROM __tavana.main.relations;
CREATE MACRO __tavana.fn.to_regclass(wanted) AS (
  SELECT __oid FROM __tavana.main.named_relations AS __r
  WHERE (instr(wanted, '.') = 0 AND __name = trim(wanted, '"') AND __schema IN ('pg_catalog', 'pg_temp', __tavana.main.shown_schema(__tavana.main.real_database(), current_schema())))
     OR (__schema || '.' || __name = replace(wanted, '"', ''))
  ORDER BY __schema = 'pg_catalog' LIMIT 1);
CREATE MACRO __tavana.fn.regclass(value) AS
  coalesce(try_cast(value AS INTEGER), __tavana.fn.to_regclass(value::VARCHAR),
           error('relation "' || value::VARCHAR || '" does not exist')::INTEGER);
-- postgresql.org/docs/15/functions-admin.html: a unit is left where it would make 10,240 of it or more.
CREATE MACRO __tavana.main.in_unit(halves, unit) AS ((halves + (CASE WHEN halves < 0 THEN -1 ELSE 1 END)) // 2) || unit;
CREATE MACRO __tavana.fn.pg_size_pretty(bytes) AS CASE
  WHEN abs(bytes) < 10240 THEN bytes || ' bytes'
  WHEN abs(bytes::HUGEINT // 512) < 20479 THEN __tavana.main.in_unit(bytes::HUGEINT // 512, ' kB')
  WHEN abs(bytes::HUGEINT // 524288) < 20479 THEN __tavana.main.in_unit(bytes::HUGEINT // 524288, ' MB')
  WHEN abs(bytes::HUGEINT // 536870912) < 20479 THEN __tavana.main.in_unit(bytes::HUGEINT // 536870912, ' GB')
  WHEN abs(bytes::HUGEINT // 549755813888) < 20479 THEN __tavana.main.in_unit(bytes::HUGEINT // 549755813888, ' TB')
  ELSE __tavana.main.in_unit(bytes::HUGEINT // 562949953421312, ' PB') END;
-- On disk; what is in memory has no size that anybody knows.
CREATE VIEW __tavana.main.stored AS
SELECT oid AS __oid, kind AS __kind, database_name AS __database, schema_name AS __schema, name AS __name
FROM __tavana.main.relations;
CREATE MACRO __tavana.main.bytes_of(relation) AS (
  SELECT CASE WHEN __kind = 'r' THEN __tavana_table_bytes(__database, __schema, __name) ELSE 0 END
  FROM __tavana.main.stored AS __r
  WHERE __oid = coalesce(try_cast(relation AS UINTEGER), __tavana.fn.regclass(relation)) LIMIT 1);
CREATE MACRO __tavana.fn.pg_relation_size(relation) AS __tavana.main.bytes_of(relation),
  (relation, fork) AS CASE WHEN fork = 'main' THEN __tavana.main.bytes_of(relation) ELSE 0 END;
CREATE MACRO __tavana.fn.pg_table_size(relation) AS __tavana.main.bytes_of(relation);
CREATE MACRO __tavana.fn.pg_total_relation_size(relation) AS __tavana.main.bytes_of(relation);
CREATE MACRO __tavana.fn.pg_indexes_size(relation) AS 0::BIGINT;
CREATE MACRO __tavana.fn.pg_database_size(database) AS (
  SELECT nullif(block_size * used_blocks, 0)::BIGINT FROM pragma_database_size() AS __s
  WHERE __s.database_name = __tavana.main.real_database());

CREATE MACRO __tavana.fn.regclass_name(value) AS coalesce(
  (SELECT CASE WHEN __schema IN ('pg_catalog', __tavana.main.shown_schema(__tavana.main.real_database(), current_schema())) THEN __name ELSE __schema || '.' || __name END
   FROM __tavana.main.named_relations AS __r WHERE __oid = __tavana.fn.regclass(value) LIMIT 1), value::VARCHAR);
CREATE MACRO __tavana.fn.to_regtype(wanted) AS (
  SELECT __oid FROM __tavana.main.spelled_types AS __t
  WHERE __name = lower(wanted) OR __spelling = lower(wanted) OR '_' || __name = lower(wanted) ORDER BY __oid LIMIT 1);
CREATE MACRO __tavana.fn.regtype(value) AS
  coalesce(try_cast(value AS INTEGER), __tavana.fn.to_regtype(value::VARCHAR),
           error('type "' || value::VARCHAR || '" does not exist')::INTEGER);
CREATE MACRO __tavana.fn.regtype_name(value) AS
  coalesce(__tavana.fn.format_type(__tavana.fn.regtype(value), NULL), value::VARCHAR);
CREATE VIEW __tavana.main.named_schemas AS SELECT oid AS __oid, shown AS __name FROM __tavana.main.namespaces;
CREATE MACRO __tavana.fn.regnamespace(value) AS coalesce(try_cast(value AS INTEGER),
  (SELECT __oid FROM __tavana.main.named_schemas AS __n WHERE __name = value::VARCHAR LIMIT 1),
  error('schema "' || value::VARCHAR || '" does not exist')::INTEGER);
CREATE MACRO __tavana.fn.regnamespace_name(value) AS coalesce(
  (SELECT __name FROM __tavana.main.named_schemas AS __n WHERE __oid = __tavana.fn.regnamespace(value) LIMIT 1), value::VARCHAR);
CREATE MACRO __tavana.fn.regproc(value) AS coalesce(try_cast(value AS INTEGER), (
  SELECT __oid FROM __tavana.main.signatures AS __p
  WHERE __name = replace(value::VARCHAR, 'pg_catalog.', '') ORDER BY __namespace = 11 DESC, __oid LIMIT 1),
  error('function "' || value::VARCHAR || '" does not exist')::INTEGER);
CREATE MACRO __tavana.fn.regproc_name(value) AS coalesce(
  (SELECT __name FROM __tavana.main.signatures AS __p WHERE __oid = __tavana.fn.regproc(value) LIMIT 1), value::VARCHAR);
CREATE MACRO __tavana.fn.regrole(value) AS coalesce(try_cast(value AS INTEGER), 10);
CREATE MACRO __tavana.fn.regrole_name(value) AS __tavana.main.session_role();

-- Functions of PostgreSQL under the names that DuckDB has for them.
CREATE MACRO __tavana.main.json_typeof(json) AS CASE json_type(json)
  WHEN 'VARCHAR' THEN 'string' WHEN 'UBIGINT' THEN 'number' WHEN 'BIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number'
  ELSE lower(json_type(json)) END;
CREATE MACRO __tavana.main.json_path(steps) AS '$' || array_to_string(list_transform(steps, lambda __x:
  CASE WHEN regexp_full_match(__x, '[0-9]+') THEN '[' || __x || ']' WHEN regexp_full_match(__x, '-[0-9]+') THEN '[#' || __x || ']'
       ELSE '."' || replace(__x, '"', '\"') || '"' END), '');
CREATE MACRO __tavana.main.json_at(json, steps) AS json_extract(json, __tavana.main.json_path(steps));
CREATE MACRO __tavana.main.json_text_at(json, steps) AS json_extract_string(json, __tavana.main.json_path(steps));
CREATE MACRO __tavana.main.path_of(path) AS list_filter(list_transform(string_split(trim(path::VARCHAR, '{}[]'), ','),
  lambda __x: trim(trim(__x), '"''')), lambda __x: __x <> '');
CREATE MACRO __tavana.main.groups_in(pattern) AS len(regexp_extract_all(pattern, '(^|[^\\])\([^?]'));
CREATE MACRO __tavana.main.pattern_with(pattern, flags) AS
  CASE WHEN flags = '' THEN pattern ELSE '(?' || replace(flags, 'g', '') || ')' || pattern END;
CREATE MACRO __tavana.main.regexp_match(text, pattern) AS CASE WHEN regexp_matches(text, pattern) THEN
  CASE __tavana.main.groups_in(pattern) WHEN 0 THEN [regexp_extract(text, pattern, 0)] WHEN 1 THEN [regexp_extract(text, pattern, 1)]
       WHEN 2 THEN [regexp_extract(text, pattern, 1), regexp_extract(text, pattern, 2)]
       ELSE [regexp_extract(text, pattern, 1), regexp_extract(text, pattern, 2), regexp_extract(text, pattern, 3)] END END;
CREATE MACRO __tavana.main.months_of(span) AS date_part('year', span) * 12 + date_part('month', span);
CREATE MACRO __tavana.main.micros_of(span) AS
  (date_part('hour', span) * 3600 + date_part('minute', span) * 60) * 1000000 + date_part('microsecond', span);
CREATE MACRO __tavana.main.span_of(months, days, micros) AS
  to_months(months::INTEGER) + to_days(days::INTEGER) + to_microseconds(micros::BIGINT);
CREATE MACRO __tavana.fn.array_upper(list, dimension) AS CASE WHEN len(list) > 0 AND dimension = 1 THEN len(list)::INTEGER END;
CREATE MACRO __tavana.fn.array_lower(list, dimension) AS CASE WHEN len(list) > 0 AND dimension = 1 THEN 1 END;
CREATE MACRO __tavana.fn.array_ndims(list) AS CASE WHEN len(list) > 0 THEN 1 END;
CREATE MACRO __tavana.fn.cardinality(list) AS len(list)::INTEGER;
CREATE MACRO __tavana.fn.array_remove(list, element) AS list_filter(list, lambda __x: __x IS DISTINCT FROM element);
CREATE MACRO __tavana.fn.array_replace(list, old, new) AS
  list_transform(list, lambda __x: CASE WHEN __x IS NOT DISTINCT FROM old THEN new ELSE __x END);
CREATE MACRO __tavana.fn.div(a, b) AS trunc(a / b);
CREATE MACRO __tavana.fn.every(condition) AS bool_and(condition);
CREATE MACRO __tavana.fn.quote_ident(name) AS
  CASE WHEN regexp_full_match(name, '[a-z_][a-z0-9_]*') THEN name ELSE '"' || replace(name, '"', '""') || '"' END;
CREATE MACRO __tavana.fn.quote_literal(value) AS '''' || replace(value::VARCHAR, '''', '''''') || '''';
CREATE MACRO __tavana.fn.quote_nullable(value) AS coalesce('''' || replace(value::VARCHAR, '''', '''''') || '''', 'NULL');
CREATE MACRO __tavana.fn.btrim(text) AS trim(text), (text, characters) AS trim(text, characters);
CREATE MACRO __tavana.fn.clock_timestamp() AS get_current_timestamp();
CREATE MACRO __tavana.fn.statement_timestamp() AS now();
CREATE MACRO __tavana.fn.json_typeof(json) AS __tavana.main.json_typeof(json);
CREATE MACRO __tavana.fn.jsonb_typeof(json) AS __tavana.main.json_typeof(json);
CREATE MACRO __tavana.fn.jsonb_pretty(json) AS json_pretty(json);
CREATE MACRO __tavana.fn.json_extract_path(json, a) AS __tavana.main.json_at(json, [a]),
  (json, a, b) AS __tavana.main.json_at(json, [a, b]), (json, a, b, c) AS __tavana.main.json_at(json, [a, b, c]);
CREATE MACRO __tavana.fn.jsonb_extract_path(json, a) AS __tavana.main.json_at(json, [a]),
  (json, a, b) AS __tavana.main.json_at(json, [a, b]), (json, a, b, c) AS __tavana.main.json_at(json, [a, b, c]);
CREATE MACRO __tavana.fn.json_extract_path_text(json, a) AS __tavana.main.json_text_at(json, [a]),
  (json, a, b) AS __tavana.main.json_text_at(json, [a, b]), (json, a, b, c) AS __tavana.main.json_text_at(json, [a, b, c]);
CREATE MACRO __tavana.fn.jsonb_extract_path_text(json, a) AS __tavana.main.json_text_at(json, [a]),
  (json, a, b) AS __tavana.main.json_text_at(json, [a, b]), (json, a, b, c) AS __tavana.main.json_text_at(json, [a, b, c]);
CREATE MACRO __tavana.fn.json_array_elements(json) AS unnest(json_extract(json, '$[*]'));
CREATE MACRO __tavana.fn.jsonb_array_elements(json) AS unnest(json_extract(json, '$[*]'));
CREATE MACRO __tavana.fn.json_array_elements_text(json) AS unnest(json_extract_string(json, '$[*]'));
CREATE MACRO __tavana.fn.jsonb_array_elements_text(json) AS unnest(json_extract_string(json, '$[*]'));
CREATE MACRO __tavana.fn.json_object_keys(json) AS unnest(json_keys(json));
CREATE MACRO __tavana.fn.jsonb_object_keys(json) AS unnest(json_keys(json));
CREATE MACRO __tavana.fn.json_array_elements(json) AS TABLE SELECT unnest(json_extract(json, '$[*]')) AS value;
CREATE MACRO __tavana.fn.jsonb_array_elements(json) AS TABLE SELECT unnest(json_extract(json, '$[*]')) AS value;
CREATE MACRO __tavana.fn.json_array_elements_text(json) AS TABLE SELECT unnest(json_extract_string(json, '$[*]')) AS value;
CREATE MACRO __tavana.fn.jsonb_array_elements_text(json) AS TABLE SELECT unnest(json_extract_string(json, '$[*]')) AS value;
CREATE MACRO __tavana.fn.jsonb_each(json) AS TABLE
  SELECT unnest(json_keys(json)) AS key, unnest(json_extract(json, '$.*')) AS value;
CREATE MACRO __tavana.fn.jsonb_each_text(json) AS TABLE
  SELECT unnest(json_keys(json)) AS key, unnest(json_extract_string(json, '$.*')) AS value;
CREATE MACRO __tavana.fn.json_each_text(json) AS TABLE
  SELECT unnest(json_keys(json)) AS key, unnest(json_extract_string(json, '$.*')) AS value;
CREATE MACRO __tavana.fn."~>"(json, path) AS __tavana.main.json_at(json, __tavana.main.path_of(path));
CREATE MACRO __tavana.fn."~>>"(json, path) AS __tavana.main.json_text_at(json, __tavana.main.path_of(path));
CREATE MACRO __tavana.fn."~*"(text, pattern) AS regexp_matches(text, pattern, 'i');
CREATE MACRO __tavana.fn."!~*"(text, pattern) AS NOT regexp_matches(text, pattern, 'i');
CREATE MACRO __tavana.fn."|/"(x) AS sqrt(x);
CREATE MACRO __tavana.fn."||/"(x) AS cbrt(x);
CREATE MACRO __tavana.fn.regexp_match(text, pattern) AS __tavana.main.regexp_match(text, pattern),
  (text, pattern, flags) AS __tavana.main.regexp_match(text, __tavana.main.pattern_with(pattern, flags));
CREATE MACRO __tavana.fn.regexp_like(text, pattern) AS regexp_matches(text, pattern),
  (text, pattern, flags) AS regexp_matches(text, __tavana.main.pattern_with(pattern, flags));
CREATE MACRO __tavana.fn.regexp_count(text, pattern) AS len(regexp_extract_all(text, pattern))::INTEGER;
CREATE MACRO __tavana.fn.substring_by_pattern(text, pattern) AS CASE WHEN regexp_matches(text, pattern) THEN
  CASE WHEN __tavana.main.groups_in(pattern) > 0 THEN regexp_extract(text, pattern, 1) ELSE regexp_extract(text, pattern) END END;
CREATE MACRO __tavana.fn.initcap(text) AS array_to_string(list_transform(
  regexp_extract_all(lower(text), '[[:alnum:]]+|[^[:alnum:]]+'), lambda __x: upper(__x[1]) || __x[2:]), '');
CREATE MACRO __tavana.fn.overlay(text, new, start) AS
    left(text, (start - 1)::BIGINT) || new || substring(text, (start + length(new))::BIGINT),
  (text, new, start, count) AS left(text, (start - 1)::BIGINT) || new || substring(text, (start + count)::BIGINT);
CREATE MACRO __tavana.fn.lpad(text, size) AS lpad(text, size, ' '), (text, size, fill) AS lpad(text, size, fill);
CREATE MACRO __tavana.fn.rpad(text, size) AS rpad(text, size, ' '), (text, size, fill) AS rpad(text, size, fill);
CREATE MACRO __tavana.fn.encode(bytes) AS encode(bytes), (bytes, format) AS CASE lower(format)
  WHEN 'hex' THEN lower(hex(bytes::BLOB)) WHEN 'base64' THEN base64(bytes::BLOB) WHEN 'escape' THEN bytes::BLOB::VARCHAR
  ELSE error('unrecognized encoding: "' || format || '"') END;
CREATE MACRO __tavana.fn.decode(text) AS decode(text), (text, format) AS CASE lower(format)
  WHEN 'hex' THEN unhex(text) WHEN 'base64' THEN from_base64(replace(text, chr(10), '')) WHEN 'escape' THEN text::BLOB
  ELSE error('unrecognized encoding: "' || format || '"')::BLOB END;
CREATE MACRO __tavana.fn.convert_from(bytes, encoding) AS decode(bytes);
CREATE MACRO __tavana.fn.convert_to(text, encoding) AS encode(text);
CREATE MACRO __tavana.fn.string_to_array(text, delimiter) AS
    CASE WHEN text = '' THEN []::VARCHAR[] ELSE string_split(text, delimiter) END,
  (text, delimiter, null_text) AS CASE WHEN text = '' THEN []::VARCHAR[]
    ELSE list_transform(string_split(text, delimiter), lambda __x: nullif(__x, null_text)) END;
CREATE MACRO __tavana.fn.array_to_string(list, delimiter) AS array_to_string(list, delimiter), (list, delimiter, null_text) AS
  array_to_string(list_transform(list, lambda __x: coalesce(__x::VARCHAR, null_text)), delimiter);
CREATE MACRO __tavana.fn.array_positions(list, element) AS list_filter(list_transform(list, lambda __x, __i:
  CASE WHEN __x IS NOT DISTINCT FROM element THEN __i::INTEGER END), lambda __x: __x IS NOT NULL);
CREATE MACRO __tavana.fn.array_dims(list) AS CASE WHEN len(list) > 0 THEN '[1:' || len(list) || ']' END;
CREATE MACRO __tavana.fn.trim_array(list, count) AS list[1:len(list) - count];
CREATE MACRO __tavana.fn.array_fill(value, sizes) AS list_transform(range(sizes[1]), lambda __x: value);
CREATE MACRO __tavana.fn.date_bin(stride, source, origin) AS time_bucket(stride::INTERVAL, source, origin);
CREATE MACRO __tavana.fn.make_interval(years := 0, months := 0, weeks := 0, days := 0, hours := 0, mins := 0, secs := 0) AS
  to_months((years * 12 + months)::INTEGER) + to_days((weeks * 7 + days)::INTEGER) +
  to_microseconds(((hours * 3600 + mins * 60) * 1000000 + round(secs * 1000000))::BIGINT);
CREATE MACRO __tavana.fn.justify_days(span) AS __tavana.main.span_of(
  __tavana.main.months_of(span) + date_part('day', span) // 30, date_part('day', span) % 30, __tavana.main.micros_of(span));
CREATE MACRO __tavana.fn.justify_hours(span) AS __tavana.main.span_of(__tavana.main.months_of(span),
  date_part('day', span) + __tavana.main.micros_of(span) // 86400000000, __tavana.main.micros_of(span) % 86400000000);
CREATE MACRO __tavana.fn.string_to_array(text, delimiter) AS TABLE SELECT string_split(text, delimiter) AS string_to_array;
CREATE MACRO __tavana.fn.parse_ident(name) AS list_transform(regexp_extract_all(name, '"[^"]*"|[^.]+'),
  lambda __x: CASE WHEN __x[1] = '"' THEN trim(__x, '"') ELSE lower(__x) END);
CREATE MACRO __tavana.fn._pg_expandarray(list) AS unnest(list_transform(list, lambda __x, __i: {'x': __x, 'n': __i::INTEGER}));
CREATE MACRO __tavana.fn.pg_get_keywords() AS TABLE
  SELECT keyword_name AS word, CASE keyword_category WHEN 'reserved' THEN 'R' WHEN 'unreserved' THEN 'U' WHEN 'type_function' THEN 'T'
         ELSE 'C' END AS catcode, keyword_category <> 'reserved' AS barelabel, keyword_category AS catdesc,
         CASE WHEN keyword_category <> 'reserved' THEN 'can be bare label' ELSE 'requires AS' END AS baredesc
  FROM duckdb_keywords();
CREATE MACRO __tavana.fn.to_timestamp(seconds) AS to_timestamp(seconds),
  (text, template) AS __tavana_local_timestamp(text, template)::TIMESTAMPTZ;
CREATE MACRO __tavana.fn.to_number(text, template) AS __tavana_to_number(text, template)::DECIMAL(38, 6);
CREATE VIEW __tavana.main.serials AS
SELECT relation_oid AS __relation, column_name AS __column,
       replace(replace(regexp_extract(column_default, 'nextval\(''(.*)''', 1), '"', ''), 'main.', 'public.') AS __sequence
FROM __tavana.main.columns WHERE column_default LIKE '%nextval%';
CREATE MACRO __tavana.fn.pg_get_serial_sequence(relation, col) AS (
  SELECT CASE WHEN instr(__sequence, '.') > 0 THEN __sequence ELSE 'public.' || __sequence END
  FROM __tavana.main.serials AS __s WHERE __relation = __tavana.fn.to_regclass(relation) AND __column = col LIMIT 1);
CREATE MACRO __tavana.fn.num_nulls(a, b) AS ((a IS NULL)::INTEGER + (b IS NULL)::INTEGER);
CREATE MACRO __tavana.fn.num_nonnulls(a, b) AS ((a IS NOT NULL)::INTEGER + (b IS NOT NULL)::INTEGER);

CREATE TABLE __tavana.main.fixed_settings AS SELECT * FROM (VALUES
  ('server_version', '15.0'), ('server_version_num', '150000'), ('server_encoding', 'UTF8'), ('client_encoding', 'UTF8'),
  ('standard_conforming_strings', 'on'), ('integer_datetimes', 'on'), ('DateStyle', 'ISO, MDY'), ('IntervalStyle', 'postgres'),
  ('max_identifier_length', '63'), ('max_index_keys', '32'), ('block_size', '8192'), ('transaction_isolation', 'repeatable read'),
  ('default_transaction_isolation', 'repeatable read'), ('lc_collate', 'C'), ('lc_ctype', 'C.UTF-8'), ('is_superuser', 'on'),
  ('default_transaction_read_only', 'off'), ('search_path', '"$user", public'), ('bytea_output', 'hex')) AS v(name, setting);
CREATE VIEW __tavana.pg.pg_settings AS
SELECT name, setting, NULL::VARCHAR AS unit, 'Preset Options' AS category, '' AS short_desc, NULL::VARCHAR AS extra_desc,
       'internal' AS context, 'string' AS vartype, 'default' AS source, NULL::VARCHAR AS min_val, NULL::VARCHAR AS max_val,
       NULL::VARCHAR[] AS enumvals, setting AS boot_val, setting AS reset_val, NULL::VARCHAR AS sourcefile,
       NULL::INTEGER AS sourceline, false AS pending_restart
FROM __tavana.main.fixed_settings
UNION ALL
SELECT name, value, NULL, 'DuckDB', description, NULL, 'user', lower(input_type), 'default', NULL, NULL, NULL, value, value, NULL, NULL, false
FROM duckdb_settings() WHERE name NOT IN (SELECT name FROM __tavana.main.fixed_settings) AND
  NOT regexp_matches(name, 'secret|password|token|key|credential');
