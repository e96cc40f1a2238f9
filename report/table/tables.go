package table

import "slices"

// A TrafficRow counts the calls with the same key.
type TrafficRow struct {
	TrafficKey
	Measures
}

// A TrafficKey holds the key columns of traffic.
type TrafficKey struct {
	AccountID, Region                                     string
	Principal, PrincipalType, PrincipalAccountID, Session string
	Service                                               string
	Route, Origin, Evidence                               string
	EndpointID, EndpointType, EndpointAccountID           string
	EndpointOwner, Egress                                 string
}

// A PrincipalRow sums the traffic of one principal in one account.
type PrincipalRow struct {
	AccountID, Principal, PrincipalType, PrincipalAccountID string
	Services                                                int64 // distinct
	Routes
}

// A ServiceRow sums the traffic to one service in one account and Region.
type ServiceRow struct {
	AccountID, Region, Service string
	Principals                 int64 // distinct
	Routes
}

// An EndpointRow sums the use of one endpoint for one service by calls that one account saw.
type EndpointRow struct {
	EndpointID, AccountID, Region, Service                string
	EndpointType, EndpointOwner, EndpointAccountID, VPCID string
	ServiceName, PrivateDNS                               string // PrivateDNS is "true" or "false"
	Created, Deleted                                      int64  // -1 if not known
	Calls, Denied, Principals, ForeignPrincipals, Bytes   int64
	NetworkEvents, PolicyDenied                           int64
	FirstSeen, LastSeen                                   int64
}

// A CauseRow counts calls of route internet that went past the endpoints for one reason.
type CauseRow struct {
	CauseKey
	Proof               string // of the cause, or why there is none, in one sentence
	Calls, Bytes        int64
	FirstSeen, LastSeen int64
}

// A CauseKey holds the key columns of causes.
type CauseKey struct {
	AccountID, Region, Service    string
	Principal, PrincipalAccountID string
	Workload                      string
	Cause, Reason                 string
	VPCID, VPCRegion              string
	VPCAccountID                  string
	SubnetIDs, RouteTableIDs      string // separated by spaces
	EndpointID, ServiceName       string
	Host, HostClass               string
	Egress, ReasonDetail          string
}

// A ResourceRow counts the calls that name one resource, by everything that a policy on the
// resource could check.
type ResourceRow struct {
	ResourceKey
	Calls, Denied, Bytes int64
	FirstSeen, LastSeen  int64
}

// A ResourceKey holds the key columns of resources.
type ResourceKey struct {
	Resource, Service, EventName                 string
	Principal, PrincipalType, PrincipalAccountID string
	AccountID, Region                            string
	Route, Origin, Evidence                      string
	EndpointID, EndpointAccountID, EndpointOwner string
}

// A FindingRow describes calls, or an endpoint, that need attention.
type FindingRow struct {
	FindingKey
	Calls, Bytes        int64
	EstimatedUSD        float64 // NaN if there is no estimate
	SampleEventIDs      string  // at most five, separated by spaces
	Detail              string  // one sentence
	FirstSeen, LastSeen int64   // -1 if nothing was seen
}

// A FindingKey holds the key columns of findings. Columns that a finding is not about are empty.
type FindingKey struct {
	Finding, Severity             string
	AccountID, Region             string
	Principal, PrincipalAccountID string
	Service, Resource, EndpointID string
}

// Texts returns the columns in their order.
func (k *FindingKey) Texts() []string {
	return []string{k.Finding, k.Severity, k.AccountID, k.Region, k.Principal, k.PrincipalAccountID, k.Service, k.Resource, k.EndpointID}
}

// Compare compares two keys in the order of the table's rows.
func (k *FindingKey) Compare(o *FindingKey) int { return slices.Compare(k.Texts(), o.Texts()) }

// An ObjectRow describes one object that was read for the day.
type ObjectRow struct {
	Key, ETag    string
	Size         int64
	SHA256       string
	Records      int64
	DayRecords   int64
	Days         string // days of the records, such as 2026-11-20, separated by spaces
	Status       string
	Error        string
	ErrorOffset  int64 // -1 if there is no error
	DigestStatus string
}

