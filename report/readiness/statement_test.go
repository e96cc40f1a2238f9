package readiness

import (
	"strings"
	"testing"

	"vpcetrail/report/policy"
)

// TestStatementsDoWhatVerdictsSay evaluates each statement for each use of the ledger: what is stopped is denied,
// what passes or is exempt is not.
func TestStatementsDoWhatVerdictsSay(t *testing.T) {
	a := ask(t, Question{Resource: bucket, OrgID: "o-a1b2c3d4e5", OrgPaths: []string{"o-a1b2c3d4e5/*"}})
	vpcs := map[string]string{}
	for _, e := range endpoints {
		vpcs[e.EndpointID] = e.VPCID
	}
	judged := 0
	for _, c := range a.Conditions {
		p, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": ` + c.Statement.String() + `}`))
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Uses {
			u := &a.Uses[i]
			v := u.Verdicts[c.Key]
			want := map[Outcome]policy.Truth{Stopped: policy.Yes, Passes: policy.No, Exempt: policy.No}[v.Outcome]
			if v.Outcome == Unknown || u.Evidence == "service_event" {
				continue
			}
			r := u.request(vpcs[u.EndpointID])
			s := serviceOf(bucket)
			r.Resource = s.target(bucket, u.Action)
			if u.Principal == "" { // an anonymous request has none of the keys
				for _, key := range []string{viaAWSService, principalIsAWSService, principalArn} {
					r.Keys[strings.ToLower(key)] = policy.Value{State: policy.Absent}
				}
			}
			if v.By == viaAWSService || v.By == principalIsAWSService {
				r.Keys[strings.ToLower(v.By)] = policy.Value{State: policy.Is, Text: "true"}
			}
			// A row of a foreign endpoint does not show its VPC and organization, but neither is ours.
			if u.EndpointOwner == "foreign" {
				for _, key := range []string{SourceVpc, SourceVpcArn, VpceOrgID, VpceOrgPaths} {
					r.Keys[strings.ToLower(key)] = policy.Value{State: policy.Is, Text: "theirs"}
				}
			}
			if u.EndpointOwner == "own" {
				r.Keys[strings.ToLower(VpceOrgID)] = policy.Value{State: policy.Is, Text: "o-a1b2c3d4e5"}
				r.Keys[strings.ToLower(VpceOrgPaths)] = policy.Value{State: policy.Is, Text: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"}
				r.Keys[strings.ToLower(SourceVpcArn)] = policy.Value{State: policy.Is, Text: "arn:aws:ec2:eu-west-1:111122223333:vpc/" + vpcs[u.EndpointID]}
			}
			judged++
			if got, hangsOn := p.Denied(r); got != want {
				t.Errorf("%s: %s %s by %s is %s, but the statement says %v (%v)", c.Key, u.Principal, u.EventName, u.Way(), v.Outcome, got, hangsOn)
			}
		}
	}
	if judged < 40 {
		t.Errorf("only %d judged", judged)
	}
}

func TestStatementsOfServices(t *testing.T) {
	for _, tc := range []struct{ arn, policy, principal, actions, resources, exempt string }{
		{"arn:aws:s3:::b", "bucket policy", "*", "s3:*", "arn:aws:s3:::b arn:aws:s3:::b/*", "arn:aws:iam::*:role/aws-service-role/*"},
		{"arn:aws-cn:sqs:cn-north-1:111122223333:q", "queue policy", "*", "sqs:*", "arn:aws-cn:sqs:cn-north-1:111122223333:q", "arn:aws-cn:iam::*:role/aws-service-role/*"},
		{
			"arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/k", "key policy", "*",
			"kms:Decrypt kms:DeriveSharedSecret kms:Encrypt kms:GenerateDataKey* kms:GenerateMac kms:ReEncrypt* kms:Sign kms:Verify kms:VerifyMac", "*",
			"arn:aws-us-gov:iam::*:role/aws-service-role/* arn:aws-us-gov:iam::*:role/aws:ec2-infrastructure",
		},
		{"arn:aws:dynamodb:eu-west-1:111122223333:table/t", "table policy", "*", "dynamodb:*", "arn:aws:dynamodb:eu-west-1:111122223333:table/t arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/*", "arn:aws:iam::*:role/aws-service-role/*"},
		{"arn:aws:ecr:eu-west-1:111122223333:repository/r", "repository policy", "*", "ecr:*", "", "arn:aws:iam::*:role/aws-service-role/*"},
		{"arn:aws:lambda:eu-west-1:111122223333:function:f", "", "", "lambda:*", "arn:aws:lambda:eu-west-1:111122223333:function:f arn:aws:lambda:eu-west-1:111122223333:function:f:*", "arn:aws:iam::*:role/aws-service-role/*"},
	} {
		r := reader{q: Question{Resource: tc.arn}, service: serviceOf(tc.arn)}
		doc := r.statement(SourceVpc, []string{"vpc-1"})
		principal, _ := doc.Principal.(string)
		got := []string{string(r.service.policy), principal, strings.Join(doc.Action, " "), strings.Join(doc.Resource, " "), strings.Join(doc.Condition["ArnNotLikeIfExists"][principalArn], " ")}
		if want := []string{tc.policy, tc.principal, tc.actions, tc.resources, tc.exempt}; strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q, want %q", tc.arn, got, want)
		}
	}
}

func TestActionsOfEvents(t *testing.T) {
	for event, want := range map[string]string{
		"s3.amazonaws.com HeadObject": "s3:GetObject", "s3.amazonaws.com DeleteObjects": "s3:DeleteObject", "s3.amazonaws.com ListObjects": "s3:ListBucket",
		"sqs.amazonaws.com SendMessage": "sqs:SendMessage", "lambda.amazonaws.com UpdateFunctionCode20150331v2": "lambda:UpdateFunctionCode",
		"monitoring.amazonaws.com PutMetricData": "cloudwatch:PutMetricData", "kms.amazonaws.com Decrypt": "kms:Decrypt", " Decrypt": "",
	} {
		source, name, _ := strings.Cut(event, " ")
		if got := actionOf(source, name); got != want {
			t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
	s := serviceOf(bucket)
	for action, want := range map[string]string{
		"s3:PutObject": bucket + "/*", "s3:AbortMultipartUpload": bucket + "/*", "s3:GetObjectTagging": bucket + "/*",
		"s3:ListBucket": bucket, "s3:GetBucketObjectLockConfiguration": bucket, "s3:PutBucketPolicy": bucket,
	} {
		if got := s.target(bucket, action); got != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
	}
}

func TestActionsThatAStatementLeavesOut(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:111122223333:key/k"
	r := reader{q: Question{Resource: key}, service: serviceOf(key)}
	for action, want := range map[string]Outcome{
		"kms:Decrypt": Stopped, "kms:GenerateDataKeyWithoutPlaintext": Stopped, "kms:PutKeyPolicy": Passes, "cloudtrail:CreateTrail": Passes, "": Stopped,
	} {
		if got := r.verdict(&Use{Action: action, Route: "internet"}, SourceVpce); got.Outcome != want {
			t.Errorf("%s: %+v, want %s", action, got, want)
		}
	}
}
