-- Can the numbers be trusted? Objects and records behind each day, and objects that could not be read.
SELECT dt,
  count(*) AS objects,
  sum(day_records) AS records,
  count(*) FILTER (WHERE status NOT IN ('ok', 'invalid_records')) AS not_counted,
  min(status) FILTER (WHERE status NOT IN ('ok', 'invalid_records')) AS one_reason,
  min(key) FILTER (WHERE status NOT IN ('ok', 'invalid_records')) AS one_object
FROM {{table "objects"}}
WHERE dt >= {{daysAgo 30}}
GROUP BY dt
ORDER BY dt
