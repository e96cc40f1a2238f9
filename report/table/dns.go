package table

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
