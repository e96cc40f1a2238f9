package readiness

import (
	"slices"
	"strings"

	"vpcetrail/report/wildcard"
)

// serviceLinked matches the service-linked roles. Nobody else can make roles of this path.
const serviceLinked = "arn:*:iam::*:role/aws-service-role/*"

// The keys of the exceptions.
const (
	viaAWSService         = "aws:ViaAWSService"
	principalIsAWSService = "aws:PrincipalIsAWSService"
	principalArn          = "aws:PrincipalArn"
)

// verdict says what a Deny of all requests that do not have the condition's key among its values, but for the
// exceptions, would do to a use.
func (r *reader) verdict(u *Use, key string) Verdict {
	if u.Action != "" && !wildcard.MatchAny(r.service.actions, u.Action) {
		// An action of another service that names the resource, or one that the statement leaves out on purpose.
		return Verdict{Outcome: Passes, Because: "the statement does not hold for " + u.Action}
	}
	if v, exempt := r.exempt(u); exempt {
		return v
	}
	switch u.Route {
	case "vpce":
		return r.byEndpoint(u, key)
	case "internet":
		if u.EndpointID != "" {
			return Verdict{Outcome: Stopped, Because: "a console, which uses endpoints of AWS's own"}
		}
		return Verdict{Outcome: Stopped, Because: "no endpoint: the request does not have the key"}
	case "aws_service":
		// The caller is named, but not whose credentials the service used: neither exception is proved.
		return Verdict{Outcome: Unknown, Because: "an AWS service sent it, and the record does not say on whose behalf"}
	}
	return Verdict{Outcome: Unknown, Because: "the record proves no route"}
}

// exempt says which exception holds for a use, if one does.
//
// aws:PrincipalIsAWSService is true for a service principal itself. aws:ViaAWSService is true where a service uses the
// caller's own credentials, which the record shows by invokedBy; it is false where the service has a role of its
// own: service-linked roles are told by their path, service roles look like any other role.
func (r *reader) exempt(u *Use) (Verdict, bool) {
	switch {
	case u.Evidence == "service_event":
		return Verdict{Outcome: Exempt, Because: "the service's own event: nobody asked for it, so no policy decides it"}, true
	case u.Evidence == "service_principal":
		return Verdict{Outcome: Exempt, By: principalIsAWSService, Because: "a service principal calls"}, true
	case wildcard.Match(serviceLinked, u.Principal):
		return Verdict{Outcome: Exempt, By: principalArn, Because: "a service-linked role, for which " + viaAWSService + " is false"}, true
	case wildcard.MatchAny(r.service.exempt, withPartition(u.Principal, "aws")):
		return Verdict{Outcome: Exempt, By: principalArn, Because: "a role that AWS makes for the service"}, true
	case u.Evidence == "invoked_by" && isRole(u.PrincipalType):
		return Verdict{Outcome: Exempt, By: viaAWSService, Because: "a service calls for the role; not exempt if it is the service's own role (a service role)"}, true
	case u.Evidence == "invoked_by":
		return Verdict{Outcome: Exempt, By: viaAWSService, Because: "a service calls with the caller's credentials"}, true
	}
	return Verdict{}, false
}

// isRole reports whether a principal of this type may be a role that a service assumes for itself. Of foreign
// callers a trail says only that they are an AWSAccount.
func isRole(principalType string) bool {
	return !slices.Contains([]string{"IAMUser", "Root", "FederatedUser", "IdentityCenterUser", "SAMLUser", "WebIdentityUser"}, principalType)
}

// withPartition returns an ARN as of another partition.
func withPartition(arn, partition string) string {
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 && parts[0] == "arn" {
		return "arn:" + partition + ":" + parts[2]
	}
	return arn
}

// byEndpoint judges a call that went through an endpoint.
func (r *reader) byEndpoint(u *Use, key string) Verdict {
	values := r.values[key]
	switch key {
	case SourceVpce:
		if slices.Contains(values, u.EndpointID) {
			return Verdict{Outcome: Passes, Because: "by an endpoint that is let through"}
		}
		return Verdict{Outcome: Stopped, Because: "by another endpoint"}
	case SourceVpc:
		vpc := ""
		if e := r.endpoints[u.EndpointID]; e != nil {
			vpc = e.VPC
		}
		switch {
		case vpc != "" && slices.Contains(values, vpc):
			return Verdict{Outcome: Passes, Because: "from a VPC that is let through"}
		case vpc != "" || u.EndpointOwner == "foreign":
			return Verdict{Outcome: Stopped, Because: "from another VPC"}
		}
		return Verdict{Outcome: Unknown, Because: "the endpoint's VPC is not known: analyze with --endpoints"}
	}
	switch {
	case u.EndpointOwner == "own" && key == VpceAccount && !slices.Contains(values, u.EndpointAccountID):
		return Verdict{Outcome: Unknown, Because: "our endpoint, but its account is not known: analyze with --endpoints"}
	case u.EndpointOwner == "own":
		return Verdict{Outcome: Passes, Because: "by an endpoint of ours"}
	case u.EndpointOwner == "foreign":
		return Verdict{Outcome: Stopped, Because: "by an endpoint of another account"}
	}
	return Verdict{Outcome: Unknown, Because: "whose the endpoint is, is not known: analyze with --endpoints"}
}
