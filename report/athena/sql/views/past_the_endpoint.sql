-- Calls from public addresses without an endpoint: by day, principal, service and where from.
SELECT dt, account_id, region, principal, principal_type, session, service, origin,
  sum(calls) AS calls,
  sum(denied) AS denied,
  sum(bytes_in) AS bytes_in,
  sum(bytes_out) AS bytes_out,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM {{table "traffic"}}
WHERE route = 'internet'
GROUP BY dt, account_id, region, principal, principal_type, session, service, origin
