package classify

import (
	"bytes"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// A Principal is the maker of a call, as far as the record shows. An empty field means
// that the record does not show it. Fields are borrowed from the Event, or from the
// buffer given to Caller.
type Principal struct {
	// Name is an ARN if there is one. For an assumed role it is the role's ARN, not the
	// session's.
	Name []byte
	// Type is userIdentity.type.
	Type []byte
	// Account is the principal's own account.
	Account []byte
	// Session is the instance id of an instance role, or the person of an Identity Center
	// session.
	Session []byte
}

// Caller reads the principal of ev. It appends composed names to *buf, and the result may
// point there.
func Caller(ev *event.Event, buf *[]byte) Principal {
	id := &ev.Identity
	p := Principal{Type: id.Type, Account: id.AccountID}
	if len(p.Account) == 0 {
		p.Account = id.IssuerAccountID
	}
	if len(p.Account) == 0 {
		p.Account = arnAccount(id.ARN)
	}
	var session []byte
	if string(id.Type) == "AssumedRole" {
		p.Name, session = assumedRole(id, buf)
	}
	if len(p.Name) == 0 {
		p.Name = nameOf(id, buf)
	}
	switch {
	case isInstanceID(session), len(session) > 0 && isIdentityCenterRole(p.Name):
		p.Session = session
	default:
		p.Session = id.OnBehalfOfUserID
	}
	return p
}

// assumedRole returns the role's ARN and the session's name. The issuer describes the
// role best, but can be missing or {} (cross-account). Then the session's ARN names the
// role, without its path.
func assumedRole(id *event.Identity, buf *[]byte) (role, session []byte) {
	prefix, name, sessionName, ok := cutSessionARN(id.ARN)
	session = sessionName
	if !ok {
		_, session, _ = bytes.Cut(id.PrincipalID, []byte(":"))
	}
	switch {
	case len(id.IssuerARN) > 0:
		role = id.IssuerARN
	case ok:
		start := len(*buf)
		*buf = append(*buf, prefix.partition...)
		*buf = append(*buf, ":iam::"...)
		*buf = append(*buf, prefix.account...)
		*buf = append(*buf, ":role/"...)
		*buf = append(*buf, name...)
		role = (*buf)[start:]
	}
	return role, session
}

type arnPrefix struct{ partition, account []byte } // "arn:aws" and the account's digits

// cutSessionARN splits arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION.
func cutSessionARN(arn []byte) (prefix arnPrefix, role, session []byte, ok bool) {
	i := bytes.Index(arn, []byte(":sts::"))
	if i < 0 {
		return arnPrefix{}, nil, nil, false
	}
	account, resource, _ := bytes.Cut(arn[i+len(":sts::"):], []byte(":"))
	names, ok := bytes.CutPrefix(resource, []byte("assumed-role/"))
	role, session, found := bytes.Cut(names, []byte("/"))
	if !ok || !found || len(role) == 0 {
		return arnPrefix{}, nil, nil, false
	}
	return arnPrefix{arn[:i], account}, role, session, true
}

// nameOf names a caller by the best field there is: its ARN, for services the service,
// else account and id. It cuts the session after the colon of a role's unique id (AROA…),
// because the session differs from call to call.
func nameOf(id *event.Identity, buf *[]byte) []byte {
	if len(id.ARN) > 0 {
		return id.ARN
	}
	if string(id.Type) == "AWSService" && len(id.InvokedBy) > 0 {
		return id.InvokedBy
	}
	name := id.PrincipalID
	if bytes.HasPrefix(name, []byte("AROA")) {
		name, _, _ = bytes.Cut(name, []byte(":"))
	}
	if len(name) == 0 {
		name = id.OnBehalfOfUserID
	}
	if len(name) == 0 {
		name = id.UserName
	}
	switch {
	case len(id.AccountID) > 0 && len(name) > 0:
		start := len(*buf)
		*buf = append(*buf, id.AccountID...)
		*buf = append(*buf, ':')
		*buf = append(*buf, name...)
		return (*buf)[start:]
	case len(name) > 0:
		return name
	case len(id.AccountID) > 0:
		return id.AccountID
	}
	return id.InvokedBy
}

// arnAccount returns the account of arn:partition:service:region:ACCOUNT:resource, or nil
// if there is none.
func arnAccount(arn []byte) []byte {
	for range 4 {
		_, rest, ok := bytes.Cut(arn, []byte(":"))
		if !ok {
			return nil
		}
		arn = rest
	}
	account, _, _ := bytes.Cut(arn, []byte(":"))
	if !endpoints.IsAccount(account) {
		return nil
	}
	return account
}

func isInstanceID(s []byte) bool {
	digits, ok := bytes.CutPrefix(s, []byte("i-"))
	return ok && endpoints.IsHexID(digits)
}

// isIdentityCenterRole reports whether arn is a role created by IAM Identity Center. Its
// sessions have the person's name.
func isIdentityCenterRole(arn []byte) bool {
	return bytes.HasPrefix(arn[bytes.LastIndexByte(arn, '/')+1:], []byte("AWSReservedSSO_"))
}

// SharedBy returns the caller's account if ev is a call that two accounts see, delivered
// to the account that did not make it. Otherwise it returns nil. The record is a copy if
// the caller's account is in the trail too. Only the whole trail shows that. The result
// is borrowed from ev.
func SharedBy(ev *event.Event) []byte {
	if len(ev.SharedID) == 0 || string(ev.Identity.AccountID) == string(ev.Recipient) {
		return nil
	}
	return ev.Identity.AccountID
}
