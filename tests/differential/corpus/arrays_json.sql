SELECT ARRAY[1, 2, 3]
SELECT ARRAY[]::int4[]
SELECT ARRAY['a', NULL]
SELECT ARRAY[[1, 2], [3, 4]]
SELECT (ARRAY[1, 2, 3])[1]
SELECT (ARRAY[1, 2, 3])[0]
SELECT (ARRAY[1, 2, 3])[4]
SELECT (ARRAY[1, 2, 3])[1:2]
SELECT ARRAY[1, 2] || 3
SELECT 0 || ARRAY[1, 2]
SELECT ARRAY[1] || ARRAY[2]
SELECT ARRAY[1, 2] = ARRAY[1, 2]
SELECT ARRAY[1, 2] < ARRAY[1, 3]
SELECT ARRAY[1, 2, 3] @> ARRAY[2]
SELECT ARRAY[2] <@ ARRAY[1, 2]
SELECT ARRAY[1, 2] && ARRAY[2, 3]
SELECT array_length(ARRAY[1, 2, 3], 1)
SELECT array_length(ARRAY[]::int4[], 1)
SELECT cardinality(ARRAY[1, 2])
SELECT array_ndims(ARRAY[1, 2])
SELECT array_dims(ARRAY[1, 2])
SELECT array_upper(ARRAY[1, 2], 1)
SELECT array_lower(ARRAY[1, 2], 1)
SELECT array_append(ARRAY[1], 2)
SELECT array_prepend(1, ARRAY[2])
SELECT array_cat(ARRAY[1], ARRAY[2])
SELECT array_remove(ARRAY[1, 2, 1], 1)
SELECT array_replace(ARRAY[1, 2], 1, 5)
SELECT array_position(ARRAY['a', 'b'], 'b')
SELECT array_position(ARRAY['a', 'b'], 'c')
SELECT array_positions(ARRAY[1, 2, 1], 1)
SELECT array_fill(0, ARRAY[3])
SELECT 2 = ANY(ARRAY[1, 2])
SELECT 2 = ALL(ARRAY[2, 2])
SELECT 2 <> ALL(ARRAY[1, 3])
SELECT ARRAY(SELECT n FROM (VALUES (1), (2)) t(n) ORDER BY n)
SELECT unnest(ARRAY[[1, 2], [3, 4]])
SELECT trim_array(ARRAY[1, 2, 3], 1)
SELECT array_to_json(ARRAY[1, 2])
SELECT '{"a": {"b": 1}}'::json -> 'a'
SELECT '{"a": {"b": 1}}'::json ->> 'a'
SELECT '{"a": 1}'::json -> 'b'
SELECT '[1, 2]'::json -> 0
SELECT '[1, 2]'::json ->> 1
SELECT '[1, 2]'::json -> -1
SELECT '{"a": {"b": 1}}'::json #> '{a,b}'
SELECT '{"a": {"b": 1}}'::json #>> '{a,b}'
SELECT '{"a": 1}'::jsonb @> '{"a": 1}'
SELECT '{"a": 1}'::jsonb ? 'a'
SELECT '{"a": 1}'::jsonb || '{"b": 2}'
SELECT '{"a": 1, "b": 2}'::jsonb - 'a'
SELECT json_build_object('a', 1, 'b', 'x')
SELECT json_build_array(1, 'a', NULL)
SELECT jsonb_build_object('a', 1)
SELECT to_json('a'::text)
SELECT to_json(1)
SELECT to_jsonb(ARRAY[1, 2])
SELECT row_to_json(t) FROM (VALUES (1, 'a')) t(n, s)
SELECT json_agg(n) FROM (VALUES (1), (2)) t(n)
SELECT jsonb_agg(n ORDER BY n DESC) FROM (VALUES (1), (2)) t(n)
SELECT json_object_agg(k, v) FROM (VALUES ('a', 1)) t(k, v)
SELECT json_array_length('[1, 2, 3]')
SELECT jsonb_array_length('[1, 2, 3]'::jsonb)
SELECT json_typeof('{"a": 1}')
SELECT jsonb_typeof('1'::jsonb)
SELECT json_array_elements('[1, 2]')
SELECT json_array_elements_text('["a", "b"]')
SELECT jsonb_object_keys('{"a": 1, "b": 2}'::jsonb)
SELECT * FROM json_each('{"a": 1}')
SELECT * FROM jsonb_each_text('{"a": 1}'::jsonb)
SELECT json_extract_path('{"a": {"b": 1}}', 'a', 'b')
SELECT json_extract_path_text('{"a": {"b": 1}}', 'a', 'b')
SELECT jsonb_set('{"a": 1}'::jsonb, '{a}', '2')
SELECT jsonb_pretty('{"a": 1}'::jsonb)
SELECT '{"a": 1}'::jsonb = '{"a":1}'::jsonb
SELECT ('{"a": "x"}'::json ->> 'a') = 'x'
SELECT json_strip_nulls('{"a": null, "b": 1}')
SELECT '"x"'::jsonb #>> '{}'
SELECT jsonb_path_query('{"a": [1, 2]}'::jsonb, '$.a[*]')
SELECT '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ? 'b', '["a"]'::jsonb ? 'a', '"a"'::jsonb ? 'a'
SELECT '{"a": 1, "b": 2}'::jsonb ?| ARRAY['x', 'b'], '{"a": 1, "b": 2}'::jsonb ?& ARRAY['a', 'x']
SELECT (j ? 'a')::text FROM (VALUES ('{"a": 1}'::jsonb), (NULL)) t(j)
SELECT count(*) FROM (VALUES ('{"a": 1}'::jsonb), ('{"b": 1}')) t(j) WHERE j ? 'a'
SELECT '{"a": {"b": 1, "c": 2}}'::jsonb #- '{a,b}' = '{"a": {"c": 2}}'::jsonb
SELECT jsonb_set('{"a": [1, 2]}'::jsonb, '{a,1}', '9') = '{"a": [1, 9]}'::jsonb
SELECT jsonb_set('{"a": 1}'::jsonb, '{b}', '2') = '{"a": 1, "b": 2}'::jsonb, jsonb_set('{"a": 1}'::jsonb, '{b}', '2', false) = '{"a": 1}'::jsonb
SELECT jsonb_set('{"a": 1}'::jsonb, NULL, '2'), jsonb_set('{"a": 1}'::jsonb, '{a}', NULL)
SELECT jsonb_set('1'::jsonb, '{a}', '2')
SELECT jsonb_set('[1]'::jsonb, '{a}', '2')
SELECT jsonb_insert('{"a": [1, 2]}'::jsonb, '{a,1}', '9') = '{"a": [1, 9, 2]}'::jsonb, jsonb_insert('{"a": [1, 2]}'::jsonb, '{a,1}', '9', true) = '{"a": [1, 2, 9]}'::jsonb
SELECT jsonb_insert('{"a": 1}'::jsonb, '{a}', '2')
SELECT jsonb_strip_nulls('{"a": null, "b": {"c": null}, "d": [null]}'::jsonb) = '{"b": {}, "d": [null]}'::jsonb
