SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(n, s)
VALUES (1, 2), (3, 4)
SELECT n FROM (VALUES (3), (1), (2)) t(n) ORDER BY n
SELECT n FROM (VALUES (3), (1), (2)) t(n) ORDER BY n DESC
SELECT n FROM (VALUES (3), (NULL), (2)) t(n) ORDER BY n
SELECT n FROM (VALUES (3), (NULL), (2)) t(n) ORDER BY n DESC
SELECT n FROM (VALUES (3), (NULL), (2)) t(n) ORDER BY n NULLS FIRST
SELECT n FROM (VALUES (3), (1), (2)) t(n) ORDER BY 1 LIMIT 2
SELECT n FROM (VALUES (3), (1), (2)) t(n) ORDER BY 1 LIMIT 1 OFFSET 1
SELECT n FROM (VALUES (3), (1), (2)) t(n) ORDER BY 1 OFFSET 1 ROWS FETCH FIRST 1 ROW ONLY
SELECT DISTINCT n FROM (VALUES (1), (1), (2)) t(n) ORDER BY n
SELECT DISTINCT ON (n) n, s FROM (VALUES (1, 'b'), (1, 'a'), (2, 'c')) t(n, s) ORDER BY n, s
SELECT count(*) FROM (VALUES (1), (NULL)) t(n)
SELECT count(n) FROM (VALUES (1), (NULL)) t(n)
SELECT count(DISTINCT n) FROM (VALUES (1), (1), (2)) t(n)
SELECT sum(n) FROM (VALUES (1), (2)) t(n)
SELECT sum(n) FROM (VALUES (1.5), (2.5)) t(n)
SELECT sum(n::int8) FROM (VALUES (1), (2)) t(n)
SELECT sum(n::float8) FROM (VALUES (1), (2)) t(n)
SELECT sum(n) FROM (VALUES (1)) t(n) WHERE false
SELECT avg(n) FROM (VALUES (1), (2)) t(n)
SELECT avg(n) FROM (VALUES (1.5), (2.5)) t(n)
SELECT avg(n::float8) FROM (VALUES (1), (2)) t(n)
SELECT min(n), max(n) FROM (VALUES (1), (2)) t(n)
SELECT min(s), max(s) FROM (VALUES ('a'), ('b')) t(s)
SELECT bool_and(b), bool_or(b), every(b) FROM (VALUES (true), (false)) t(b)
SELECT array_agg(n ORDER BY n) FROM (VALUES (2), (1)) t(n)
SELECT array_agg(n) FROM (VALUES (1)) t(n) WHERE false
SELECT stddev(n), variance(n) FROM (VALUES (1), (2), (3)) t(n)
SELECT stddev_pop(n::float8), var_pop(n::float8) FROM (VALUES (1), (2), (3)) t(n)
SELECT corr(x, y) FROM (VALUES (1.0::float8, 2.0::float8), (2, 4), (3, 6)) t(x, y)
SELECT regr_slope(y, x) FROM (VALUES (1.0::float8, 2.0::float8), (2, 4), (3, 6)) t(x, y)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM (VALUES (1), (2), (3), (4)) t(n)
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM (VALUES (1), (2), (3), (4)) t(n)
SELECT mode() WITHIN GROUP (ORDER BY n) FROM (VALUES (1), (2), (2)) t(n)
SELECT count(*) FILTER (WHERE n > 1) FROM (VALUES (1), (2)) t(n)
SELECT n % 2 AS k, count(*) FROM (VALUES (1), (2), (3)) t(n) GROUP BY k ORDER BY k
SELECT n % 2 AS k, count(*) FROM (VALUES (1), (2), (3)) t(n) GROUP BY 1 HAVING count(*) > 1
SELECT a, b, sum(n) FROM (VALUES (1, 1, 1), (1, 2, 2)) t(a, b, n) GROUP BY ROLLUP (a, b) ORDER BY a, b
SELECT a, b, sum(n) FROM (VALUES (1, 1, 1), (1, 2, 2)) t(a, b, n) GROUP BY CUBE (a, b) ORDER BY a, b
SELECT a, grouping(a) FROM (VALUES (1), (2)) t(a) GROUP BY GROUPING SETS ((a), ()) ORDER BY a
SELECT n, row_number() OVER (ORDER BY n) FROM (VALUES (3), (1)) t(n) ORDER BY n
SELECT n, rank() OVER (ORDER BY n), dense_rank() OVER (ORDER BY n) FROM (VALUES (1), (1), (2)) t(n) ORDER BY n
SELECT n, lag(n) OVER (ORDER BY n), lead(n) OVER (ORDER BY n) FROM (VALUES (1), (2)) t(n) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY n) FROM (VALUES (1), (2)) t(n) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1), (2), (3)) t(n) ORDER BY n
SELECT n, first_value(n) OVER w, last_value(n) OVER w FROM (VALUES (1), (2)) t(n) WINDOW w AS (ORDER BY n) ORDER BY n
SELECT n, nth_value(n, 2) OVER (ORDER BY n) FROM (VALUES (1), (2)) t(n) ORDER BY n
SELECT n, ntile(2) OVER (ORDER BY n) FROM (VALUES (1), (2), (3)) t(n) ORDER BY n
SELECT n, percent_rank() OVER (ORDER BY n), cume_dist() OVER (ORDER BY n) FROM (VALUES (1), (2)) t(n) ORDER BY n
SELECT a.n, b.m FROM (VALUES (1), (2)) a(n) JOIN (VALUES (2), (3)) b(m) ON a.n = b.m
SELECT a.n, b.m FROM (VALUES (1), (2)) a(n) LEFT JOIN (VALUES (2), (3)) b(m) ON a.n = b.m ORDER BY 1
SELECT a.n, b.m FROM (VALUES (1), (2)) a(n) FULL JOIN (VALUES (2), (3)) b(m) ON a.n = b.m ORDER BY 1, 2
SELECT a.n, b.m FROM (VALUES (1), (2)) a(n) CROSS JOIN (VALUES (3)) b(m) ORDER BY 1
SELECT n FROM (VALUES (1)) a(n) NATURAL JOIN (VALUES (1)) b(n)
SELECT n FROM (VALUES (1)) a(n) JOIN (VALUES (1)) b(n) USING (n)
SELECT a.n, l.m FROM (VALUES (1), (2)) a(n), LATERAL (SELECT a.n * 2 AS m) l ORDER BY 1
SELECT n FROM (VALUES (1), (2)) t(n) WHERE n IN (SELECT 2)
SELECT n FROM (VALUES (1), (2)) t(n) WHERE EXISTS (SELECT 1 WHERE n = 2)
SELECT n FROM (VALUES (1), (2)) t(n) WHERE n = (SELECT max(x) FROM (VALUES (1), (2)) u(x))
SELECT n FROM (VALUES (1), (2)) t(n) WHERE n > ALL (SELECT 1)
SELECT n FROM (VALUES (1), (2)) t(n) WHERE n = ANY (ARRAY[2, 3])
SELECT n FROM (VALUES (1), (2)) t(n) WHERE (n, n) = (1, 1)
SELECT (SELECT 1)
SELECT (SELECT n FROM (VALUES (1), (2)) t(n))
SELECT 1 UNION SELECT 1
SELECT 1 UNION ALL SELECT 1
SELECT 1 INTERSECT SELECT 1
SELECT 1 EXCEPT SELECT 2
(SELECT 2) UNION (SELECT 1) ORDER BY 1
WITH c AS (SELECT 1 AS n) SELECT n FROM c
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r ORDER BY n
WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a) SELECT a.n, b.n FROM a, b
WITH c AS MATERIALIZED (SELECT 1 AS n) SELECT n FROM c
SELECT * FROM generate_series(1, 3)
SELECT * FROM generate_series(1, 10, 3) g
SELECT * FROM generate_series(3, 1, -1) g(n)
SELECT generate_series(1, 3)
SELECT unnest(ARRAY[1, 2])
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) t(n, s)
SELECT * FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY t(s, i)
SELECT t.* FROM (VALUES (1, 2)) t(a, b)
SELECT t FROM (VALUES (1, 2)) t(a, b)
SELECT ROW(1, 'a')
SELECT (ROW(1, 2)).*
SELECT 1 AS "Quoted Name"
SELECT 1 AS select_
SELECT 1 a, 2 b
SELECT 1 WHERE true
SELECT 1 FROM (SELECT) t
SELECT
SELECT 1 LIMIT 0
SELECT n AS n FROM (VALUES (1)) t(n) FOR UPDATE
TABLE (VALUES (1)) t
SELECT * FROM (VALUES (1)) AS t
SELECT a.* FROM (SELECT 1 AS x) a
SELECT current_user IS NOT NULL, session_user IS NOT NULL, user IS NOT NULL
SELECT current_schema
SELECT current_catalog IS NOT NULL
SELECT version() LIKE 'PostgreSQL%'
SELECT current_setting('server_version_num')::int >= 150000
SELECT current_setting('no_such_setting')
SELECT current_setting('no_such_setting', true)
SELECT set_config('application_name', 'x', false)
SELECT pg_backend_pid() > 0
SELECT txid_current() > 0
SELECT gen_random_uuid() IS NOT NULL
SELECT 1 ; SELECT 2
SELECT 'a' ; SELECT 1/0 ; SELECT 'b'
SELECT n::text FROM (VALUES (1)) t(n)
SELECT t.n::text, t.n::int8 FROM (VALUES (1)) t(n)
SELECT nope::text
SELECT nope::text FROM (VALUES (1)) t(n)
SELECT coalesce(n, 0), n + 1, -n, (n), n IS NULL FROM (VALUES (1)) t(n)
SELECT count(*) FROM (VALUES (1), (1), (2)) t(n) GROUP BY n ORDER BY count DESC
SELECT max(n), max(n) FROM (VALUES (1)) t(n)
SELECT lower FROM (SELECT lower('A')) t
SELECT lower FROM (SELECT lower('A') AS lower) t
SELECT current_user = session_user
SELECT current_user::text = 'x'
SELECT pg_typeof(current_timestamp::timestamptz)
SELECT n::text::int4 FROM (VALUES ('1')) t(n)
SELECT CASE WHEN n = 1 THEN n END FROM (VALUES (1)) t(n)
SELECT n FROM (VALUES (1)) t(n) UNION ALL SELECT 2
SELECT n + 1 FROM (VALUES (1)) t(n) UNION ALL SELECT 2
