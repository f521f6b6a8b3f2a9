-- What the views share. Everything lives in the hidden database __tavana: its schemas pg and info
-- are what clients see as pg_catalog and information_schema (DuckDB keeps those names for its own), main is ours.
ATTACH ':memory:' AS __tavana;
CREATE SCHEMA __tavana.pg;
CREATE SCHEMA __tavana.info;

-- Oids are a hash of the qualified name, the same in every process, in the positive half of int4 and above the first
-- one that PostgreSQL gives to users (16384, its FirstNormalObjectId).
CREATE MACRO __tavana.main.oid_of(kind, a, b, c) AS
  (md5_number_lower(concat_ws(chr(1), kind, a, b, c)) % 2147467263 + 16384)::INTEGER;

-- The database as the client named it: "main" and "tavana" are two names of the default catalog.
-- The attached database that is current, whatever it is called to the client.
CREATE MACRO __tavana.main.real_database() AS split_part(current_database(), chr(0), 1);
CREATE MACRO __tavana.main.shown_database() AS
  CASE WHEN current_database() = 'tavana' THEN coalesce(getvariable('tavana_database')::VARCHAR, 'tavana')
       ELSE current_database() END;
CREATE MACRO __tavana.main.session_role() AS coalesce(getvariable('tavana_user')::VARCHAR, 'tavana');
-- The default catalog's schema main is public to PostgreSQL; both names work in statements.
CREATE MACRO __tavana.main.shown_schema(database_name, schema_name) AS
  CASE WHEN database_name = '__tavana' THEN CASE schema_name WHEN 'pg' THEN 'pg_catalog' ELSE 'information_schema' END
       WHEN database_name = 'temp' THEN 'pg_temp'
       WHEN database_name = 'tavana' AND schema_name = 'main' THEN 'public' ELSE schema_name END;
CREATE MACRO __tavana.main.is_shown(database_name, schema_name) AS
  database_name = __tavana.main.real_database() OR database_name = 'temp' OR
  (database_name = '__tavana' AND schema_name NOT IN ('main', 'fn'));
CREATE MACRO __tavana.main.namespace_oid(database_name, schema_name) AS
  CASE WHEN database_name = '__tavana' AND schema_name = 'pg' THEN 11
       WHEN database_name = 'tavana' AND schema_name = 'main' THEN 2200
       ELSE __tavana.main.oid_of('namespace', database_name, schema_name, NULL) END;
CREATE MACRO __tavana.main.relation_oid(database_name, schema_name, relation_name) AS
  __tavana.main.oid_of('relation', database_name, schema_name, relation_name);

-- A DuckDB type as the wire shows it.
CREATE MACRO __tavana.main.scalar_type_oid(type_name) AS
  coalesce(MAP {
    'BOOLEAN': 16, 'TINYINT': 21, 'UTINYINT': 21, 'SMALLINT': 21, 'USMALLINT': 23, 'INTEGER': 23, 'UINTEGER': 20,
    'BIGINT': 20, 'UBIGINT': 1700, 'HUGEINT': 1700, 'UHUGEINT': 1700, 'FLOAT': 700, 'DOUBLE': 701, 'DECIMAL': 1700,
    'VARCHAR': 25, 'BLOB': 17, 'BIT': 25, 'DATE': 1082, 'TIME': 1083, 'TIME_NS': 1083, 'TIME WITH TIME ZONE': 1266,
    'TIMESTAMP': 1114, 'TIMESTAMP_S': 1114, 'TIMESTAMP_MS': 1114, 'TIMESTAMP_NS': 1114,
    'TIMESTAMP WITH TIME ZONE': 1184, 'INTERVAL': 1186, 'UUID': 2950, 'JSON': 114,
    'STRUCT': 114, 'MAP': 114, 'UNION': 114}[regexp_replace(type_name, '\(.*$', '')], 25);
CREATE MACRO __tavana.main.array_type_oid(element_oid) AS
  coalesce(MAP {16: 1000, 17: 1001, 20: 1016, 21: 1005, 23: 1007, 25: 1009, 114: 199, 700: 1021, 701: 1022, 1082: 1182,
    1083: 1183, 1266: 1270, 1114: 1115, 1184: 1185, 1186: 1187, 1700: 1231, 2950: 2951}[element_oid], 114);
CREATE MACRO __tavana.main.type_oid(type_name) AS
  CASE WHEN regexp_matches(type_name, '\]\[[0-9]*\]$') THEN 114
       WHEN regexp_matches(type_name, '^(STRUCT|MAP|UNION)\(.*\)\[[0-9]*\]$') THEN 199
       WHEN suffix(type_name, ']') THEN
         __tavana.main.array_type_oid(__tavana.main.scalar_type_oid(regexp_replace(type_name, '\[[0-9]*\]$', '')))
       ELSE __tavana.main.scalar_type_oid(type_name) END;
-- numeric's modifier is ((precision << 16) | scale) + 4 (PostgreSQL's make_numeric_typmod).
CREATE MACRO __tavana.main.type_modifier(type_name) AS
  CASE WHEN prefix(type_name, 'DECIMAL(') THEN
         (regexp_extract(type_name, '\((\d+)', 1)::INTEGER * 65536 + regexp_extract(type_name, ',\s*(\d+)', 1)::INTEGER + 4)
       WHEN type_name = 'UBIGINT' THEN 20 * 65536 + 4
       WHEN type_name IN ('HUGEINT', 'UHUGEINT') THEN 39 * 65536 + 4 ELSE -1 END::INTEGER;
