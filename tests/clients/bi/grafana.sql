-- rows
SELECT current_setting('server_version_num')::int/100 as version;

SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- rows
SELECT
  CASE WHEN
      quote_ident(table_schema) IN (
        SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
        FROM generate_series(
          array_lower(string_to_array(current_setting('search_path'), ','), 1),
          array_upper(string_to_array(current_setting('search_path'), ','), 1)
        ) as i,
        string_to_array(current_setting('search_path'), ',') s
      )
      THEN quote_ident(table_name)
      ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
  END AS "table"
FROM information_schema.tables
WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog', '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information', 'timescaledb_experimental')
ORDER BY CASE WHEN quote_ident(table_schema) = 'public' THEN 0 ELSE 1 END, 1;

-- rows
SELECT quote_ident(column_name) AS "column", data_type AS "type"
FROM information_schema.columns
WHERE CASE
  WHEN array_length(parse_ident('bi_order'), 1) = 2
    THEN quote_ident(table_schema) = (parse_ident('bi_order'))[1] AND quote_ident(table_name) = (parse_ident('bi_order'))[2]
  ELSE quote_ident(table_name) = 'bi_order'
    AND quote_ident(table_schema) IN (
      SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
      FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) as i,
        string_to_array(current_setting('search_path'), ',') s)
END;

-- rows
SELECT floor(extract(epoch from made)/3600)*3600 AS "time", avg(amount) AS "value" FROM bi_order WHERE made BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00Z' GROUP BY 1 ORDER BY 1;

-- rows
SELECT extract(epoch from made) AS "time", amount FROM bi_order WHERE extract(epoch from made) >= 1577836800 ORDER BY 1;
