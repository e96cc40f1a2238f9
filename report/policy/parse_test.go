package policy

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"vpcetrail/classify/document"
	"vpcetrail/ingest/event"
)

const bucketPolicy = `{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "OnlyByTheEndpoint",
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "NotAction": ["s3:Get*", "s3:PutObject"],
    "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    "Condition": {
      "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0a11b22c33d44e55f"},
      "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/*", "o-2/*"]},
      "Bool": {"aws:SecureTransport": false}
    }
  }
}`

func TestParse(t *testing.T) {
	want := &Policy{Variables: true, Size: len(bucketPolicy), Statements: []Statement{{
		Line: 3, Field: "Statement[0]", Sid: "OnlyByTheEndpoint", Deny: true,
		Principals: Principals{Line: 6, Anyone: true, AWS: []string{"*"}},
		Actions:    Names{Line: 7, Not: true, List: []string{"s3:Get*", "s3:PutObject"}},
		Resources:  Names{Line: 8, List: []string{"arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"}},
		Conditions: []Condition{
			{Line: 10, Operator: "StringNotEquals", IfExists: true, Key: "aws:SourceVpce", Values: []string{"vpce-0a11b22c33d44e55f"}},
			{Line: 11, Set: "ForAnyValue", Operator: "StringLike", Key: "aws:PrincipalOrgPaths", Values: []string{"o-1/*", "o-2/*"}},
			{Line: 12, Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}},
		},
	}}}
	text, err := json.Marshal(bucketPolicy)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"document": bucketPolicy, "get-bucket-policy": `{"Policy": ` + string(text) + `}`,
		"get-queue-attributes": `{"Attributes": {"Policy": ` + string(text) + `}}`, "get-repository-policy": `{"registryId": "1", "policyText": ` + string(text) + `}`,
	} {
		got, err := Parse([]byte(data))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ policy, want string }{
		{``, `line 1: it is empty: want one policy, a JSON object`},
		{"{\n\"Statement\": [", `line 2: not JSON: it ends too early`},
		{"{\n\"Statement\"; []}", `line 2: not JSON: invalid character ';' after object key`},
		{`[]`, `line 1: is a list: want a policy, which is a JSON object`},
		{"{}", `line 1: Statement: is missing: want a statement or a list of them`},
		{`{"Statement": []} {}`, `line 1: a second value starts: want one policy, a JSON object`},
		{`{"Statement": "Deny"}`, `line 1: Statement: is a string: want a statement or a list of them`},
		{`{"Statement": [1]}`, `line 1: Statement[0]: is a number: want a statement, which is an object`},
		{"{\"Statement\": {\n\n\"Efect\": \"Deny\"}}", `line 3: Statement[0].Efect: is none of a statement's elements: want Action, Condition, Effect, NotAction, NotPrincipal, NotResource, Principal, Resource, Sid`},
		{"{\"Statement\": [{\"Action\": \"*\",\n\"Effect\": \"deny\"}]}", `line 2: Statement[0].Effect: is "deny": want Allow or Deny`},
		{`{"Statement": {"Effect": "Deny", "Effect": "Allow"}}`, `line 1: "Effect" is there twice, first on line 1`},
		{`{"Statement": {"Effect": "Deny"}}`, `line 1: Statement[0].Action: is missing: want Action or NotAction`},
		{`{"Statement": {"Effect": "Deny", "Action": [], "Resource": "*"}}`, `line 1: Statement[0].Action: is an empty list: want a string or a list of strings`},
		{`{"Statement": {"Effect": "Deny", "Action": ["s3:*", null]}}`, `line 1: Statement[0].Action: is null: want a string or a list of strings`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "NotAction": "s3:*"}}`, `line 1: Statement[0].NotAction: its opposite is there too: want one of the two`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Principal": "*", "NotPrincipal": "*"}}`, `line 1: Statement[0].Principal: its opposite is there too: want one of the two`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Principal": "me"}}`, `line 1: Statement[0].Principal: is "me": want "*" or an object such as {"AWS": "…"}`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Principal": {"Aws": "*"}}}`, `line 1: Statement[0].Principal.Aws: is none of the kinds of principals: want AWS, CanonicalUser, Federated, Service`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"StringDiffers": {}}}}`, `line 1: Statement[0].Condition.StringDiffers: is no condition operator: want one such as StringNotEquals, BoolIfExists or ForAnyValue:StringLike`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"Bool": {"aws:ViaAWSService": {}}}}}`, `line 1: Statement[0].Condition.Bool.aws:ViaAWSService: is an object: want a string or a list of strings`},
		{`{"Policy": "{\"Statement\": 1}"}`, `line 1: Statement: is a number: want a statement or a list of them`},
		{"{\n\"Policy\": \"{\"}", `line 2: Policy: not JSON: it ends too early (in the policy's own line 1)`},
		{`{"Version": "2016-10-17"}`, `line 1: Version: is "2016-10-17": want 2012-10-17, or 2008-10-17`},
		{`{"Statement": {"Effect": "Deny", "Action": "PutObject"}}`, `line 1: Statement[0].Action: is "PutObject": want * or an action such as s3:GetObject`},
		{`{"Statement": {"Effect": "Deny", "NotAction": ["s3:*", "s3:"]}}`, `line 1: Statement[0].NotAction: is "s3:": want * or an action such as s3:GetObject`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "bucket"}}`, `line 1: Statement[0].Resource: is "bucket": want * or an ARN`},
		{"{\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"*\",\n\"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:role/*\"}}}", `line 2: Statement[0].Principal: is "arn:aws:iam::111122223333:role/*": want no wildcard in the name of a principal: use aws:PrincipalArn in a condition`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}}`, `line 1: Statement[0].Condition.NotIpAddress.aws:SourceIp: is "10.0.0.0/33": want an address or a range such as 203.0.113.0/24`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"Bool": {"aws:ViaAWSService": "no"}}}}`, `line 1: Statement[0].Condition.Bool.aws:ViaAWSService: is "no": want true or false`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}}`, `line 1: Statement[0].Condition.DateLessThan.aws:CurrentTime: is "soon": want a date such as 2026-11-20T00:00:00Z`},
		{`{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "x"}}}}`, `line 1: Statement[0].Condition.NumericLessThan.aws:MultiFactorAuthAge: is "x": want a number`},
		{strings.Repeat(" ", maxFile+1), `line 1: is larger than any policy, 262145 bytes: want one policy`},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), `line 1: nested deeper than any policy`},
	} {
		if p, err := Parse([]byte(tc.policy)); err == nil || err.Error() != tc.want {
			t.Errorf("%s\ngot  %v, %v\nwant %s", tc.policy, p, err, tc.want)
		}
	}
}

