-- Which principals of accounts that have no folder in the trail use our endpoints?
SELECT principal_account_id, principal, vpc_endpoint_id, service,
  sum(calls) AS calls,
  sum(denied) AS denied,
  sum(bytes_in) AS bytes_in,
  sum(bytes_out) AS bytes_out,
  max(last_seen) AS last_seen
FROM {{table "traffic"}}
WHERE dt >= {{daysAgo 30}} AND route = 'vpce' AND endpoint_owner = 'own'
  AND principal_account_id NOT IN (
    SELECT account_id FROM {{table "services"}} WHERE dt >= {{daysAgo 30}} AND account_id IS NOT NULL)
GROUP BY principal_account_id, principal, vpc_endpoint_id, service
ORDER BY bytes_out DESC, principal_account_id, principal NULLS FIRST, vpc_endpoint_id, service NULLS FIRST