// Traffic is the table of calls in full detail. In every table the key columns come first, and
// the rows are sorted by them.
var Traffic = Table[TrafficRow]{
	Name: "traffic", Keys: 15,
	Doc: "One row per distinct combination of the columns up to egress.",
	Columns: append([]Column[TrafficRow]{
		text("account_id", "Account in which CloudTrail recorded the call (recipient).", func(r *TrafficRow) *string { return &r.AccountID }),
		text("region", "Region of the call.", func(r *TrafficRow) *string { return &r.Region }),
		text("principal", "Who called: an ARN where there is one, for an assumed role the role's; a service's name; else account and id.", func(r *TrafficRow) *string { return &r.Principal }),
		text("principal_type", "userIdentity.type: AssumedRole, IAMUser, Root, AWSService, …", func(r *TrafficRow) *string { return &r.PrincipalType }),
		text("principal_account_id", "The principal's own account.", func(r *TrafficRow) *string { return &r.PrincipalAccountID }),
		text("session", "Instance id of an instance role, or the person of an Identity Center session.", func(r *TrafficRow) *string { return &r.Session }),
		text("service", "Service called, such as s3.amazonaws.com.", func(r *TrafficRow) *string { return &r.Service }),
		text("route", "vpce, internet, aws_service or unknown.", func(r *TrafficRow) *string { return &r.Route }),
		text("origin", "For internet: aws (an address that AWS publishes) or external.", func(r *TrafficRow) *string { return &r.Origin }),
		text("evidence", "Code of the rule that decided the route.", func(r *TrafficRow) *string { return &r.Evidence }),
		text("vpc_endpoint_id", "Endpoint id in the record, also where it is AWS's own.", func(r *TrafficRow) *string { return &r.EndpointID }),
		text("endpoint_type", "For vpce: gateway or interface, where known.", func(r *TrafficRow) *string { return &r.EndpointType }),
		text("endpoint_account_id", "Account that owns the endpoint, where known.", func(r *TrafficRow) *string { return &r.EndpointAccountID }),
		text("endpoint_owner", "For vpce: own, foreign or unknown.", func(r *TrafficRow) *string { return &r.EndpointOwner }),
		text("egress", "For internet, by --network or --networks: the named network, the NAT gateway's id, or instance for an address of its own; NULL where it is not known, or nobody asked.", func(r *TrafficRow) *string { return &r.Egress }),
	}, measures(func(r *TrafficRow) *Measures { return &r.Measures })...),
}

func measures[T any](m func(*T) *Measures) []Column[T] {
	return []Column[T]{
		count("calls", "API calls.", func(r *T) *int64 { return &m(r).Calls }),
		count("denied", "Calls refused for want of permission.", func(r *T) *int64 { return &m(r).Denied }),
		count("errors", "Calls that ended in an error, denied ones included.", func(r *T) *int64 { return &m(r).Errors }),
		count("reads", "Calls marked read-only.", func(r *T) *int64 { return &m(r).Reads }),
		count("writes", "Calls marked as not read-only.", func(r *T) *int64 { return &m(r).Writes }),
		count("bytes_in", "Bytes sent to the service, if data events show it.", func(r *T) *int64 { return &m(r).BytesIn }),
		count("bytes_out", "Bytes received from the service, if data events show it.", func(r *T) *int64 { return &m(r).BytesOut }),
		moment("first_seen", "Time of the first call.", func(r *T) *int64 { return &m(r).FirstSeen }),
		moment("last_seen", "Time of the last call.", func(r *T) *int64 { return &m(r).LastSeen }),
	}
}

