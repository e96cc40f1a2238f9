package findings

import "testing"

func TestEndpointServices(t *testing.T) {
	for name, want := range map[string]string{
		"com.amazonaws.us-east-1.sqs":                             "us-east-1 sqs.amazonaws.com true",
		"com.amazonaws.us-east-1.ecr.api":                         "us-east-1 ecr.amazonaws.com true",
		"com.amazonaws.us-gov-west-1.kms-fips":                    "us-gov-west-1 kms.amazonaws.com true",
		"com.amazonaws.eu-west-1.kinesis-streams":                 "eu-west-1 kinesis.amazonaws.com true",
		"cn.com.amazonaws.cn-north-1.ecr.dkr":                     "cn-north-1 ecr.amazonaws.com true",
		"com.amazonaws.s3-global.accesspoint":                     " s3.amazonaws.com true",
		"com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718": "  false",
		"": "  false",
	} {
		region, source, ok := endpointService(name)
		got := region + " " + source + " false"
		if ok {
			got = region + " " + source + " true"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
