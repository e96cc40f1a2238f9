package digest

// A Status is the result of a check of a digest, of a time between digests, or of a log.
// Reports hold its text.
type Status string

// The statuses of digests.
const (
	Valid         Status = "valid"          // of logs too
	BadSignature  Status = "bad_signature"  // the signature is not that of the digest's bytes and name
	NoKey         Status = "no_key"         // CloudTrail has no public key of that fingerprint
	KeyUnread     Status = "key_unread"     // the public keys could not be read
	Moved         Status = "moved"          // lies in another place than it says
	Malformed     Status = "malformed"      // cannot be read as what it should be; of logs too
	Missing       Status = "missing"        // named, and not there; of logs too
	ChainMismatch Status = "chain_mismatch" // its successor names another hash or signature
	UnsignedTail  Status = "unsigned_tail"  // no signature, and no successor that repeats it
	Unlinked      Status = "unlinked"       // valid, but starts its chain again, and no event says why
	Outside       Status = "outside_source" // named, and not in a SOURCE that is read; of logs too
	Denied        Status = "denied"         // access was denied; of logs too
	Unreadable    Status = "unreadable"     // could not be read for another reason; of logs too
)

// The statuses of times for which a chain has no valid digest.
const (
	Gap         Status = "gap"          // between two digests
	Explained   Status = "explained"    // a gap, and the trail's own events say why
	TailMissing Status = "tail_missing" // after the newest digest; depends on the clock
)

// The statuses of logs, beside those that digests have too.
const (
	Modified      Status = "modified"       // the hash is not the digest's
	TrailingData  Status = "trailing_data"  // more follows the first gzip member
	ListedTwice   Status = "listed_twice"   // valid, and named by two digests
	NotInDigest   Status = "not_in_digest"  // valid digests cover its time, and none names it
	Pending       Status = "pending"        // newer than the newest digest
	Unverified    Status = "unverified"     // no valid digest covers its time
	UncoveredKind Status = "uncovered_kind" // a kind of log that digests may not cover
	Expired       Status = "expired"        // missing, and old enough for a lifecycle rule; depends on the clock
)

// A Level says how serious a status is.
type Level int

// The levels, from the best to the worst.
const (
	Fine      Level = iota // proved, or explained
	Unchecked              // could not be checked
	Invalid                // evidence of a change
)

// Level returns the level of a status. A status that is not known is Invalid.
func (s Status) Level() Level {
	switch s {
	case Valid, ListedTwice, Explained:
		return Fine
	case NoKey, KeyUnread, UnsignedTail, Outside, Denied, Unreadable, Pending, Unverified, UncoveredKind, Expired:
		return Unchecked
	}
	return Invalid
}
