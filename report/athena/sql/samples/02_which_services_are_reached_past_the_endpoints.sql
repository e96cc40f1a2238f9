-- Which services are reached past the endpoints, and how has their share by endpoint developed this week?
SELECT service,
  sum(internet_calls) AS internet_calls,
  sum(vpce_calls) AS vpce_calls,
  {{share}} AS vpce_share_of_30_days,
  max(vpce_share) FILTER (WHERE dt >= {{daysAgo 7}}) AS best_day_of_last_week,
  min(vpce_share) FILTER (WHERE dt >= {{daysAgo 7}}) AS worst_day_of_last_week
FROM {{table "vpce_share_by_service_and_day"}}
WHERE dt >= {{daysAgo 30}}
GROUP BY service
HAVING sum(internet_calls) > 0
ORDER BY internet_calls DESC, service NULLS FIRST
