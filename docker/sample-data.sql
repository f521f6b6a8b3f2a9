-- A million orders as Parquet files, one folder a year.
\getenv endpoint AWS_ENDPOINT_URL
\getenv key AWS_ACCESS_KEY_ID
\getenv secret AWS_SECRET_ACCESS_KEY
\getenv region AWS_REGION
\getenv style AWS_S3_URL_STYLE
SELECT replace(:'endpoint', 'http://', '') AS endpoint \gset
CREATE SECRET (TYPE s3, KEY_ID :'key', SECRET :'secret', REGION :'region', URL_STYLE :'style', USE_SSL false,
               ENDPOINT :'endpoint');
COPY (
  SELECT number AS order_id,
         DATE '2023-01-01' + (hash(number, 1) % 1096)::INTEGER AS ordered,
         ['Brazil', 'France', 'India', 'Japan', 'Kenya'][1 + (hash(number, 2) % 5)::INTEGER] AS country,
         1 + (hash(number, 3) % 9)::INTEGER AS quantity,
         ((100 + hash(number, 4) % 19900) / 100)::DECIMAL(10, 2) AS price,
         year(ordered) AS year
  FROM range(1, 1000001) AS numbers(number)
) TO 's3://samples/orders' (FORMAT parquet, PARTITION_BY (year), OVERWRITE_OR_IGNORE);
