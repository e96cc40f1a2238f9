package policy

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	const all = `"Action": "s3:*", "Resource": "*"`
	for _, tc := range []struct {
		name, statement string
		kind            Kind
		want            string
	}{
		{"default endpoint policy", `"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"`, Gateway, ""},
		{"endpoint without principal", `"Effect": "Allow", ` + all, Interface, "line 1: Statement[0].Principal: is missing: an endpoint policy must say for whom it is"},
		{"gateway with a role", `"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, ` + all, Gateway,
			`line 1: Statement[0].Principal: a gateway endpoint takes only "*": use aws:PrincipalArn in a condition (an account here means its root user alone)`},
		{"gateway with * in an object", `"Effect": "Allow", "Principal": {"AWS": "*"}, ` + all, Gateway, ""},
		{"interface with a role", `"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, ` + all, Interface, ""},
		{"mixed account", `"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:sqs:us-east-1:1111*:q"`, Interface,
			`line 1: Statement[0].Resource: "arn:aws:sqs:us-east-1:1111*:q": the account of an ARN is an id or *, not both`},
		{"wildcard in an id", `"Effect": "Allow", "Principal": "*", ` + all + `, "Condition": {"StringLike": {"aws:SourceVpc": "vpc-0a1b2c3d*"}}`, Interface,
			`line 1: Statement[0].Condition.StringLike.aws:SourceVpc: "vpc-0a1b2c3d*": an endpoint policy takes no wildcard in an id that AWS makes`},
		{"numbers for an id", `"Effect": "Allow", "Principal": "*", ` + all + `, "Condition": {"NumericEquals": {"aws:PrincipalAccount": "111122223333"}}`, Interface,
			`line 1: Statement[0].Condition.NumericEquals.aws:PrincipalAccount: an endpoint policy takes no numeric operator for ids: use StringEquals`},
		{"short before a wildcard", `"Effect": "Allow", "Principal": "*", ` + all + `, "Condition": {"StringLike": {"aws:userid": "AROA*"}}`, Interface,
			`line 1: Statement[0].Condition.StringLike.aws:userid: "AROA*": an endpoint policy needs 6 other characters in a row before or after each wildcard`},
		{"long after a wildcard", `"Effect": "Allow", "Principal": "*", ` + all + `, "Condition": {"StringLike": {"aws:userid": "*:instance"}}`, Interface, ""},
		{"mixed account in a condition", `"Effect": "Allow", "Principal": "*", ` + all + `, "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1111*:role/a"}}`, Interface,
			`line 1: Statement[0].Condition.ArnLike.aws:PrincipalArn: "arn:aws:iam::1111*:role/a": the account of an ARN is an id or *, not both`},
		{"scp", `"Effect": "Deny", "NotAction": "iam:*", "NotResource": "*"`, ServiceControl, ""},
		{"scp with principal", `"Effect": "Deny", "Principal": "*", ` + all, ServiceControl, "line 1: Statement[0].Principal: a service control policy has no principal: use aws:PrincipalArn in a condition"},
		{"scp without resource", `"Effect": "Deny", "Action": "*"`, ServiceControl, "line 1: Statement[0].Resource: is missing: want Resource or NotResource"},
		{"rcp", `"Effect": "Deny", "Principal": "*", ` + all, ResourceControl, ""},
		{"rcp that allows", `"Effect": "Allow", "Principal": "*", ` + all, ResourceControl, "line 1: Statement[0].Effect: a resource control policy of yours must be Deny: only RCPFullAWSAccess allows"},
		{"rcp for an account", `"Effect": "Deny", "Principal": {"AWS": "111122223333"}, ` + all, ResourceControl, `line 1: Statement[0].Principal: a resource control policy takes only "*": use conditions`},
		{"rcp for every service", `"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"`, ResourceControl, "line 1: Statement[0].Action: a resource control policy must name a service, such as s3:*"},
		{"rcp with NotAction", `"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"`, ResourceControl, "line 1: Statement[0].NotAction: a resource control policy takes no NotAction"},
		{"resource policy without principal", `"Effect": "Deny", ` + all, Resource, "line 1: Statement[0].Principal: is missing: a resource policy must say for whom it is"},
		{"too large", `"Effect": "Deny", "Sid": "` + strings.Repeat("a", 10300) + `", ` + all, ServiceControl, "line 1: Statement: the policy has 10404 characters with its white space: a service control policy has at most 10240"},
	} {
		p, err := Parse([]byte(`{"Version": "2012-10-17", "Statement": {` + tc.statement + `}}`))
		if err != nil {
			t.Fatal(tc.name, err)
		}
		got := ""
		if err := p.Check(tc.kind, 0); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.name, got, tc.want)
		}
	}
	p, err := Parse([]byte(`{"Statement": {"Effect": "Deny", "Principal": "*", ` + all + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(ResourceControl, 0); err == nil || err.Error() != "line 1: Version: is not 2012-10-17: a resource control policy must have it" {
		t.Error(err)
	}
	if err := p.Check(Resource, 50); err == nil || !strings.Contains(err.Error(), "has at most 50") {
		t.Error(err)
	}
}
