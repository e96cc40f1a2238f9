package network

import (
	"bytes"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
)

// A HostClass says which kind of name a call asked for.
type HostClass string

// The classes of host names.
const (
	NoHost      HostClass = ""             // the record has none
	Regional    HostClass = "regional"     // sqs.us-east-1.amazonaws.com
	OtherRegion HostClass = "other_region" // a regional name of another Region than the call's
	Global      HostClass = "global"       // sts.amazonaws.com
	EndpointDNS HostClass = "vpce"         // vpce-….sqs.us-east-1.vpce.amazonaws.com
	DualStack   HostClass = "dualstack"    // s3.dualstack.us-east-1.amazonaws.com, sqs.us-east-1.api.aws
	FIPS        HostClass = "fips"         // kms-fips.us-east-1.amazonaws.com
	Custom      HostClass = "custom"       // not a name of a service of AWS
)

// ownSuffix is the ending of names of customers' own resources, all dual-stack: URLs of functions
// (….lambda-url.us-east-1.on.aws), services of VPC Lattice, clusters of Aurora DSQL, domains of
// OpenSearch. Of services, only those of onAWS have names with it.
const ownSuffix = ".on.aws"

var onAWS = map[string]bool{"dkr-ecr": true, "neptune-graph": true}

// newSuffixes are the endings of names that are not the partition's own.
var newSuffixes = []string{".api.aws", ownSuffix, ".api.amazonwebservices.com.cn"}

// cutHost splits a host name of AWS into its labels and its suffix.
func cutHost(host string) (labels []string, suffix string, ok bool) {
	for _, s := range newSuffixes {
		if name, found := strings.CutSuffix(host, s); found {
			return strings.Split(name, "."), s, true
		}
	}
	name, ok := endpoints.CutSuffix([]byte(host))
	if !ok {
		return nil, "", false
	}
	return strings.Split(string(name), "."), host[len(name):], true
}

// ShapeOf returns a host name in lower case without its port and without what differs from
// caller to caller: names of buckets and account ids become an asterisk. So
// logs.s3.us-east-1.amazonaws.com becomes *.s3.us-east-1.amazonaws.com.
func ShapeOf(header []byte) string {
	host := strings.ToLower(string(header))
	if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
	}
	labels, suffix, ok := cutHost(host)
	if !ok || len(labels) == 0 {
		if host == "" {
			return ""
		}
		return clipHost(host)
	}
	service := serviceLabel(labels)
	if suffix == ownSuffix {
		service = max(0, len(labels)-2)
	}
	kept := labels[service:]
	if service > 0 {
		kept = append([]string{"*"}, kept...)
	}
	for i, label := range kept {
		if endpoints.IsAccount([]byte(label)) {
			kept[i] = "*"
		}
	}
	return clipHost(strings.Join(kept, ".") + suffix)
}

func clipHost(host string) string { return host[:min(len(host), 255)] }

// serviceLabel returns the index of the first label that belongs to the service. Before
// it are names of buckets and others that callers choose. They may look like a Region or
// like S3 themselves, so the last label of a kind counts.
func serviceLabel(labels []string) int {
	last := len(labels)
	for i, label := range slices.Backward(labels) {
		if isS3Label(label) && i > 0 {
			return i
		}
		if last == len(labels) && isRegion(label) {
			last = i
		}
	}
	return max(0, last-2)
}

func isS3Label(label string) bool {
	switch strings.TrimSuffix(label, "-fips") {
	case "s3", "s3-control", "s3-accesspoint", "s3-website", "s3-object-lambda", "s3express-control":
		return true
	}
	return strings.HasPrefix(label, "s3-") && isRegion(strings.TrimPrefix(label, "s3-"))
}

// isRegion reports whether a label is the name of a Region.
func isRegion(label string) bool {
	s := endpoints.ServiceOf("com.amazonaws." + label + ".x")
	return s.Region == label
}

// ClassOf returns the class of a host name for a call to a Region.
func ClassOf(shape, region string) HostClass {
	if shape == "" {
		return NoHost
	}
	labels, suffix, ok := cutHost(shape)
	if !ok {
		return Custom
	}
	if suffix == ownSuffix && SourceOf(shape) == "" {
		return Custom
	}
	named := ""
	dual, fips := strings.HasPrefix(suffix, ".api.") || suffix == ownSuffix, false
	for _, label := range labels {
		switch {
		case label == "vpce" || strings.HasPrefix(label, "vpce-"):
			return EndpointDNS
		case isRegion(label):
			named = label
		case strings.HasPrefix(label, "s3-") && isRegion(label[3:]):
			named = label[3:]
		}
		dual = dual || label == "dualstack"
		fips = fips || label == "fips" || strings.HasSuffix(label, "-fips") || strings.HasPrefix(label, "fips-")
	}
	switch {
	case named != "" && region != "" && named != region:
		return OtherRegion
	case dual:
		return DualStack
	case fips:
		return FIPS
	case named == "":
		return Global
	}
	return Regional
}

// covers reports whether one of an endpoint's names is for a host. A name may start with
// an asterisk, and so may the shape of a host.
func covers(names []string, shape string) bool {
	for _, name := range names {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if name == shape {
			return true
		}
		if rest, wild := strings.CutPrefix(name, "*"); wild && bytes.HasSuffix([]byte(shape), []byte(rest)) {
			return true
		}
	}
	return false
}

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
	"ddb": true, "data-kinesis": true, "control-kinesis": true, "dkr.ecr": true, "dkr-ecr": true, "d.codeartifact": true, "execute-api": true, "neptune-graph": true,
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
	labels, suffix, ok := cutHost(host)
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
	base = serviceIn(labels)
	if suffix == ownSuffix && !onAWS[base] || base == "*" || endpoints.IsAccount([]byte(base)) {
		return "", ""
	}
	return base, region
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
