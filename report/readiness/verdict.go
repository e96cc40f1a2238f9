package readiness

import (
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/wildcard"
)

// serviceLinked matches service-linked roles. Only AWS services can create roles with this path.
const serviceLinked = "arn:*:iam::*:role/aws-service-role/*"

// The keys of the exceptions.
const (
	viaAWSService         = "aws:ViaAWSService"
	principalIsAWSService = "aws:PrincipalIsAWSService"
	principalArn          = "aws:PrincipalArn"
)

// verdict returns the effect on a use of a Deny. The Deny stops all requests without one of the
// condition's values, except for the exceptions.
func (r *reader) verdict(u *Use, key string) Verdict {
	if u.Action != "" && !wildcard.MatchAny(r.service.actions, u.Action) {
		// The action is of another service, or the statement leaves it out on purpose.
		return Verdict{Outcome: Passes, Because: phrase.Of("the statement does not hold for %s", u.Action)}
	}
	if v, exempt := r.exempt(u); exempt {
		return v
	}
	switch u.Route {
	case "vpce":
		return r.byEndpoint(u, key)
	case "internet":
		if v, known := byNetwork(u); known {
			return v
		}
		if u.EndpointID != "" {
			return Verdict{Outcome: Stopped, Because: phrase.Of("a console, which uses endpoints of AWS's own")}
		}
		return Verdict{Outcome: Stopped, Because: phrase.Of("no endpoint: the request does not have the key")}
	case "aws_service":
		// The record names the caller, but does not show which credentials the service used.
		// So neither exception is proved.
		return Verdict{Outcome: Unknown, Because: phrase.Of("an AWS service sent it, and the record does not say on whose behalf")}
	}
	return Verdict{Outcome: Unknown, Because: phrase.Of("the record proves no route")}
}

// exempt returns the exception that holds for a use, if there is one.
//
// aws:PrincipalIsAWSService is true for a service principal itself. aws:ViaAWSService is true if a
// service uses the credentials of the caller, which the record shows in invokedBy. It is false if
// the service uses a role of its own. Service-linked roles are recognized by their path, but
// service roles look like any other role.
func (r *reader) exempt(u *Use) (Verdict, bool) {
	switch {
	case u.Evidence == "service_operation":
		return Verdict{Outcome: Exempt, Because: phrase.Of("S3's own work, such as the expiry of objects: no policy decides it")}, true
	case u.Evidence == "service_event":
		return Verdict{Outcome: Exempt, Because: phrase.Of("the service's own event: nobody asked for it, so no policy decides it")}, true
	case u.Evidence == "service_principal":
		return Verdict{Outcome: Exempt, By: principalIsAWSService, Because: phrase.Of("a service principal calls")}, true
	case wildcard.Match(serviceLinked, u.Principal):
		return Verdict{Outcome: Exempt, By: principalArn, Because: phrase.Of("a service-linked role, for which %s is false", viaAWSService)}, true
	case wildcard.MatchAny(r.service.exempt, withPartition(u.Principal, "aws")):
		return Verdict{Outcome: Exempt, By: principalArn, Because: phrase.Of("a role that AWS makes for the service")}, true
	case u.Evidence == "invoked_by" && isRole(u.PrincipalType):
		return Verdict{Outcome: Exempt, By: viaAWSService, Because: phrase.Of("a service calls for the role; not exempt if it is the service's own role (a service role)")}, true
	case u.Evidence == "invoked_by":
		return Verdict{Outcome: Exempt, By: viaAWSService, Because: phrase.Of("a service calls with the caller's credentials")}, true
	}
	return Verdict{}, false
}

// isRole reports whether a principal of this type may be a role that a service assumes for itself.
// A trail shows a caller from another account only as AWSAccount.
func isRole(principalType string) bool {
	return !slices.Contains([]string{"IAMUser", "Root", "FederatedUser", "IdentityCenterUser", "SAMLUser", "WebIdentityUser"}, principalType)
}

// withPartition returns the ARN with another partition.
func withPartition(arn, partition string) string {
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 && parts[0] == "arn" {
		return "arn:" + partition + ":" + parts[2]
	}
	return arn
}

// byEndpoint judges a call that went through an endpoint.
func (r *reader) byEndpoint(u *Use, key string) Verdict {
	if u.EndpointID == "" {
		return Verdict{Outcome: Unknown, Because: phrase.Of("by an endpoint that the access log does not name")}
	}
	values := r.values[key]
	switch key {
	case SourceVpce:
		if slices.Contains(values, u.EndpointID) {
			return Verdict{Outcome: Passes, Because: phrase.Of("by an endpoint that is let through")}
		}
		return Verdict{Outcome: Stopped, Because: phrase.Of("by another endpoint")}
	case SourceVpc, SourceVpcArn:
		vpc := ""
		if e := r.endpoints[u.EndpointID]; e != nil {
			if vpc = e.VPC; key == SourceVpcArn {
				vpc = e.vpcARN(partitionOf(r.q.Resource))
			}
		}
		switch {
		case vpc != "" && slices.Contains(values, vpc):
			return Verdict{Outcome: Passes, Because: phrase.Of("from a VPC that is let through")}
		case vpc != "" || u.EndpointOwner == "foreign":
			return Verdict{Outcome: Stopped, Because: phrase.Of("from another VPC")}
		}
		return Verdict{Outcome: Unknown, Because: phrase.Of("the endpoint's VPC is not known: analyze with --endpoints")}
	}
	switch {
	case u.EndpointOwner == "own" && key == VpceAccount && !slices.Contains(values, u.EndpointAccountID):
		return Verdict{Outcome: Unknown, Because: phrase.Of("our endpoint, but its account is not known: analyze with --endpoints")}
	case u.EndpointOwner == "own" && key == VpceOrgPaths && !slices.ContainsFunc(values, isWholeOrg):
		return Verdict{Outcome: Unknown, Because: phrase.Of("our endpoint, but the report does not show in which organizational unit its account is")}
	case u.EndpointOwner == "own":
		return Verdict{Outcome: Passes, Because: phrase.Of("by an endpoint of ours")}
	case u.EndpointOwner == "foreign":
		return Verdict{Outcome: Stopped, Because: phrase.Of("by an endpoint of another account")}
	}
	return Verdict{Outcome: Unknown, Because: phrase.Of("the owner of the endpoint is not known: analyze with --endpoints")}
}

// isWholeOrg reports whether a path of aws:VpceOrgPaths means all accounts of an organization.
func isWholeOrg(path string) bool {
	_, units, _ := strings.Cut(path, "/")
	return units == "*"
}