func routes[T any](r func(*T) *Routes) []Column[T] {
	return []Column[T]{
		count("calls", "API calls by all routes.", func(t *T) *int64 { return &r(t).Calls }),
		count("vpce_calls", "Calls through a VPC endpoint.", func(t *T) *int64 { return &r(t).VPCE }),
		count("internet_calls", "Calls from a public address without an endpoint.", func(t *T) *int64 { return &r(t).Internet }),
		count("internet_aws_calls", "Those of them from addresses that AWS publishes.", func(t *T) *int64 { return &r(t).InternetAWS }),
		count("internet_external_calls", "Those of them from any other address.", func(t *T) *int64 { return &r(t).InternetExternal }),
		count("aws_service_calls", "Calls made by AWS services.", func(t *T) *int64 { return &r(t).AWSService }),
		count("unknown_calls", "Calls of unknown route.", func(t *T) *int64 { return &r(t).Unknown }),
		count("denied", "Calls refused for want of permission.", func(t *T) *int64 { return &r(t).Denied }),
		count("errors", "Calls that ended in an error, denied ones included.", func(t *T) *int64 { return &r(t).Errors }),
		count("bytes_in", "Bytes sent, if data events show it.", func(t *T) *int64 { return &r(t).BytesIn }),
		count("bytes_out", "Bytes received, if data events show it.", func(t *T) *int64 { return &r(t).BytesOut }),
		count("internet_bytes", "Bytes in and out by the internet route.", func(t *T) *int64 { return &r(t).InternetBytes }),
		real("vpce_share", "vpce_calls / (vpce_calls + internet_calls); NULL where both are 0.", func(t *T) *float64 { return &r(t).VPCEShare }),
		moment("first_seen", "Time of the first call.", func(t *T) *int64 { return &r(t).FirstSeen }),
		moment("last_seen", "Time of the last call.", func(t *T) *int64 { return &r(t).LastSeen }),
	}
}

// Principals is the table of calls by principal.
var Principals = Table[PrincipalRow]{
	Name: "principals", Keys: 4,
	Doc: "One row per principal and account.",
	Columns: append([]Column[PrincipalRow]{
		text("account_id", "Account in which CloudTrail recorded the calls.", func(r *PrincipalRow) *string { return &r.AccountID }),
		text("principal", "Who called.", func(r *PrincipalRow) *string { return &r.Principal }),
		text("principal_type", "userIdentity.type.", func(r *PrincipalRow) *string { return &r.PrincipalType }),
		text("principal_account_id", "The principal's own account.", func(r *PrincipalRow) *string { return &r.PrincipalAccountID }),
		count("services", "Distinct services called.", func(r *PrincipalRow) *int64 { return &r.Services }),
	}, routes(func(r *PrincipalRow) *Routes { return &r.Routes })...),
}

// Services is the table of calls by service.
var Services = Table[ServiceRow]{
	Name: "services", Keys: 3,
	Doc: "One row per service, account and Region.",
	Columns: append([]Column[ServiceRow]{
		text("account_id", "Account in which CloudTrail recorded the calls.", func(r *ServiceRow) *string { return &r.AccountID }),
		text("region", "Region of the calls.", func(r *ServiceRow) *string { return &r.Region }),
		text("service", "Service called.", func(r *ServiceRow) *string { return &r.Service }),
		count("principals", "Distinct principals that called.", func(r *ServiceRow) *int64 { return &r.Principals }),
	}, routes(func(r *ServiceRow) *Routes { return &r.Routes })...),
}

