package endpoints

import (
	"slices"
	"strings"
)

// A Service is what the service name of an endpoint says about the calls that the
// endpoint carries. The zero value knows nothing.
type Service struct {
	// Region is the service's Region. It is empty if the name has none.
	Region string
	// Global says that the service has no Region: it receives calls of any Region.
	Global bool
	// Sources are the eventSources of its calls, such as ses.amazonaws.com. It is empty
	// if no list names them: an endpoint's name alone does not prove the service.
	Sources []string
	// Unrecorded says that CloudTrail records none of the endpoint's calls. So an
	// endpoint without calls may be in use.
	Unrecorded bool
}

// Carries reports whether the endpoint is for calls to source in a Region. If a service
// has several endpoints, such as bedrock and bedrock-runtime, one of them may carry only
// some of its operations.
func (s *Service) Carries(source, region string) bool {
	return (s.Global || s.Region != "" && s.Region == region) && slices.Contains(s.Sources, source)
}

// ServiceOf parses the name of a service as EC2 writes it, such as
// com.amazonaws.us-east-1.email.
func ServiceOf(name string) Service {
	rest, ok := cutPrefix(name)
	if !ok {
		return Service{}
	}
	first, endpoint, several := strings.Cut(rest, ".")
	switch {
	case several && first == "vpce": // a customer's own service: vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718
		region, _, _ := strings.Cut(endpoint, ".")
		return Service{Region: region, Unrecorded: true}
	case several && isRegion(first):
		s := serviceCalled(endpoint)
		s.Region = first
		return s
	case several && first == "global":
		rest = endpoint
	case isRegion(rest): // a truncated name
		return Service{}
	}
	s := serviceCalled(rest)
	s.Global = len(s.Sources) > 0 && rest != multiRegion
	return s
}

// isRegion reports whether s is the name of a Region, such as us-gov-west-1: words, and a
// number at the end.
func isRegion(s string) bool {
	dashes, first, last := 0, byte('a'), byte('z')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-' && i > 0 && s[i-1] != '-' && first == 'a' && i+1 < len(s):
			dashes++
			if isDigit(s[i+1]) {
				first, last = '0', '9'
			}
		case c < first || c > last:
			return false
		}
	}
	return dashes >= 2 && first == '0'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// serviceCalled looks up an endpoint's own name, the part after the Region.
func serviceCalled(name string) Service {
	name = withoutFIPS(name)
	if sources, listed := carried[name]; listed {
		return Service{Sources: sources}
	}
	if unrecorded[name] {
		return Service{Unrecorded: true}
	}
	for _, prefix := range cells {
		if strings.HasPrefix(name, prefix) {
			family, _, _ := strings.Cut(prefix, ".")
			return Service{Sources: []string{family + sourceSuffix}}
		}
	}
	name = strings.TrimSuffix(name, ".api") // the API of a service that also has other endpoints
	if name == "" || strings.Contains(name, ".") {
		return Service{}
	}
	return Service{Sources: []string{name + sourceSuffix}}
}

// withoutFIPS removes -fips, which may end any part of a name: kms-fips, iot-fips.api. It
// may also be a part of its own: mail-manager-smtp.auth.fips.
func withoutFIPS(name string) string {
	name = strings.TrimSuffix(name, ".fips")
	return strings.TrimSuffix(strings.ReplaceAll(name, "-fips.", "."), "-fips")
}

// cutPrefix removes the prefix of AWS's service names.
func cutPrefix(name string) (rest string, ok bool) {
	for _, prefix := range prefixes {
		if rest, ok = strings.CutPrefix(name, prefix); !ok {
			continue
		}
		switch prefix {
		case "cn.com.amazonaws.":
			rest = strings.TrimSuffix(rest, ".cn") // transcribe has cn at both ends
		case "aws.sagemaker.":
			if rest, _, ok = strings.Cut(rest, "."); !ok {
				return "", false
			}
			rest += ".sagemaker.api" // its notebooks, Studio, experiments: one source for all
		}
		return rest, rest != ""
	}
	return "", false
}
