-- rows
SELECT CURRENT_DATABASE();

-- rows
select current_schema();

-- rows
select n.nspname, c.relname, c.relkind from pg_catalog.pg_class c, pg_catalog.pg_namespace n where n.oid = c.relnamespace and relkind in ('r', 'v', 'm', 'f', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pg_temp_1') and n.oid = relnamespace order by nspname, relname;

-- rows
select n.nspname, c.relname, a.attname, a.atttypid, t.typname, a.attnum, a.attlen, a.atttypmod, a.attnotnull, c.relhasrules, c.relkind, c.oid, pg_get_expr(d.adbin, d.adrelid), case t.typtype when 'd' then t.typbasetype else 0 end, t.typtypmod, '', attidentity, c.relhassubclass
from (((pg_catalog.pg_class c inner join pg_catalog.pg_namespace n on n.oid = c.relnamespace and c.oid = 'bi_order'::regclass) inner join pg_catalog.pg_attribute a on (not a.attisdropped) and a.attnum > 0 and a.attrelid = c.oid) inner join pg_catalog.pg_type t on t.oid = a.atttypid) left outer join pg_attrdef d on a.atthasdef and d.adrelid = a.attrelid and d.adnum = a.attnum order by n.nspname, c.relname, attnum;

BEGIN;

declare "SQL_CUR0x7f8" cursor with hold for SELECT "bi_order"."customer_id" AS "customer_id", SUM("bi_order"."amount") AS "sum:amount:ok" FROM "public"."bi_order" "bi_order" GROUP BY 1;

-- rows
fetch 2048 in "SQL_CUR0x7f8";

close "SQL_CUR0x7f8";

COMMIT;

CREATE LOCAL TEMPORARY TABLE "#Tableau_1_1_Connect" ("COL" INTEGER) ON COMMIT PRESERVE ROWS;

INSERT INTO "#Tableau_1_1_Connect" ("COL") VALUES (1);

-- rows
SELECT COUNT(*) FROM "#Tableau_1_1_Connect";

SELECT * INTO TEMP "#Tableau_2" FROM (SELECT 1 AS "COL") AS CHECKTEMP LIMIT 1;

DROP TABLE "#Tableau_1_1_Connect";

-- rows
SELECT DATE_TRUNC('YEAR', CAST("bi_order"."made" AS TIMESTAMP)) AS "yr:made:ok", COUNT(1) AS "cnt" FROM "public"."bi_order" "bi_order" GROUP BY 1;

-- rows
SELECT CAST(TRUNC(EXTRACT(YEAR FROM "bi_order"."made")) AS INTEGER) AS "yr", CAST(TRUNC(EXTRACT(MONTH FROM "bi_order"."made")) AS INTEGER) AS "mn" FROM "public"."bi_order" "bi_order" GROUP BY 1, 2;
