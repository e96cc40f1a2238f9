-- Which endpoint policies refuse calls, and who was refused at those endpoints, for whatever reason?
SELECT d.vpc_endpoint_id, d.service, d.policy_denied, t.principal, t.denied, t.last_seen
FROM (
  SELECT vpc_endpoint_id, service, sum(policy_denied) AS policy_denied
  FROM {{table "endpoint_policy_denials"}}
  WHERE dt >= {{daysAgo 30}}
  GROUP BY vpc_endpoint_id, service
) d
LEFT JOIN (
  SELECT vpc_endpoint_id, service, principal, sum(denied) AS denied, max(last_seen) AS last_seen
  FROM {{table "traffic"}}
  WHERE dt >= {{daysAgo 30}} AND denied > 0
  GROUP BY vpc_endpoint_id, service, principal
) t ON t.vpc_endpoint_id = d.vpc_endpoint_id AND t.service = d.service
ORDER BY d.policy_denied DESC, d.vpc_endpoint_id, d.service, t.denied DESC NULLS LAST, t.principal NULLS FIRST
