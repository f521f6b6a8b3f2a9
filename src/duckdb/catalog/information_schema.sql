-- information_schema, with PostgreSQL 15's columns.

CREATE VIEW __tavana.info.information_schema_catalog_name AS
SELECT __tavana.main.shown_database() AS catalog_name;

CREATE VIEW __tavana.info.schemata AS
SELECT __tavana.main.shown_database() AS catalog_name, shown AS schema_name, __tavana.main.session_role() AS schema_owner,
       NULL::VARCHAR AS default_character_set_catalog, NULL::VARCHAR AS default_character_set_schema,
       NULL::VARCHAR AS default_character_set_name, NULL::VARCHAR AS sql_path
FROM __tavana.main.namespaces;

CREATE VIEW __tavana.info.tables AS
SELECT __tavana.main.shown_database() AS table_catalog, shown_schema AS table_schema, name AS table_name,
       CASE WHEN database_name = 'temp' THEN 'LOCAL TEMPORARY' WHEN kind = 'r' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type,
       NULL::VARCHAR AS self_referencing_column_name, NULL::VARCHAR AS reference_generation,
       NULL::VARCHAR AS user_defined_type_catalog, NULL::VARCHAR AS user_defined_type_schema,
       NULL::VARCHAR AS user_defined_type_name, CASE kind WHEN 'r' THEN 'YES' ELSE 'NO' END AS is_insertable_into,
       'NO' AS is_typed, NULL::VARCHAR AS commit_action
FROM __tavana.main.relations WHERE kind IN ('r', 'v');

CREATE VIEW __tavana.info.columns AS
SELECT __tavana.main.shown_database() AS table_catalog, c.shown_schema AS table_schema, c.table_name, c.column_name,
       c.column_index AS ordinal_position, c.column_default, CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
       CASE WHEN t.typcategory = 'A' THEN 'ARRAY' ELSE coalesce(s.spelling, t.typname) END AS data_type,
       NULL::INTEGER AS character_maximum_length,
       CASE WHEN c.type_oid = 25 THEN 1073741824 END AS character_octet_length,
       CASE c.type_oid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53
         WHEN 1700 THEN CASE WHEN c.type_modifier > 0 THEN (c.type_modifier - 4) // 65536 END END::INTEGER AS numeric_precision,
       CASE WHEN c.type_oid IN (20, 21, 23, 700, 701) THEN 2 WHEN c.type_oid = 1700 THEN 10 END AS numeric_precision_radix,
       CASE WHEN c.type_oid IN (20, 21, 23) THEN 0
         WHEN c.type_oid = 1700 AND c.type_modifier > 0 THEN (c.type_modifier - 4) % 65536 END::INTEGER AS numeric_scale,
       CASE WHEN c.type_oid = 1082 THEN 0 WHEN c.type_oid IN (1083, 1114, 1184, 1186, 1266) THEN 6 END AS datetime_precision,
       NULL::VARCHAR AS interval_type, NULL::INTEGER AS interval_precision, NULL::VARCHAR AS character_set_catalog,
       NULL::VARCHAR AS character_set_schema, NULL::VARCHAR AS character_set_name, NULL::VARCHAR AS collation_catalog,
       NULL::VARCHAR AS collation_schema, NULL::VARCHAR AS collation_name, NULL::VARCHAR AS domain_catalog,
       NULL::VARCHAR AS domain_schema, NULL::VARCHAR AS domain_name, __tavana.main.shown_database() AS udt_catalog,
       'pg_catalog' AS udt_schema, t.typname AS udt_name, NULL::VARCHAR AS scope_catalog, NULL::VARCHAR AS scope_schema,
       NULL::VARCHAR AS scope_name, NULL::INTEGER AS maximum_cardinality, c.column_index::VARCHAR AS dtd_identifier,
       'NO' AS is_self_referencing, 'NO' AS is_identity, NULL::VARCHAR AS identity_generation,
       NULL::VARCHAR AS identity_start, NULL::VARCHAR AS identity_increment, NULL::VARCHAR AS identity_maximum,
       NULL::VARCHAR AS identity_minimum, 'NO' AS identity_cycle, 'NEVER' AS is_generated,
       NULL::VARCHAR AS generation_expression, CASE r.kind WHEN 'r' THEN 'YES' ELSE 'NO' END AS is_updatable
FROM __tavana.main.columns AS c
JOIN __tavana.main.builtin_types AS t ON t.oid = c.type_oid
LEFT JOIN __tavana.main.type_spellings AS s ON s.oid = c.type_oid
JOIN __tavana.main.relations AS r ON r.oid = c.relation_oid;

CREATE VIEW __tavana.info.views AS
SELECT __tavana.main.shown_database() AS table_catalog, shown_schema AS table_schema, name AS table_name,
       __tavana.main.view_query(sql) AS view_definition, 'NONE' AS check_option, 'NO' AS is_updatable,
       'NO' AS is_insertable_into, 'NO' AS is_trigger_updatable, 'NO' AS is_trigger_deletable,
       'NO' AS is_trigger_insertable_into
FROM __tavana.main.relations WHERE kind = 'v' AND database_name <> '__tavana';

CREATE VIEW __tavana.main.all_constraints AS
SELECT __tavana.main.shown_database() AS shown_database, __tavana.main.shown_schema(database_name, schema_name) AS shown_schema,
       constraint_name, table_name, constraint_type, constraint_column_names, expression
