package network

import (
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
)

// endpointOf has the names of endpoints whose host names do not follow from them.
var endpointOf = map[string]string{
	"kinesis": "kinesis-streams", "data-kinesis": "kinesis-streams", "control-kinesis": "kinesis-streams", "firehose": "kinesis-firehose",
	"queue": "sqs", "streams.dynamodb": "dynamodb-streams", "ddb": "dynamodb",
	"ecr": "ecr.api", "dkr-ecr": "ecr.dkr", "ecs-a": "ecs-agent", "ecs-t": "ecs-telemetry",
	"codeartifact": "codeartifact.api", "d.codeartifact": "codeartifact.repositories",
	"s3-control": "s3", "s3-accesspoint": "s3", "s3-website": "s3",
	"s3express-control": "s3express",
}

// prefixed are the services with host names that start with a label of the caller's choice.
// Names of buckets are another case.
var prefixed = map[string]bool{
	"ddb": true, "data-kinesis": true, "control-kinesis": true, "dkr.ecr": true, "dkr-ecr": true, "d.codeartifact": true, "execute-api": true,
}

// SourceOf returns the eventSource of calls to a host name, such as sqs.amazonaws.com, in
// whatever form the name is: regional, global, dual-stack, FIPS, of a bucket, or an
// endpoint's own. It returns "" for names that are not of AWS, that are of somebody's own
// resource in AWS, or for which no source is known. The name may end in a dot.
func SourceOf(name string) string {
	base, region := hostBase(strings.ToLower(strings.TrimSuffix(name, ".")))
	if base == "" {
		return ""
	}
	endpoint, listed := endpointOf[base]
	if first, second, two := strings.Cut(base, "."); !listed && two {
		endpoint = second + "." + first // api.ecr is the host of ecr.api
	} else if !listed {
		endpoint = base
	}
	if region == "" {
		region = "us-east-1" // any: the sources are the same
	}
	if s := endpoints.ServiceOf("com.amazonaws." + region + "." + endpoint); len(s.Sources) > 0 {
		return s.Sources[0]
	}
	return ""
}

// hostBase returns the part of a host name that names the service, such as sqs or api.ecr,
// and its Region, if it has one.
func hostBase(host string) (base, region string) {
	labels, _, ok := cutHost(host)
	if !ok {
		return "", ""
	}
	if n := len(labels) - 1; labels[n] == "vpce" { // vpce-….sqs.us-east-1.vpce.amazonaws.com
		at := slices.IndexFunc(labels, func(label string) bool { return strings.HasPrefix(label, "vpce-") })
		if labels = labels[at+1 : n]; len(labels) > 0 && strings.HasPrefix(labels[0], "vpce-svc-") {
			return "", "" // somebody's own service
		}
	}
	switch n := len(labels) - 1; {
	case n < 0:
		return "", ""
	case isRegion(labels[n]):
		region, labels = labels[n], labels[:n]
	case n == 1 && isRegion(labels[0]) && labels[1] == "queue": // the first names of SQS
		return "queue", labels[0]
	case n > 0 && !isS3Label(labels[n]) && labels[n] != "s3-global":
		return "", "" // such as ec2-203-0-113-9.compute-1, or the Region is not at the end
	}
	labels = slices.DeleteFunc(slices.Clone(labels), func(label string) bool { return label == "dualstack" || label == "fips" })
	for i, label := range labels {
		labels[i] = strings.TrimPrefix(strings.TrimSuffix(label, "-fips"), "fips-")
	}
	return serviceIn(labels), region
}

// serviceIn returns what names the service in the labels before the Region.
func serviceIn(labels []string) string {
	n := len(labels) - 1
	switch {
	case n < 0:
		return ""
	case strings.HasPrefix(labels[n], "s3-") && isRegion(labels[n][3:]), labels[n] == "s3-global":
		return "s3"
	case strings.HasPrefix(labels[n], "s3express-") && labels[n] != "s3express-control": // of a zone: s3express-use1-az4
		return "s3express"
	case isS3Label(labels[n]):
		return labels[n]
	case n > 0 && prefixed[labels[n]]:
		return labels[n]
	case n > 1 && prefixed[labels[n-1]+"."+labels[n]]:
		return labels[n-1] + "." + labels[n]
	}
	return strings.Join(labels, ".")
}
