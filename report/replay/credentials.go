package replay

import (
	"slices"
	"strings"

	"vpcetrail/ingest/event"
	"vpcetrail/report/policy"
)

// credentials are what a record shows of those that signed a call. Unknown fields are empty.
type credentials struct {
	term           string // longTerm, or empty
	mfa            string // whether the session was authenticated with MFA: true or false
	issuedAt       string // time; only temporary ones have it
	sourceIdentity string
	delivery       string // version of the instance metadata service that delivered them
	issuedTo       string // the type of what they were issued to, such as AWS::Lambda::Function
	holder         string // its ARN
}

const longTerm = "long-term"

// needsCredentials reports whether a key, in lower case, has its value from credentials.
func needsCredentials(key string) bool {
	return slices.Contains([]string{
		"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime", "aws:sourceidentity",
		"ec2:roledelivery", "ec2:sourceinstancearn", "lambda:sourcefunctionarn",
	}, key)
}

// readCredentials reads the text of a record. See "CloudTrail userIdentity element" in the CloudTrail User Guide.
func readCredentials(record []byte) credentials {
	identity := member(record, "userIdentity")
	session, scope := member(identity, "sessionContext"), member(identity, "inScopeOf")
	attributes := member(session, "attributes")
	c := credentials{
		mfa: textOf(attributes, "mfaAuthenticated"), issuedAt: textOf(attributes, "creationDate"),
		sourceIdentity: textOf(session, "sourceIdentity"), delivery: textOf(session, "ec2RoleDelivery"),
		issuedTo: textOf(scope, "issuerType"), holder: textOf(scope, "credentialsIssuedTo"),
	}
	if c.issuedAt == "" && c.mfa == "" && strings.HasPrefix(textOf(identity, "accessKeyId"), "AKIA") && textOf(identity, "invokedBy") == "" {
		c.term = longTerm // a service would use temporary ones that AWS makes of them
	}
	return c
}

// member returns the value of a member of an object, or nothing. If a name comes twice, the last value counts.
func member(object []byte, name string) (value []byte) {
	for m := event.MembersOf(object); m.Next(); {
		if string(m.Name) == name {
			value = m.Value
		}
	}
	return value
}

func textOf(object []byte, name string) string {
	text, _ := event.TextOf(member(object, name))
	return string(text)
}

// sessionKey returns the keys that all temporary credentials have, and long-term credentials never. See
// "aws:MultiFactorAuthPresent" in the IAM User Guide.
func sessionKey(key string, c *Call) policy.Value {
	switch {
	case c.isAnonymous(), c.term == longTerm:
		return absent
	case key == "aws:tokenissuetime":
		return isOr(c.issuedAt, policy.Unknown)
	case c.mfa != "true" && c.mfa != "false":
		return unknown
	case key == "aws:multifactorauthpresent":
		return is(c.mfa)
	case c.mfa == "true": // the age of the authentication is not recorded
		return present
	}
	return absent
}

// roleKey returns keys that only the sessions of roles can have.
func roleKey(key string, c *Call) policy.Value {
	switch {
	case c.isService(), c.isAnonymous(), slices.Contains(people, c.PrincipalType):
		return absent
	case key == "aws:sourceidentity" && c.sourceIdentity == "" && c.PrincipalType == "AssumedRole" && c.issuedAt != "":
		return absent // the records of sessions that have one show it
	case key == "aws:sourceidentity":
		return isOr(c.sourceIdentity, policy.Unknown)
	case key == "ec2:roledelivery" && c.delivery != "":
		return is(c.delivery)
	case key == "ec2:sourceinstancearn" && c.issuedTo != "":
		return c.holderIf("AWS::EC2::Instance")
	case key == "ec2:sourceinstancearn" && c.delivery != "":
		return present
	case key == "lambda:sourcefunctionarn" && c.issuedTo != "":
		return c.holderIf("AWS::Lambda::Function")
	case key == "lambda:sourcefunctionarn" && c.delivery != "":
		return absent
	case key == "lambda:sourcefunctionarn":
		return unknown // not all records show it
	}
	return instanceKey(key, c)
}

// holderIf returns the ARN of what the credentials were issued to, if it is of a type. They are issued to one
// resource only.
func (c *credentials) holderIf(kind string) policy.Value {
	switch {
	case c.issuedTo != kind:
		return absent
	case strings.HasPrefix(c.holder, "arn:"):
		return is(c.holder)
	}
	return present
}

// instanceKey returns the keys of credentials that were issued to an EC2 instance, as the name of the session
// shows them. It is the name of the instance. Other sessions could have it too.
func instanceKey(key string, c *Call) policy.Value {
	session := c.SessionARN[strings.LastIndexByte(c.SessionARN, '/')+1:]
	switch {
	case session != "" && !strings.HasPrefix(session, "i-"):
		return absent
	case key == "ec2:sourceinstancearn" && session != "":
		return policy.Value{State: policy.Perhaps, Text: "arn:" + partition(c.Region) + ":ec2:" + c.Region + ":" + c.PrincipalAccount + ":instance/" + session}
	}
	return unknown
}
