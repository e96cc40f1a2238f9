package table

// An S3AccessRow counts requests that the access logs of a bucket show.
type S3AccessRow struct {
	S3AccessKey
	Requests, Denied, Bytes int64
	Matched                 int64 // -1 if no trail was read
	FirstSeen, LastSeen     int64
}

// An S3AccessKey holds the key columns of s3_access.
type S3AccessKey struct {
	Bucket, Requester, Operation string
	Route, Evidence, Egress      string
	EndpointID                   string
}

// S3Access is the table of what S3 server access logs show beside the trail.
var S3Access = Table[S3AccessRow]{
	Name: "s3_access", Keys: 7, Flag: "access-logs",
	Doc: "One row per distinct combination of the columns up to vpc_endpoint_id, of requests in S3 access logs. These logs are best effort, and most requests are calls in traffic too: never add the two. Only days made with --access-logs have it.",
	Columns: []Column[S3AccessRow]{
		text("bucket", "Bucket that was asked.", func(r *S3AccessRow) *string { return &r.Bucket }),
		text("requester", "Who asked: an ARN, for an assumed role the role's without its path; a canonical id; a service; NULL for anonymous.", func(r *S3AccessRow) *string { return &r.Requester }),
		text("operation", "Operation as logged, such as REST.GET.OBJECT.", func(r *S3AccessRow) *string { return &r.Operation }),
		text("route", "vpce, internet, aws_service or unknown.", func(r *S3AccessRow) *string { return &r.Route }),
		text("evidence", "Code of what decided the route.", func(r *S3AccessRow) *string { return &r.Evidence }),
		text("egress", "For internet, by --network or --networks: as in traffic.", func(r *S3AccessRow) *string { return &r.Egress }),
		text("vpc_endpoint_id", "Endpoint, if the host name proves one; NULL for most, also by an endpoint.", func(r *S3AccessRow) *string { return &r.EndpointID }),
		count("requests", "Requests, each once; an ambiguous line counts as one.", func(r *S3AccessRow) *int64 { return &r.Requests }),
		count("denied", "Requests answered with status 403.", func(r *S3AccessRow) *int64 { return &r.Denied }),
		count("bytes", "Bytes sent to the requester.", func(r *S3AccessRow) *int64 { return &r.Bytes }),
		optional("matched", "Requests that the trail has too, by their ids; NULL where no trail was read.", func(r *S3AccessRow) *int64 { return &r.Matched }),
		moment("first_seen", "Time of the first request.", func(r *S3AccessRow) *int64 { return &r.FirstSeen }),
		moment("last_seen", "Time of the last request.", func(r *S3AccessRow) *int64 { return &r.LastSeen }),
	},
}

// A DNSRow is a name of AWS that a client of a VPC asked Route 53 Resolver for.
type DNSRow struct {
	AccountID, Region, VPCID, Client string
	Name, Service, EndpointID        string
	Answered                         string
	Queries                          int64
	FirstSeen, LastSeen              int64
}

// The values of DNSRow.Answered. It is empty if no answer had an address.
const (
	AnsweredPrivate = "private"
	AnsweredPublic  = "public"
	AnsweredBoth    = "both"
)

