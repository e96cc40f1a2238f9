package table

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
