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
