SELECT '2024-01-31'::date + 1
SELECT '2024-01-31'::date - 1
SELECT '2024-01-31'::date - '2024-01-01'::date
SELECT '2024-01-31'::date + interval '1 month'
SELECT '2024-01-31'::date + '10:00'::time
SELECT '2024-01-31 10:00'::timestamp + interval '1 day'
SELECT '2024-01-31 10:00'::timestamp - '2024-01-01 00:00'::timestamp
SELECT '2024-01-31 10:00'::timestamp - interval '1 hour'
SELECT '10:00'::time + interval '1 hour'
SELECT '10:00'::time - '09:00'::time
SELECT interval '1 day' + interval '1 hour'
SELECT interval '1 day' * 2
SELECT interval '1 day' / 2
SELECT -interval '1 day'
SELECT interval '1 day' > interval '23 hours'
SELECT interval '1 month' = interval '30 days'
SELECT extract(year FROM '2024-02-29'::date)
SELECT extract(month FROM '2024-02-29 10:11:12'::timestamp)
SELECT extract(day FROM '2024-02-29'::date)
SELECT extract(dow FROM '2024-02-29'::date)
SELECT extract(isodow FROM '2024-02-25'::date)
SELECT extract(doy FROM '2024-02-29'::date)
SELECT extract(week FROM '2024-02-29'::date)
SELECT extract(quarter FROM '2024-02-29'::date)
SELECT extract(hour FROM '10:11:12'::time)
SELECT extract(minute FROM '10:11:12'::time)
SELECT extract(second FROM '10:11:12.5'::time)
SELECT extract(epoch FROM '2024-02-29 10:11:12'::timestamp)
SELECT extract(epoch FROM interval '1 day')
SELECT extract(milliseconds FROM '10:11:12.5'::time)
SELECT extract(microseconds FROM '10:11:12.5'::time)
SELECT extract(century FROM '2024-02-29'::date)
SELECT extract(decade FROM '2024-02-29'::date)
SELECT extract(isoyear FROM '2024-12-30'::date)
SELECT extract(day FROM interval '40 days 1 hour')
SELECT date_part('year', '2024-02-29'::date)
SELECT date_part('hour', '2024-02-29 10:11:12'::timestamp)
SELECT date_trunc('month', '2024-02-29'::date)
SELECT date_trunc('hour', '2024-02-29 10:11:12'::timestamp)
SELECT date_trunc('week', '2024-02-29 10:11:12'::timestamp)
SELECT date_trunc('quarter', '2024-02-29 10:11:12'::timestamp)
SELECT date_trunc('day', '2024-02-29 10:11:12+00'::timestamptz)
SELECT date_bin('15 minutes', '2024-02-29 10:11:12'::timestamp, '2001-01-01'::timestamp)
SELECT age('2024-02-29'::timestamp, '2023-01-01'::timestamp)
SELECT make_date(2024, 2, 29)
SELECT make_time(10, 11, 12.5)
SELECT make_timestamp(2024, 2, 29, 10, 11, 12.5)
SELECT make_interval(days => 5)
SELECT to_timestamp(0)
SELECT to_timestamp('2024-02-29', 'YYYY-MM-DD')
SELECT to_date('29/02/2024', 'DD/MM/YYYY')
SELECT to_date('20240229', 'YYYYMMDD')
SELECT to_char('2024-02-29 10:11:12'::timestamp, 'YYYY-MM-DD HH24:MI:SS')
SELECT to_char('2024-02-29'::date, 'DD Mon YYYY')
SELECT to_char('2024-02-29'::date, 'Day')
SELECT to_char('2024-02-29'::date, 'FMDay, FMDDth FMMonth YYYY')
SELECT to_char('2024-02-29 15:00'::timestamp, 'HH12 AM')
SELECT to_char('2024-02-29'::date, 'YY-Q-WW')
SELECT to_char(interval '25 hours', 'HH24:MI')
SELECT now() IS NOT NULL
SELECT current_date IS NOT NULL
SELECT current_timestamp IS NOT NULL
SELECT localtimestamp IS NOT NULL
SELECT current_time IS NOT NULL
SELECT clock_timestamp() IS NOT NULL
SELECT statement_timestamp() IS NOT NULL
SELECT transaction_timestamp() = now()
SELECT '2024-02-29 10:00+00'::timestamptz AT TIME ZONE 'America/New_York'
SELECT '2024-02-29 10:00'::timestamp AT TIME ZONE 'America/New_York'
SELECT timezone('UTC', '2024-02-29 10:00'::timestamp)
SELECT '2024-02-29'::date < '2024-03-01'::date
SELECT '2024-02-29'::date = '2024-02-29 00:00'::timestamp
SELECT ('2024-01-01'::date, '2024-02-01'::date) OVERLAPS ('2024-01-15'::date, '2024-03-01'::date)
SELECT generate_series('2024-01-01'::timestamp, '2024-01-03'::timestamp, '1 day')
SELECT * FROM generate_series('2024-01-01'::date, '2024-01-03'::date, '1 day') t(d)
SELECT justify_days(interval '35 days')
SELECT justify_hours(interval '27 hours')
SELECT justify_interval(interval '1 month -1 hour')
SELECT isfinite('infinity'::date)
SELECT isfinite('2024-01-01'::date)
SELECT 'infinity'::timestamp > '2024-01-01'::timestamp
SELECT '2024-02-29'::date - 365
SELECT '2024-03-31'::date - interval '1 month'
SELECT date '2024-02-29' + integer '7'
SELECT '2024-01-01 00:00:00.000001'::timestamp
SELECT '9999-12-31 23:59:59.999999'::timestamp
SELECT '1900-01-01 00:00:00'::timestamp
SELECT '2024-02-29 23:59:60'::timestamp
SELECT timestamp '2024-02-29 10:11:12' - timestamp '2024-02-28 10:11:13'
SELECT interval '1 year 14 months'
SELECT interval '90 minutes'
SELECT interval '-1 day +02:03:00'
SELECT '1 day ago'::interval
SELECT '1 mon'::interval
SELECT '2 hrs 3 mins'::interval
SELECT to_char('2024-02-29 10:11:12.345678'::timestamp, 'MS US')