// Endpoints is the table of the endpoints that calls went through.
var Endpoints = Table[EndpointRow]{
	Name: "endpoints", Keys: 4,
	Doc: "One row per endpoint that calls went through, account, Region and service.",
	Columns: []Column[EndpointRow]{
		text("vpc_endpoint_id", "The endpoint.", func(r *EndpointRow) *string { return &r.EndpointID }),
		text("account_id", "Account in which CloudTrail recorded the calls.", func(r *EndpointRow) *string { return &r.AccountID }),
		text("region", "Region of the calls.", func(r *EndpointRow) *string { return &r.Region }),
		text("service", "Service called.", func(r *EndpointRow) *string { return &r.Service }),
		text("endpoint_type", "gateway or interface, where known.", func(r *EndpointRow) *string { return &r.EndpointType }),
		text("endpoint_owner", "own, foreign or unknown.", func(r *EndpointRow) *string { return &r.EndpointOwner }),
		text("endpoint_account_id", "Account that owns the endpoint, where known.", func(r *EndpointRow) *string { return &r.EndpointAccountID }),
		text("vpc_id", "The endpoint's VPC, if the inventory or the trail shows it.", func(r *EndpointRow) *string { return &r.VPCID }),
		text("service_name", "Service that the endpoint is for, such as com.amazonaws.us-east-1.sqs, if known.", func(r *EndpointRow) *string { return &r.ServiceName }),
		text("private_dns", "true if the service's ordinary name leads to the endpoint, else false; NULL if not known.", func(r *EndpointRow) *string { return &r.PrivateDNS }),
		seldom("created", "Time at which the endpoint was created, if known.", func(r *EndpointRow) *int64 { return &r.Created }),
		seldom("deleted", "Time of the request to delete it; NULL if none is known.", func(r *EndpointRow) *int64 { return &r.Deleted }),
		count("calls", "API calls.", func(r *EndpointRow) *int64 { return &r.Calls }),
		count("denied", "Calls refused for want of permission.", func(r *EndpointRow) *int64 { return &r.Denied }),
		count("principals", "Distinct principals that called.", func(r *EndpointRow) *int64 { return &r.Principals }),
		count("foreign_principals", "Those of them of accounts that are not ours.", func(r *EndpointRow) *int64 { return &r.ForeignPrincipals }),
		count("bytes", "Bytes in and out, if data events show it.", func(r *EndpointRow) *int64 { return &r.Bytes }),
		count("network_events", "NetworkActivity events: the endpoint's own account of calls, never counted as calls.", func(r *EndpointRow) *int64 { return &r.NetworkEvents }),
		count("policy_denied", "Calls that the endpoint's policy refused, from calls and network events, each once.", func(r *EndpointRow) *int64 { return &r.PolicyDenied }),
		moment("first_seen", "Time of the first call or network event.", func(r *EndpointRow) *int64 { return &r.FirstSeen }),
		moment("last_seen", "Time of the last call or network event.", func(r *EndpointRow) *int64 { return &r.LastSeen }),
	},
}

// Causes is the table of why calls went past the endpoints. Its calls are those of route internet in
// table traffic.
var Causes = Table[CauseRow]{
	Name: "causes", Keys: 19, Flag: "network",
	Doc: "One row per distinct combination of the columns up to reason_detail, of calls of route internet. Only days made with --network have it.",
	Columns: []Column[CauseRow]{
		text("account_id", "Account in which CloudTrail recorded the calls.", func(r *CauseRow) *string { return &r.AccountID }),
		text("region", "Region of the calls.", func(r *CauseRow) *string { return &r.Region }),
		text("service", "Service called.", func(r *CauseRow) *string { return &r.Service }),
		text("principal", "Who called, as in traffic.", func(r *CauseRow) *string { return &r.Principal }),
		text("principal_account_id", "The principal's own account.", func(r *CauseRow) *string { return &r.PrincipalAccountID }),
		text("workload", "ARN of a function, id of an instance, codebuild, cloudshell or eks (a pod with EKS Pod Identity); NULL where the records do not show it.", func(r *CauseRow) *string { return &r.Workload }),
		text("cause", "no_endpoint, route_missing, private_dns_off, name_not_covered, other_region, ipv6, not_in_vpc, keys_elsewhere or unexplained.", func(r *CauseRow) *string { return &r.Cause }),
		text("reason", "Code of what proves the cause, or prevents a proof.", func(r *CauseRow) *string { return &r.Reason }),
		text("vpc_id", "VPC that the calls came from, where known.", func(r *CauseRow) *string { return &r.VPCID }),
		text("vpc_region", "Region of the VPC.", func(r *CauseRow) *string { return &r.VPCRegion }),
		text("vpc_account_id", "Account that owns the VPC.", func(r *CauseRow) *string { return &r.VPCAccountID }),
		text("subnet_ids", "Subnets that the calls may have come from, with spaces between.", func(r *CauseRow) *string { return &r.SubnetIDs }),
		text("route_table_ids", "Route tables that a change is about, with spaces between.", func(r *CauseRow) *string { return &r.RouteTableIDs }),
		text("vpc_endpoint_id", "Endpoint that the calls went past.", func(r *CauseRow) *string { return &r.EndpointID }),
		text("service_name", "Service that this endpoint is for, or a new one would be, such as com.amazonaws.us-east-1.sqs.", func(r *CauseRow) *string { return &r.ServiceName }),
		text("host", "Name that the calls asked for; what callers choose, such as names of buckets, is an asterisk.", func(r *CauseRow) *string { return &r.Host }),
		text("host_class", "Kind of this name: regional, other_region, global, vpce, dualstack, fips or custom; NULL where the records have no name.", func(r *CauseRow) *string { return &r.HostClass }),
		text("egress", "As in traffic.", func(r *CauseRow) *string { return &r.Egress }),
		text("reason_detail", "A name or an id that the reason is about.", func(r *CauseRow) *string { return &r.ReasonDetail }),
		text("proof", "The reason in one sentence.", func(r *CauseRow) *string { return &r.Proof }),
		count("calls", "API calls.", func(r *CauseRow) *int64 { return &r.Calls }),
		count("bytes", "Bytes in and out, where data events show them.", func(r *CauseRow) *int64 { return &r.Bytes }),
		moment("first_seen", "Time of the first call.", func(r *CauseRow) *int64 { return &r.FirstSeen }),
		moment("last_seen", "Time of the last call.", func(r *CauseRow) *int64 { return &r.LastSeen }),
	},
}

