package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// deny returns a policy of one Deny statement for s3:PutObject on a bucket's objects, with these elements beside.
func deny(t *testing.T, elements string) *Policy {
	t.Helper()
	p, err := Parse([]byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:PutObject"` + elements + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func put(keys map[string]Value) *Request {
	return &Request{
		Action: "s3:PutObject", Resource: "arn:aws:s3:::bucket/*",
		PrincipalARN: "arn:aws:iam::111122223333:user/clerk", PrincipalAccount: "111122223333", Keys: keys,
	}
}

func TestConditionsOnAKey(t *testing.T) {
	const key = "aws:SourceVpce"
	absent, present, unknown, is := Value{State: Absent}, Value{State: Present}, Value{}, Value{Is, "vpce-1"}
	for _, tc := range []struct {
		operator, values               string
		absent, present, unknown, isIt Truth
	}{
		{"StringEquals", `"vpce-1"`, No, Maybe, Maybe, Yes},
		{"StringEquals", `["vpce-2", "vpce-1"]`, No, Maybe, Maybe, Yes},
		{"StringEquals", `"vpce-2"`, No, Maybe, Maybe, No},
		{"StringEqualsIfExists", `"vpce-2"`, Yes, Maybe, Maybe, No},
		{"StringNotEquals", `"vpce-1"`, Yes, Maybe, Maybe, No},
		{"StringNotEquals", `["vpce-2", "vpce-1"]`, Yes, Maybe, Maybe, No},
		{"StringNotEquals", `["vpce-2", "vpce-3"]`, Yes, Maybe, Maybe, Yes},
		{"StringNotEqualsIfExists", `"vpce-1"`, Yes, Maybe, Maybe, No},
		{"StringLike", `"vpce-*"`, No, Maybe, Maybe, Yes},
		{"StringNotLike", `"vpce-*"`, Yes, Maybe, Maybe, No},
		{"StringEqualsIgnoreCase", `"VPCE-1"`, No, Maybe, Maybe, Yes},
		{"StringEquals", `"VPCE-1"`, No, Maybe, Maybe, No},
		{"ForAllValues:StringEquals", `"vpce-2"`, Yes, Maybe, Maybe, No},
		{"ForAllValues:StringNotEquals", `"vpce-2"`, Yes, Maybe, Maybe, Yes},
		{"ForAnyValue:StringNotEquals", `"vpce-2"`, No, Maybe, Maybe, Yes},
		{"ForAnyValue:StringNotEqualsIfExists", `"vpce-2"`, No, Maybe, Maybe, Yes},
		{"Null", `"true"`, Yes, No, Maybe, No},
		{"Null", `false`, No, Yes, Maybe, Yes},
		{"StringNotEquals", `"${aws:PrincipalTag/endpoint}"`, Yes, Maybe, Maybe, Maybe},
		{"NotIpAddress", `"10.0.0.0/8"`, Yes, Maybe, Maybe, Maybe},
	} {
		p := deny(t, `, "Condition": {"`+tc.operator+`": {"aws:sourceVPCE": `+tc.values+`}}`)
		for _, v := range []struct {
			value Value
			want  Truth
		}{{absent, tc.absent}, {present, tc.present}, {unknown, tc.unknown}, {is, tc.isIt}} {
			if got, _ := p.Denied(put(map[string]Value{strings.ToLower(key): v.value})); got != v.want {
				t.Errorf("%s %s, %+v: %v, want %v", tc.operator, tc.values, v.value, got, v.want)
			}
		}
	}
}

func TestElements(t *testing.T) {
	for _, tc := range []struct {
		elements string
		want     Truth
		hangsOn  string
	}{
		{``, Yes, ""},
		{`, "Principal": "*"`, Yes, ""},
		{`, "Principal": {"AWS": "111122223333"}`, Yes, ""},
		{`, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}`, Yes, ""},
		{`, "Principal": {"AWS": "arn:aws:iam::111122223333:user/clerk"}`, Yes, ""},
		{`, "Principal": {"AWS": "arn:aws:iam::111122223333:user/other"}`, No, ""},
		{`, "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}`, Maybe, "Principal"},
		{`, "Principal": {"Service": "ec2.amazonaws.com"}`, No, ""},
		{`, "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:user/clerk"]}`, No, ""},
		{`, "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:user/other"]}`, Yes, ""},
		{`, "Resource": "arn:aws:s3:::bucket/*"`, Yes, ""},
		{`, "Resource": "arn:aws:s3:::bucket"`, No, ""},
		{`, "Resource": "arn:aws:s3:::bucket/private/*"`, Maybe, "Resource"},
		{`, "NotResource": "arn:aws:s3:::bucket/public/*"`, Maybe, "Resource"},
		{`, "NotResource": "arn:aws:s3:::other/*"`, Yes, ""},
		{`, "Condition": {"Bool": {"aws:SecureTransport": "false"}, "DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}`, Maybe, "aws:CurrentTime aws:SecureTransport"},
	} {
		got, hangsOn := deny(t, tc.elements).Denied(put(nil))
		if got != tc.want || strings.Join(hangsOn, " ") != tc.hangsOn {
			t.Errorf("%s: %v on %v, want %v", tc.elements, got, hangsOn, tc.want)
		}
	}
}

func TestActions(t *testing.T) {
	p, err := Parse([]byte(`{"Statement": [
		{"Effect": "Allow", "Action": "*", "Resource": "*"},
		{"Effect": "Deny", "Action": "S3:put*", "Resource": "*"},
		{"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"},
		{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Principal": {"AWS": "111122223333"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]Truth{"s3:PutObject": Yes, "s3:DeleteObject": No, "kms:Decrypt": Yes, "s3:GetObject": Maybe} {
		got, hangsOn := p.Denied(&Request{Action: action, Resource: "arn:aws:s3:::bucket/*"}) // anyone's
		if got != want || want == Maybe && !slices.Equal(hangsOn, []string{"Principal"}) {
			t.Errorf("%s: %v %v, want %v", action, got, hangsOn, want)
		}
	}
}

// allow returns a policy of one Allow statement with these elements beside.
func allow(t *testing.T, elements string) *Policy {
	t.Helper()
	p, err := Parse([]byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow"` + elements + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOperators(t *testing.T) {
	known := map[string]Value{
		"aws:sourceip": {Is, "203.0.113.7"}, "aws:principalarn": {Is, "arn:aws:iam::111122223333:role/team/app"}, "aws:username": {Is, "a*b"},
		"aws:currenttime": {Is, "2026-11-20T10:00:00Z"}, "s3:max-keys": {Is, "100"}, "aws:userid": {State: Absent}, "aws:x": {Perhaps, "vpce-1"},
		"aws:v6": {Is, "2001:db8::1"}, "aws:mapped": {Is, "::ffff:203.0.113.7"},
	}
	for _, tc := range []struct {
		condition string
		want      Truth
	}{
		{`"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`, Yes},
		{`"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.7"]}`, Yes},
		{`"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}`, No},
		{`"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}`, Yes},
		{`"IpAddress": {"aws:SourceIp": "2001:db8::/32"}`, No},
		{`"IpAddress": {"aws:v6": "2001:db8::/32"}`, Yes},
		{`"IpAddress": {"aws:mapped": "203.0.113.0/24"}`, Yes},
		{`"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"}`, Yes},
		{`"ArnLike": {"aws:PrincipalArn": "arn:aws:iam:*:role/team/*"}`, Maybe}, // no ARN
		{`"ArnLike": {"aws:PrincipalArn": "arn:aws:iam:*:*:role/team/*"}`, Yes},
		{`"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}`, No},
		{`"StringLike": {"aws:PrincipalArn": "arn:aws:*:role/team/*"}`, Yes},
		{`"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}`, No},
		{`"NumericLessThan": {"s3:max-keys": "101"}`, Yes},
		{`"NumericGreaterThanEquals": {"s3:max-keys": 100}`, Yes},
		{`"NumericNotEquals": {"s3:max-keys": 100}`, No},
		{`"DateGreaterThan": {"aws:CurrentTime": "2026-11-20T10:00:00+01:00"}`, Yes},
		{`"DateLessThan": {"aws:CurrentTime": "2026-11-20"}`, No},
		{`"DateEquals": {"aws:CurrentTime": "1795168800"}`, Yes},
		{`"StringEquals": {"aws:username": "a*b"}`, Yes},
		{`"StringLike": {"aws:username": "a${*}b"}`, Yes},
		{`"StringLike": {"aws:username": "a${?}b"}`, No},
		{`"StringEquals": {"aws:username": "${aws:username}"}`, Yes},
		{`"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${aws:userid}*"}`, No},           // absent: matches nothing
		{`"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:${aws:userid, 'role'}/*"}`, Yes},      // a default
		{`"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${aws:PrincipalTag/t}"}`, Maybe}, // unknown
		{`"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/${aws:PrincipalTag/t}"}`, No},    // whatever it is
		{`"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/${aws:PrincipalTag/t}"}`, Yes},
		{`"StringNotEquals": {"aws:x": "vpce-2"}`, Yes},
		{`"StringNotEquals": {"aws:x": "vpce-1"}`, Maybe},
		{`"StringEquals": {"aws:x": "vpce-1"}`, Maybe},
		{`"Null": {"aws:x": "true"}`, Maybe},
		{`"ForAllValues:StringEquals": {"aws:userid": "x"}`, Yes},
		{`"ForAnyValue:StringNotEquals": {"aws:userid": "x"}`, No},
		{`"StringEqualsIfExists": {"aws:userid": "x"}`, Yes},
	} {
		_, got := allow(t, `, "Action": "s3:*", "Resource": "*", "Condition": {`+tc.condition+`}`).Evaluate(put(known))
		if got.Applies != tc.want || (got.Applies == Maybe) != (len(got.Open) > 0) {
			t.Errorf("%s: %v, %v, want %v", tc.condition, got.Applies, got.Open, tc.want)
		}
	}
}

func TestVariablesInResources(t *testing.T) {
	known := map[string]Value{"aws:username": {Is, "cl*rk"}, "aws:userid": {State: Absent}}
	for resource, want := range map[string]Truth{
		"arn:aws:s3:::bucket/${aws:username}/*": No, "arn:aws:s3:::bucket/*": Yes, "arn:aws:s3:::bucket/home/${aws:PrincipalTag/x}": Maybe,
		"arn:aws:s3:::${aws:userid}*": No, "arn:aws:s3:::other/${aws:PrincipalTag/x}": No, "arn:aws:s3:::bucket/${aws:userid, 'home'}/*": Yes,
	} {
		r := put(known)
		r.Resource = "arn:aws:s3:::bucket/home/clerk"
		if _, got := allow(t, `, "Action": "*", "Resource": "`+resource+`"`).Evaluate(r); got.Applies != want {
			t.Errorf("%s: %v, want %v", resource, got.Applies, want)
		}
	}
	old, err := Parse([]byte(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::bucket/${aws:username}"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := put(known)
	r.Resource = "arn:aws:s3:::bucket/${aws:username}"
	if _, got := old.Evaluate(r); got.Applies != Yes {
		t.Error("a policy of version 2008-10-17 has no variables")
	}
}

func TestNoResource(t *testing.T) {
	for resource, want := range map[string]Truth{"*": Yes, "arn:aws:sqs:*": No, "arn:aws:sqs:us-east-1:111122223333:orders": No} {
		if _, got := allow(t, `, "Action": "sqs:*", "Resource": "`+resource+`"`).Evaluate(&Request{Action: "sqs:ListQueues", Resource: NoResource}); got.Applies != want {
			t.Errorf("%s: %v, want %v", resource, got.Applies, want)
		}
		if _, got := allow(t, `, "Action": "sqs:*", "NotResource": "`+resource+`"`).Evaluate(&Request{Action: "sqs:ListQueues", Resource: NoResource}); got.Applies != Yes-want {
			t.Errorf("NotResource %s: %v, want %v", resource, got.Applies, Yes-want)
		}
	}
}

func TestPrincipals(t *testing.T) {
	session := &Request{
		Action: "s3:PutObject", Resource: "arn:aws:s3:::bucket/x", PrincipalAccount: "111122223333",
		PrincipalARN: "arn:aws:iam::111122223333:role/app", SessionARN: "arn:aws:sts::111122223333:assumed-role/app/i-1",
	}
	service := &Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::bucket/x", Service: "cloudtrail.amazonaws.com"}
	for _, tc := range []struct {
		principal        string
		session, service Truth
	}{
		{`{"AWS": "arn:aws:iam::111122223333:role/app"}`, Yes, No},
		{`{"AWS": "arn:aws:sts::111122223333:assumed-role/app/i-1"}`, Yes, No},
		{`{"AWS": "arn:aws:sts::111122223333:assumed-role/app/i-2"}`, No, No},
		{`{"Service": ["cloudtrail.amazonaws.com"]}`, No, Yes},
		{`{"Service": "config.amazonaws.com"}`, No, No},
		{`{"CanonicalUser": "79a59df900b949e5"}`, Maybe, No},
		{`"*"`, Yes, Yes},
	} {
		p := allow(t, `, "Action": "s3:*", "Resource": "*", "Principal": `+tc.principal)
		if _, got := p.Evaluate(session); got.Applies != tc.session {
			t.Errorf("%s, session: %v", tc.principal, got.Applies)
		}
		if _, got := p.Evaluate(service); got.Applies != tc.service {
			t.Errorf("%s, service: %v", tc.principal, got.Applies)
		}
	}
}

func TestEvaluateSaysWhatDecides(t *testing.T) {
	p, err := Parse([]byte(`{"Version": "2012-10-17", "Statement": [
		{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::bucket/*"},
		{"Sid": "Write", "Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::bucket/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
		{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
		{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/x": "y"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ action, deny, allow string }{
		{"s3:GetObject", "1 Statement[3] [aws:PrincipalTag/x] ", "2 Read [] "},
		{"s3:PutObject", "1 Statement[3] [aws:PrincipalTag/x] ", "0 Write [] StringEquals aws:PrincipalOrgID"},
		{"s3:DeleteObject", "2 Statement[2] [] ", "0 Read [] Action"},
		{"s3:*", "1 Statement[2] [Action aws:PrincipalTag/x] ", "1 Read [Action] "},
	} {
		deny, allow := p.Evaluate(&Request{Action: tc.action, Resource: "arn:aws:s3:::bucket/x", Keys: map[string]Value{"aws:principalorgid": {Is, "o-2"}}})
		for _, side := range []struct {
			got  Side
			want string
		}{{deny, tc.deny}, {allow, tc.allow}} {
			if got := fmt.Sprintf("%d %s %v %s", side.got.Applies, side.got.By.Name(), side.got.Open, side.got.Lacks); got != side.want {
				t.Errorf("%s: %s, want %s", tc.action, got, side.want)
			}
		}
	}
}
