package replay

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"vpcetrail/report/actions"
	"vpcetrail/report/policy"
)

func is(text string) policy.Value { return policy.Value{State: policy.Is, Text: text} }

// isOr returns the value text, or state if it is not known.
func isOr(text string, state policy.ValueState) policy.Value {
	if text == "" {
		return policy.Value{State: state}
	}
	return is(text)
}

func isTrue(b bool) policy.Value { return is(strconv.FormatBool(b)) }

var (
	unknown = policy.Value{State: policy.Unknown}
	absent  = policy.Value{State: policy.Absent}
	present = policy.Value{State: policy.Present}
)

// context returns what a call shows of the keys that the policies use.
func (p *Plan) context(c *Call) map[string]policy.Value {
	keys := make(map[string]policy.Value, len(p.keys))
	for _, key := range p.keys {
		keys[key] = p.value(key, c)
		if assumed, ok := p.Assume[key]; ok && keys[key].State == policy.Unknown {
			keys[key] = assumed
		}
	}
	return keys
}

// value returns what a call shows of a key, in lower case.
func (p *Plan) value(key string, c *Call) policy.Value {
	switch key {
	case "aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:vpcsourceip", "aws:sourceip":
		return p.networkKey(key, c)
	case "aws:viaawsservice", "aws:principalisawsservice", "aws:principalservicename", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast",
		"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "kms:viaservice":
		return serviceKey(key, c)
	case "aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:principaltype", "aws:principalorgid", "aws:userid", "aws:username":
		return p.principalKey(key, c)
	case "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime":
		return sessionKey(key, c)
	case "aws:sourceidentity", "ec2:roledelivery", "ec2:sourceinstancearn", "lambda:sourcefunctionarn", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4":
		return roleKey(key, c)
	case "aws:requestedregion":
		return isOr(c.Region, policy.Present)
	case "aws:securetransport":
		if c.TLS != "" {
			return isTrue(true)
		}
	case "aws:useragent":
		return isOr(c.UserAgent, policy.Unknown)
	case "aws:currenttime", "aws:epochtime":
		if c.Exact {
			return is(time.UnixMilli(c.Time).UTC().Format(time.RFC3339))
		}
	case "aws:resourceaccount", "s3:resourceaccount":
		return isOr(c.ResourceAccount, policy.Unknown)
	case "aws:resourceorgid":
		if p.own[c.ResourceAccount] {
			return isOr(p.OrgID, policy.Unknown)
		}
	}
	return unknown
}

// networkKey returns the keys of the path to AWS. Requests through an endpoint do not have aws:SourceIp, and
// the others have none of the rest. AWS removes all of them from requests that a service makes. A console
// may use an endpoint of AWS's own.
func (p *Plan) networkKey(key string, c *Call) policy.Value {
	throughEndpoint := c.Route == "vpce"
	switch {
	case !policy.Supports(key, actions.ServiceOf(c.Source)), c.Route == "aws_service":
		return absent
	case c.Route != "internet" && !throughEndpoint:
		return unknown // the record proves no route
	case key == "aws:sourceip" && throughEndpoint, key != "aws:sourceip" && !throughEndpoint && c.EndpointID == "":
		return absent
	case key == "aws:sourceip", key == "aws:vpcsourceip" && throughEndpoint:
		return isOr(address(c.IP), policy.Present)
	case !throughEndpoint && key == "aws:sourcevpce":
		return policy.Value{State: policy.Perhaps, Text: c.EndpointID}
	case !throughEndpoint:
		return unknown
	}
	switch key {
	case "aws:sourcevpce":
		return is(c.EndpointID)
	case "aws:sourcevpc":
		return isOr(c.VPC, policy.Present)
	case "aws:vpceaccount":
		return isOr(c.EndpointAccount, policy.Present)
	case "aws:vpceorgid":
		if c.EndpointOwner == "own" {
			return isOr(p.OrgID, policy.Unknown)
		}
	case "aws:sourcevpcarn":
		if c.VPC != "" && c.EndpointAccount != "" {
			return is("arn:" + partition(c.Region) + ":ec2:" + c.Region + ":" + c.EndpointAccount + ":vpc/" + c.VPC)
		}
		return present
	}
	return unknown
}

// address returns text if it is an IP address, else "".
func address(text string) string {
	if _, err := netip.ParseAddr(text); err != nil {
		return ""
	}
	return text
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// serviceKey returns the keys about a service that makes the call.
//
// aws:ViaAWSService is true if a service uses the credentials of the caller. A record shows that a service
// made the call (invokedBy), but not whether with the credentials of a caller who is a role, or with a
// service role of its own.
func serviceKey(key string, c *Call) policy.Value {
	switch key {
	case "aws:principalisawsservice":
		if c.isAnonymous() {
			return absent
		}
		return isTrue(c.isService())
	case "aws:principalservicename":
		if c.isService() {
			return isOr(c.Principal, policy.Present)
		}
		return absent
	case "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths":
		if c.isService() {
			return unknown
		}
		return absent
	}
	via := viaService(c)
	switch {
	case via == policy.Maybe:
		return unknown
	case key == "aws:viaawsservice":
		return isTrue(via == policy.Yes)
	case via == policy.No:
		return absent
	}
	return unknown // the record does not name all services
}

func viaService(c *Call) policy.Truth {
	switch {
	case c.isService(), c.isServiceLinked(), c.Route != "aws_service" && c.Route != "unknown":
		return policy.No
	case c.Evidence == "invoked_by" && slices.Contains(people, c.PrincipalType):
		return policy.Yes
	case c.Evidence == "private_source", c.Evidence == "special_source", c.Evidence == "unparseable_source", c.Evidence == "missing_source",
		c.Evidence == "console_private_source":
		return policy.No // without invokedBy
	}
	return policy.Maybe
}

// people are the types of principals that no service can be.
var people = []string{"IAMUser", "Root", "FederatedUser", "IdentityCenterUser", "SAMLUser", "WebIdentityUser"}

// principalKey returns the keys about the caller.
func (p *Plan) principalKey(key string, c *Call) policy.Value {
	if c.isService() || c.isAnonymous() {
		return absent
	}
	switch key {
	case "aws:principalarn":
		if strings.HasPrefix(c.Principal, "arn:") {
			return is(c.Principal)
		}
		return present
	case "aws:principalaccount", "kms:calleraccount":
		return isOr(c.PrincipalAccount, policy.Present)
	case "aws:principaltype":
		// See "aws:PrincipalType" in the IAM User Guide.
		return isOr(map[string]string{"IAMUser": "User", "Root": "Account", "AssumedRole": "AssumedRole", "FederatedUser": "FederatedUser"}[c.PrincipalType], policy.Unknown)
	case "aws:principalorgid":
		if p.own[c.PrincipalAccount] {
			return isOr(p.OrgID, policy.Unknown)
		}
	case "aws:userid":
		return isOr(c.UserID, policy.Present)
	case "aws:username":
		if c.PrincipalType == "IAMUser" {
			return isOr(userName(c), policy.Present)
		}
		return absent
	}
	return unknown
}

// userName returns the name of an IAM user.
func userName(c *Call) string {
	if c.UserName != "" {
		return c.UserName
	}
	_, path, ok := strings.Cut(c.Principal, ":user/")
	if !ok {
		return ""
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}