// Resources is the table of calls by resource.
var Resources = Table[ResourceRow]{
	Name: "resources", Keys: 14,
	Doc: "One row per resource that calls name and distinct combination of the columns up to endpoint_owner. A call that names several counts for each.",
	Columns: []Column[ResourceRow]{
		text("resource", "ARN of the bucket, queue, topic, key, table, secret, log group, function or repository: the container, not each object.", func(r *ResourceRow) *string { return &r.Resource }),
		text("service", "Service called.", func(r *ResourceRow) *string { return &r.Service }),
		text("event_name", "API action, such as GetObject.", func(r *ResourceRow) *string { return &r.EventName }),
		text("principal", "Who called, as in traffic.", func(r *ResourceRow) *string { return &r.Principal }),
		text("principal_type", "userIdentity.type.", func(r *ResourceRow) *string { return &r.PrincipalType }),
		text("principal_account_id", "The principal's own account.", func(r *ResourceRow) *string { return &r.PrincipalAccountID }),
		text("account_id", "Account in which CloudTrail recorded the call.", func(r *ResourceRow) *string { return &r.AccountID }),
		text("region", "Region of the call.", func(r *ResourceRow) *string { return &r.Region }),
		text("route", "vpce, internet, aws_service or unknown.", func(r *ResourceRow) *string { return &r.Route }),
		text("origin", "For internet: aws or external.", func(r *ResourceRow) *string { return &r.Origin }),
		text("evidence", "Code of the rule that decided the route.", func(r *ResourceRow) *string { return &r.Evidence }),
		text("vpc_endpoint_id", "Endpoint id in the record, also where it is AWS's own.", func(r *ResourceRow) *string { return &r.EndpointID }),
		text("endpoint_account_id", "Account that owns the endpoint, where known.", func(r *ResourceRow) *string { return &r.EndpointAccountID }),
		text("endpoint_owner", "For vpce: own, foreign or unknown.", func(r *ResourceRow) *string { return &r.EndpointOwner }),
		count("calls", "API calls.", func(r *ResourceRow) *int64 { return &r.Calls }),
		count("denied", "Calls refused for want of permission.", func(r *ResourceRow) *int64 { return &r.Denied }),
		count("bytes", "Bytes in and out, if data events show it.", func(r *ResourceRow) *int64 { return &r.Bytes }),
		moment("first_seen", "Time of the first call.", func(r *ResourceRow) *int64 { return &r.FirstSeen }),
		moment("last_seen", "Time of the last call.", func(r *ResourceRow) *int64 { return &r.LastSeen }),
	},
}

