package inside

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
)

// A Service is an AWS service by the name of its endpoints, the part after the Region: sqs,
// ecr.api.
type Service string

// aliases are names that people use for services, by the names of their endpoints.
var aliases = map[string]Service{
	"cloudwatch": "monitoring", "cloudwatchlogs": "logs", "ecr": "ecr.api", "efs": "elasticfilesystem", "elb": "elasticloadbalancing",
	"eventbridge": "events", "firehose": "kinesis-firehose", "kinesis": "kinesis-streams", "sagemaker": "sagemaker.api", "ses": "email",
	"stepfunctions": "states",
}

var plainName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

const longestName = 60

// ParseService reads the name of a service: sqs, sqs.amazonaws.com or
// com.amazonaws.us-east-1.sqs, which names a Region, too.
func ParseService(text string) (service Service, region string, err error) {
	name := strings.TrimSuffix(strings.ToLower(text), ".amazonaws.com")
	if region = endpoints.ServiceOf(name).Region; region != "" {
		_, name, _ = strings.Cut(name, "."+region+".")
	}
	if service, known := aliases[name]; known {
		return service, region, nil
	}
	if len(name) > longestName || !plainName.MatchString(name) {
		return "", "", fmt.Errorf("%.80q is not the name of a service: want the name of its endpoint without what comes before, such as sqs or ecr.api", text)
	}
	return Service(name), region, nil
}

// HasGateway reports whether gateway endpoints exist for the service.
func (s Service) HasGateway() bool { return s == "s3" || s == "dynamodb" || s == "s3express" }

// isGlobal are the services that have one name for all Regions of partition aws.
var isGlobal = map[Service]bool{"iam": true, "route53": true, "cloudfront": true, "savingsplans": true}

// EndpointService returns the full name of the endpoint service in a Region, as most
// services have it.
func (s Service) EndpointService(region string) string {
	if isGlobal[s] {
		return "com.amazonaws." + string(s)
	}
	return "com.amazonaws." + region + "." + string(s)
}

// Source returns the eventSource of the calls to the service, or "" if it is not known.
func (s Service) Source() string {
	if of := endpoints.ServiceOf(s.EndpointService("us-east-1")); len(of.Sources) > 0 {
		return of.Sources[0]
	}
	return ""
}

// A Name is a host name of a service.
type Name struct {
	Host  string
	Class network.HostClass
}

// hosts are the first labels of host names that do not follow from the name of the endpoint.
var hosts = map[Service]string{
	"kinesis-streams": "kinesis", "kinesis-firehose": "firehose", "codeartifact.api": "codeartifact", "codeconnections.api": "codeconnections",
	"codestar-connections.api": "codestar-connections", "ecs-agent": "ecs-a", "ecs-telemetry": "ecs-t", "s3express": "s3express-control",
}

// base returns the host name of a service without Region and suffix: sqs, api.ecr.
func (s Service) base(account string) string {
	if base, listed := hosts[s]; listed {
		return base
	}
	first, second, two := strings.Cut(string(s), ".")
	switch {
	case s == "ecr.dkr": // any account's name has the same addresses
		if account == "" {
			account = "123456789012"
		}
		return account + ".dkr.ecr"
	case two:
		return second + "." + first
	}
	return string(s)
}

// Names returns the host names that programs use for the service in a Region. The first is
// the one that SDKs use. Some of the others may not exist. account may be empty.
func (s Service) Names(region, account string) []Name {
	base, suffix, isAWS := s.base(account), Suffix(region), partition(region) == "aws"
	if isGlobal[s] && isAWS {
		return []Name{{base + suffix, network.Global}}
	}
	regional := "." + region + suffix
	names := []Name{{base + regional, network.Regional}}
	if s == "dynamodb" && account != "" {
		names = append(names, Name{account + ".ddb" + regional, network.Regional})
	}
	if isAWS && (s == "s3" || s == "sts") {
		names = append(names, Name{base + suffix, network.Global})
	}
	first, rest, _ := strings.Cut(base, ".")
	dual, fips := base+"."+region+dualSuffix(region), strings.TrimSuffix(first+"-fips."+rest, ".")+regional
	switch s {
	case "s3":
		dual = "s3.dualstack" + regional
	case "ecr.api":
		dual, fips = "ecr."+region+dualSuffix(region), "ecr-fips"+regional
	case "ecr.dkr":
		dual, fips = first+".dkr-ecr."+region+".on.aws", base+"-fips"+regional
	}
	if dualSuffix(region) != "" {
		names = append(names, Name{dual, network.DualStack})
	}
	return append(names, Name{fips, network.FIPS})
}

// NamesFor returns the host names of the service, first the one that SDKs use if they are set
// to FIPS or dual-stack endpoints. known is false if that name is not known.
func (s Service) NamesFor(region, account string, fips, dual bool) (names []Name, known bool) {
	names = s.Names(region, account)
	class := network.Regional
	switch {
	case !fips && !dual:
		return names, true
	case fips && dual && isGlobal[s], fips && dual && dualSuffix(region) == "":
		return names, false
	case fips && dual:
		at := slices.IndexFunc(names, func(n Name) bool { return n.Class == network.FIPS })
		name := strings.TrimSuffix(names[at].Host, "."+region+Suffix(region)) + "." + region + dualSuffix(region)
		switch s {
		case "s3":
			name = "s3-fips.dualstack." + region + Suffix(region)
		case "ecr.dkr":
			name = strings.Replace(s.base(account), ".dkr.ecr", ".dkr-ecr-fips.", 1) + region + ".on.aws"
		}
		return append([]Name{{name, network.FIPS}}, names...), true
	case fips:
		class = network.FIPS
	case dual:
		class = network.DualStack
	}
	at := slices.IndexFunc(names, func(n Name) bool { return n.Class == class })
	if at < 0 {
		return names, false
	}
	chosen := names[at]
	return append([]Name{chosen}, slices.Delete(names, at, at+1)...), true
}

// partition returns the partition of a Region, as ARNs have it, for those that share the
// endings of names; else "".
func partition(region string) string {
	switch {
	case Suffix(region) != ".amazonaws.com":
		return ""
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Suffix returns the end of the host names of a Region's partition.
func Suffix(region string) string {
	for _, p := range []struct{ prefix, suffix string }{
		{"cn-", ".amazonaws.com.cn"}, {"eusc-", ".amazonaws.eu"}, {"us-iso-", ".c2s.ic.gov"}, {"us-isob-", ".sc2s.sgov.gov"},
		{"eu-isoe-", ".cloud.adc-e.uk"}, {"us-isof-", ".csp.hci.ic.gov"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.suffix
		}
	}
	return ".amazonaws.com"
}

// dualSuffix returns the end of the dual-stack names of a Region, or "" if none are known.
func dualSuffix(region string) string {
	switch Suffix(region) {
	case ".amazonaws.com":
		return ".api.aws"
	case ".amazonaws.com.cn":
		return ".api.amazonwebservices.com.cn"
	}
	return ""
}

// OtherRegion returns another Region of the same partition, or "" if none is known.
func OtherRegion(region string) string {
	for _, pair := range [][2]string{{"us-gov-west-1", "us-gov-east-1"}, {"cn-north-1", "cn-northwest-1"}, {"us-east-1", "us-west-2"}} {
		switch {
		case region == pair[0]:
			return pair[1]
		case region == pair[1], pair[0] == "us-east-1" && partition(region) == "aws":
			return pair[0]
		}
	}
	return ""
}
