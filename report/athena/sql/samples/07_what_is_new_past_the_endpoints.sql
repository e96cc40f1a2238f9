-- What went past the endpoints in the last 7 days and never before?
SELECT first_dt, account_id, principal, service, calls, bytes, first_seen
FROM {{table "newly_past_the_endpoint"}}
WHERE first_dt >= {{daysAgo 7}}
ORDER BY first_dt DESC, calls DESC, account_id NULLS FIRST, principal NULLS FIRST, service NULLS FIRST