// render writes a policy as JSON, in one form for all that means the same.
func render(p *Policy) []byte {
	names := func(s map[string]any, key string, n Names) {
		if n.Not {
			key = "Not" + key
		}
		s[key] = n.List
	}
	statements := []any{}
	for _, s := range p.Statements {
		out := map[string]any{"Sid": s.Sid, "Effect": map[bool]string{true: "Deny", false: "Allow"}[s.Deny]}
		names(out, "Action", s.Actions)
		names(out, "Resource", s.Resources)
		conditions := map[string]map[string][]string{}
		for _, c := range s.Conditions {
			op := c.Operator
			if c.Set != "" {
				op = c.Set + ":" + op
			}
			if c.IfExists {
				op += "IfExists"
			}
			if conditions[op] == nil {
				conditions[op] = map[string][]string{}
			}
			conditions[op][c.Key] = c.Values
		}
		out["Condition"] = conditions
		statements = append(statements, out)
	}
	document := map[string]any{"Statement": statements}
	if p.Variables {
		document["Version"] = "2012-10-17"
	}
	text, _ := json.Marshal(document)
	return text
}

// FuzzParse holds that a policy is JSON that encoding/json takes too, that it means the same when it is written
// and read again, and that learning more of a request never turns a Yes or a No of its answer round.
func FuzzParse(f *testing.F) {
	f.Add([]byte(bucketPolicy), "s3:DeleteObject", "vpce-1", false)
	f.Add([]byte("{\x00\x04\x00"), "", "", false)
	f.Add([]byte(`{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Condition": {"Null": {"aws:SourceVpce": "true"}}}]}`), "s3:GetObject", "", true)
	f.Add([]byte(`{"Statement": [{"Effect": "Deny", "Action": "*", "NotPrincipal": {"AWS": "111122223333"}, "NotResource": "arn:aws:s3:::bucket/a*",
		"Condition": {"ForAllValues:StringNotLike": {"aws:SourceVpce": ["vpce-1*", "${aws:x}"]}}}]}`), "s3:GetObject", "vpce-1", false)
	if text, err := os.ReadFile("../../fixtures/workshop/restricted-bucket-policy.json"); err == nil {
		f.Add(text, "s3:DeleteObject", "", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, action, value string, absent bool) {
		if len(data) > 4000 || len(action)+len(value) > 200 {
			return
		}
		p, err := Parse(data)
		if err != nil {
			place(t, data, err)
			return
		}
		for _, kind := range []Kind{Interface, Gateway, ServiceControl, ResourceControl, Resource} {
			if err := p.Check(kind, 0); err != nil {
				place(t, data, err)
			}
		}
		if !json.Valid(data) {
			t.Fatal("not JSON")
		}
		again, err := Parse(render(p))
		if err != nil {
			t.Fatalf("%s: %v", render(p), err)
		}
		vague := Request{Action: action, Resource: "arn:aws:s3:::bucket/*"}
		sharp := Request{Action: action, Resource: "arn:aws:s3:::bucket/" + value, PrincipalARN: "arn:aws:iam::111122223333:user/a", PrincipalAccount: "111122223333", Keys: map[string]Value{}}
		for i := range p.Statements {
			for _, c := range p.Statements[i].Conditions {
				v := Value{Is, value}
				if absent {
					v = Value{State: Absent}
				}
				sharp.Keys[strings.ToLower(c.Key)] = v
			}
		}
		before, hangsOn := p.Denied(&vague)
		after, _ := p.Denied(&sharp)
		if before == Yes && after != Yes || before == No && after != No || (before == Maybe) != (len(hangsOn) > 0) {
			t.Fatalf("%s: %v turns into %v (%v)", data, before, after, hangsOn)
		}
		if reread, _ := again.Denied(&vague); allRendered(p) && reread != before {
			t.Fatalf("%s: %v, but read again %v", data, before, reread)
		}
	})
}

// place holds that an error names a line of the file, and, unless the text is no JSON or no policy at all, a field.
// Text in UTF-16 has no lines.
func place(t *testing.T, data []byte, err error) {
	t.Helper()
	if errors.Is(err, event.ErrUTF16) {
		return
	}
	e, ok := err.(*document.Error)
	if !ok || e.Line < 1 || e.Line > 1+strings.Count(string(data), "\n") {
		t.Fatalf("%q: %v: no place in the file", data, err)
	}
	if e.Field == "" && !strings.Contains(e.Text, "want") && !strings.Contains(e.Text, "twice") && !strings.Contains(e.Text, "nested") && !strings.Contains(e.Text, "not JSON") {
		t.Fatalf("%q: %v: no field", data, err)
	}
}

// allRendered reports whether render leaves nothing out: principals, which it does not write.
func allRendered(p *Policy) bool {
	for _, s := range p.Statements {
		if !reflect.DeepEqual(s.Principals, Principals{Anyone: true}) {
			return false
		}
	}
	return true
}