FROM __tavana.main.constraints
UNION ALL
SELECT __tavana.main.shown_database(), shown_schema,
       __tavana.main.namespace_oid(database_name, schema_name) || '_' || relation_oid || '_' || column_index || '_not_null',
       table_name, 'CHECK', [column_name], column_name || ' IS NOT NULL'
FROM __tavana.main.columns WHERE NOT is_nullable;

CREATE VIEW __tavana.info.table_constraints AS
SELECT shown_database AS constraint_catalog, shown_schema AS constraint_schema, constraint_name,
       shown_database AS table_catalog, shown_schema AS table_schema, table_name, constraint_type, 'NO' AS is_deferrable,
       'NO' AS initially_deferred, 'YES' AS enforced, CASE constraint_type WHEN 'UNIQUE' THEN 'YES' END AS nulls_distinct
FROM __tavana.main.all_constraints;

CREATE VIEW __tavana.info.key_column_usage AS
SELECT __tavana.main.shown_database() AS constraint_catalog, shown AS constraint_schema, constraint_name,
       __tavana.main.shown_database() AS table_catalog, shown AS table_schema, table_name, column_name,
       position::INTEGER AS ordinal_position, list_position(key_column_names, referenced_column)::INTEGER AS position_in_unique_constraint
FROM (SELECT __tavana.main.shown_schema(c.database_name, c.schema_name) AS shown, c.constraint_name, c.table_name,
             unnest(c.constraint_column_names) AS column_name, unnest(f.referenced_column_names) AS referenced_column,
             generate_subscripts(c.constraint_column_names, 1) AS position, f.key_column_names
      FROM __tavana.main.constraints AS c LEFT JOIN __tavana.main.foreign_keys AS f ON f.oid = c.oid
      WHERE c.constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY'));

CREATE VIEW __tavana.info.referential_constraints AS
SELECT __tavana.main.shown_database() AS constraint_catalog,
       __tavana.main.shown_schema(database_name, schema_name) AS constraint_schema, constraint_name,
       __tavana.main.shown_database() AS unique_constraint_catalog,
       __tavana.main.shown_schema(database_name, schema_name) AS unique_constraint_schema,
       key_name AS unique_constraint_name, 'NONE' AS match_option, 'NO ACTION' AS update_rule, 'NO ACTION' AS delete_rule
FROM __tavana.main.foreign_keys;

CREATE VIEW __tavana.info.constraint_column_usage AS
SELECT __tavana.main.shown_database() AS table_catalog, shown AS table_schema, table_name, column_name,
       __tavana.main.shown_database() AS constraint_catalog, shown AS constraint_schema, constraint_name
FROM (SELECT __tavana.main.shown_schema(c.database_name, c.schema_name) AS shown, c.constraint_name,
             coalesce(f.referenced_table, c.table_name) AS table_name,
             unnest(coalesce(f.referenced_column_names, c.constraint_column_names)) AS column_name
      FROM __tavana.main.constraints AS c LEFT JOIN __tavana.main.foreign_keys AS f ON f.oid = c.oid);
CREATE VIEW __tavana.info.constraint_table_usage AS
SELECT DISTINCT table_catalog, table_schema, table_name, constraint_catalog, constraint_schema, constraint_name
FROM __tavana.info.constraint_column_usage;

CREATE VIEW __tavana.info.check_constraints AS
SELECT shown_database AS constraint_catalog, shown_schema AS constraint_schema, constraint_name, expression AS check_clause
FROM __tavana.main.all_constraints WHERE constraint_type = 'CHECK';

CREATE VIEW __tavana.info.sequences AS
SELECT __tavana.main.shown_database() AS sequence_catalog,
       __tavana.main.shown_schema(database_name, schema_name) AS sequence_schema, sequence_name, 'bigint' AS data_type,
       64 AS numeric_precision, 2 AS numeric_precision_radix, 0 AS numeric_scale, start_value::VARCHAR AS start_value,
       min_value::VARCHAR AS minimum_value, max_value::VARCHAR AS maximum_value, increment_by::VARCHAR AS increment,
       CASE WHEN cycle THEN 'YES' ELSE 'NO' END AS cycle_option
FROM duckdb_sequences() WHERE __tavana.main.is_shown(database_name, schema_name);

CREATE VIEW __tavana.info.character_sets AS
SELECT NULL::VARCHAR AS character_set_catalog, NULL::VARCHAR AS character_set_schema, 'UTF8' AS character_set_name,
       'UCS' AS character_repertoire, 'UTF8' AS form_of_use, __tavana.main.shown_database() AS default_collate_catalog,
       'pg_catalog' AS default_collate_schema, 'default' AS default_collate_name;
CREATE VIEW __tavana.info.enabled_roles AS SELECT __tavana.main.session_role() AS role_name;
CREATE VIEW __tavana.info.applicable_roles AS
SELECT __tavana.main.session_role() AS grantee, __tavana.main.session_role() AS role_name, 'NO' AS is_grantable WHERE false;
CREATE VIEW __tavana.info.table_privileges AS
SELECT __tavana.main.session_role() AS grantor, __tavana.main.session_role() AS grantee,
       __tavana.main.shown_database() AS table_catalog, shown_schema AS table_schema, name AS table_name,
       unnest(['INSERT', 'SELECT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege_type,
       'YES' AS is_grantable, 'NO' AS with_hierarchy
FROM __tavana.main.relations WHERE kind IN ('r', 'v');
CREATE VIEW __tavana.info.role_table_grants AS SELECT * FROM __tavana.info.table_privileges;
