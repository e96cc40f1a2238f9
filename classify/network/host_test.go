package network

import (
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	for _, tc := range []struct {
		host, shape string
		class       HostClass
	}{
		{"", "", NoHost},
		{"sqs.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com", Regional},
		{"SQS.eu-west-1.amazonaws.com:443", "sqs.eu-west-1.amazonaws.com", Regional},
		{"sqs.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com", OtherRegion},
		{"sts.amazonaws.com", "sts.amazonaws.com", Global},
		{"my.logs.s3.amazonaws.com", "*.s3.amazonaws.com", Global},
		{"my.logs.s3.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", Regional},
		{"s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", Regional},
		{"logs.s3-eu-west-1.amazonaws.com", "*.s3-eu-west-1.amazonaws.com", Regional},
		{"logs.s3.dualstack.eu-west-1.amazonaws.com", "*.s3.dualstack.eu-west-1.amazonaws.com", DualStack},
		{"logs.s3-fips.eu-west-1.amazonaws.com", "*.s3-fips.eu-west-1.amazonaws.com", FIPS},
		{"logs-us-east-1.s3.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", Regional},
		{"logs-us-east-1.s3.dualstack.eu-west-1.amazonaws.com", "*.s3.dualstack.eu-west-1.amazonaws.com", DualStack},
		{"logs-us-east-1.s3.amazonaws.com", "*.s3.amazonaws.com", Global},
		{"my.s3.logs.s3.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", Regional},
		{"eu-west-1.queue.amazonaws.com", "eu-west-1.queue.amazonaws.com", Regional},
		{"111122223333.s3-control.eu-west-1.amazonaws.com", "*.s3-control.eu-west-1.amazonaws.com", Regional},
		{"api.ecr.eu-west-1.amazonaws.com", "api.ecr.eu-west-1.amazonaws.com", Regional},
		{"111122223333.dkr.ecr.eu-west-1.amazonaws.com", "*.dkr.ecr.eu-west-1.amazonaws.com", Regional},
		{"111122223333.ddb.eu-west-1.amazonaws.com", "*.ddb.eu-west-1.amazonaws.com", Regional},
		{"kms-fips.eu-west-1.amazonaws.com", "kms-fips.eu-west-1.amazonaws.com", FIPS},
		{"sqs.eu-west-1.api.aws", "sqs.eu-west-1.api.aws", DualStack},
		{"sqs.cn-north-1.amazonaws.com.cn", "sqs.cn-north-1.amazonaws.com.cn", OtherRegion},
		{"vpce-0a1b2c3d-abcd1234.sqs.eu-west-1.vpce.amazonaws.com", "vpce-0a1b2c3d-abcd1234.sqs.eu-west-1.vpce.amazonaws.com", EndpointDNS},
		{"111122223333.dkr-ecr.eu-west-1.on.aws", "*.dkr-ecr.eu-west-1.on.aws", DualStack},
		{"111122223333.dkr-ecr.us-east-1.on.aws", "*.dkr-ecr.us-east-1.on.aws", OtherRegion},
		{"g-0a1b2c3d4e.neptune-graph.eu-west-1.on.aws", "*.neptune-graph.eu-west-1.on.aws", DualStack},
		{"neptune-graph.eu-west-1.on.aws", "neptune-graph.eu-west-1.on.aws", DualStack},
		{"abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws", "*.lambda-url.eu-west-1.on.aws", Custom},
		{"orders-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.eu-west-1.on.aws", "*.vpc-lattice-svcs.eu-west-1.on.aws", Custom},
		{"abcdefghij.dsql.us-east-1.on.aws", "*.dsql.us-east-1.on.aws", Custom},
		{"abcdefghij.dsql-fnh4.eu-west-1.on.aws", "*.dsql-fnh4.eu-west-1.on.aws", Custom},
		{"search-logs-abcdefghij.aos.eu-west-1.on.aws", "*.aos.eu-west-1.on.aws", Custom},
		{"shop.scn.global.on.aws", "*.scn.global.on.aws", Custom},
		{"111122223333.dkr-ecr-fips.eu-west-1.on.aws", "*.dkr-ecr-fips.eu-west-1.on.aws", DualStack},
		{"sqs.eu-west-1.on.aws", "sqs.eu-west-1.on.aws", Custom},
		{"on.aws", "on.aws", Custom},
		{"queue.example.com", "queue.example.com", Custom},
		{"10.0.0.7", "10.0.0.7", Custom},
	} {
		shape := ShapeOf([]byte(tc.host))
		if class := ClassOf(shape, "eu-west-1"); shape != tc.shape || class != tc.class {
			t.Errorf("%s: got %s, %q; want %s, %q", tc.host, shape, class, tc.shape, tc.class)
		}
	}
}

// The names of a service cover a host whatever its bucket.
func TestCovers(t *testing.T) {
	names := []string{"s3.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", "*.dkr.ecr.eu-west-1.amazonaws.com"}
	for host, want := range map[string]bool{
		"s3.eu-west-1.amazonaws.com": true, "a.b.s3.eu-west-1.amazonaws.com": true, "a.s3.amazonaws.com": false, "xs3.eu-west-1.amazonaws.com": false,
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com": true, "dkr.ecr.eu-west-1.amazonaws.com": false,
	} {
		if got := covers(names, ShapeOf([]byte(host))); got != want {
			t.Errorf("%s: got %v", host, got)
		}
	}
}

func FuzzShapeOf(f *testing.F) {
	f.Add("my.logs.s3.eu-west-1.amazonaws.com")
	f.Add("[2001:db8::1]:443")
	f.Fuzz(func(t *testing.T, host string) {
		shape := ShapeOf([]byte(host))
		if len(shape) > 255 || (shape == "") != (host == "" || host[0] == ':' && strings.Count(host, ":") == 1) {
			t.Errorf("%q: %q", host, shape)
		}
		if class := ClassOf(shape, "eu-west-1"); (class == NoHost) != (shape == "") {
			t.Errorf("%q: class %q", shape, class)
		}
	})
}
