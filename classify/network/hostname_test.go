package network

import (
	"strings"
	"testing"
)

func TestSourceOf(t *testing.T) {
	for _, tc := range []struct{ host, want string }{
		{"sqs.us-east-1.amazonaws.com.", "sqs"},
		{"SQS.us-east-1.amazonaws.com", "sqs"},
		{"us-east-1.queue.amazonaws.com", "sqs"},
		{"queue.amazonaws.com", "sqs"},
		{"sqs.us-east-1.api.aws", "sqs"},
		{"sqs-fips.us-gov-west-1.amazonaws.com", "sqs"},
		{"sts.amazonaws.com", "sts"},
		{"kms-fips.us-east-1.amazonaws.com", "kms"},
		{"fips.batch.us-east-1.amazonaws.com", "batch"},
		{"email.eu-west-1.amazonaws.com", "ses"},
		{"kinesis.eu-west-1.amazonaws.com", "kinesis"},
		{"111122223333.data-kinesis.eu-west-1.amazonaws.com", "kinesis"},
		{"firehose.eu-west-1.amazonaws.com", "firehose"},
		{"monitoring.eu-west-1.amazonaws.com", "monitoring"},
		{"api.ecr.eu-west-1.amazonaws.com", "ecr"},
		{"111122223333.dkr.ecr.eu-west-1.amazonaws.com", "ecr"},
		{"111122223333.dkr-ecr.eu-west-1.on.aws", "ecr"},
		{"ecr.eu-west-1.api.aws", "ecr"},
		{"runtime.sagemaker.eu-west-1.amazonaws.com", "sagemaker"},
		{"bedrock-runtime.eu-west-1.amazonaws.com", "bedrock"},
		{"transcribestreaming.eu-west-1.amazonaws.com", "transcribestreaming"},
		{"dynamodb.eu-west-1.amazonaws.com", "dynamodb"},
		{"streams.dynamodb.eu-west-1.amazonaws.com", "dynamodb"},
		{"111122223333.ddb.eu-west-1.amazonaws.com", "dynamodb"},
		{"acme-111122223333.d.codeartifact.eu-west-1.amazonaws.com", "codeartifact"},
		{"rds-data.eu-west-1.amazonaws.com", "rdsdata"},
		{"states.cn-north-1.amazonaws.com.cn", "states"},
		{"sqs.cn-north-1.api.amazonwebservices.com.cn", "sqs"},
		{"sqs.eusc-de-east-1.amazonaws.eu", "sqs"},
		{"sqs.us-iso-east-1.c2s.ic.gov", "sqs"},

		{"g-0a1b2c3d4e.neptune-graph.eu-west-1.on.aws", "neptune-graph"},
		{"abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws", ""},
		{"orders-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.eu-west-1.on.aws", ""},

		// S3, with names of buckets that look like something else.
		{"s3.amazonaws.com", "s3"},
		{"s3-us-west-2.amazonaws.com", "s3"},
		{"logs.s3.us-east-1.amazonaws.com", "s3"},
		{"my.dotted.bucket.s3.dualstack.us-east-1.amazonaws.com", "s3"},
		{"logs.s3-fips.us-east-1.amazonaws.com", "s3"},
		{"logs.s3-us-west-2.amazonaws.com", "s3"},
		{"sqs.us-east-1.s3.amazonaws.com", "s3"},
		{"111122223333.s3-control.us-east-1.amazonaws.com", "s3"},
		{"ap-111122223333.s3-accesspoint.us-east-1.amazonaws.com", "s3"},
		{"alias.mrap.accesspoint.s3-global.amazonaws.com", "s3"},
		{"logs--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "s3express"},
		{"s3express-control.us-east-1.amazonaws.com", "s3express"},

		// Endpoints' own names.
		{"vpce-0a1b2c3d4e5f60718-abcd1234.sqs.us-east-1.vpce.amazonaws.com", "sqs"},
		{"vpce-0a1b2c3d4e5f60718-abcd1234-us-east-1a.api.ecr.us-east-1.vpce.amazonaws.com", "ecr"},
		{"logs.bucket.vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-east-1.vpce.amazonaws.com", "s3"},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.vpce-svc-0a1b2c3d4e5f60718.us-east-1.vpce.amazonaws.com", ""}, // somebody's own service

		// Not API calls, or somebody's own.
		{"abcdef1234.execute-api.us-east-1.amazonaws.com", ""},
		{"email-smtp.us-east-1.amazonaws.com", ""},
		{"ec2-203-0-113-9.compute-1.amazonaws.com", ""},
		{"ec2-203-0-113-9.eu-west-1.compute.amazonaws.com", ""},
		{"db.c0ffee.us-east-1.rds.amazonaws.com", ""},
		{"web-1.us-east-1.elb.amazonaws.com", ""},
		{"net-1.elb.us-east-1.amazonaws.com", ""},
		{"fs-0a1b2c3d.efs.us-east-1.amazonaws.com", ""},
		{"sqs.us-east-1.amazonaws.com.example.net", ""},
		{"sqs.corp.example", ""}, {"amazonaws.com", ""}, {".amazonaws.com", ""}, {"us-east-1.amazonaws.com", ""}, {"111122223333.amazonaws.com", ""}, {"*.us-east-1.amazonaws.com", ""},
		{"dualstack.us-east-1.amazonaws.com", ""}, {"vpce.amazonaws.com", ""}, {"ip-10-0-0-1.ec2.internal", ""}, {"10.0.0.1", ""}, {"", ""},
	} {
		got := strings.TrimSuffix(SourceOf(tc.host), ".amazonaws.com")
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.host, got, tc.want)
		}
	}
}

// FuzzSourceOf holds that a name without AWS's suffix has no source, and that the shape of a
// name has the source of the name.
func FuzzSourceOf(f *testing.F) {
	f.Add("logs.s3.us-east-1.amazonaws.com")
	f.Add("111122223333.dkr.ecr.us-east-1.amazonaws.com")
	f.Add("runtime.sagemaker.us-east-1.on.aws")
	f.Add("g-0a1b2c3d4e.neptune-graph.us-east-1.on.aws")
	f.Add("vpce-0a1b2c3d4e5f60718-abcd1234.sqs.us-east-1.vpce.amazonaws.com")
	f.Fuzz(func(t *testing.T, host string) {
		source := SourceOf(host)
		if source == "" || len(host) > 253 { // the longest name in DNS; ShapeOf cuts longer ones
			return
		}
		if _, _, ok := cutHost(strings.ToLower(strings.TrimSuffix(host, "."))); !ok || !strings.HasSuffix(source, ".amazonaws.com") {
			t.Errorf("%q: %q", host, source)
		}
		if shape := ShapeOf([]byte(host)); ClassOf(shape, "") != EndpointDNS && !strings.HasSuffix(host, ".") && !strings.Contains(host, ":") && SourceOf(shape) != source {
			t.Errorf("%q has the source %q, and its shape %q has %q", host, source, shape, SourceOf(shape))
		}
	})
}
