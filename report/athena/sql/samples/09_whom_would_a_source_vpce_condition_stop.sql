-- Whom would a policy that demands aws:SourceVpce stop? For one resource add: AND resource = 'arn:aws:s3:::name'
SELECT resource, service, principal, route, origin,
  count(DISTINCT event_name) AS actions,
  sum(calls) AS calls,
  sum(denied) AS denied_already,
  max(last_seen) AS last_seen
FROM {{table "resources"}}
WHERE dt >= {{daysAgo 30}} AND route <> 'vpce'
GROUP BY resource, service, principal, route, origin
ORDER BY resource NULLS FIRST, calls DESC, service NULLS FIRST, principal NULLS FIRST, route, origin NULLS FIRST
LIMIT 100
