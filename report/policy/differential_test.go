package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// simulate is a program for Node.js that asks @cloud-copilot/iam-simulate, a simulator of policies by others. Each
// line of its input has a policy of a user and a request, and each line of its output is the answer.
const simulate = `
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
const { runSimulation } = await import(pathToFileURL(process.argv[2] + '/dist/esm/index.js').href)
for await (const line of createInterface({ input: process.stdin })) {
  const q = JSON.parse(line)
  const response = await runSimulation({
    request: {
      principal: 'arn:aws:iam::111122223333:user/clerk', action: q.action,
      resource: { resource: q.resource, accountId: '111122223333' }, contextVariables: q.keys,
    },
    identityPolicies: [{ name: 'p', policy: q.policy }], serviceControlPolicies: [], resourceControlPolicies: [],
  }, {})
  console.log(response.resultType === 'error' ? 'error ' + JSON.stringify(response.errors) : response.overallResult)
}
`

// A question is a request, with all that is to be known about it, and a policy.
type question struct {
	Policy   json.RawMessage   `json:"policy"`
	Action   string            `json:"action"`
	Resource string            `json:"resource"`
	Keys     map[string]string `json:"keys"`
}

// keyValues are the keys that requests may have, with values that conditions and requests take.
var keyValues = map[string][]string{
	"aws:SourceVpce": {"vpce-0a1b2c3d", "vpce-0b1b2c3d", "vpce-*", "VPCE-0A1B2C3D"},
	// Only IPv4: of an IPv4 address, the simulator says that NotIpAddress does not hold for a range of IPv6.
	"aws:SourceIp":              {"203.0.113.7", "198.51.100.9", "203.0.113.0/24", "198.51.100.0/30"},
	"aws:PrincipalArn":          {"arn:aws:iam::111122223333:user/clerk", "arn:aws:iam::*:user/*", "arn:aws:iam::444455556666:role/x", "arn:aws:iam::1111????3333:user/c*k"},
	"aws:PrincipalAccount":      {"111122223333", "444455556666"},
	"aws:PrincipalIsAWSService": {"true", "false"},
	"aws:ViaAWSService":         {"true", "false"},
	"aws:CurrentTime":           {"2026-11-20T10:00:00Z", "2026-11-21T00:00:00Z", "2025-01-01T00:00:00Z"},
	"aws:MultiFactorAuthAge":    {"10", "300", "3600"},
	// Not x${*}y: the simulator does not take it for x*y with StringEquals. The IAM User Guide does.
	"aws:userid":                  {"AIDAEXAMPLE", "AIDA*", "x*y", "${aws:PrincipalAccount}", "${aws:username, 'nobody'}"},
	"aws:RequestedRegion":         {"us-east-1", "eu-west-1", "eu-*", "${aws:RequestedRegion}"},
	"aws:PrincipalTag/department": {"sales", "it", "${aws:PrincipalTag/department}"},
}

