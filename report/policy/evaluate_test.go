package policy

import (
	"slices"
	"strings"
	"testing"
)

// deny returns a policy of one Deny statement for s3:PutObject on a bucket's objects, with these elements beside.
func deny(t *testing.T, elements string) *Policy {
	t.Helper()
	p, err := Parse([]byte(`{"Statement": {"Effect": "Deny", "Action": "s3:PutObject"` + elements + `}}`))
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
