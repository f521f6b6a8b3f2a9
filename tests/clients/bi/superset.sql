-- rows
select pg_catalog.version();

-- rows
show standard_conforming_strings;

-- rows
SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' ORDER BY nspname;

-- rows
SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = ANY (ARRAY['r', 'p']);

-- rows
SELECT datname FROM pg_database WHERE NOT datistemplate;

set search_path = "public";

-- rows
EXPLAIN SELECT * FROM public.bi_order;

-- rows
SELECT pg_backend_pid();

-- rows
SELECT DATE_TRUNC('day', made) AS made, SUM(amount) AS "SUM(amount)" FROM public.bi_order WHERE made >= TO_TIMESTAMP('2020-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND made < TO_TIMESTAMP('2030-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('day', made) ORDER BY "SUM(amount)" DESC LIMIT 10000;

-- rows
SELECT tablename, indexname, indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'public';