// operatorsOf returns the operators that make sense for a key.
func operatorsOf(key string) []string {
	switch key {
	case "aws:SourceIp":
		return []string{"IpAddress", "NotIpAddress"}
	case "aws:PrincipalArn":
		return []string{"ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike", "StringNotLike"}
	case "aws:PrincipalIsAWSService", "aws:ViaAWSService":
		return []string{"Bool", "StringEquals"}
	case "aws:CurrentTime":
		return []string{"DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"}
	case "aws:MultiFactorAuthAge":
		return []string{"NumericLessThan", "NumericGreaterThan", "NumericEquals", "NumericNotEquals", "NumericLessThanEquals"}
	}
	return []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// some returns one to three of a list.
func some(r *rand.Rand, of []string) (list []string) {
	for range 1 + r.IntN(3) {
		list = append(list, one(r, of))
	}
	return list
}

// randomStatement returns a statement of an identity policy.
func randomStatement(r *rand.Rand, keys []string) map[string]any {
	s := map[string]any{"Effect": one(r, []string{"Allow", "Allow", "Deny"})}
	s[one(r, []string{"Action", "Action", "Action", "NotAction"})] = some(r, []string{"s3:GetObject", "s3:Get*", "s3:*", "*", "S3:putobject", "s3:DeleteObject", "sqs:*", "s3:?utObject"})
	s[one(r, []string{"Resource", "Resource", "Resource", "NotResource"})] = some(r, []string{
		"*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a*", "arn:aws:s3:::other/*", "arn:aws:s3:::buck?t/*", "arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:s3:::bucket/${aws:PrincipalTag/department}/*",
	})
	conditions := map[string]map[string]any{}
	for range r.IntN(4) {
		key := one(r, keys)
		operator := one(r, operatorsOf(key))
		switch r.IntN(8) {
		case 0:
			conditions["Null"] = map[string]any{key: one(r, []string{"true", "false"})}
			continue
		case 1:
			operator += "IfExists"
		case 2:
			operator = one(r, []string{"ForAnyValue:", "ForAllValues:"}) + operator
		}
		if conditions[operator] == nil {
			conditions[operator] = map[string]any{}
		}
		conditions[operator][key] = some(r, keyValues[key])
	}
	if len(conditions) > 0 {
		s["Condition"] = conditions
	}
	return s
}

func randomQuestion(r *rand.Rand, keys []string) question {
	var statements []any
	for range 1 + r.IntN(3) {
		statements = append(statements, randomStatement(r, keys))
	}
	policy, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	q := question{
		Policy: policy, Action: one(r, []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}),
		Resource: one(r, []string{"arn:aws:s3:::bucket/abc", "arn:aws:s3:::bucket/sales/x", "arn:aws:s3:::other/abc", "arn:aws:s3:::bucket/clerk/x"}), Keys: map[string]string{},
	}
	for _, key := range keys {
		if value := one(r, keyValues[key]); r.IntN(3) > 0 && !strings.ContainsAny(value, "${/") || key == "aws:PrincipalArn" {
			q.Keys[key] = value
		}
	}
	q.Keys["aws:PrincipalArn"], q.Keys["aws:PrincipalAccount"] = "arn:aws:iam::111122223333:user/clerk", "111122223333"
	q.Keys["aws:username"] = "clerk"
	return q
}

// answer is the answer of this package, in the words of the simulator.
func (q *question) answer(t *testing.T, keys []string) string {
	p, err := Parse(q.Policy)
	if err != nil {
		t.Fatalf("%s: %v", q.Policy, err)
	}
	request := Request{
		Action: q.Action, Resource: q.Resource, PrincipalARN: "arn:aws:iam::111122223333:user/clerk", PrincipalAccount: "111122223333", Keys: map[string]Value{},
	}
	for _, key := range keys {
		request.Keys[strings.ToLower(key)] = Value{State: Absent}
	}
	for key, value := range q.Keys {
		request.Keys[strings.ToLower(key)] = Value{Is, value}
	}
	deny, allow := p.Evaluate(&request)
	switch {
	case deny.Applies == Yes:
		return "ExplicitlyDenied"
	case deny.Applies == Maybe || allow.Applies == Maybe:
		return fmt.Sprint("undecided: ", deny.Open, allow.Open)
	case allow.Applies == Yes:
		return "Allowed"
	}
	return "ImplicitlyDenied"
}

// TestAgainstAnIndependentSimulator compares the answers to random policies and requests. IAM_SIMULATE names the
// folder of the npm package @cloud-copilot/iam-simulate.
func TestAgainstAnIndependentSimulator(t *testing.T) {
	at := os.Getenv("IAM_SIMULATE")
	if _, err := exec.LookPath("node"); err != nil || at == "" {
		t.Skip("needs Node.js, and IAM_SIMULATE with the folder of the npm package @cloud-copilot/iam-simulate")
	}
	keys := []string{}
	for key := range keyValues {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	r := rand.New(rand.NewPCG(20261129, 1))
	questions := make([]question, 5000)
	var lines bytes.Buffer
	for i := range questions {
		questions[i] = randomQuestion(r, keys)
		line, err := json.Marshal(questions[i])
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	script := t.TempDir() + "/simulate.mjs"
	if err := os.WriteFile(script, []byte(simulate), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", script, at)
	command.Stdin, command.Stderr = &lines, os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions: %.300s", len(answers), len(questions), out)
	}
	counts := map[string]int{}
	for i, want := range answers {
		q := &questions[i]
		got := q.answer(t, append(keys, "aws:username"))
		if strings.HasPrefix(got, "undecided: ") { // a NotResource with a variable that has no value
			counts["undecided"]++
			continue
		}
		counts[got]++
		if got != want && counts["different"] < 20 {
			counts["different"]++
			t.Errorf("%s %s %v\n%s\ngot  %s\nwant %s", q.Action, q.Resource, q.Keys, q.Policy, got, want)
		}
	}
	if counts["undecided"] > len(questions)/10 {
		t.Errorf("%d of %d undecided", counts["undecided"], len(questions))
	}
	t.Log(counts)
}
