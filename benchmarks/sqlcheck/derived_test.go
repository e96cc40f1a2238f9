package sqlcheck

import (
	"path/filepath"
	"testing"
)

// sums are the columns that principals and services have in common, in order, as SQL over
// traffic.
const sums = `sum(calls)::BIGINT AS calls,
	coalesce(sum(calls) FILTER (route = 'vpce'), 0)::BIGINT AS vpce_calls,
	coalesce(sum(calls) FILTER (route = 'internet'), 0)::BIGINT AS internet_calls,
	coalesce(sum(calls) FILTER (route = 'internet' AND origin = 'aws'), 0)::BIGINT AS internet_aws_calls,
	coalesce(sum(calls) FILTER (route = 'internet' AND origin = 'external'), 0)::BIGINT AS internet_external_calls,
	coalesce(sum(calls) FILTER (route = 'aws_service'), 0)::BIGINT AS aws_service_calls,
	coalesce(sum(calls) FILTER (route = 'unknown'), 0)::BIGINT AS unknown_calls,
	sum(denied)::BIGINT AS denied, sum(errors)::BIGINT AS errors,
	sum(bytes_in)::BIGINT AS bytes_in, sum(bytes_out)::BIGINT AS bytes_out,
	coalesce(sum(bytes_in + bytes_out) FILTER (route = 'internet'), 0)::BIGINT AS internet_bytes,
	vpce_calls / nullif(vpce_calls + internet_calls, 0) AS vpce_share,
	min(first_seen) AS first_seen, max(last_seen) AS last_seen`

// TestPrincipalsAndServicesAddUp compares both tables, column by column, with the same
// sums of traffic.
func TestPrincipalsAndServicesAddUp(t *testing.T) {
	s := open(t, out(8))
	// coalesce: count(DISTINCT) ignores NULL, but here NULL is a service or a principal
	// of its own.
	s.same(t, "principals", "SELECT dt, * EXCLUDE (dt) FROM principals", `SELECT dt, account_id, principal, principal_type, principal_account_id,
		count(DISTINCT coalesce(service, '')) AS services, `+sums+`
		FROM traffic GROUP BY dt, account_id, principal, principal_type, principal_account_id`)
	s.same(t, "services", "SELECT dt, * EXCLUDE (dt) FROM services", `SELECT dt, account_id, region, service,
		count(DISTINCT (coalesce(principal, ''), coalesce(principal_account_id, ''))) AS principals, `+sums+`
		FROM traffic GROUP BY dt, account_id, region, service`)
	if s.count(t, "SELECT count(*) FROM principals WHERE vpce_share IS NULL") == 0 {
		t.Error("no principal without a share: the case was not met")
	}
}

// TestEndpointsAddUp compares what calls show of endpoints with the same sums of traffic.
// The trail's accounts are the accounts that traffic was delivered to.
func TestEndpointsAddUp(t *testing.T) {
	s := open(t, out(8))
	s.same(t, "endpoints", `SELECT dt, vpc_endpoint_id, account_id, region, service, endpoint_type, endpoint_owner,
		endpoint_account_id, calls, denied, principals, foreign_principals, bytes FROM endpoints WHERE calls > 0`,
		`SELECT dt, vpc_endpoint_id, account_id, region, service, max(endpoint_type),
		CASE WHEN bool_or(endpoint_owner = 'own') THEN 'own' WHEN bool_or(endpoint_owner = 'foreign') THEN 'foreign' ELSE 'unknown' END,
		max(endpoint_account_id), sum(calls)::BIGINT, sum(denied)::BIGINT,
		count(DISTINCT (coalesce(principal, ''), coalesce(principal_account_id, ''))),
		count(DISTINCT (coalesce(principal, ''), principal_account_id)) FILTER (principal_account_id NOT IN (SELECT account_id FROM traffic)),
		sum(bytes_in + bytes_out)::BIGINT
		FROM traffic WHERE route = 'vpce' GROUP BY ALL`)
	s.none(t, "endpoints first or last seen inside of their calls' time", `SELECT dt, vpc_endpoint_id, e.first_seen, c.first_seen, e.last_seen, c.last_seen
		FROM endpoints e JOIN (SELECT dt, vpc_endpoint_id, account_id, region, service, min(first_seen) AS first_seen, max(last_seen) AS last_seen
			FROM traffic WHERE route = 'vpce' GROUP BY ALL) c
		USING (dt, vpc_endpoint_id, account_id, region, service)
		WHERE e.first_seen > c.first_seen OR e.last_seen < c.last_seen OR network_events = 0 AND (e.first_seen, e.last_seen) != (c.first_seen, c.last_seen)`)
	if s.count(t, "SELECT sum(foreign_principals)::BIGINT FROM endpoints") == 0 {
		t.Error("no foreign principal at any endpoint: the case was not met")
	}
}

