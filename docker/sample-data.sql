-- A million orders as Parquet files, one folder a year.
COPY (
  SELECT number AS order_id,
         DATE '2023-01-01' + (hash(number, 1) % 1096)::INTEGER AS ordered,
         ['Brazil', 'France', 'India', 'Japan', 'Kenya'][1 + (hash(number, 2) % 5)::INTEGER] AS country,
         1 + (hash(number, 3) % 9)::INTEGER AS quantity,
         ((100 + hash(number, 4) % 19900) / 100)::DECIMAL(10, 2) AS price,
         year(ordered) AS year
  FROM range(1, 1000001) AS numbers(number)
) TO 's3://samples/orders' (FORMAT parquet, PARTITION_BY (year), OVERWRITE_OR_IGNORE);
