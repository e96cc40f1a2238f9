-- What should somebody look at first? The findings of the last 7 days.
SELECT severity, finding, account_id, region, principal, service, resource, vpc_endpoint_id,
  count(DISTINCT dt) AS days,
  sum(calls) AS calls,
  sum(estimated_usd) AS estimated_usd,
  max(detail) AS one_detail,
  max(last_seen) AS last_seen
FROM {{table "findings"}}
WHERE dt >= {{daysAgo 7}}
GROUP BY severity, finding, account_id, region, principal, service, resource, vpc_endpoint_id
ORDER BY CASE severity WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 ELSE 5 END,
  calls DESC, finding, account_id NULLS FIRST, region NULLS FIRST, principal NULLS FIRST, service NULLS FIRST,
  resource NULLS FIRST, vpc_endpoint_id NULLS FIRST
LIMIT 100