// TestEndpointsOfNetworkEvents compares what calls do not show with the generator's
// balance and inventory.
func TestEndpointsOfNetworkEvents(t *testing.T) {
	s := open(t, out(8))
	if got := s.count(t, "SELECT sum(network_events)::BIGINT FROM endpoints"); got != fixture.balance.NetworkEvents {
		t.Errorf("%d network events, want %d", got, fixture.balance.NetworkEvents)
	}
	s.none(t, "rows without calls and network events", "FROM endpoints WHERE calls + network_events = 0")
	s.none(t, "more denials by policy than there can be", "FROM endpoints WHERE policy_denied > denied + network_events")
	s.none(t, "endpoints unlike the inventory's", `SELECT vpc_endpoint_id, endpoint_type, e.vpc_id, i.VpcId FROM endpoints e
		JOIN (SELECT unnest(VpcEndpoints, recursive := true) FROM read_json('`+filepath.Join(fixture.dir, "endpoints.json")+`')) i
		ON vpc_endpoint_id = VpcEndpointId
		WHERE endpoint_owner IS DISTINCT FROM 'own' OR e.vpc_id IS DISTINCT FROM i.VpcId
			OR endpoint_type IS DISTINCT FROM lower(VpcEndpointType) OR endpoint_account_id IS DISTINCT FROM OwnerId`)
}

// callKey are the columns that traffic and resources have in common.
const callKey = "dt, service, principal, principal_type, principal_account_id, account_id, region, route, origin, evidence, " +
	"vpc_endpoint_id, endpoint_account_id, endpoint_owner"

// TestResourcesAddUp compares resources with traffic. Every call to DynamoDB names one
// table here. Other calls name one resource or none.
func TestResourcesAddUp(t *testing.T) {
	s := open(t, out(8))
	calls := func(table, where string) string {
		return "SELECT " + callKey + ", sum(calls)::BIGINT, sum(denied)::BIGINT, min(first_seen), max(last_seen) FROM " + table + " WHERE " + where + " GROUP BY ALL"
	}
	const named = "service = 'dynamodb.amazonaws.com'"
	s.same(t, "calls that name a table", calls("resources", named), calls("traffic", named))
	s.none(t, "resources that are no container", `FROM resources WHERE resource NOT LIKE 'arn:aws%:%:%:%:%' OR resource LIKE 'arn:aws%:s3:::%/%'
		OR resource LIKE '%:log-stream:%' OR resource LIKE '%:function:%:%'`)
	s.none(t, "more calls on resources than calls", `SELECT r.calls, t.calls FROM
		(SELECT (`+callKey+`)::VARCHAR AS key, sum(calls) AS calls, sum(denied) AS denied, sum(bytes) AS bytes, min(first_seen) AS first_seen, max(last_seen) AS last_seen FROM resources GROUP BY ALL) r
		LEFT JOIN (SELECT (`+callKey+`)::VARCHAR AS key, sum(calls) AS calls, sum(denied) AS denied, sum(bytes_in + bytes_out) AS bytes, min(first_seen) AS first_seen, max(last_seen) AS last_seen FROM traffic GROUP BY ALL) t
		USING (key)
		WHERE t.calls IS NULL OR r.calls > t.calls OR r.denied > t.denied OR r.bytes > t.bytes OR r.first_seen < t.first_seen OR r.last_seen > t.last_seen`)
	if s.count(t, "SELECT count(DISTINCT split_part(resource, ':', 3)) FROM resources") < 9 {
		t.Error("resources of fewer than nine services: the case was not met")
	}
}

// TestFindingsAddUp compares findings with traffic, for findings that follow from it.
func TestFindingsAddUp(t *testing.T) {
	s := open(t, out(8))
	const subject = "dt, account_id, region, principal, principal_account_id, service"
	s.same(t, "past_endpoint", "SELECT "+subject+", calls, bytes, first_seen, last_seen FROM findings WHERE finding = 'past_endpoint'",
		`SELECT `+subject+`, sum(calls)::BIGINT, sum(bytes_in + bytes_out)::BIGINT, min(first_seen), max(last_seen) FROM traffic
		WHERE evidence = 'public_source' AND (dt, account_id, region, service) IN
			(SELECT (dt, account_id, region, service) FROM traffic WHERE endpoint_owner = 'own') GROUP BY ALL`)
	s.same(t, "foreign_endpoint", "SELECT "+subject+", vpc_endpoint_id, calls FROM findings WHERE finding = 'foreign_endpoint'",
		`SELECT `+subject+`, vpc_endpoint_id, sum(calls)::BIGINT FROM traffic
		WHERE endpoint_owner = 'foreign' AND principal_account_id IN (SELECT account_id FROM traffic) GROUP BY ALL`)
	s.none(t, "too many samples, or none", `FROM findings WHERE calls > 0 AND len(string_split(coalesce(sample_event_ids, ''), ' ')) > least(5, calls)`)
}
