package findings

import "strings"

// A place is where a service can be called.
type place struct{ account, region, service string }

// endpointService returns the Region and the eventSource that the endpoints of a service are for, as EC2 names it:
// com.amazonaws.us-east-1.sqs. ok is false for other names, as of services that somebody offers himself.
func endpointService(name string) (region, source string, ok bool) {
	name = strings.TrimPrefix(name, "cn.")
	rest, ok := strings.CutPrefix(name, "com.amazonaws.")
	if !ok {
		return "", "", false
	}
	region, service, ok := strings.Cut(rest, ".")
	if !ok || strings.HasPrefix(region, "vpce") {
		return "", "", false
	}
	if region == "s3-global" {
		return "", "s3.amazonaws.com", true
	}
	service, _, _ = strings.Cut(service, ".") // ecr.api and ecr.dkr
	service = strings.TrimSuffix(service, "-fips")
	if other, ok := otherNames[service]; ok {
		service = other
	}
	return region, service + ".amazonaws.com", true
}

// otherNames are the services whose events name them otherwise than their endpoints do.
var otherNames = map[string]string{
	"kinesis-streams": "kinesis", "kinesis-firehose": "firehose", "git-codecommit": "codecommit",
	"sync-states": "states", "email-smtp": "ses", "ec2messages": "ssm", "ssmmessages": "ssm",
}
