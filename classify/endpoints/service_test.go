package endpoints

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// inWords writes a Service in one line, with sources without their suffix.
func inWords(s Service) string {
	words := []string{s.Region}
	if s.Global {
		words = []string{"global"}
	}
	for _, source := range s.Sources {
		words = append(words, strings.TrimSuffix(source, ".amazonaws.com"))
	}
	if s.Unrecorded {
		words = append(words, "(unrecorded)")
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

func TestServices(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		{"com.amazonaws.us-east-1.sqs", "us-east-1 sqs"},
		{"com.amazonaws.us-east-1.bedrock", "us-east-1 bedrock"},
		{"com.amazonaws.us-east-1.bedrock-runtime", "us-east-1 bedrock"},
		{"com.amazonaws.us-east-1.bedrock-data-automation-runtime-fips", "us-east-1 bedrock"},
		{"com.amazonaws.us-east-1.bedrock-agentcore.gateway", "us-east-1 bedrock-agentcore"},
		{"com.amazonaws.us-east-1.email", "us-east-1 ses"},
		{"com.amazonaws.us-east-1.rds-data", "us-east-1 rdsdata rdsdataapi"},
		{"com.amazonaws.us-east-1.aps-workspaces", "us-east-1 aps"},
		{"com.amazonaws.us-east-1.mq-fips", "us-east-1 amazonmq"},
		{"com.amazonaws.us-east-1.ecr.api", "us-east-1 ecr"},
		{"com.amazonaws.us-east-1.ecr.dkr", "us-east-1 ecr"},
		{"com.amazonaws.us-east-1.ssmmessages", "us-east-1 ssmmessages"},
		{"com.amazonaws.us-east-1.ec2messages", "us-east-1 ec2messages"},
		{"com.amazonaws.eu-west-1.kinesis-streams-fips", "eu-west-1 kinesis"},
		{"com.amazonaws.eu-west-1.kinesis-firehose", "eu-west-1 firehose"},
		{"com.amazonaws.us-east-1.sagemaker.api-fips", "us-east-1 sagemaker"},
		{"com.amazonaws.us-east-1.sagemaker.featurestore-runtime", "us-east-1 sagemaker"},
		{"com.amazonaws.us-east-1.pricing.api", "us-east-1 api.pricing"},
		{"com.amazonaws.us-east-1.geo.maps", "us-east-1 geo"},
		{"com.amazonaws.us-east-1.transcribestreaming", "us-east-1 transcribestreaming"},
		{"com.amazonaws.us-east-1.timestream.query-cell2", "us-east-1 timestream"},
		{"com.amazonaws.us-east-1.timestream-influxdb", "us-east-1 timestream-influxdb"},
		{"com.amazonaws.us-east-1.memory-db", "us-east-1 memorydb"},
		{"com.amazonaws.us-east-1.memorydb-fips", "us-east-1 memorydb"},
		{"com.amazonaws.us-east-1.s3express", "us-east-1 s3express"},

		// -fips inside, or as a part.
		{"com.amazonaws.us-east-1.iot-fips.api", "us-east-1 iot"},
		{"com.amazonaws.us-east-1.iot-fips.tunneling.api", "us-east-1 iotsecuredtunneling"},
		{"com.amazonaws.us-gov-west-1.kms-fips", "us-gov-west-1 kms"},
		{"com.amazonaws.us-east-1.mail-manager-smtp.auth.fips", "us-east-1 (unrecorded)"},

		// Other shapes, without a Region or with a fixed one.
		{"aws.api.us-east-1.qbusiness", "us-east-1 qbusiness"},
		{"aws.api.eu-west-1.kendra-ranking", "eu-west-1 kendra"},
		{"aws.api.us-east-2.route53globalresolver-fips", "us-east-2 route53globalresolver"},
		{"aws.sagemaker.us-east-1.studio", "us-east-1 sagemaker"},
		{"com.amazonaws.us-east-1.pricingplanmanager", "us-east-1 pricingplanmanager"},
		{"com.amazonaws.iam", "global iam"},
		{"com.amazonaws.savingsplans", "global savingsplans"},
		{"aws.api.global.codecatalyst", "global codecatalyst"},
		{"com.amazonaws.s3-global.accesspoint", "s3"},

		// Other partitions.
		{"cn.com.amazonaws.cn-north-1.ecr.dkr", "cn-north-1 ecr"},
		{"cn.com.amazonaws.cn-northwest-1.transcribe.cn", "cn-northwest-1 transcribe"},
		{"com.amazonaws.cn-north-1.kms", "cn-north-1 kms"},
		{"eu.amazonaws.eusc-de-east-1.ecr.api", "eusc-de-east-1 ecr"},
		{"com.amazonaws.eusc-de-east-1.sqs", "eusc-de-east-1 sqs"},
		{"gov.ic.c2s.us-iso-east-1.ec2", "us-iso-east-1 ec2"},
		{"gov.sgov.sc2s.us-isob-east-1.sns", "us-isob-east-1 sns"},
		{"uk.adc-e.cloud.eu-isoe-west-1.ebs", "eu-isoe-west-1 ebs"},
		{"gov.ic.hci.csp.us-isof-south-1.ecr.dkr", "us-isof-south-1 ecr"},

		// CloudTrail does not record what these carry.
		{"com.amazonaws.us-east-1.execute-api", "us-east-1 (unrecorded)"},
		{"com.amazonaws.us-east-1.email-smtp", "us-east-1 (unrecorded)"},
		{"com.amazonaws.us-east-1.airflow.env-fips", "us-east-1 (unrecorded)"},
		{"com.amazonaws.us-east-1.guardduty-data", "us-east-1 (unrecorded)"},
		{"com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718", "us-east-1 (unrecorded)"},

		// No list names the source of these, and we do not guess one.
		{"com.amazonaws.us-east-1.iot.data", "us-east-1"},
		{"com.amazonaws.us-east-1.glue.dashboard", "us-east-1"},
		{"aws.api.us-east-1.emr-service-cell01", "us-east-1"},
		{"api.aws.us-east-1.cassandra-streams", "us-east-1"},
		{"com.amazonaws.managedblockchain.bitcoin.mainnet", ""},

		{"com.amazonaws.us-east-1", ""}, {"com.amazonaws.us-east-1.", "us-east-1"}, {"com.amazonaws.", ""}, {"com.amazonaws", ""}, {"com.example.us-east-1.sqs", ""}, {"", ""},
	} {
		if got := inWords(ServiceOf(tc.name)); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestCarries(t *testing.T) {
	for _, tc := range []struct {
		name, source, region string
		want                 bool
	}{
		{"com.amazonaws.us-east-1.email", "ses.amazonaws.com", "us-east-1", true},
		{"com.amazonaws.us-east-1.email", "ses.amazonaws.com", "eu-west-1", false},
		{"com.amazonaws.us-east-1.email", "email.amazonaws.com", "us-east-1", false},
		{"com.amazonaws.us-east-1.rds-data", "rdsdataapi.amazonaws.com", "us-east-1", true},
		{"com.amazonaws.iam", "iam.amazonaws.com", "us-east-1", true},
		{"com.amazonaws.s3-global.accesspoint", "s3.amazonaws.com", "us-east-1", false},
		{"com.amazonaws.s3-global.accesspoint", "s3.amazonaws.com", "", false},
		{"com.amazonaws.us-east-1.iot.data", "", "us-east-1", false},
	} {
		s := ServiceOf(tc.name)
		if got := s.Carries(tc.source, tc.region); got != tc.want {
			t.Errorf("%s for %s in %q: %v, want %v", tc.name, tc.source, tc.region, got, tc.want)
		}
	}
}

// TestTable checks that every row can be reached, and that no name is in two rows.
func TestTable(t *testing.T) {
	for name, sources := range carried {
		if got := ServiceOf("com.amazonaws.us-east-1." + name).Sources; !reflect.DeepEqual(got, sources) {
			t.Errorf("%s: got %q, want %q", name, got, sources)
		}
		if unrecorded[name] {
			t.Errorf("%s is in the table, and recorded nowhere", name)
		}
		if len(sources) == 1 && strings.TrimSuffix(name, ".api")+sourceSuffix == sources[0] {
			t.Errorf("%s is as its service is called: it needs no row", name)
		}
	}
	for name := range unrecorded {
		if s := ServiceOf("com.amazonaws.us-east-1." + name); !s.Unrecorded {
			t.Errorf("%s: got %+v", name, s)
		}
	}
}

// FuzzServiceOf checks three things: a source is always the name of one service, the FIPS
// endpoint of a service carries the same calls as the other endpoint, and names that are
// not AWS's give nothing.
func FuzzServiceOf(f *testing.F) {
	for _, prefix := range prefixes {
		f.Add(prefix + "us-east-1.sqs")
		f.Add(prefix + "us-east-1.rds-data-fips")
		f.Add(prefix + "us-east-1.a.b.api")
	}
	f.Add("com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718")
	for _, name := range []string{"us-gov-west-1.sqs", "us-1.sqs", "us--east-1.sqs", "us-east-.sqs", "us-east-1-2.sqs", "us-east-12", "US-east-1.sqs"} {
		f.Add("com.amazonaws." + name)
	}
	region := regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)
	source := regexp.MustCompile(`^([^.]+|api\.pricing)\.amazonaws\.com$`)
	f.Fuzz(func(t *testing.T, name string) {
		s := ServiceOf(name)
		for _, text := range s.Sources {
			if !source.MatchString(text) || s.Unrecorded {
				t.Errorf("%q: %+v", name, s)
			}
		}
		for part := range strings.SplitSeq(name, ".") {
			if got, want := isRegion(part), region.MatchString(part); got != want {
				t.Errorf("%q is a Region: %v, want %v", part, got, want)
			}
		}
		if s.Global && s.Region != "" {
			t.Errorf("%q is of a Region and global", name)
		}
		if _, ok := cutPrefix(name); !ok && !reflect.DeepEqual(s, Service{}) {
			t.Errorf("%q is no name of AWS's, but %+v", name, s)
		}
		if len(s.Sources) > 0 && !strings.Contains(name, "fips") && !strings.HasSuffix(name, ".cn") {
			if got := ServiceOf(name + "-fips"); !reflect.DeepEqual(got, s) {
				t.Errorf("%q with -fips: %+v, without: %+v", name, got, s)
			}
		}
	})
}

func BenchmarkServiceOf(b *testing.B) {
	for _, name := range []string{"sqs", "sagemaker.api-fips"} {
		b.Run(fmt.Sprintf("name=%s", name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ServiceOf("com.amazonaws.us-east-1." + name)
			}
		})
	}
}
