package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCredentialsOfRecords replays a policy that asks for a key and its value on one record at a time.
func TestCredentialsOfRecords(t *testing.T) {
	const (
		user    = `"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/clerk", "accountId": "111122223333", "principalId": "AIDAEXAMPLE"`
		role    = `"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/SESSION", "accountId": "111122223333", "principalId": "AROAEXAMPLE:SESSION"`
		service = `"type": "AWSService", "invokedBy": "logging.s3.amazonaws.com"`
		other   = `"type": "AWSAccount", "principalId": "AROAEXAMPLE:SESSION", "accountId": "444455556666"`
		nobody  = `"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"`

		longTermKey = `, "accessKeyId": "AKIAEXAMPLE"`
		issuer      = `"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/app", "accountId": "111122223333"}`
		attributes  = `"attributes": {"creationDate": "2026-11-20T09:00:00Z", "mfaAuthenticated": "false"}`
		withMFA     = `"attributes": {"creationDate": "2026-11-20T09:00:00Z", "mfaAuthenticated": "true"}`
		userSession = user + `, "accessKeyId": "ASIAEXAMPLE", "sessionContext": {`
		roleSession = role + `, "accessKeyId": "ASIAEXAMPLE", "sessionContext": {` + issuer + `, ` + attributes
		function    = `, "inScopeOf": {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": "arn:aws:lambda:us-east-1:111122223333:function:f"}`
		instance    = `, "inScopeOf": {"issuerType": "AWS::EC2::Instance", "credentialsIssuedTo": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b"}`
	)
	named := func(identity, session string) string { return strings.ReplaceAll(identity, "SESSION", session) }
	for _, tc := range []struct{ identity, key, want string }{
		{user + longTermKey, "aws:MultiFactorAuthPresent", "absent"},
		{user, "aws:MultiFactorAuthPresent", "unknown"}, // no access key: the record does not say
		{user + longTermKey + `, "invokedBy": "athena.amazonaws.com"`, "aws:MultiFactorAuthPresent", "unknown"},
		{userSession + withMFA + `}`, "aws:MultiFactorAuthPresent", "true"},
		{userSession + attributes + `}`, "aws:MultiFactorAuthPresent", "false"},
		{user + longTermKey + `, "invokedBy": "athena.amazonaws.com", "sessionContext": {` + attributes + `}`, "aws:MultiFactorAuthPresent", "false"},
		{roleSession + `}`, "aws:MultiFactorAuthPresent", "false"},
		{other, "aws:MultiFactorAuthPresent", "unknown"},
		{nobody, "aws:MultiFactorAuthPresent", "absent"},
		{service, "aws:MultiFactorAuthPresent", "unknown"},
		{user + longTermKey, "aws:MultiFactorAuthAge", "absent"},
		{userSession + attributes + `}`, "aws:MultiFactorAuthAge", "absent"},
		{userSession + withMFA + `}`, "aws:MultiFactorAuthAge", "present"},

		{user + longTermKey, "aws:TokenIssueTime", "absent"},
		{user, "aws:TokenIssueTime", "unknown"},
		{userSession + attributes + `}`, "aws:TokenIssueTime", "2026-11-20T09:00:00Z"},
		{roleSession + `}`, "aws:TokenIssueTime", "2026-11-20T09:00:00Z"},

		{roleSession + `, "sourceIdentity": "saanvi"}`, "aws:SourceIdentity", "saanvi"},
		{roleSession + `}`, "aws:SourceIdentity", "absent"},
		{role, "aws:SourceIdentity", "unknown"}, // the record has no session
		{userSession + attributes + `}`, "aws:SourceIdentity", "absent"},
		{other, "aws:SourceIdentity", "unknown"},
		{service, "aws:SourceIdentity", "absent"},

		{named(roleSession, "i-0a1b") + `, "ec2RoleDelivery": "2.0"}`, "ec2:RoleDelivery", "2.0"},
		{named(roleSession, "i-0a1b") + `}`, "ec2:RoleDelivery", "unknown"},
		{roleSession + `}`, "ec2:RoleDelivery", "absent"},
		{other, "ec2:RoleDelivery", "unknown"},
		{user + longTermKey, "ec2:RoleDelivery", "absent"},

		{named(roleSession, "i-0a1b") + `}` + instance, "ec2:SourceInstanceArn", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b"},
		{named(roleSession, "i-0a1b") + `, "ec2RoleDelivery": "2.0"}`, "ec2:SourceInstanceArn", "present"}, // in some Region
		{named(roleSession, "i-0a1b") + `}`, "ec2:SourceInstanceArn", "unknown"},
		{named(roleSession, "i-0a1b") + `}` + function, "ec2:SourceInstanceArn", "absent"},
		{roleSession + `}`, "ec2:SourceInstanceArn", "absent"},

		{roleSession + `}` + function, "lambda:SourceFunctionArn", "arn:aws:lambda:us-east-1:111122223333:function:f"},
		{roleSession + `}`, "lambda:SourceFunctionArn", "unknown"},
		{roleSession + `}` + instance, "lambda:SourceFunctionArn", "absent"},
		{named(roleSession, "i-0a1b") + `, "ec2RoleDelivery": "1.0"}`, "lambda:SourceFunctionArn", "absent"},
		{user + longTermKey, "lambda:SourceFunctionArn", "absent"},

		{user + `}, "tlsDetails": {"tlsVersion": "TLSv1.3"`, "aws:SecureTransport", "true"},
		{user, "aws:SecureTransport", "unknown"},
		{user + `}, "userAgent": "[aws-cli/2.18]", "tlsDetails": {`, "aws:UserAgent", "aws-cli/2.18"},

		// A service may use a role of its own with the access key that the role's direct calls have.
		{roleSession + `}, "invokedBy": "athena.amazonaws.com"`, "aws:ViaAWSService", "unknown"},
	} {
		if got := stateIn(t, tc.identity, tc.key, tc.want); got != tc.want {
			t.Errorf("%s in %s: %s, want %s", tc.key, tc.identity, got, tc.want)
		}
	}
}

// stateIn returns what a record with an identity shows of a key: unknown, absent, present, or value if it is that.
func stateIn(t *testing.T, identity, key, value string) string {
	t.Helper()
	log := `{"Records": [{"eventVersion": "1.11", "eventTime": "2026-11-20T10:00:00Z", "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
		"sourceIPAddress": "203.0.113.5", "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventID": "1", "eventType": "AwsApiCall",
		"eventCategory": "Data", "requestParameters": {"bucketName": "b", "key": "k"}, "userIdentity": {` + identity + `}}]}`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log.json"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	policy := fmt.Sprintf(`{"Statement": [
		{"Sid": "Absent", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {%q: "true"}}},
		{"Sid": "Equal", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {%[1]q: %q}}}]}`, key, value)
	a := replayed(t, &Plan{ResourceControl: []File{*parsed(t, policy)}}, dir, Known{OwnAccounts: []string{"111122223333"}})
	if len(a.Rows) != 1 {
		t.Fatalf("%s: %+v", log, a)
	}
	d := a.Rows[0].Decision
	switch string(d.Outcome) + " " + d.Statement {
	case "denied Absent":
		return "absent"
	case "denied Equal":
		return value
	case "undecided Absent":
		return "unknown"
	case "undecided Equal":
		return "present"
	}
	return "another value"
}

// The tables do not show which credentials a user has, and records are read for them only if a policy asks.
func TestCredentialsOfTables(t *testing.T) {
	p := &Plan{ServiceControl: []File{*parsed(t, `{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}}`)}}
	if NewCollector(p, Options{}).reads {
		t.Error("reads the text of records for aws:ViaAWSService")
	}
	user := &Call{Principal: "arn:aws:iam::111122223333:user/clerk", PrincipalType: "IAMUser", PrincipalAccount: "111122223333"}
	for _, key := range []string{"aws:tokenissuetime", "aws:multifactorauthpresent"} {
		if got := p.value(key, user); got != unknown {
			t.Errorf("%s: %+v", key, got)
		}
	}
}
