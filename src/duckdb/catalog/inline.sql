-- What reads the tables that the gateway supplies to a statement (see PostgresCatalog::inline_tables).
CREATE MACRO __tavana.fn.current_setting(wanted) AS coalesce(
    (SELECT s.setting FROM __tavana_pg_settings AS s WHERE lower(s.name) = lower(wanted) LIMIT 1),
    (SELECT d.value FROM duckdb_settings() AS d WHERE d.name = lower(wanted) LIMIT 1),
    error('unrecognized configuration parameter "' || wanted || '"')),
  (wanted, missing_ok) AS coalesce(
    (SELECT s.setting FROM __tavana_pg_settings AS s WHERE lower(s.name) = lower(wanted) LIMIT 1),
    (SELECT d.value FROM duckdb_settings() AS d WHERE d.name = lower(wanted) LIMIT 1),
    CASE WHEN NOT missing_ok THEN error('unrecognized configuration parameter "' || wanted || '"') END);
