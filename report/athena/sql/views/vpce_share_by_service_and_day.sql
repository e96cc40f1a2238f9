-- Share of the calls to each service that went through an endpoint, day by day. NULL where none went by either route.
SELECT dt, service,
  sum(calls) AS calls,
  sum(vpce_calls) AS vpce_calls,
  sum(internet_calls) AS internet_calls,
  {{share}} AS vpce_share
FROM {{table "services"}}
GROUP BY dt, service
