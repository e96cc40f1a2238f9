package table

// A DigestRow describes a digest, a time that no digest covers, or a missing log.
type DigestRow struct {
	Kind                           string // digest, gap or log
	AccountID, Region, Trail, Home string // of a log: no trail
	Series                         string // hourly or backfill
	Start, End                     int64  // of the window; -1 if not known
	Key                            string
	Status                         string
	Problem                        string
	Logs                           int64 // -1 if not known
	SHA256                         string
}

// Digests is the table of what the digests of the trail show, besides the objects that were read.
var Digests = Table[DigestRow]{
	Name: "digests", Keys: 8, Flag: "verify",
	Doc: "One row per digest with a window on the day, time of the day for which a chain has no digest, and missing log that may hold records of the day. Only days made with --verify have it.",
	Columns: []Column[DigestRow]{
		text("kind", "digest, gap (a time without a digest) or log (a missing one).", func(r *DigestRow) *string { return &r.Kind }),
		text("account_id", "Account of the digest or log.", func(r *DigestRow) *string { return &r.AccountID }),
		text("region", "Region of the digest or log.", func(r *DigestRow) *string { return &r.Region }),
		text("trail", "Name of the trail; NULL for a log.", func(r *DigestRow) *string { return &r.Trail }),
		text("home_region", "Home Region of the trail; NULL for a log.", func(r *DigestRow) *string { return &r.Home }),
		text("series", "hourly or backfill; NULL for a log.", func(r *DigestRow) *string { return &r.Series }),
		seldom("window_end", "End of the digest's window, or of the gap, which is cut at the end of the day; NULL for a log.", func(r *DigestRow) *int64 { return &r.End }),
		text("key", "Name of the digest or log, where it is or should be; NULL for a gap.", func(r *DigestRow) *string { return &r.Key }),
		seldom("window_start", "Start of the window or gap; NULL where the digest does not prove it.", func(r *DigestRow) *int64 { return &r.Start }),
		text("status", "Result of the check, such as valid, bad_signature, missing, gap or explained: see vpcetrail verify.", func(r *DigestRow) *string { return &r.Status }),
		text("problem", "What is wrong and what to do, or what explains a gap; NULL where nothing is wrong.", func(r *DigestRow) *string { return &r.Problem }),
		optional("logs", "Logs that the digest names; NULL where it could not be read.", func(r *DigestRow) *int64 { return &r.Logs }),
		text("sha256", "SHA-256 of the uncompressed digest.", func(r *DigestRow) *string { return &r.SHA256 }),
	},
}
