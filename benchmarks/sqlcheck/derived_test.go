package sqlcheck

import (
	"path/filepath"
	"testing"
)

// sums are the columns that principals and services have in common, in order, as SQL over traffic.
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

// TestPrincipalsAndServicesAddUp compares both tables, column by column, with the same sums of traffic.
func TestPrincipalsAndServicesAddUp(t *testing.T) {
	s := open(t, out(8))
	// coalesce: count(DISTINCT) passes NULL over, which is a service, or a principal, of its own.
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

// TestEndpointsAddUp compares what calls tell of endpoints with the same sums of traffic. The trail's
// accounts are those that traffic was delivered to.
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

// TestEndpointsOfNetworkEvents holds what calls do not tell against the generator's balance and inventory.
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
