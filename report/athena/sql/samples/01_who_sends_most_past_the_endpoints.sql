-- Who sends most past the endpoints, and how much of what they send could go by one?
SELECT account_id, principal, principal_type, internet_calls, internet_aws_calls, internet_external_calls, internet_bytes, vpce_calls, vpce_share
FROM {{table "by_principal_30d"}}
WHERE internet_calls > 0
ORDER BY internet_calls DESC, account_id NULLS FIRST, principal NULLS FIRST, principal_type NULLS FIRST, principal_account_id NULLS FIRST
LIMIT 50
