package policy

import (
	"slices"
	"strings"
)

// hold returns whether the principals include the caller.
func (p *Principals) hold(r *Request) Truth {
	var named Truth
	switch {
	case p.Anyone:
		named = Yes
	case r.Service != "":
		named = truth(slices.Contains(p.Services, r.Service))
	case r.PrincipalARN == "" && r.SessionARN == "" && r.PrincipalAccount == "":
		named = Maybe // some of all callers
	default:
		for _, name := range p.AWS {
			named = max(named, namesPrincipal(name, r))
		}
		if len(p.Others) > 0 { // no record shows who has this canonical id, or came by this provider
			named = max(named, Maybe)
		}
	}
	if p.Not {
		return Yes - named
	}
	return named
}

// namesPrincipal returns whether a principal in a policy, an account or an ARN, is the caller or
// includes the caller.
func namesPrincipal(name string, r *Request) Truth {
	account := name
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
		switch {
		case name == r.PrincipalARN || name == r.SessionARN:
			return Yes
		case parts[2] == "sts" && parts[4] == r.PrincipalAccount && r.SessionARN == "":
			return Maybe // one session of a role, and only the role is known
		case parts[5] != "root":
			return No
		}
		account = parts[4]
	}
	return truth(account != "" && account == r.PrincipalAccount)
}
