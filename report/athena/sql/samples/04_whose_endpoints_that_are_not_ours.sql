-- Which calls went through endpoints that are not ours?
SELECT endpoint_owner, endpoint_account_id, vpc_endpoint_id, account_id, principal, service, evidence,
  sum(calls) AS calls,
  sum(bytes_in + bytes_out) AS bytes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM {{table "traffic"}}
WHERE dt >= {{daysAgo 30}} AND route = 'vpce' AND endpoint_owner <> 'own'
GROUP BY endpoint_owner, endpoint_account_id, vpc_endpoint_id, account_id, principal, service, evidence
ORDER BY calls DESC, vpc_endpoint_id, endpoint_owner, endpoint_account_id NULLS FIRST, account_id NULLS FIRST, principal NULLS FIRST,
  service NULLS FIRST, evidence
LIMIT 100
