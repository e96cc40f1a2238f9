-- Endpoints whose policy refused calls, by day and service.
SELECT dt, vpc_endpoint_id, vpc_id, endpoint_type, endpoint_owner, endpoint_account_id, account_id, region, service,
  policy_denied, denied, calls, network_events, principals, first_seen, last_seen
FROM {{table "endpoints"}}
WHERE policy_denied > 0