// DNS is the table of the names that VPCs asked for.
var DNS = Table[DNSRow]{
	Name: "dns", Keys: 7, Flag: "resolver-logs",
	Doc: "One row per distinct combination of the columns up to vpc_endpoint_id, of names of AWS in Resolver query logs. Cached answers are not logged: counts mean little, and a missing name proves nothing. Only days made with --resolver-logs have it.",
	Columns: []Column[DNSRow]{
		text("account_id", "Account that owns the VPC.", func(r *DNSRow) *string { return &r.AccountID }),
		text("region", "Region of the VPC.", func(r *DNSRow) *string { return &r.Region }),
		text("vpc_id", "VPC that the query came from; the id of a Route 53 Profile where the log has no VPC.", func(r *DNSRow) *string { return &r.VPCID }),
		text("client", "Instance that asked, which may be one of AWS's own, as with Lambda; else the address that asked.", func(r *DNSRow) *string { return &r.Client }),
		text("name", "Name that was asked for; what callers choose, such as names of buckets, is an asterisk.", func(r *DNSRow) *string { return &r.Name }),
		text("service", "Service that the name leads to, such as s3.amazonaws.com, if known.", func(r *DNSRow) *string { return &r.Service }),
		text("vpc_endpoint_id", "Endpoint that the name, or a CNAME in an answer, names; NULL for most, also where an endpoint answers.", func(r *DNSRow) *string { return &r.EndpointID }),
		text("answered", "private (an interface endpoint, or a zone of your own), public (none, or a gateway endpoint), both on this day; NULL if no answer had an address.", func(r *DNSRow) *string { return &r.Answered }),
		count("queries", "Queries that are logged.", func(r *DNSRow) *int64 { return &r.Queries }),
		moment("first_seen", "Time of the first one.", func(r *DNSRow) *int64 { return &r.FirstSeen }),
		moment("last_seen", "Time of the last one.", func(r *DNSRow) *int64 { return &r.LastSeen }),
	},
}

// An EndpointMetricsRow is what CloudWatch measured at an interface endpoint on a day, beside the
// calls that the trail has.
type EndpointMetricsRow struct {
	EndpointID, AccountID, Region                            string
	VPCID, ServiceName, Compared                             string
	Calls                                                    int64
	NewConnections, ActiveConnections, Bytes, PacketsDropped int64
	Zones                                                    int64
	IdleSubnetIDs                                            string // separated by spaces
}

// EndpointMetrics is the table of what CloudWatch measured.
var EndpointMetrics = Table[EndpointMetricsRow]{
	Name: "endpoint_metrics", Keys: 3, Flag: "metrics",
	Doc: "One row per interface endpoint that was measured on the whole day. CloudWatch counts connections and bytes, and does not know who called. Only days made with --metrics have it.",
	Columns: []Column[EndpointMetricsRow]{
		text("vpc_endpoint_id", "The endpoint.", func(r *EndpointMetricsRow) *string { return &r.EndpointID }),
		text("account_id", "Account that owns it.", func(r *EndpointMetricsRow) *string { return &r.AccountID }),
		text("region", "Region that it is in.", func(r *EndpointMetricsRow) *string { return &r.Region }),
		text("vpc_id", "VPC that it is in.", func(r *EndpointMetricsRow) *string { return &r.VPCID }),
		text("service_name", "Service that it is for, such as com.amazonaws.us-east-1.sqs.", func(r *EndpointMetricsRow) *string { return &r.ServiceName }),
		text("compared", "With the calls: seen (traffic, and calls), unseen (traffic, no call), unrecorded (the same, of a service without records), not_covered (the same, of a place without calls), conflict (calls, no traffic) or idle (neither).", func(r *EndpointMetricsRow) *string { return &r.Compared }),
		count("calls", "Calls and network events by it, as in table endpoints.", func(r *EndpointMetricsRow) *int64 { return &r.Calls }),
		count("new_connections", "NewConnections: the sum.", func(r *EndpointMetricsRow) *int64 { return &r.NewConnections }),
		count("active_connections", "ActiveConnections: the maximum.", func(r *EndpointMetricsRow) *int64 { return &r.ActiveConnections }),
		count("bytes_processed", "BytesProcessed: the sum of both directions, which AWS charges for.", func(r *EndpointMetricsRow) *int64 { return &r.Bytes }),
		count("packets_dropped", "PacketsDropped: the sum.", func(r *EndpointMetricsRow) *int64 { return &r.PacketsDropped }),
		count("zones", "Subnets that it has, one in each Availability Zone.", func(r *EndpointMetricsRow) *int64 { return &r.Zones }),
		text("idle_subnet_ids", "Those of them without a byte, with spaces between.", func(r *EndpointMetricsRow) *string { return &r.IdleSubnetIDs }),
	},
}
