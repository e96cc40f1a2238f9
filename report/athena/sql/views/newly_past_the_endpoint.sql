-- Principals and services that were seen past the endpoint for the first time, after the first day that has calls.
SELECT account_id, principal, service,
  min(dt) AS first_dt,
  count(DISTINCT dt) AS days,
  sum(calls) AS calls,
  sum(bytes_in + bytes_out) AS bytes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM {{table "traffic"}}
WHERE route = 'internet'
GROUP BY account_id, principal, service
HAVING min(dt) > (SELECT min(dt) FROM {{table "traffic"}})
