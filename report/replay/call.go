package replay

import (
	"encoding/binary"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/actions"
)

// A Call is what a record, or a row of a report, shows of calls that are equal. Unknown fields are empty.
type Call struct {
	ID                                         string // eventID; of a record only
	Principal, PrincipalType, PrincipalAccount string // as in table traffic
	SessionARN                                 string // of an assumed role, or of a federated user
	UserID, UserName                           string
	Source, EventName                          string // eventSource and eventName
	Account, Region                            string // whose trail recorded it, and where
	// Resources are the ARNs of containers, such as a bucket, and if Exact of what the call is about in
	// them, such as an object.
	Resources       []string
	ResourceAccount string // the account of the resource, if it is known
	CopySource      string // bucket/key that CopyObject reads
	Route, Evidence string
	EndpointID      string
	EndpointAccount string
	EndpointOwner   string // own, foreign or unknown
	VPC             string // of the endpoint
	IP, UserAgent   string
	TLS             string // version
	Time            int64  // milliseconds since the epoch; of rows the last call

	// Network is true for an endpoint's own record of a call that its policy denied.
	Network   bool
	RequestID string // of a denied call
	SharedBy  string // the caller's account, if this is the copy of another account
	Exact     bool   // from a record
	Version   bool   // names the version of an object
	Denied    bool   // today
	Calls     int64

	credentials // of a record only, and only if a policy checks them

	verdict classify.Verdict // that the record alone leads to
}

// texts lists the fields that a record is kept with until the trail is read.
func (c *Call) texts() []*string {
	return []*string{
		&c.ID, &c.Principal, &c.PrincipalType, &c.PrincipalAccount, &c.SessionARN, &c.UserID, &c.UserName, &c.Source, &c.EventName,
		&c.Account, &c.Region, &c.ResourceAccount, &c.CopySource, &c.EndpointID, &c.EndpointAccount,
		&c.IP, &c.UserAgent, &c.TLS, &c.SharedBy, &c.RequestID,
		&c.term, &c.mfa, &c.issuedAt, &c.sourceIdentity, &c.delivery, &c.issuedTo, &c.holder,
	}
}

// append appends c in the form that cutCall reads.
func (c *Call) append(b []byte) []byte {
	flags := byte(0)
	for i, set := range []bool{c.Version, c.Denied, c.Network} {
		if set {
			flags |= 1 << i
		}
	}
	b = binary.BigEndian.AppendUint64(append(b, flags, byte(c.verdict.Evidence), byte(c.verdict.Origin)), uint64(c.Time))
	for _, text := range c.texts() {
		b = spill.AppendFields(b, *text)
	}
	return spill.AppendFields(b, c.Resources...)
}

// cutCall reads what append wrote.
func cutCall(b []byte) *Call {
	c := &Call{
		Exact: true, Calls: 1, Version: b[0]&1 != 0, Denied: b[0]&2 != 0, Network: b[0]&4 != 0, Time: int64(binary.BigEndian.Uint64(b[3:])),
		verdict: classify.Verdict{Evidence: classify.Evidence(b[1]), Origin: classify.Origin(b[2])},
	}
	for rest := spill.CutFields(string(b[11:]), c.texts()...); rest != ""; {
		var arn string
		rest = spill.CutFields(rest, &arn)
		c.Resources = append(c.Resources, arn)
	}
	return c
}

// isService reports whether a service makes the call under its own name.
func (c *Call) isService() bool { return c.PrincipalType == "AWSService" }

// isSignIn reports whether the call is a step of signing in to the console, such as ConsoleLogin, which needs no
// permission.
func (c *Call) isSignIn() bool {
	return actions.ServiceOf(c.Source) == "signin" && !actions.Of(c.Source, c.EventName).Known
}

// isServiceLinked reports whether the caller is a service-linked role. Only AWS services can create roles
// with this path.
func (c *Call) isServiceLinked() bool {
	_, path, _ := strings.Cut(c.Principal, ":role/")
	return strings.HasPrefix(path, "aws-service-role/")
}

// anonymous is the account that records have for calls that nobody signed.
const anonymous = "ANONYMOUS_PRINCIPAL"

// isAnonymous reports whether nobody signed the call.
func (c *Call) isAnonymous() bool {
	return c.PrincipalAccount == "" && !c.isService() && !strings.HasPrefix(c.Principal, "arn:") ||
		c.PrincipalAccount == anonymous || strings.HasPrefix(c.Principal, anonymous)
}
