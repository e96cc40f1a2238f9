package actions

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for _, tc := range []struct {
		source, event, names string
		all, known           bool
	}{
		{"s3.amazonaws.com", "GetObject", "s3:GetObject", false, true},
		{"s3.amazonaws.com", "HeadObject", "s3:GetObject", false, true},
		{"s3.amazonaws.com", "ListObjectsV2", "s3:ListBucket", false, true},
		{"s3.amazonaws.com", "ListBuckets", "s3:ListAllMyBuckets", false, true},
		{"s3.amazonaws.com", "CopyObject", "s3:PutObject s3:GetObject", true, true},
		{"s3.amazonaws.com", "PutBucketLifecycle", "s3:PutLifecycleConfiguration", false, true},
		{"s3.amazonaws.com", "DeleteBucketCors", "s3:PutBucketCORS", false, true},
		{"s3.amazonaws.com", "FlyToTheMoon", "s3:*", false, false},
		{"monitoring.amazonaws.com", "GetMetricData", "cloudwatch:GetMetricData", false, true},
		{"lambda.amazonaws.com", "Invoke", "lambda:InvokeFunction", false, true},
		{"lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode", false, true},
		{"cloudfront.amazonaws.com", "CreateDistribution2020_05_31", "cloudfront:CreateDistribution", false, true},
		{"apigateway.amazonaws.com", "GetRestApis", "apigateway:GET", false, true},
		{"sqs.amazonaws.com", "SendMessageBatch", "sqs:SendMessage", false, true},
		{"kms.amazonaws.com", "ReEncrypt", "kms:ReEncryptFrom kms:ReEncryptTo", true, true},
		{"ec2.amazonaws.com", "RunInstances", "ec2:RunInstances", false, true},
		{"models.lex.amazonaws.com", "GetBots", "lex:GetBots", false, true},
		{"s3.amazonaws.com.cn", "GetObject", "s3:GetObject", false, true},
		{"AWS Internal", "GetObject", "", false, false},
		{"", "", "", false, false},
	} {
		got := Of(tc.source, tc.event)
		if strings.Join(got.Names, " ") != tc.names || got.All != tc.all || got.Known != tc.known {
			t.Errorf("%s %s: %+v", tc.source, tc.event, got)
		}
	}
}

func TestScopeOf(t *testing.T) {
	for action, want := range map[string]Scope{
		"sqs:ListQueues": Nothing, "sqs:SendMessage": Resource, "s3:GetObject": Object, "s3:ListBucket": Resource, "S3:getobject": Object, "none:Such": Resource,
	} {
		if got := ScopeOf(action); got != want {
			t.Errorf("%s: %d, want %d", action, got, want)
		}
	}
}

// TestExceptionsAreActions holds that the exceptions name actions that exist.
func TestExceptionsAreActions(t *testing.T) {
	for event, n := range exceptions {
		for _, name := range n.Names {
			if table().actions[strings.ToLower(name)].name != name {
				t.Errorf("%s: no action %s", event, name)
			}
		}
	}
}

func BenchmarkOf(b *testing.B) {
	for b.Loop() {
		Of("s3.amazonaws.com", "HeadObject")
	}
}
