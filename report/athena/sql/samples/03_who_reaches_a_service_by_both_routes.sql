-- Who reaches one service by both routes? Some subnet, DNS setting or client is not like the others.
SELECT account_id, region, principal, service,
  sum(calls) FILTER (WHERE route = 'vpce') AS vpce_calls,
  sum(calls) FILTER (WHERE route = 'internet') AS internet_calls,
  count(DISTINCT session) FILTER (WHERE route = 'internet') AS sessions_past,
  min(session) FILTER (WHERE route = 'internet') AS one_of_them,
  max(last_seen) FILTER (WHERE route = 'internet') AS last_past
FROM {{table "traffic"}}
WHERE dt >= {{daysAgo 30}} AND route IN ('vpce', 'internet')
GROUP BY account_id, region, principal, service
HAVING count(DISTINCT route) = 2
ORDER BY internet_calls DESC, account_id NULLS FIRST, region NULLS FIRST, principal NULLS FIRST, service NULLS FIRST
