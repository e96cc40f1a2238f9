-- What each principal did in the last 30 days, and by which routes.
SELECT account_id, principal, principal_type, principal_account_id,
  count(DISTINCT dt) AS days,
  sum(calls) AS calls,
  sum(vpce_calls) AS vpce_calls,
  sum(internet_calls) AS internet_calls,
  sum(internet_aws_calls) AS internet_aws_calls,
  sum(internet_external_calls) AS internet_external_calls,
  sum(aws_service_calls) AS aws_service_calls,
  sum(unknown_calls) AS unknown_calls,
  sum(denied) AS denied,
  sum(internet_bytes) AS internet_bytes,
  {{share}} AS vpce_share,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM {{table "principals"}}
WHERE dt >= {{daysAgo 30}}
GROUP BY account_id, principal, principal_type, principal_account_id