// Findings is the table of calls and endpoints that need attention.
var Findings = Table[FindingRow]{
	Name: "findings", Keys: 9,
	Doc: "One row per finding and subject. What a finding is not about is NULL.",
	Columns: []Column[FindingRow]{
		text("finding", "Code of the finding, such as past_endpoint.", func(r *FindingRow) *string { return &r.Finding }),
		text("severity", "critical, high, medium, low or info.", func(r *FindingRow) *string { return &r.Severity }),
		text("account_id", "Account in which CloudTrail recorded the calls.", func(r *FindingRow) *string { return &r.AccountID }),
		text("region", "Region of the calls.", func(r *FindingRow) *string { return &r.Region }),
		text("principal", "Who called.", func(r *FindingRow) *string { return &r.Principal }),
		text("principal_account_id", "The principal's own account.", func(r *FindingRow) *string { return &r.PrincipalAccountID }),
		text("service", "Service called.", func(r *FindingRow) *string { return &r.Service }),
		text("resource", "Resource that the calls name.", func(r *FindingRow) *string { return &r.Resource }),
		text("vpc_endpoint_id", "Endpoint that it is about.", func(r *FindingRow) *string { return &r.EndpointID }),
		count("calls", "API calls.", func(r *FindingRow) *int64 { return &r.Calls }),
		count("bytes", "Bytes in and out, if data events show it.", func(r *FindingRow) *int64 { return &r.Bytes }),
		real("estimated_usd", "Estimated cost in US dollars, where there is one.", func(r *FindingRow) *float64 { return &r.EstimatedUSD }),
		text("sample_event_ids", "Up to five eventIDs, with spaces between.", func(r *FindingRow) *string { return &r.SampleEventIDs }),
		text("detail", "What was found, in one sentence.", func(r *FindingRow) *string { return &r.Detail }),
		seldom("first_seen", "Time of the first call; NULL where there is none.", func(r *FindingRow) *int64 { return &r.FirstSeen }),
		seldom("last_seen", "Time of the last call; NULL where there is none.", func(r *FindingRow) *int64 { return &r.LastSeen }),
	},
}

// Objects is the table of the objects that were read.
var Objects = Table[ObjectRow]{
	Name: "objects", Keys: 1,
	Doc: "One row per object of the day: it lies in the day's folder, holds records of the day, or, unreadable, might.",
	Columns: []Column[ObjectRow]{
		text("key", "The object's name, s3://bucket/key or a path.", func(r *ObjectRow) *string { return &r.Key }),
		text("etag", "ETag as listed; NULL for files.", func(r *ObjectRow) *string { return &r.ETag }),
		optional("size", "Bytes as stored; NULL where nobody knows, as for standard input.", func(r *ObjectRow) *int64 { return &r.Size }),
		text("sha256", "SHA-256 of the uncompressed log, where --sha256 was given.", func(r *ObjectRow) *string { return &r.SHA256 }),
		count("records", "Records in the object, of all days; 0 where it could not be read.", func(r *ObjectRow) *int64 { return &r.Records }),
		count("day_records", "Records of the partition's day, duplicates included.", func(r *ObjectRow) *int64 { return &r.DayRecords }),
		text("days", "Days of eventTime that its records are of, with spaces between; NULL where it holds none or could not be read.", func(r *ObjectRow) *string { return &r.Days }),
		text("status", "ok, invalid_records, empty, not_cloudtrail, corrupt, truncated, missing, denied, changed or unreadable. Only objects with the first two are counted.", func(r *ObjectRow) *string { return &r.Status }),
		text("error", "What is wrong, in one line.", func(r *ObjectRow) *string { return &r.Error }),
		optional("error_offset", "Uncompressed bytes before the place of the error.", func(r *ObjectRow) *int64 { return &r.ErrorOffset }),
		text("digest_status", "Result of the check against the trail's digests; NULL where there was none.", func(r *ObjectRow) *string { return &r.DigestStatus }),
	},
}

// See extends the time span of the row to include that of the measures.
func (r *EndpointRow) See(m *Measures) {
	r.FirstSeen, r.LastSeen = min(r.FirstSeen, m.FirstSeen), max(r.LastSeen, m.LastSeen)
}

// Own adds the owner in one verdict. Records of one endpoint may differ: older ones name no
// account. The row keeps the strongest owner: own, then foreign, then unknown.
func (r *EndpointRow) Own(owner, account string) {
	if RankOfOwner(owner) > RankOfOwner(r.EndpointOwner) {
		r.EndpointOwner = owner
	}
	r.EndpointAccountID = max(r.EndpointAccountID, account)
}

// RankOfOwner orders owners by strength: none, unknown, foreign, own.
func RankOfOwner(owner string) int {
	return slices.Index([]string{"", "unknown", "foreign", "own"}, owner)
}
