-- Objects of the current database (and the session's temporary ones) under the names that PostgreSQL's views give.

CREATE VIEW __tavana.main.namespaces AS
SELECT __tavana.main.namespace_oid(database_name, schema_name) AS oid, database_name, schema_name,
       __tavana.main.shown_schema(database_name, schema_name) AS shown, comment
FROM duckdb_schemas() WHERE __tavana.main.is_shown(database_name, schema_name);

CREATE VIEW __tavana.main.constraints AS
SELECT __tavana.main.oid_of('constraint', database_name, schema_name, table_name || chr(1) || constraint_name) AS oid,
       __tavana.main.relation_oid(database_name, schema_name, table_name) AS relation_oid,
       __tavana.main.relation_oid(database_name, schema_name, constraint_name) AS index_oid, *
FROM (SELECT * REPLACE (CASE WHEN count(*) OVER same = 1 THEN constraint_name
                             ELSE constraint_name || row_number() OVER (same ORDER BY constraint_index) END
                        AS constraint_name)
      FROM duckdb_constraints()
      WHERE constraint_type <> 'NOT NULL' AND __tavana.main.is_shown(database_name, schema_name)
      WINDOW same AS (PARTITION BY database_name, schema_name, table_name, constraint_name));

CREATE VIEW __tavana.main.relations AS
SELECT coalesce(known.oid, __tavana.main.relation_oid(database_name, schema_name, all_relations.name)) AS oid,
       __tavana.main.namespace_oid(database_name, schema_name) AS namespace_oid,
       __tavana.main.shown_schema(database_name, schema_name) AS shown_schema, all_relations.*
FROM (
  SELECT database_name, schema_name, table_name AS name, CASE database_name WHEN '__tavana' THEN 'v' ELSE 'r' END AS kind,
         column_count AS columns, comment, sql, estimated_size AS rows, index_count > 0 OR has_primary_key AS has_index,
         check_constraint_count AS checks
  FROM duckdb_tables() WHERE __tavana.main.is_shown(database_name, schema_name)
  UNION ALL
  SELECT database_name, schema_name, view_name, 'v', column_count, comment, sql, 0, false, 0
  FROM duckdb_views()
  WHERE (NOT internal OR database_name = '__tavana') AND __tavana.main.is_shown(database_name, schema_name)
  UNION ALL
  SELECT database_name, schema_name, sequence_name, 'S', 3, comment, sql, 1, false, 0
  FROM duckdb_sequences() WHERE __tavana.main.is_shown(database_name, schema_name)
  UNION ALL
  SELECT database_name, schema_name, index_name, 'i', len(string_split(expressions, ', ')), comment, sql, 0, false, 0
  FROM duckdb_indexes() WHERE __tavana.main.is_shown(database_name, schema_name)
  UNION ALL
  SELECT database_name, schema_name, constraint_name, 'i', len(constraint_column_names), NULL,
         'CREATE UNIQUE INDEX ' || constraint_name || ' ON ' || __tavana.main.shown_schema(database_name, schema_name) ||
         '.' || table_name || ' USING btree (' || array_to_string(constraint_column_names, ', ') || ')', 0, false, 0
  FROM __tavana.main.constraints WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE')
) AS all_relations
LEFT JOIN __tavana.main.catalog_oids AS known ON database_name = '__tavana' AND known.name = all_relations.name;

CREATE VIEW __tavana.main.columns AS
SELECT coalesce(known.oid, __tavana.main.relation_oid(database_name, schema_name, table_name)) AS relation_oid,
       __tavana.main.shown_schema(database_name, schema_name) AS shown_schema, __tavana.main.type_oid(data_type) AS type_oid,
       __tavana.main.type_modifier(data_type) AS type_modifier, database_name, schema_name, table_name, column_name,
       column_index, comment, column_default, is_nullable, data_type
FROM duckdb_columns()
LEFT JOIN __tavana.main.catalog_oids AS known ON database_name = '__tavana' AND known.name = table_name
WHERE __tavana.main.is_shown(database_name, schema_name) AND (NOT internal OR database_name = '__tavana');

-- The columns of each index, in order; 0 for an expression.
CREATE VIEW __tavana.main.indexes AS
SELECT __tavana.main.relation_oid(database_name, schema_name, index_name) AS oid,
       __tavana.main.relation_oid(database_name, schema_name, table_name) AS relation_oid,
       database_name, schema_name, index_name, table_name, is_unique, false AS is_primary, sql,
       list_transform(string_split(expressions[2:-2], ', '),
                      lambda x: regexp_replace(trim(x, '''"'), '^["'']|["'']$', '', 'g')) AS column_names
FROM duckdb_indexes() WHERE __tavana.main.is_shown(database_name, schema_name)
UNION ALL
SELECT index_oid, relation_oid, database_name, schema_name, constraint_name, table_name, true,
       constraint_type = 'PRIMARY KEY', NULL, constraint_column_names
FROM __tavana.main.constraints WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE');

CREATE VIEW __tavana.main.index_columns AS
SELECT i.oid, i.relation_oid, i.database_name, i.schema_name, i.position, i.column_name,
       coalesce(c.column_index, 0) AS number, c.data_type
FROM (SELECT *, unnest(column_names) AS column_name, generate_subscripts(column_names, 1) AS position
      FROM __tavana.main.indexes) AS i
LEFT JOIN __tavana.main.columns AS c ON c.relation_oid = i.relation_oid AND c.column_name = i.column_name;

CREATE VIEW __tavana.main.user_types AS
SELECT __tavana.main.oid_of('type', database_name, schema_name, type_name) AS oid,
       __tavana.main.namespace_oid(database_name, schema_name) AS namespace_oid, type_name, logical_type, labels, comment
FROM duckdb_types() WHERE NOT internal AND __tavana.main.is_shown(database_name, schema_name);
