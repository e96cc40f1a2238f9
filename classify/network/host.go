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
	Custom      HostClass = "custom"       // not a name of AWS
)

// newSuffixes are the endings of dual-stack names that are not the partition's own.
var newSuffixes = []string{".api.aws", ".on.aws", ".api.amazonwebservices.com.cn"}

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
	named := ""
	dual, fips := strings.HasPrefix(suffix, ".api."), false
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
